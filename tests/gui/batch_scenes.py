"""Pictures of batches: which end, which are blocked, and what is asked at the desk."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.catalog.records import SkuSpec
from core.catalog.service import take_in
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.records import LineBatch
from core.inventory.batches import note_batch
from core.inventory.ledger import receive
from core.runtime.ids import SkuId
from desktop.commands import Command
from desktop.shell.window import DeskWindow
from tests.gui.settling import settle, settled
from tests.support.desk_world import GOODS, START, DeskWorld
from tests.support.fake_shop import LIN, line
from tests.support.world import World


def furnish_batches(spine: World) -> None:
    """Batches of goods of their own: some near their end, one parcel that left, one that lies open."""
    code, today = "6970000000017", spine.clock.now().date()

    def furnish(uow: UnitOfWork) -> int:
        spec = SkuSpec("MILK-3", "婴儿配方奶粉 3 段 900g", "奶粉3段", "900g", 1100, barcodes=((code, 1),))
        sku = take_in(uow, [replace(spec, is_batch_managed=True, life_days=730, warn_days=60)])["MILK-3"]
        for batch, left, qty in (("20240901A", -9, 2), ("20241120B", 41, 36), ("20260105C", 560, 240)):
            note_batch(uow, sku, batch, today + timedelta(days=left))
            receive(uow, spine.warehouse, SkuId(sku), qty, "purchase", f"batch {batch}", batch)
        return note_batch(uow, sku, "20260105C").id

    kept = spine.do(furnish)
    label = spine.ready("T2026061800401", line("1", "MILK-3", 2), consignee=replace(LIN, phone="13911112222"))
    spine.desk.scan(spine.desk.open("T2026061800401"), f"(01)0{code}(10)20241120B", 2)
    spine.desk.ship(label)
    for number in range(2, 5):
        spine.ready(f"T202606180040{number}", line("1", "MILK-3", number))
    spine.desk.scan(spine.desk.open("T2026061800402"), f"(01)0{code}(10)20241120B", 1)
    spine.desk.batches.correct(kept, today + timedelta(days=560), None, "第二批到货")


def batch_scenes(window: DeskWindow) -> dict[str, Callable[[], None]]:
    """Batches, one blocked, its recall."""

    def page() -> Any:
        return window.page("recall")

    def batches() -> None:
        window.go("recall")
        settled(lambda: page().model.rowCount() > 0)

    def correcting() -> None:
        page()._presenter.stand_on(page().model.row_at(2))
        page()._presenter.begin("correct")

    def blocking() -> None:
        page().table.setCurrentIndex(page().model.index(1, 0))
        page()._presenter.stand_on(page().model.row_at(1))
        page()._presenter.begin("block")

    def recalled() -> None:
        page()._presenter.block("厂家召回：密封不良")
        settled(page().found.isVisible)

    def gone() -> None:
        page()._presenter.show_part("gone")

    def receiving() -> None:
        window.go("stock")
        window.page("stock").handle_scan("(01)06970000000017(10)20260401D(17)280401")
        settled(lambda: window.page("stock")._presenter.screen.detail is not None)
        window.page("stock")._presenter.begin_act("receive")

    return {
        "40-batches": batches,
        "41-correcting": correcting,
        "42-blocking": blocking,
        "43-recalled": recalled,
        "44-gone": gone,
        "45-receiving": receiving,
    }


def batch_asked(window: DeskWindow, world: DeskWorld) -> dict[str, Callable[[], None]]:
    """The packing desk asks for a batch."""
    presenter, milk = window.parts.packing, GOODS[0]

    def fresh() -> None:
        window.go("packing")
        presenter.press(Command.BACK)
        presenter.press(Command.BACK)
        settle(60)
        soon = LineBatch("20241120B", START.date() + timedelta(days=41), 9)
        world.batches = {milk.code: (soon, LineBatch("20260105C", START.date() + timedelta(days=560), 9))}
        parcel = world.add_parcel((milk, 2), (GOODS[1], 1))
        presenter.scan(parcel.order_nos[0])

    return {
        "46-batch-to-take": fresh,
        "47-batch-asked": lambda: presenter.scan(milk.barcode),
        "48-batch-unknown": lambda: presenter.say_batch("20990101Z"),
    }
