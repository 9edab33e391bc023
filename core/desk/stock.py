"""Stock as screens and checks ask for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection

from core.access.gate import confirm, has_now, needs
from core.access.rights import Right
from core.counting.records import ShortRow
from core.counting.shortage import hold_short_of
from core.db.unit_of_work import Store, UnitOfWork, shared_now
from core.desk.documents import right_of
from core.fulfilment import parked
from core.fulfilment.resuming import goods_came
from core.inventory import ledger, queries, stock_list
from core.inventory.batches import BatchFacts, note_batch, tidy_batch
from core.inventory.documents.at_once import Done, do_at_once
from core.inventory.documents.records import Acted, Head, LineIn
from core.inventory.documents.reversing import reverse
from core.inventory.documents.rules import needs_other
from core.inventory.documents.states import DocKind
from core.inventory.documents.writing import paper_of
from core.inventory.figures.opening import PAGE, open_figure
from core.inventory.figures.queries import sku_figures
from core.inventory.figures.records import Figure, Opened, StockDetail
from core.inventory.ledger import LevelAct
from core.inventory.queries import Discrepancy, Explanation
from core.inventory.records import Booked, CountResult
from core.inventory.stock_list import (
    InHandRow,
    StockCursor,
    StockFilter,
    StockPage,
    StockTotals,
    WarehouseRow,
)
from core.inventory.warehouses import add_warehouse
from core.runtime.errors import NotFound, Refused
from core.runtime.first_of import FirstOf
from core.runtime.ids import LevelId, SkuId, WarehouseId


@dataclass(frozen=True, slots=True)
class StockActed:
    """A booking, how many waiting orders went on because of it, and the parked parcels that can go on now.

    `document_no` is the number of the act's document; with `waits` it is only written down, and books when somebody
    else has approved it. `putaway_no` is the document in which received goods wait for their shelf.
    """

    booked: Booked
    served_count: int = 0
    ready_slips: tuple[str, ...] = ()
    document_id: int = 0
    document_no: str = ""
    waits: bool = False
    putaway_no: str = ""


@dataclass(frozen=True, slots=True)
class StockCounted:
    """A stocktake, how many waiting orders went on, and the numbers of the orders that lack goods because of it.

    `ready_slips`: the parked parcels that can go on now.
    """

    result: CountResult
    served_count: int = 0
    short_order_nos: tuple[str, ...] = ()
    ready_slips: tuple[str, ...] = ()


#: acts that a clerk books upon one level -> what their documents are
_KINDS: Final[Mapping[LevelAct, DocKind]] = MappingProxyType(
    {
        ledger.receive: DocKind.RECEIPT,
        ledger.book_in_hand: DocKind.IN_HAND,
        ledger.adjust: DocKind.ADJUSTMENT,
        ledger.quarantine: DocKind.QUARANTINE,
        ledger.unquarantine: DocKind.RELEASE,
    }
)


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
            why = None if row.level_id is None else queries.why(connection, row.level_id)
            return StockDetail(row, why, sku_figures(connection, sku_id, shared_now(connection, self._store.clock)))

        return self._store.read(look)

    @needs(Right.SEE_STOCK)
    def open_figure(self, figure: Figure, after: tuple[Any, ...] | None = None, limit: int = PAGE) -> Opened:
        """A page of what makes a number.

        Raises:
            NotFound: as `core.inventory.figures.opening.open_figure`.
        """

        def look(connection: Connection) -> Opened:
            return open_figure(connection, figure, shared_now(connection, self._store.clock), after, limit)

        return self._store.read(look)

    @needs(Right.SEE_STOCK)
    def warehouses(self) -> tuple[WarehouseRow, ...]:
        """Where goods may be booked into."""
        return self._store.read(stock_list.warehouses)

    @needs(Right.SEE_STOCK)
    def in_hand(self) -> FirstOf[InHandRow]:
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

    @needs(Right.RECEIVE_STOCK)
    def note_batch(self, sku_id: SkuId, batch: str, expires_on: date | None, made_on: date | None) -> BatchFacts:
        """Know a batch and its days from now on, before goods of it are booked in.

        Raises:
            NotFound, Refused: as `core.inventory.batches.note_batch`.
        """
        return self._store.write(lambda uow: note_batch(uow, sku_id, batch, expires_on, made_on))

    # --- acts ---------------------------------------------------------------------------------------------------

    @needs(Right.RECEIVE_STOCK)
    def receive(
        self, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
    ) -> StockActed:
        """Book goods in and send the orders on that waited for them, the earliest deadline first.

        Where the owner has goods put away, they wait for their shelf first, and the answer says in which document.

        Raises:
            Refused, NotFound: as `core.inventory.ledger.LevelAct`.
        """
        return self._act(ledger.receive, warehouse_id, sku_id, qty, reason, key, batch)

    @needs(Right.RECEIVE_STOCK)
    def book_in_hand(
        self, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
    ) -> StockActed:
        """Book goods that are there and not in the books (实物在手), to be reviewed later.

        Raises:
            Refused, NotFound: as `core.inventory.ledger.LevelAct`.
        """
        return self._act(ledger.book_in_hand, warehouse_id, sku_id, qty, reason, key, batch)

    @needs(Right.ADJUST_STOCK)
    def adjust(
        self, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
    ) -> StockActed:
        """Correct the books by `qty`, up or down; never below what is promised or set aside.

        Beyond the owner's limit nothing is booked: the document waits for somebody else, and the answer says so.

        Raises:
            Refused, NotFound: as `core.inventory.ledger.LevelAct`.
        """
        return self._act(ledger.adjust, warehouse_id, sku_id, qty, reason, key, batch)

    @needs(Right.ADJUST_STOCK)
    def quarantine(
        self, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
    ) -> StockActed:
        """Set free units aside.

        Raises:
            Refused, NotFound: as `core.inventory.ledger.LevelAct`.
        """
        return self._act(ledger.quarantine, warehouse_id, sku_id, qty, reason, key, batch)

    @needs(Right.ADJUST_STOCK)
    def unquarantine(
        self, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
    ) -> StockActed:
        """Make units free again that were set aside.

        Raises:
            Refused, NotFound: as `core.inventory.ledger.LevelAct`.
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
            tidy = tidy_batch(batch)
            done = do_at_once(
                uow,
                DocKind.TRANSFER,
                Head(from_warehouse_id, to_warehouse_id, reason=reason),
                LineIn(sku_id, qty, tidy, done_qty=qty),
                key,
                lambda number: _moved(
                    uow, (from_warehouse_id, to_warehouse_id), sku_id, qty, reason, key, tidy, number
                ),
                [f"transfer:{key}:out", f"transfer:{key}:in"],
            )
            return self._gone_on(uow, done, sku_id)

        return self._store.write(move)

    @needs(Right.ADJUST_STOCK)
    def take_back(self, document_id: int, key: str) -> Acted:
        """Undo an act that was booked from here, by the counter-document of its document.

        Raises:
            Refused: as `core.inventory.documents.reversing.reverse`; `right.missing`, of the right its kind takes.
            NotFound: `document.none`.
        """
        may_approve = has_now(self._store, Right.APPROVE_STOCK)

        def undo(uow: UnitOfWork) -> Acted:
            confirm(uow, right_of(paper_of(uow, document_id).kind))
            acted = reverse(uow, document_id, None, key, may_approve=may_approve)
            if not acted.is_repeat and acted.came:
                goods_came(uow, self._carrier_code, acted.came)
            return acted

        return self._store.write(undo)

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
        self,
        warehouse_id: WarehouseId,
        sku_id: SkuId,
        counted_qty: int,
        reason: str,
        key: str,
        batch: str = "",
        *,
        seen_qty: int | None = None,
    ) -> StockCounted:
        """Book a stocktake of one place; orders whose goods are not there are held, the least pressing first.

        `seen_qty` is what the books said when counting began.

        Raises:
            Refused: `stock.count_needs_sheet`, the variance is beyond what one person may book.
            Refused, NotFound: as `core.inventory.ledger.count`.
        """

        def book(uow: UnitOfWork) -> StockCounted:
            result = ledger.count(
                uow, warehouse_id, sku_id, counted_qty, reason, key, tidy_batch(batch), seen_qty=seen_qty
            )
            _expect_within_limit(uow, sku_id, result)
            short = _order_nos(hold_short_of(uow, result))
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
        self, act: LevelAct, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str
    ) -> StockActed:
        kind, tidy = _KINDS[act], tidy_batch(batch)
        line = LineIn(sku_id, 0 if kind is DocKind.RECEIPT else qty, tidy, done_qty=abs(qty))

        def book(uow: UnitOfWork) -> StockActed:
            _expect_warehouses(uow, {warehouse_id})
            done = do_at_once(
                uow,
                kind,
                Head(warehouse_id, reason=reason),
                line,
                key,
                lambda number: act(uow, warehouse_id, sku_id, qty, reason, key, tidy, reference=number),
                act.movement_keys(key),
            )
            return self._gone_on(uow, done, sku_id)

        return self._store.write(book)

    def _gone_on(self, uow: UnitOfWork, done: Done, sku_id: SkuId) -> StockActed:
        """A booking, with what waited for it."""
        document = (done.document_id, done.number, done.waits, done.follower)
        if done.booked.is_repeat or not done.booked.qty:
            return StockActed(done.booked, 0, (), *document)
        served = goods_came(uow, self._carrier_code, [sku_id])
        slips = parked.ready_with(uow.connection, sku_id)
        return StockActed(done.booked, len(served), slips, *document)


def _moved(
    uow: UnitOfWork,
    ends: tuple[WarehouseId, WarehouseId],
    sku_id: SkuId,
    qty: int,
    reason: str,
    key: str,
    batch: str,
    number: str,
) -> Booked:
    """The booking at the place that goods left."""
    return ledger.transfer(uow, *ends, sku_id, qty, reason, key, batch, reference=number).source


def _expect_warehouses(uow: UnitOfWork, wanted: set[WarehouseId]) -> None:
    for unknown in wanted - {place.id for place in stock_list.warehouses(uow.connection)}:
        raise NotFound("stock.no_warehouse", f"there is no warehouse {unknown}")


def _expect_within_limit(uow: UnitOfWork, sku_id: SkuId, counted: CountResult) -> None:
    """What an adjustment may not change without a second pair of eyes, a count may not either."""
    qty = counted.variance_qty
    if not counted.is_repeat and qty and needs_other(uow, [LineIn(sku_id, qty)]):
        raise Refused(
            "stock.count_needs_sheet",
            f"a variance of {qty:+d} is beyond the limit; count on a sheet, which somebody else approves",
            variance_qty=f"{qty:+d}",
        )


def _order_nos(rows: Sequence[ShortRow]) -> tuple[str, ...]:
    """The orders a count took goods from, by number."""
    return tuple(sorted({row.order_no for row in rows}))
