"""Pictures of shops of platforms: how one is added, let in, what it can do, and what went wrong."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from core.channels.contract import ShippedParcel
from core.channels.grant_contract import Grant
from core.channels.shop_contract import ShopIdentity
from core.desk.authorising import Authorising
from core.fulfilment.taking import take_page
from core.outside import Outside
from core.runtime.remote_errors import Rejected
from core.sync.granting import Granting
from core.sync.grants import keep_grant
from core.sync.shop_views import ShopDraft
from core.sync.shops import note_bad_pull, note_good_pull, shop_of
from core.sync.start_list import RowKind
from tests.support.fake_shop import FakeShop, line
from tests.support.world import CARRIER, World

_BACK = "https://shop.example/back"


def authorising_of(spine: World) -> Authorising:
    """The real pages' addresses; nobody is asked for one."""
    outside = Outside(spine.clock, None)
    return Authorising(spine.store, Granting(spine.store, outside.authoriser, outside.channel), lambda: None)


def _furnish(spine: World) -> int:
    """Three shops of platforms: nearly ended and refused, renewing, not let in yet (its id)."""
    add = spine.desk.shops.add
    keys = {"app_key": "12345678", "redirect_uri": _BACK}
    tmall = add(ShopDraft("tmall", "天猫女装店", keys, {"app_secret": "s"}))
    pdd = add(ShopDraft("pdd", "拼多多女装店", {"client_id": "1", "redirect_uri": _BACK}, {"client_secret": "s"}))
    jd = add(ShopDraft("jd", "京东女装店", keys, {"app_secret": "s"}))
    now = spine.clock.now()
    late = Grant({"session": "t"}, now + timedelta(days=5, hours=3), None, ShopIdentity("1", "练习旗舰店"))
    whole = Grant(
        {"access_token": "t"}, now + timedelta(days=80), now + timedelta(days=200), ShopIdentity("2", "专营店")
    )
    spine.do(lambda uow: keep_grant(uow, tmall, late, by_person=True))
    spine.do(lambda uow: keep_grant(uow, pdd, whole, by_person=True))
    for shop in (tmall, pdd):
        spine.do(lambda uow, shop=shop: note_good_pull(uow, shop, 0))
    error = Rejected("Taobao does not know the address", code="isv.permission-ip-whitelist-limit")
    spine.do(lambda uow: note_bad_pull(uow, tmall, error))
    return jd


def furnish_start(spine: World, shop_id: int) -> None:
    """What a shop that is to start has: orders of today and of before, begun, sent and unpaid, and a parcel of ours."""
    at = spine.clock.now()
    seller = FakeShop(spine.clock)
    before = {"placed_at": at - timedelta(hours=5), "paid_at": at - timedelta(hours=4)}
    for no in range(2):
        seller.place(f"2606180000{no}", line("1", "BEAR"), placed_at=at + timedelta(minutes=no), paid_at=at)
    for no in range(3):
        seller.place(f"2606170000{no}", line("1", "BAG"), **before)
    seller.place("26061700011", line("1", "BEAR"), line("2", "BAG"), shipped=(ShippedParcel("SF", "SF1"),), **before)
    seller.place("26061700012", line("1", "BEAR"), is_shipped=True, **before)
    seller.place("26061700013", line("1", "BEAR"), is_paid=False)
    facts = spine.store.read(lambda connection: shop_of(connection, shop_id)).facts
    spine.do(lambda uow: take_page(uow, facts, list(seller.orders.values()), spine.digest, CARRIER))


def shop_scenes(
    window: Any, spine: World, settled: Callable[[Callable[[], bool]], None]
) -> Mapping[str, Callable[[], None]]:
    """The scenes by the names of their pictures, in their order."""
    found: dict[str, int] = {}

    def presenter() -> Any:
        return window.page("shops")._presenter

    def kinds() -> None:
        presenter().choose_kind("taobao")

    def refused() -> None:
        presenter()._show(
            tried=False, topic="permission", said="Taobao has not given this app the permission", said_code="isv.p"
        )
        presenter().unfold(0)

    def below() -> None:
        bar = window.page("shops")._scroll.verticalScrollBar()
        bar.setValue(bar.maximum() // 3)

    def several() -> None:
        presenter().unfold(0)
        presenter().edit(None)
        found["jd"] = found.get("jd") or _furnish(spine)
        presenter().look()
        settled(lambda: any(one.channel == "tmall" for one in presenter().screen.shops))

    def details() -> None:
        presenter().unfold(next(one.id for one in presenter().screen.shops if one.channel == "tmall"))

    def connect() -> None:
        presenter().put_away()
        presenter().connect(found["jd"])
        settled(lambda: presenter().screen.page is not None)

    def away() -> None:
        presenter().connect(None)

    def start() -> None:
        tmall = next(one for one in presenter().screen.shops if one.channel == "tmall")
        furnish_start(spine, tmall.id)
        window.page("shops")._start(tmall.id, tmall.name)
        starting = window.page("shops")._starting
        settled(lambda: starting.screen.found is not None and not starting.screen.is_busy)
        starting.tick(next(row for row in starting.screen.rows if row.kind is RowKind.BEFORE))

    def started() -> None:
        window.page("shops")._starting.close()
        presenter().look()

    return {
        "14zba-shop-taobao": kinds,
        "14zbb-shop-refused": refused,
        "14zbbb-shop-refused-below": below,
        "14zbc-shops-several": several,
        "14zbd-shop-details": details,
        "14zbe-shop-connect": connect,
        "14zbf-shops-again": away,
        "14zbg-shop-start": start,
        "14zbh-shop-start-closed": started,
    }
