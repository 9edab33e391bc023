"""Counting as screens ask for it: sheets, scans, differences and their approval."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from core.access.gate import needs
from core.access.rights import Right
from core.counting import goods, queries, settling, sheets, suggesting, tallying
from core.counting.queries import LineCursor
from core.counting.records import (
    CountView,
    Decision,
    FindRow,
    LineRow,
    LineStory,
    Scanned,
    Scope,
    Settled,
    SheetRow,
    ShortRow,
)
from core.counting.shortage import shortage_of_sheet
from core.counting.suggesting import Suggestion
from core.db.unit_of_work import Store, UnitOfWork, Urgency
from core.fulfilment import parked
from core.fulfilment.resuming import goods_came
from core.inventory import stock_list
from core.inventory.stock_list import WarehouseRow
from core.runtime.first_of import FirstOf
from core.runtime.ids import SkuId


class Counting:
    """Count sheets. Scans have keys of their own: the same scan under the same key is stored once."""

    def __init__(self, store: Store, carrier_code: str) -> None:
        self._store = store
        self._carrier_code = carrier_code

    # --- looking ------------------------------------------------------------------------------------------------

    @needs(Right.COUNT_STOCK)
    def sheets(self, pile: str) -> tuple[SheetRow, ...]:
        """The sheets of one of `queries.SHEET_PILES`, the newest first."""
        return self._store.read(lambda connection: queries.sheets(connection, pile))

    @needs(Right.COUNT_STOCK)
    def sheet_counts(self) -> tuple[tuple[str, int], ...]:
        """How many sheets each pile holds."""
        return self._store.read(queries.sheet_counts)

    @needs(Right.COUNT_STOCK)
    def sheet(self, sheet_id: int) -> SheetRow:
        """One sheet.

        Raises:
            NotFound: `count.no_sheet`.
        """
        return self._store.read(lambda connection: queries.sheet(connection, sheet_id))

    @needs(Right.COUNT_STOCK)
    def count_view(self, sheet_id: int, pass_id: int = 0, seen: CountView | None = None) -> CountView:
        """The sheet as whoever is here counts on it; without a pass the newest place they have open.

        With what was `seen` of it before, only their own place is read anew.

        Raises:
            NotFound: `count.no_sheet`.
        """
        counter = self._who()
        return self._store.read(lambda connection: queries.count_view(connection, sheet_id, counter, pass_id, seen))

    @needs(Right.COUNT_STOCK)
    def lines(
        self, sheet_id: int, pile: str = "all", after: LineCursor | None = None, limit: int = 100
    ) -> tuple[tuple[LineRow, ...], LineCursor | None]:
        """A page of a sheet's lines of one of `queries.LINE_PILES`."""
        return self._store.read(lambda connection: queries.lines_page(connection, sheet_id, pile, after, limit))

    @needs(Right.COUNT_STOCK)
    def line_counts(self, sheet_id: int) -> tuple[tuple[str, int], ...]:
        """How many lines each pile holds."""
        return self._store.read(lambda connection: queries.line_counts(connection, sheet_id))

    @needs(Right.SEE_STOCK)
    def story(self, line_id: int) -> LineStory:
        """What explains a line's difference.

        Raises:
            NotFound: `count.no_line`.
        """
        return self._store.read(lambda connection: queries.story(connection, line_id))

    @needs(Right.SEE_STOCK)
    def shortage(self, sheet_id: int) -> tuple[ShortRow, ...]:
        """Orders that lack goods because of a sheet, the first to give way first."""
        return self._store.read(lambda connection: shortage_of_sheet(connection, sheet_id))

    @needs(Right.COUNT_STOCK)
    def finds(self, sheet_id: int) -> FirstOf[FindRow]:
        """What was scanned and is not on the sheet."""
        return self._store.read(lambda connection: queries.finds(connection, sheet_id))

    @needs(Right.COUNT_STOCK)
    def warehouses(self) -> tuple[WarehouseRow, ...]:
        """Where goods may be counted."""
        return self._store.read(stock_list.warehouses)

    @needs(Right.SEE_STOCK)
    def suggestions(self, warehouse_id: int, how_many: int) -> tuple[Suggestion, ...]:
        """What to count today, with the reason of each."""

        def look(connection: Connection) -> tuple[Suggestion, ...]:
            return suggesting.suggested(connection, warehouse_id, how_many, self._store.clock.now())

        return self._store.read(look)

    # --- sheets -------------------------------------------------------------------------------------------------

    @needs(Right.ADJUST_STOCK)
    def make(self, warehouse_id: int, scope: Scope, key: str, note: str, *, is_blind: bool) -> SheetRow:
        """A new sheet without lines yet; `fill` makes those.

        Raises:
            Refused, NotFound: as `core.counting.sheets.make_sheet`.
        """

        def make(uow: UnitOfWork) -> SheetRow:
            made = sheets.make_sheet(uow, warehouse_id, scope, key, note, is_blind=is_blind)
            return queries.sheet(uow.connection, made)

        return self._store.write(make)

    @needs(Right.ADJUST_STOCK)
    def fill(self, sheet_id: int) -> int | None:
        """Make the next lines; how many, or None when there are no more.

        Raises:
            Refused, NotFound: as `core.counting.sheets.fill_sheet`.
        """
        return self._store.write(lambda uow: sheets.fill_sheet(uow, sheet_id), urgency=Urgency.BULK)

    @needs(Right.COUNT_STOCK)
    def begin(self, sheet_id: int) -> None:
        """Begin counting, or go on after a pause.

        Raises:
            Refused, NotFound: as `core.counting.sheets.begin`.
        """
        self._store.write(lambda uow: sheets.begin(uow, sheet_id))

    @needs(Right.COUNT_STOCK)
    def pause(self, sheet_id: int) -> None:
        """Stop counting for now.

        Raises:
            Refused, NotFound: as `core.counting.sheets.pause`.
        """
        self._store.write(lambda uow: sheets.pause(uow, sheet_id))

    @needs(Right.ADJUST_STOCK)
    def throw_away(self, sheet_id: int) -> None:
        """End a sheet without booking anything.

        Raises:
            Refused, NotFound: as `core.counting.sheets.throw_away`.
        """
        self._store.write(lambda uow: sheets.throw_away(uow, sheet_id))

    @needs(Right.COUNT_STOCK)
    def submit(self, sheet_id: int, *, leave_open: bool = False, end_places: bool = False) -> SheetRow:
        """Hand a sheet in; what was counted as the books say is settled at once, and a sheet without more is done.

        Handing in once more goes on where the first time was cut short.

        Raises:
            Refused, NotFound: as `core.counting.sheets.submit`.
        """
        self._store.write(lambda uow: sheets.submit(uow, sheet_id, leave_open=leave_open, end_places=end_places))
        while self._store.write(lambda uow: settling.settle_equal(uow, sheet_id), urgency=Urgency.BULK):
            pass
        return self._store.read(lambda connection: queries.sheet(connection, sheet_id))

    # --- scans --------------------------------------------------------------------------------------------------

    @needs(Right.COUNT_STOCK)
    def go_to(self, sheet_id: int, place: str) -> Scanned:
        """Count in this place from now on.

        Raises:
            Refused, NotFound: as `core.counting.tallying.go_to`.
        """
        return self._store.write(lambda uow: tallying.go_to(uow, sheet_id, place), urgency=Urgency.SCAN)

    @needs(Right.COUNT_STOCK)
    def scan(self, pass_id: int, raw: str, key: str, qty: int = 1, batch: str | None = None) -> Scanned:
        """Goods were scanned, or the bin of another place.

        Raises:
            Refused, NotFound: as `core.counting.tallying.scan` and `go_to`.
        """

        def scan(uow: UnitOfWork) -> Scanned:
            sheet_id = tallying.sheet_of(uow, pass_id)
            if tallying.is_bin(uow, sheet_id, raw):
                return tallying.go_to(uow, sheet_id, raw)
            return tallying.scan(uow, pass_id, raw, key, qty, batch)

        return self._store.write(scan, urgency=Urgency.SCAN)

    @needs(Right.COUNT_STOCK)
    def first_scan(self, sheet_id: int, raw: str, key: str, qty: int = 1, batch: str | None = None) -> Scanned:
        """The first scan of somebody who has no place yet: a bin, or goods that lie anywhere.

        Raises:
            Refused, NotFound: as `scan`.
        """

        def scan(uow: UnitOfWork) -> Scanned:
            if tallying.is_bin(uow, sheet_id, raw):
                return tallying.go_to(uow, sheet_id, raw)
            here = tallying.go_to(uow, sheet_id, "")
            scanned = tallying.scan(uow, here.pass_id, raw, key, qty, batch)
            if here.is_repeat:
                return scanned
            # No bin was scanned that would have told it: two who share a shelf would each count a part, and the part
            # of the second would stand for the whole.
            return replace(scanned, pass_number=here.pass_number, other=here.other)

        return self._store.write(scan, urgency=Urgency.SCAN)

    @needs(Right.COUNT_STOCK)
    def undo_last(self, pass_id: int, key: str) -> Scanned:
        """Take back the last scan of a place.

        Raises:
            Refused, NotFound: as `core.counting.tallying.undo_last`.
        """
        return self._store.write(lambda uow: tallying.undo_last(uow, pass_id, key), urgency=Urgency.SCAN)

    @needs(Right.COUNT_STOCK)
    def finish_place(self, pass_id: int, key: str, missing: str) -> int:
        """Everything in a place is counted; gives how many lines were counted as nothing there, a few at a time.

        Raises:
            Refused, NotFound: as `core.counting.tallying.finish_place`.
        """
        zeroed = 0
        while missing == "zero" and (some := self._store.write(lambda uow: tallying.zero_some(uow, pass_id, key))):
            zeroed += some
        return zeroed + self._store.write(lambda uow: tallying.finish_place(uow, pass_id, key, missing))

    @needs(Right.COUNT_STOCK)
    def drop_place(self, pass_id: int) -> None:
        """What was counted on this way through a place was a mistake.

        Raises:
            Refused, NotFound: as `core.counting.tallying.drop_place`.
        """
        self._store.write(lambda uow: tallying.drop_place(uow, pass_id))

    @needs(Right.COUNT_STOCK)
    def add_goods(self, sheet_id: int, sku_id: int, batch: str = "") -> int:
        """Put goods onto a sheet that were found.

        Raises:
            Refused, NotFound: as `core.counting.goods.add_goods`.
        """
        return self._store.write(lambda uow: goods.add_goods(uow, sheet_id, sku_id, batch))

    # --- decisions ----------------------------------------------------------------------------------------------

    @needs(Right.ADJUST_STOCK)
    def settle(self, sheet_id: int, decisions: Sequence[Decision]) -> Settled:
        """Decide about lines: book, keep, or have them counted again.

        Many are booked piece by piece; what was booked stays when a later piece is refused, and repeating all of
        them goes on from there.

        Raises:
            Refused, NotFound: as `core.counting.settling.settle`.
        """
        books = [one for one in decisions if one.verdict != "recount"]
        done = Settled()
        for start in range(0, len(books), settling.PIECE):
            done = _together(done, self._settle(sheet_id, books[start : start + settling.PIECE]))
        again = [one for one in decisions if one.verdict == "recount"]
        return _together(done, self._settle(sheet_id, again)) if again else done

    def _settle(self, sheet_id: int, decisions: Sequence[Decision]) -> Settled:
        def decide(uow: UnitOfWork) -> Settled:
            settled = settling.settle(uow, sheet_id, decisions)
            grown = [SkuId(sku_id) for sku_id in settled.grown]
            if not grown:
                return settled
            served = goods_came(uow, self._carrier_code, grown)
            slips = [slip for sku_id in grown for slip in parked.ready_with(uow.connection, sku_id)]
            return replace(settled, served_count=len(served), ready_slips=tuple(dict.fromkeys(slips)))

        return self._store.write(decide)

    def _who(self) -> str:
        return (self._store.acting or self._store.actor).operator


def _together(before: Settled, more: Settled) -> Settled:
    return Settled(
        before.booked + more.booked,
        before.kept + more.kept,
        before.recounts + more.recounts,
        more.is_done,
        (*before.short, *more.short),
        before.grown + more.grown,
        before.served_count + more.served_count,
        (*before.ready_slips, *more.ready_slips),
    )
