"""Count sheets in the little shop: people with names, bins, scans."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import insert, select, update

from core.catalog.bins import zone_of
from core.catalog.models import Barcode, Bin
from core.counting import queries, settling, sheets, tallying
from core.counting.records import Decision, LineRow, Scanned, Scope, Settled
from core.db.unit_of_work import Actor, UnitOfWork
from core.fulfilment.models import Parcel, ParcelLine
from core.inventory.records import OrderWants
from core.runtime.ids import SkuId, WarehouseId
from tests.support.inventory_world import START, World

T = TypeVar("T")

LI = Actor("li", "desk 1", 11)
WANG = Actor("wang", "desk 2", 12)
CHEN = Actor("chen", "office", 13)


class Counts:
    """Acts of people who count in a world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def do(self, operation: Callable[[UnitOfWork], T], who: Actor = LI) -> T:
        """One committed act of somebody."""
        return self.world.store.write(operation, actor=who)

    def goods(self, qty: int, place: str = "", barcode: str = "", batch: str = "") -> SkuId:
        """A new SKU with units, a bin and a barcode (its id by default)."""
        sku = self.world.sku()
        if qty:
            self.world.receive(sku, qty, batch=batch)
        if place:
            row = {"sku_id": sku, "warehouse_id": 1, "code": place, "zone": zone_of(place)}
            self.world.do(lambda uow: uow.execute(insert(Bin), row))
        code = {"code": barcode or f"69{sku:08}", "sku_id": sku, "unit_qty": 1}
        self.world.do(lambda uow: uow.execute(insert(Barcode), code))
        return sku

    def sheet(
        self, kind: str = "warehouse", *values: str | int, is_blind: bool = False, begun: bool = True, who: Actor = LI
    ) -> int:
        """A sheet with all its lines, being counted."""
        key = self.world.key()
        scope = Scope(kind, values)
        sheet_id = self.do(lambda uow: sheets.make_sheet(uow, WarehouseId(1), scope, key, is_blind=is_blind), who)
        while self.do(lambda uow: sheets.fill_sheet(uow, sheet_id), who) is not None:
            pass
        if begun:
            self.do(lambda uow: sheets.begin(uow, sheet_id), who)
        return sheet_id

    def go(self, sheet_id: int, place: str = "", who: Actor = LI) -> int:
        """Somebody scans a bin; gives their pass."""
        return self.do(lambda uow: tallying.go_to(uow, sheet_id, place), who).pass_id

    def scan(
        self, pass_id: int, sku: SkuId, qty: int = 1, who: Actor = LI, batch: str | None = None, key: str = ""
    ) -> Scanned:
        """Somebody scans goods."""
        key = key or self.world.key()
        return self.do(lambda uow: tallying.scan(uow, pass_id, f"69{sku:08}", key, qty, batch), who)

    def finish(self, pass_id: int, missing: str = "ask", who: Actor = LI) -> int:
        """Somebody has counted all of a place."""
        key = self.world.key()
        return self.do(lambda uow: tallying.finish_place(uow, pass_id, key, missing), who)

    def submit(self, sheet_id: int, *, leave_open: bool = False, who: Actor = LI) -> None:
        """Hand in, and settle what is equal."""
        self.do(lambda uow: sheets.submit(uow, sheet_id, leave_open=leave_open), who)
        while self.do(lambda uow: settling.settle_equal(uow, sheet_id), who):
            pass

    def settle(self, sheet_id: int, decisions: Sequence[Decision], who: Actor = CHEN) -> Settled:
        """Somebody decides."""
        return self.do(lambda uow: settling.settle(uow, sheet_id, decisions), who)

    def book_all(self, sheet_id: int, who: Actor = CHEN) -> Settled:
        """Book every difference."""
        lines = self.lines(sheet_id, "differing")
        return self.settle(sheet_id, [Decision(line.id, "book", "other: looked again") for line in lines], who)

    def counted(self, *goods: tuple[SkuId, int], who: Actor = LI) -> int:
        """A sheet of these goods, counted like this and handed in; units of 0 are counted as nothing there."""
        sheet_id = self.sheet("skus", *(sku for sku, _ in goods), who=who)
        here = self.go(sheet_id, who=who)
        for sku, qty in goods:
            if qty:
                self.scan(here, sku, qty, who)
        self.finish(here, "zero", who)
        left = [line for line in self.lines(sheet_id, "left") if line.state == "open"]
        assert not left, "goods with a bin: count them there"
        self.submit(sheet_id, who=who)
        return sheet_id

    def lines(self, sheet_id: int, pile: str = "all") -> tuple[LineRow, ...]:
        """Lines of a sheet."""
        return self.world.store.read(lambda c: queries.lines_page(c, sheet_id, pile, None, 1000)[0])

    def line(self, sheet_id: int, sku: SkuId, batch: str = "") -> LineRow:
        """One line."""
        return next(one for one in self.lines(sheet_id) if one.sku_id == sku and one.batch == batch)

    def state(self, sheet_id: int) -> str:
        """The sheet's."""
        return self.world.store.read(lambda c: queries.sheet(c, sheet_id)).state

    def box(self, order: OrderWants, verified: int, *, wave_id: int | None = None, state: str = "packing") -> int:
        """A parcel of an order's first line on a desk, so many units in it."""
        want = order.wants[0]

        def pack(uow: UnitOfWork) -> int:
            row = {
                "state": state, "warehouse_id": order.warehouse_id, "shop_id": 1, "consignee_id": 1,
                "carrier_code": "PX", "wave_id": wave_id, "created_at": START,
            }  # fmt: skip
            parcel = uow.insert(Parcel, row)
            line = {
                "parcel_id": parcel, "order_line_id": want.order_line_id, "order_id": order.order_id,
                "sku_id": want.sku_id, "qty": want.qty, "verified_qty": verified,
            }  # fmt: skip
            uow.insert(ParcelLine, line)
            return parcel

        return self.do(pack)

    def ship_box(self, parcel_id: int, order: OrderWants, reference: str) -> None:
        """The box leaves: its parcel and its goods, in one transaction."""
        from core.inventory import service

        def ship(uow: UnitOfWork) -> None:
            uow.execute(update(Parcel).where(Parcel.id == parcel_id).values(state="shipped"))
            service.consume(uow, [(want.order_line_id, want.qty) for want in order.wants], reference)

        self.do(ship)

    def order_no(self, order: OrderWants) -> str:
        """The number of an order."""
        from core.orders.models import Order

        query = select(Order.order_no).where(Order.id == order.order_id)
        return str(self.world.store.read(lambda c: c.execute(query).scalar_one()))
