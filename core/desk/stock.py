"""Stock as screens and checks ask for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from core.access.gate import needs
from core.access.rights import Right
from core.db.unit_of_work import Store, UnitOfWork
from core.fulfilment import parked
from core.fulfilment.resuming import goods_came
from core.inventory import ledger, queries, stock_list
from core.inventory.queries import Discrepancy, Explanation
from core.inventory.records import Booked, CountResult
from core.inventory.stock_list import (
    InHandRow,
    StockCursor,
    StockDetail,
    StockFilter,
    StockPage,
    StockTotals,
    WarehouseRow,
)
from core.inventory.warehouses import add_warehouse
from core.orders import holds
from core.orders.models import Order, OrderLine
from core.runtime.errors import NotFound
from core.runtime.ids import LevelId, SkuId, WarehouseId


@dataclass(frozen=True, slots=True)
class StockActed:
    """A booking, how many waiting orders went on because of it, and the parked parcels that can go on now."""

    booked: Booked
    served_count: int = 0
    ready_slips: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StockCounted:
    """A stocktake, how many waiting orders went on, and the numbers of the orders that lack goods because of it.

    `ready_slips`: the parked parcels that can go on now.
    """

    result: CountResult
    served_count: int = 0
    short_order_nos: tuple[str, ...] = ()
    ready_slips: tuple[str, ...] = ()


#: an act of the ledger upon one level: uow, warehouse, goods, quantity, reason, key, batch
_LedgerAct = Callable[[UnitOfWork, WarehouseId, SkuId, int, str, str, str], Booked]


class Stock:
    """Looking at stock, and what a clerk books; everything else that changes it goes through orders and parcels.

    Each act has a key of its own: the same act under the same key is booked once, and answered as before.
    """

    def __init__(self, store: Store, carrier_code: str) -> None:
        self._store = store
        self._carrier_code = carrier_code

    # --- looking ------------------------------------------------------------------------------------------------

    @needs(Right.SEE_STOCK)
    def page(self, wanted: StockFilter, after: StockCursor | None, limit: int) -> StockPage:
        """One page of the list, by code."""
        return self._store.read(lambda connection: stock_list.stock_page(connection, wanted, after, limit))

    @needs(Right.SEE_STOCK)
    def totals(self, wanted: StockFilter) -> StockTotals:
        """How many rows each filter holds, and the sums of what is shown."""
        return self._store.read(lambda connection: stock_list.stock_totals(connection, wanted))

    @needs(Right.SEE_STOCK)
    def detail(self, sku_id: SkuId, level_id: LevelId | None) -> StockDetail | None:
        """A row of the list and what makes its numbers, of the same moment; None where it is gone."""

        def look(connection: Connection) -> StockDetail | None:
            row = stock_list.stock_row(connection, sku_id, level_id)
            if row is None:
                return None
            return StockDetail(row, None if row.level_id is None else queries.why(connection, row.level_id))

        return self._store.read(look)

    @needs(Right.SEE_STOCK)
    def warehouses(self) -> tuple[WarehouseRow, ...]:
        """Where goods may be booked into."""
        return self._store.read(stock_list.warehouses)

    @needs(Right.SEE_STOCK)
    def in_hand(self) -> tuple[InHandRow, ...]:
        """Goods booked on the spot that nobody has reviewed yet."""
        return self._store.read(stock_list.in_hand)

    @needs(Right.SEE_STOCK)
    def why(self, level_id: LevelId) -> Explanation:
        """The movements and claims that make a level's numbers."""
        return self._store.read(lambda connection: queries.why(connection, level_id))

    @needs(Right.SEE_STOCK)
    def discrepancies(self) -> Sequence[Discrepancy]:
        """Where sums of movements and claims differ from the levels: empty, or a defect."""
        return self._store.read(queries.check_sums)

    # --- acts ---------------------------------------------------------------------------------------------------

    @needs(Right.RECEIVE_STOCK)
    def receive(
        self, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
    ) -> StockActed:
        """Book goods in and send the orders on that waited for them, the earliest deadline first.

        Raises:
            Refused, NotFound: as `core.inventory.ledger.receive`.
        """
        return self._act(ledger.receive, warehouse_id, sku_id, qty, reason, key, batch)

    @needs(Right.RECEIVE_STOCK)
    def book_in_hand(
        self, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
    ) -> StockActed:
        """Book goods that are there and not in the books (实物在手), to be reviewed later.

        Raises:
            Refused, NotFound: as `core.inventory.ledger.book_in_hand`.
        """
        return self._act(ledger.book_in_hand, warehouse_id, sku_id, qty, reason, key, batch)

    @needs(Right.ADJUST_STOCK)
    def adjust(
        self, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
    ) -> StockActed:
        """Correct the books by `qty`, up or down; never below what is promised or set aside.

        Raises:
            Refused, NotFound: as `core.inventory.ledger.adjust`.
        """
        return self._act(ledger.adjust, warehouse_id, sku_id, qty, reason, key, batch)

    @needs(Right.ADJUST_STOCK)
    def quarantine(
        self, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
    ) -> StockActed:
        """Set free units aside.

        Raises:
            Refused, NotFound: as `core.inventory.ledger.quarantine`.
        """
        return self._act(ledger.quarantine, warehouse_id, sku_id, qty, reason, key, batch)

    @needs(Right.ADJUST_STOCK)
    def unquarantine(
        self, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
    ) -> StockActed:
        """Make units free again that were set aside.

        Raises:
            Refused, NotFound: as `core.inventory.ledger.unquarantine`.
        """
        return self._act(ledger.unquarantine, warehouse_id, sku_id, qty, reason, key, batch)

    @needs(Right.ADJUST_STOCK)
    def transfer(
        self,
        from_warehouse_id: WarehouseId,
        to_warehouse_id: WarehouseId,
        sku_id: SkuId,
        qty: int,
        reason: str,
        key: str,
        batch: str = "",
    ) -> StockActed:
        """Move free units to another warehouse, and send the orders on that waited for them there.

        Gives the booking at the place they left.

        Raises:
            Refused, NotFound: as `core.inventory.ledger.transfer`; NotFound: `stock.no_warehouse`.
        """

        def move(uow: UnitOfWork) -> StockActed:
            _expect_warehouses(uow, {from_warehouse_id, to_warehouse_id})
            ends = ledger.transfer(uow, from_warehouse_id, to_warehouse_id, sku_id, qty, reason, key, batch.strip())
            return self._gone_on(uow, ends.source, sku_id)

        return self._store.write(move)

    @needs(Right.CHANGE_SETTINGS)
    def add_warehouse(self, code: str, name: str) -> WarehouseRow:
        """A further place where goods are kept.

        Raises:
            Refused: as `core.inventory.warehouses.add_warehouse`.
        """

        def add(uow: UnitOfWork) -> WarehouseRow:
            made = add_warehouse(uow, code, name)
            return next(place for place in stock_list.warehouses(uow.connection) if place.id == made)

        return self._store.write(add)

    @needs(Right.ADJUST_STOCK)
    def count(
        self, warehouse_id: WarehouseId, sku_id: SkuId, counted_qty: int, reason: str, key: str, batch: str = ""
    ) -> StockCounted:
        """Book a stocktake of one place; orders whose goods are not there are held, the least pressing first.

        Raises:
            Refused, NotFound: as `core.inventory.ledger.count`.
        """

        def book(uow: UnitOfWork) -> StockCounted:
            result = ledger.count(uow, warehouse_id, sku_id, counted_qty, reason, key, batch)
            short = _hold_short(uow, result)
            if result.is_repeat or result.variance_qty <= 0:
                return StockCounted(result, 0, short)
            served = goods_came(uow, self._carrier_code, [sku_id])
            return StockCounted(result, len(served), short, parked.ready_with(uow.connection, sku_id))

        return self._store.write(book)

    @needs(Right.ADJUST_STOCK)
    def review_in_hand(self, movement_id: int) -> bool:
        """Say that goods booked on the spot were looked into; False when somebody has said so before.

        Raises:
            NotFound: as `core.inventory.ledger.review_in_hand`.
        """
        return self._store.write(lambda uow: ledger.review_in_hand(uow, movement_id))

    def _act(
        self, act: _LedgerAct, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str
    ) -> StockActed:
        def book(uow: UnitOfWork) -> StockActed:
            _expect_warehouses(uow, {warehouse_id})
            booked = act(uow, warehouse_id, sku_id, qty, reason, key, batch.strip())
            return self._gone_on(uow, booked, sku_id)

        return self._store.write(book)

    def _gone_on(self, uow: UnitOfWork, booked: Booked, sku_id: SkuId) -> StockActed:
        """A booking, with what waited for it."""
        if booked.is_repeat:
            return StockActed(booked)
        served = goods_came(uow, self._carrier_code, [sku_id])
        return StockActed(booked, len(served), parked.ready_with(uow.connection, sku_id))


def _expect_warehouses(uow: UnitOfWork, wanted: set[WarehouseId]) -> None:
    for unknown in wanted - {place.id for place in stock_list.warehouses(uow.connection)}:
        raise NotFound("stock.no_warehouse", f"there is no warehouse {unknown}")


def _hold_short(uow: UnitOfWork, result: CountResult) -> tuple[str, ...]:
    """Hold the orders a stocktake took goods from; gives their numbers, by number."""
    lines = [shortage.order_line_id for shortage in result.deficits]
    if not lines:
        return ()
    query = (
        select(Order.id, Order.order_no)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(OrderLine.id.in_(lines))
        .distinct()
        .order_by(Order.order_no)
    )
    orders = uow.rows(query)
    if not result.is_repeat:
        holds.place_many(uow, [(order.id, "short") for order in orders])
    return tuple(order.order_no for order in orders)
