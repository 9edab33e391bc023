"""The stock page without widgets: what is listed, what is open, and the act that is being written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from core.desk.stock import StockActed, StockCounted
from core.inventory.reasons import UNDONE, written
from core.inventory.stock_list import (
    InHandRow,
    StockCursor,
    StockDetail,
    StockFilter,
    StockRow,
    StockTotals,
    WarehouseRow,
)
from core.runtime.errors import Refused
from core.runtime.ids import LevelId, SkuId, WarehouseId
from desktop.bridge.paging import ListPresenter, Page
from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.stock.ports import StockDesk
from desktop.pages.stock.words import takes_from_orders
from desktop.texts import Phrase

#: order numbers a message names
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class ActForm:
    """What a clerk has written: quantity (of a count what was counted), reason code, note, place, batch."""

    qty: int
    reason: str
    note: str
    warehouse_id: WarehouseId
    batch: str


@dataclass(frozen=True, slots=True)
class StockScreen:
    """What the page shows beside the rows.

    Attributes:
        counts: texts for the chips.
        detail: the open row and why its numbers are so.
        act: the act whose form is open, empty for none; `round` grows with each opening.
        is_asked: the clerk was told what the act takes from orders; the next press means it.
        is_saving: an act is on its way; a further press is none.
        in_hand: goods to be reviewed; `is_reviewing` while their list is shown.
        is_naming: the form of a new warehouse is open.
    """

    wanted: StockFilter = field(default_factory=StockFilter)
    is_loading: bool = False
    is_known_empty: bool = False
    counts: Mapping[str, str] = field(default_factory=dict)
    totals: StockTotals | None = None
    warehouses: tuple[WarehouseRow, ...] = ()
    detail: StockDetail | None = None
    act: str = ""
    is_asked: bool = False
    is_saving: bool = False
    round: int = 0
    in_hand: tuple[InHandRow, ...] = ()
    is_reviewing: bool = False
    is_naming: bool = False


class StockPresenter(ListPresenter[StockScreen]):
    """Reads in the lane of reads, a newer wish makes an older answer worthless; every press of an act has one key."""

    def __init__(self, stock: StockDesk, tasks: Tasks, tell: Tell, nonce: Callable[[], str]) -> None:
        """`nonce` gives a word no other act has."""
        super().__init__(StockScreen(), tasks, tell)
        self._stock = stock
        self._nonce = nonce
        self._key = ""
        self._opens_first = ""
        self._wished: tuple[SkuId, LevelId | None] | None = None
        #: opens an order's page
        self.on_order: Callable[[int], None] = lambda _order_id: None

    # --- the list -----------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read again what is shown, as far down as it was loaded."""
        self._list(self._screen.wanted, is_again=True)
        self._reopen()

    def refresh_beside(self) -> None:
        """Read totals and the open row again, and leave the rows as they are."""
        self._sum_up()
        self._reopen()

    def choose_pile(self, pile: str) -> None:
        """Show another pile."""
        self._list(replace(self._screen.wanted, pile=pile))

    def search(self, words: str) -> None:
        """Show what matches; a search looks into every pile."""
        self._list(StockFilter("all", words.strip()))

    def find(self, raw: str) -> None:
        """A scanned code: show its goods and open them."""
        self._opens_first = raw.strip()
        self._list(StockFilter("all", raw.strip()))

    def more(self, after: object) -> None:
        """The list was scrolled near its end."""
        wanted = self._screen.wanted
        if not isinstance(after, StockCursor):
            return

        self._read_more(lambda rows: self._stock.page(wanted, after, rows), lambda: wanted == self._screen.wanted)

    # --- one row ------------------------------------------------------------------------------------------------

    def open(self, sku_id: SkuId, level_id: LevelId | None) -> None:
        """Show why a row's numbers are so."""
        if self._wished != (sku_id, level_id):
            self.leave_act()
        self._wished = (sku_id, level_id)
        self._show(is_reviewing=False)
        self._tasks.submit(
            lambda: self._stock.detail(sku_id, level_id), self._on_detail, self._fail, owner=self, key="detail"
        )

    def close(self) -> bool:
        """Close the form, else the drawer; whether anything was open."""
        if self._screen.is_naming:
            return self.leave_place()
        if self._screen.act:
            return self.leave_act()
        was_open = self._screen.detail is not None or self._screen.is_reviewing
        self._wished = None
        self._show(detail=None, is_reviewing=False)
        return was_open

    def open_order(self, order_id: int) -> None:
        """Go to an order that holds units."""
        self.on_order(order_id)

    # --- acts ---------------------------------------------------------------------------------------------------

    def begin_act(self, act: str) -> None:
        """Open the form of an act upon the open row."""
        if act == "transfer" and len(self._screen.warehouses) < 2 and self._screen.detail is not None:
            self._tell("notice", Phrase("stock.one_warehouse"), None)
            return
        if self._screen.detail is not None and not self._screen.is_saving:
            self._key = self._nonce()
            self._show(act=act, is_asked=False, round=self._screen.round + 1)

    def leave_act(self) -> bool:
        """Put the form away; whether one was open."""
        was_open = bool(self._screen.act)
        self._show(act="", is_asked=False)
        return was_open

    def change_mind(self) -> None:
        """The form was changed after a question: it is asked again."""
        self._show(is_asked=False)

    def do_act(self, form: ActForm) -> None:
        """Book what is written. A count that takes goods from orders is asked about first."""
        detail, act = self._screen.detail, self._screen.act
        if detail is None or not act or self._screen.is_saving:
            return
        row = detail.row
        is_here = form.warehouse_id == row.warehouse_id and form.batch.strip() == row.batch
        if is_here and takes_from_orders(row, act, form.qty) and not self._screen.is_asked:
            self._show(is_asked=True)
            self._tell("notice", Phrase("stock.count_takes", {"code": row.code}), None)
            return
        self._show(is_saving=True)
        key = self._key
        self._tasks.submit(
            lambda: self._book(act, row, form, key),
            lambda acted: self._on_acted(act, row, form, key, acted),
            lambda error: self._on_refused(act, error),
            owner=self,
            lane=Lane.ACTS,
        )

    def _book(self, act: str, row: StockRow, form: ActForm, key: str) -> StockActed | StockCounted:
        reason = written(form.reason, form.note)
        place = (form.warehouse_id, row.sku_id, form.qty, reason, key, form.batch.strip())
        if act == "count":
            return self._stock.count(*place)
        if act == "transfer":
            return self._stock.transfer(
                row.warehouse_id, form.warehouse_id, row.sku_id, form.qty, reason, key, row.batch
            )
        return self._acts()[act](*place)

    def _acts(self) -> Mapping[str, Callable[..., StockActed]]:
        stock = self._stock
        return {
            "receive": stock.receive,
            "in_hand": stock.book_in_hand,
            "adjust": stock.adjust,
            "quarantine": stock.quarantine,
            "unquarantine": stock.unquarantine,
        }

    def _on_acted(self, act: str, row: StockRow, form: ActForm, key: str, acted: StockActed | StockCounted) -> None:
        self._show(is_saving=False, act="", is_asked=False)
        if isinstance(acted, StockCounted):
            self._tell_count(row, acted)
            level_id = acted.result.level_id
        else:
            served = acted.served_count
            facts: dict[str, object] = {"code": row.code, "n": abs(form.qty), "served": served}
            facts["qty"] = f"{form.qty:+d}" if act == "adjust" else str(form.qty)
            facts["place"] = self._place_name(form.warehouse_id)
            words = Phrase(f"stock.done.{act}", facts)
            if served:
                words = Phrase("stock.done.served", {"done": words, "n": served})
            self._tell("good", _with_slips(words, acted.ready_slips), lambda: self._undo(act, row, form, key))
            level_id = acted.booked.level_id
        self.open(row.sku_id, level_id)
        self._list(self._screen.wanted, is_again=True)

    def _tell_count(self, row: StockRow, counted: StockCounted) -> None:
        facts: dict[str, object] = {
            "code": row.code,
            "counted": counted.result.counted_qty,
            "variance": f"{counted.result.variance_qty:+d}",
        }
        short = counted.short_order_nos
        if short:
            more = "…" if len(short) > _NAMED else ""
            facts |= {"n": len(short), "orders": "、".join(short[:_NAMED]) + more}
            self._tell("stop", Phrase("stock.done.count_short", facts), None)
            return
        words = Phrase("stock.done.count" if counted.result.variance_qty else "stock.done.count_same", facts)
        if counted.served_count:
            words = Phrase("stock.done.served", {"done": words, "n": counted.served_count})
        self._tell("good", _with_slips(words, counted.ready_slips), None)

    def _undo(self, act: str, row: StockRow, form: ActForm, key: str) -> None:
        """Book the opposite, with a reason of its own; refused where the goods have been promised meanwhile."""
        stock = self._stock
        back: Mapping[str, tuple[Callable[..., StockActed], int]] = {
            "receive": (stock.adjust, -form.qty),
            "in_hand": (stock.adjust, -form.qty),
            "adjust": (stock.adjust, -form.qty),
            "quarantine": (stock.unquarantine, form.qty),
            "unquarantine": (stock.quarantine, form.qty),
        }
        if act == "transfer":
            ends = (form.warehouse_id, row.warehouse_id, row.sku_id, form.qty, UNDONE, f"{key}:undo", row.batch)
            self._take_back(act, row, lambda: stock.transfer(*ends))
            return
        opposite, qty = back[act]
        place = (form.warehouse_id, row.sku_id, qty, UNDONE, f"{key}:undo", form.batch.strip())

        self._take_back(act, row, lambda: opposite(*place))

    def _take_back(self, act: str, row: StockRow, work: Callable[[], StockActed]) -> None:
        def finished(_acted: StockActed) -> None:
            self._tell("good", Phrase("stock.undone", {"code": row.code}), None)
            self.reload()

        self._tasks.submit(work, finished, lambda error: self._on_refused(act, error), owner=self, lane=Lane.ACTS)

    def _place_name(self, warehouse_id: WarehouseId) -> str:
        return next((one.name for one in self._screen.warehouses if one.id == warehouse_id), "—")

    # --- a new place --------------------------------------------------------------------------------------------

    def begin_place(self) -> None:
        """Open the form of a new warehouse."""
        self._show(is_naming=True)

    def leave_place(self) -> bool:
        """Put the form away; whether it was open."""
        was_open = self._screen.is_naming
        self._show(is_naming=False)
        return was_open

    def make_place(self, code: str, name: str) -> None:
        """Make the warehouse that was written."""
        if self._screen.is_saving or not self._screen.is_naming:
            return
        self._show(is_saving=True)

        def made(place: WarehouseRow) -> None:
            self._show(is_saving=False, is_naming=False)
            self._tell("good", Phrase("stock.place.made", {"name": place.name}), None)
            self._sum_up()

        def refused(error: Exception) -> None:
            self._show(is_saving=False)
            self._fail(error)

        self._tasks.submit(lambda: self._stock.add_warehouse(code, name), made, refused, owner=self, lane=Lane.ACTS)

    def _on_refused(self, act: str, error: Exception) -> None:
        self._show(is_saving=False)
        if (
            isinstance(error, Refused)
            and error.code == "stock.too_little"
            and act in {"receive", "in_hand", "adjust"}
        ):
            self._tell("stop", Phrase("stock.promised", error.facts), None)
            return
        self._fail(error)

    # --- goods in hand ------------------------------------------------------------------------------------------

    def review(self) -> None:
        """Show the goods that were booked on the spot and wait for a second look."""
        self._wished = None
        self._show(detail=None, act="", is_asked=False, is_reviewing=True)
        self._read_in_hand()

    def reviewed(self, row: InHandRow) -> None:
        """These goods were looked into."""

        def finished(_is_first: bool) -> None:
            self._tell("good", Phrase("stock.reviewed", {"code": row.code}), None)
            self._read_in_hand()

        self._tasks.submit(
            lambda: self._stock.review_in_hand(row.movement_id), finished, self._fail, owner=self, lane=Lane.ACTS
        )

    def _read_in_hand(self) -> None:
        self._tasks.submit(
            self._stock.in_hand, lambda rows: self._show(in_hand=rows), self._fail, owner=self, key="in_hand"
        )

    # --- within -------------------------------------------------------------------------------------------------

    def _list(self, wanted: StockFilter, *, is_again: bool = False) -> None:
        self._show(wanted=wanted, is_loading=True)
        self._read_first(lambda rows: self._stock.page(wanted, None, rows), is_again=is_again)
        self._sum_up()

    def _sum_up(self) -> None:
        wanted = self._screen.wanted

        def look() -> tuple[StockTotals, tuple[WarehouseRow, ...]]:
            return self._stock.totals(wanted), self._stock.warehouses()

        self._tasks.submit(look, self._on_totals, lambda _error: None, owner=self, key="totals")

    def _reopen(self) -> None:
        if self._wished is not None:
            self.open(*self._wished)
        elif self._screen.is_reviewing:
            self._read_in_hand()

    def _on_first(self, page: Page[StockRow], *, is_again: bool) -> None:
        super()._on_first(page, is_again=is_again)
        scanned, self._opens_first = self._opens_first, ""
        if scanned and len({row.sku_id for row in page.rows}) == 1:
            self.open(page.rows[0].sku_id, page.rows[0].level_id)
        elif scanned and not page.rows:
            self._tell("notice", Phrase("stock.unknown_code", {"code": scanned}), None)

    def _on_totals(self, found: tuple[StockTotals, tuple[WarehouseRow, ...]]) -> None:
        totals, warehouses = found
        counts = {pile: str(number) for pile, number in totals.counts}
        self._show(totals=totals, warehouses=warehouses, counts=counts)

    def _on_detail(self, detail: StockDetail | None) -> None:
        if self._wished is None or (detail is not None and detail.row.sku_id != self._wished[0]):
            # Closed, or other goods chosen, while it was on its way.
            return
        if detail is None:
            self._wished = None
            self._tell("notice", Phrase("stock.gone"), None)
        else:
            self._wished = (detail.row.sku_id, detail.row.level_id)
        self._show(detail=detail)


def _with_slips(words: Phrase, slips: Sequence[str]) -> Phrase:
    """The same, and which parked parcels can go on because of it."""
    return Phrase("stock.done.slips", {"done": words, "slips": " ".join(slips)}) if slips else words
