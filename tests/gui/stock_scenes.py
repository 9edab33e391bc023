"""Scenes of stock, quotas, the drill and counting for the gallery, over real records."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from sqlalchemy import delete, select, update

from core.catalog.models import Listing, Sku
from core.channels.models import Shop
from core.db.models import Setting
from core.inventory.figures.records import Figure, Name
from core.inventory.quotas.acts import lane_of
from core.runtime.ids import SkuId
from core.sync.delivering import Deliverer
from core.sync.handlers import Handlers
from core.sync.shops import add_shop, shop_of
from core.sync.stock_plan import StockPlanner
from desktop.shell.window import DeskWindow
from tests.gui.settling import settle, settled
from tests.support.fake_shop import line
from tests.support.stock_platform import StockPlatform
from tests.support.world import World


def furnish_stock(spine: World) -> None:
    stock, bear = spine.desk.stock, spine.skus["BEAR"]
    stock.quarantine(spine.warehouse, bear, 3, "damaged: 纸箱压坏", "q1")
    stock.adjust(spine.warehouse, bear, -2, "lost", "a1")
    stock.book_in_hand(spine.warehouse, bear, 6, "unbooked_delivery: 早班送来一箱", "h1")
    stock.count(spine.warehouse, spine.skus["CARD"], 0, "stocktake", "c1")
    spine.ready("T2026061800002", line("1", "CARD", 3))


def furnish_quotas(spine: World) -> None:
    """Two shops that sell the same goods from counters of their own, one of them edited by hand, one read-only."""
    from core.inventory.quotas.models import Quota
    from core.inventory.quotas.plans import PlanDraft, set_plan
    from core.inventory.quotas.safety import set_safety
    from core.inventory.quotas.states import Mode

    bear, card = SkuId(spine.skus["BEAR"]), SkuId(spine.skus["CARD"])

    def furnish(uow: Any) -> None:
        for sku, mode in ((bear, Mode.QUOTA), (card, Mode.SHARED)):
            set_plan(uow, sku, PlanDraft(mode, buffer_qty=99_600, min_lot=5, park_qty=6))
        set_safety(uow, bear, spine.warehouse, 20)

    spine.do(furnish)
    platforms = spine.desk.platforms
    for name, number, writes in (("天猫旗舰店", 0, True), ("自有商城 APP", 0, True), ("拼多多专营店", 12, False)):
        shop_id = add_shop_with_link(spine, name, writes=writes)
        platforms[shop_id] = StockPlatform(spine.clock, number=number)
    planner = StockPlanner(spine.store, lambda shop: platforms.get(shop.id, spine.shop))
    handlers = Handlers(spine.store, {}, lambda shop: platforms.get(shop.id, spine.shop))
    for _ in range(8):
        for shop_id, platform in platforms.items():
            record = spine.store.read(lambda connection, s=shop_id: shop_of(connection, s))
            spine.puller().pull(record, platform)
            Deliverer(spine.store, "desk 1", handlers.by_kind(), handlers.give_ups()).drain(lane_of(shop_id))
        planner.run()
        spine.clock.advance(seconds=10)
    last = list(platforms)[-1]
    drifted = update(Quota).where(Quota.shop_id == last, Quota.sku_id == bear)
    spine.do(lambda uow: uow.execute(drifted.values(drift_qty=3, drift_right_qty=12, listed_qty=15)))


def furnish_replenish(spine: World) -> None:
    """Four weeks of sales: one that will be gone before more can be here, one that was out, one of a new supplier."""
    from core.replenish.models import SkuDay
    from core.replenish.rules import Rules, Supplied, set_rules, set_supply

    today = spine.clock.now().date().toordinal()
    paces = {"BEAR": 12_000, "CARD": 14, "BAG": 15_000, "MILK-3": 14}

    def furnish(uow: Any) -> None:
        uow.execute(delete(SkuDay))
        rows = [
            {
                "day": today - ago,
                "warehouse_id": int(spine.warehouse),
                "sku_id": spine.skus.get(code) or milk,
                "demand_qty": pace + (ago % 5 - 2) * pace // 20,
                "moved_qty": -pace if code != "CARD" or ago > 9 else 0,
                "in_qty": 0,
            }
            for code, pace in paces.items()
            for ago in range(1, 29)
            if code != "CARD" or ago > 9
        ]
        uow.insert_many(SkuDay, rows)
        uow.insert_many(Setting, [{"name": "replenish.rolled", "value": {"journal": 0, "day": today}}])
        set_rules(uow, Rules(suppliers={"义乌欣欣玩具厂": 10}))
        set_supply(uow, SkuId(spine.skus["BEAR"]), Supplied("义乌欣欣玩具厂", None, 48, 96))
        set_supply(uow, SkuId(spine.skus["CARD"]), Supplied("余杭纸品", 3, 50))
        set_supply(uow, SkuId(milk), Supplied("宝宝乐商贸", 21, 6, 60))

    milk = int(spine.rows(select(Sku.id).where(Sku.code == "MILK-3"))[0].id)
    spine.do(furnish)


def add_shop_with_link(spine: World, name: str, *, writes: bool) -> int:
    """A shop that sells the bear."""

    def make(uow: Any) -> int:
        shop_id = add_shop(uow, "fake", name, {}, "{}", int(spine.warehouse))
        uow.execute(update(Shop).where(Shop.id == shop_id).values(writes_stock=writes))
        link = {"shop_id": shop_id, "item_id": "item-BEAR", "channel_sku_id": "sku-BEAR", "merchant_code": "BEAR"}
        uow.insert(Listing, link | {"title": "团团熊", "spec": "大号", "sku_id": spine.skus["BEAR"]})
        return shop_id

    return spine.do(make)


def stock_scenes(window: DeskWindow) -> dict[str, Callable[[], None]]:
    """In their order: each stands on the one before."""

    def stock() -> None:
        window.go("stock")
        settled(lambda: window.page("stock").model.rowCount() > 0)

    def why() -> None:
        window.page("stock").handle_scan("6901234567892")

    def opened() -> None:
        presenter = window.page("stock")._presenter
        presenter.open_figure(Figure(Name.AVAILABLE, presenter.screen.detail.row.sku_id))
        settled(lambda: bool(presenter.screen.trail))

    def opened_claims() -> None:
        presenter = window.page("stock")._presenter
        for name in (Name.CONFIRMED,):
            presenter.open_figure(Figure(name, presenter.screen.detail.row.sku_id))
            settled(lambda: len(presenter.screen.trail) > 1)

    def batched() -> None:
        presenter = window.page("stock")._presenter
        presenter.find("MILK-3")
        settled(lambda: presenter.screen.detail is not None and presenter.screen.detail.row.code == "MILK-3")

    def counting() -> None:
        window.page("stock").handle_scan("6901234567892")
        settle(300)
        window.page("stock")._presenter.begin_act("count")
        settle(60)
        window.page("stock").drawer._form._qty.setValue(1)

    def new_place() -> None:
        window.page("stock")._presenter.leave_act()
        window.page("stock")._presenter.begin_place()

    def moving() -> None:
        page = window.page("stock")
        page._presenter.make_place("wh2", "二号仓")
        settled(lambda: len(page._presenter.screen.warehouses) > 1)
        page._presenter.begin_act("transfer")

    def in_hand() -> None:
        window.page("stock")._presenter.leave_act()
        window.page("stock")._presenter.review()

    def quotas() -> None:
        window.page("stock")._presenter.close()
        window.go("quotas")

    def quota_detail() -> None:
        window.page("quotas").handle_scan("6901234567892")
        settled(lambda: window.page("quotas")._presenter.screen.detail is not None)

    def quota_rules() -> None:
        window.page("quotas")._presenter.show_rules()

    def replenish() -> None:
        window.page("quotas")._presenter.close()
        window.go("replenish")
        settled(lambda: window.page("replenish").model.rowCount() > 0)

    def replenish_open() -> None:
        page = window.page("replenish")
        page._on_opened(0)
        settled(lambda: page._presenter.screen.supply is not None)

    def replenish_rules() -> None:
        window.page("replenish")._presenter.show_rules()
        settled(lambda: window.page("replenish")._presenter.screen.rules is not None)

    def drill() -> None:
        window.page("replenish")._presenter.close()
        window.go("drill")

    def drilled() -> None:
        page = window.page("drill")
        page._presenter.play()
        settled(lambda: bool(page._presenter.screen.results))

    def drill_done() -> None:
        page = window.page("drill")
        for _ in range(10):
            settled(lambda: not page._presenter.screen.is_busy)

    def drill_naive() -> None:
        window.page("drill").handle_command(Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)

    def takes() -> Any:
        return window.page("stocktake")

    def sheets() -> None:
        window.page("stock")._presenter.close()
        window.go("stocktake")

    def new_sheet() -> None:
        settle(200)
        takes().begin_new()
        settled(lambda: takes().sheets.screen.suggested is not None)

    def counted() -> None:
        takes().sheets.make(1, "zones", "A", "一季度抽盘", is_blind=True)
        settled(lambda: takes().counting.screen.view is not None)
        for code in ("A-01-03", *["6901234567892"] * 3, "4006381333931", "6901234567892"):
            takes().handle_scan(code)
        settle(600)

    def submitted() -> None:
        takes().counting.finish_place()
        settle(300)
        takes().handle_scan("A-02-11")
        settle(200)
        takes().handle_scan("6901234567908")
        settle(200)
        takes().counting.finish_place()
        settle(300)
        takes().counting.submit()
        settled(lambda: takes().lines.screen.sheet is not None)
        settle(300)
        page = takes().lines_view
        page._on_opened(0)
        settle(300)

    def compared() -> None:
        takes().choose("compare")
        takes().compare_view.compare()
        settled(lambda: bool(takes().comparing.screen.reports))

    def sheets_again() -> None:
        takes().choose("to_approve")
        settle(300)

    return {
        "14m-stock": stock,
        "14n-why": why,
        "14na-opened": opened,
        "14nb-opened-claims": opened_claims,
        "14nc-batches": batched,
        "14o-counting": counting,
        "14oa-new-place": new_place,
        "14ob-moving": moving,
        "14p-in-hand": in_hand,
        "14pa-quotas": quotas,
        "14pb-quota": quota_detail,
        "14pc-quota-rules": quota_rules,
        "14pca-replenish": replenish,
        "14pcb-replenish-open": replenish_open,
        "14pcc-replenish-rules": replenish_rules,
        "14pd-drill": drill,
        "14pe-drilling": drilled,
        "14pf-drilled": drill_done,
        "14pg-drill-naive": drill_naive,
        "14ph-sheets": sheets,
        "14pi-new-sheet": new_sheet,
        "14pj-counted": counted,
        "14pk-differences": submitted,
        "14pl-compared": compared,
        "14pm-to-approve": sheets_again,
    }
