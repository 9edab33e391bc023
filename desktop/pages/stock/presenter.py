"""The stock page without widgets: what is listed, what is open, and the act that is being written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from core.catalog.gs1 import Gs1
from core.desk.stock import StockActed, StockCounted
from core.inventory.documents.records import Acted
from core.inventory.figures.records import Figure, Opened, StockDetail
from core.inventory.reasons import written
from core.inventory.stock_list import (
    InHandRow,
    StockCursor,
    StockFilter,
    StockPage,
    StockRow,
    StockTotals,
    WarehouseRow,
)
from core.runtime.errors import Refused
from core.runtime.ids import LevelId, SkuId, WarehouseId
from desktop.bridge.paging import ListPresenter, Page
from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.formats import typed_day
from desktop.pages.stock.ports import StockDesk
from desktop.pages.stock.words import question_of
from desktop.texts import Phrase

#: acts by which goods come in
_COMING: Final = frozenset({"receive", "in_hand"})
#: order numbers a message names
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class ActForm:
    """What a clerk has written: quantity (of a count what was counted), reason code, note, place, batch, its days."""

    qty: int
    reason: str
    note: str
    warehouse_id: WarehouseId
    batch: str
    #: days of the batch as they are typed; empty where nobody says them
    expires_on: str = ""
    made_on: str = ""


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
        label: what the code of the goods in hand said of their batch.
        trail: the numbers that were opened one out of the other, the one that is shown last; the pages read of each.
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
    label: Gs1 | None = None
    trail: tuple[Opened, ...] = ()


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
        #: what the books said when the form of the act opened
        self._seen_qty = 0
        #: whose label the screen has
        self._labelled: SkuId | None = None
        #: opens an order's page, a document's
        self.on_order: Callable[[int], None] = lambda _order_id: None
        #: leads to the button that stops the sale of a SKU, or of everything
        self.on_stop: Callable[[str], None] = lambda _sku_code: None
        self.on_document: Callable[[str], None] = lambda _number: None

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

    def find(self, raw: str, label: Gs1 | None = None) -> None:
        """A scanned code: show its goods and open them; `label` is what it says of them.

        While goods are being booked in, another code of theirs says their batch and leaves the form open.
        """
        code, detail = raw.strip(), self._screen.detail
        if label is None or not label.batch or self._screen.act not in _COMING or detail is None:
            self._show(label=label)
            self._opens_first = code
            self._list(StockFilter("all", code))
            return
        sku_id = detail.row.sku_id

        def arrived(page: StockPage) -> None:
            if page.rows and page.rows[0].sku_id == sku_id:
                self._labelled = sku_id
                self._show(label=label)
            else:
                self.find(raw)

        self._tasks.submit(
            lambda: self._stock.page(StockFilter("all", code), None, 1), arrived, self._fail, owner=self, key="label"
        )

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
            self._show(trail=())
        if sku_id != self._labelled:
            # What was scanned is about other goods.
            self._show(label=None)
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
        if self._screen.trail:
            self._show(trail=self._screen.trail[:-1])
            return True
        was_open = self._screen.detail is not None or self._screen.is_reviewing
        self._wished = None
        self._show(detail=None, is_reviewing=False, trail=())
        return was_open

    def open_order(self, order_id: int) -> None:
        """Go to an order that holds units."""
        self.on_order(order_id)

    def stop_sale(self) -> None:
        """Go to the button that stops a sale; the open goods stand there already."""
        detail = self._screen.detail
        self.on_stop("" if detail is None else detail.row.code)

    def open_document(self, number: str) -> None:
        """Go to a document that made a number."""
        self.on_document(number)

    # --- numbers ------------------------------------------------------------------------------------------------

    def open_figure(self, figure: Figure) -> None:
        """Show what makes a number; Esc leads back to where it was opened."""
        trail = self._screen.trail

        def came(opened: Opened) -> None:
            if self._screen.trail == trail and self._screen.detail is not None:
                self._show(trail=(*trail, opened))

        self._tasks.submit(lambda: self._stock.open_figure(figure), came, self._fail, owner=self, key="figure")

    def more_parts(self) -> None:
        """Read further parts of the number that is open."""
        if not self._screen.trail:
            return
        *before, shown = self._screen.trail
        if shown.next_after is None:
            return

        def came(page: Opened) -> None:
            if self._screen.trail and self._screen.trail[-1] == shown:
                whole = replace(shown, parts=(*shown.parts, *page.parts), next_after=page.next_after)
                self._show(trail=(*before, whole))

        self._tasks.submit(
            lambda: self._stock.open_figure(shown.figure, shown.next_after),
            came,
            self._fail,
            owner=self,
            key="figure",
        )

    def _read_figure_again(self) -> None:
        """The open number as it is now, as far as its first page."""
        if not self._screen.trail:
            return
        *before, shown = self._screen.trail

        def came(opened: Opened) -> None:
            is_same = (opened.qty, opened.parts) == (shown.qty, shown.parts[: len(opened.parts)])
            if self._screen.trail and self._screen.trail[-1] == shown and not is_same:
                self._show(trail=(*before, opened))

        self._tasks.submit(
            lambda: self._stock.open_figure(shown.figure), came, lambda _error: None, owner=self, key="figure"
        )

    # --- acts ---------------------------------------------------------------------------------------------------

    def begin_act(self, act: str) -> None:
        """Open the form of an act upon the open row."""
        if act == "transfer" and len(self._screen.warehouses) < 2 and self._screen.detail is not None:
            self._tell("notice", Phrase("stock.one_warehouse"), None)
            return
        if self._screen.detail is not None and not self._screen.is_saving:
            self._key = self._nonce()
            self._seen_qty = self._screen.detail.row.quantities.on_hand_qty
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
        """Book what is written. A count that takes goods from orders or shops is asked about first."""
        detail, act = self._screen.detail, self._screen.act
        if detail is None or not act or self._screen.is_saving:
            return
        row = detail.row
        is_here = form.warehouse_id == row.warehouse_id and form.batch.strip() == row.batch
        question = question_of(row, act, form.qty) if is_here else None
        if question is not None and not self._screen.is_asked:
            self._show(is_asked=True)
            self._tell("notice", question, None)
            return
        try:
            typed_day(form.expires_on), typed_day(form.made_on)
        except ValueError:
            self._tell("notice", Phrase("recall.day_bad"), None)
            return
        self._show(is_saving=True)
        key, seen = self._key, self._seen_qty
        self._tasks.submit(
            lambda: self._book(act, row, form, key, seen),
            lambda acted: self._on_acted(act, row, form, key, acted),
            lambda error: self._on_refused(act, error),
            owner=self,
            lane=Lane.ACTS,
        )

    def _book(self, act: str, row: StockRow, form: ActForm, key: str, seen: int) -> StockActed | StockCounted:
        reason = written(form.reason, form.note)
        days = (typed_day(form.expires_on), typed_day(form.made_on))
        if act in _COMING and form.batch.strip() and any(days):
            self._stock.note_batch(row.sku_id, form.batch, *days)
        place = (form.warehouse_id, row.sku_id, form.qty, reason, key, form.batch.strip())
        if act == "count":
            return self._stock.count(*place, seen_qty=seen)
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
        self._show(is_saving=False, act="", is_asked=False, label=None)
        if isinstance(acted, StockCounted):
            self._tell_count(row, acted)
            level_id = acted.result.level_id
        else:
            served = acted.served_count
            facts: dict[str, object] = {"code": row.code, "n": abs(form.qty), "served": served}
            facts["qty"] = f"{form.qty:+d}" if act == "adjust" else str(form.qty)
            facts["place"] = self._place_name(form.warehouse_id)
            words = Phrase(f"stock.done.{act}", facts)
            if acted.putaway_no:
                words = Phrase("stock.done.to_put_away", facts | {"number": acted.putaway_no})
            if served:
                words = Phrase("stock.done.served", {"done": words, "n": served})
            if acted.waits:
                self._tell("notice", Phrase("stock.waits_for_other", facts | {"number": acted.document_no}), None)
            else:
                document_id = acted.document_id
                self._tell(
                    "good", _with_slips(words, acted.ready_slips), lambda: self._undo(act, row, document_id, key)
                )
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

    def _undo(self, act: str, row: StockRow, document_id: int, key: str) -> None:
        """Take the act's document back; refused where the goods have been promised meanwhile."""

        def finished(_acted: Acted) -> None:
            self._tell("good", Phrase("stock.undone", {"code": row.code}), None)
            self.reload()

        self._tasks.submit(
            lambda: self._stock.take_back(document_id, f"{key}:undo"),
            finished,
            lambda error: self._on_refused(act, error),
            owner=self,
            lane=Lane.ACTS,
        )

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
        if isinstance(error, Refused) and error.code == "stock.count_moved":
            # The next press is about what the books say now.
            self._seen_qty = int(str(error.facts["now_qty"]))
            self._reopen()
        if (
            isinstance(error, Refused)
            and error.code in {"stock.too_little", "document.goods_gone"}
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
            self._read_figure_again()
        elif self._screen.is_reviewing:
            self._read_in_hand()

    def _on_first(self, page: Page[StockRow], *, is_again: bool) -> None:
        super()._on_first(page, is_again=is_again)
        scanned, self._opens_first = self._opens_first, ""
        if scanned and len({row.sku_id for row in page.rows}) == 1:
            self._labelled = page.rows[0].sku_id
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
            self._show(trail=())
            self._tell("notice", Phrase("stock.gone"), None)
        else:
            self._wished = (detail.row.sku_id, detail.row.level_id)
        self._show(detail=detail)


def _with_slips(words: Phrase, slips: Sequence[str]) -> Phrase:
    """The same, and which parked parcels can go on because of it."""
    return Phrase("stock.done.slips", {"done": words, "slips": " ".join(slips)}) if slips else words
