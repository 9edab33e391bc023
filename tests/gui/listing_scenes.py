"""Scenes of listings for the gallery, over real records."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.catalog.listings import mark_vanished, take_listings
from core.files.listings import ListingTable
from core.files.records import Rejected
from core.orders.listing_list import ListingFilter
from desktop.shell.window import DeskWindow
from tests.gui.settling import settle, settled
from tests.support.fake_shop import line
from tests.support.listing_shop import offer
from tests.support.world import World


def furnish_listings(spine: World) -> None:
    """A shop's list: matched, not matched with proposals, under another code, gone; and orders that wait."""
    now = spine.clock.now()
    bear = {"title": "可爱团团熊毛绒玩具公仔抱枕送女友生日礼物", "price_fen": 5990, "qty": 120}
    told = [
        offer("LT-1", **bear, spec="大号 棕色", merchant_code="bear ", barcode="6901234567892"),
        offer("LT-2", **bear, spec="中号 白色", merchant_code=""),
        offer("LT-3", title="红色帆布袋 购物袋", spec="红", merchant_code="BAG", price_fen=1290, qty=33),
        offer("LT-4", title="生日贺卡 手写卡片", spec="10 张装", merchant_code="CARD-10", price_fen=990, qty=0),
        offer("LT-5", title="团团熊礼盒 熊×2 + 布袋", spec="礼盒", merchant_code="SET", price_fen=12900, qty=8),
        offer("LT-6", title="圣诞限定挂件", spec="2025 款", merchant_code="XMAS", is_on_sale=False, qty=0),
    ]
    spine.do(lambda uow: take_listings(uow, spine.shop_id, told, now))
    later = now + timedelta(seconds=1)
    spine.do(lambda uow: take_listings(uow, spine.shop_id, told[:-1], later))
    (last,) = [row.id for row in spine.desk.listings.page(_every("LT-6"), None, 10).rows]
    spine.do(lambda uow: mark_vanished(uow, spine.shop_id, later, last))
    rows = {row.item_id: row.id for row in spine.desk.listings.page(_every("LT-"), None, 10).rows}
    spine.desk.listings.match({rows["item-LT-4"]: spine.skus["CARD"]})
    for number, hours in enumerate((5, 20, 30)):
        no = f"T20260618044{number:02d}"
        spine.shop.place(no, line("1", "LT-2", number + 1), ship_by_at=now + timedelta(hours=hours))
        spine.sync(no)
    spine.shop.place("T2026061804410", replace(line("1", "LT-1"), merchant_code="bear "), ship_by_at=now)
    spine.sync("T2026061804410")


def _every(search: str) -> ListingFilter:
    return ListingFilter("all", search)


def listing_scenes(window: DeskWindow) -> dict[str, Callable[[], None]]:
    """In their order: each stands on the one before."""

    def page() -> Any:
        return window.page("listings")

    def listed() -> None:
        window.go("listings")
        settled(lambda: page().model.rowCount() > 0)

    def opened() -> None:
        page().table.setCurrentIndex(page().model.index(1, 0))
        page()._on_opened(1)
        settled(lambda: page()._presenter.screen.detail is not None)

    def marked() -> None:
        for row in (0, 1):
            page().table.setCurrentIndex(page().model.index(row, 0))
            page()._presenter.mark()

    def new() -> None:
        page()._presenter.begin_new()

    def every() -> None:
        while page()._presenter.close():
            pass
        page()._presenter.choose_pile("all")
        settle(200)

    def table() -> None:
        rejected = (
            Rejected("listings.xlsx", 4, "店铺", "shop_unknown", "旗舰店二"),
            Rejected("listings.xlsx", 9, "匹配货品编码", "stock_no_sku", "BEAR-XL"),
        )
        page()._presenter._show(table=ListingTable("listings.xlsx", {1: 2, 2: 3}, {1: None, 2: None}, 40, rejected))

    def nothing() -> None:
        page()._presenter.close()
        page()._search.setText("没有的东西")
        page()._presenter.search("没有的东西")
        settle(200)

    return {
        "90-listings": listed,
        "90b-listing": opened,
        "90c-listings-marked": marked,
        "90d-listing-new": new,
        "90e-listings-all": every,
        "90f-listings-import": table,
        "90g-listings-none": nothing,
    }
