"""The documents page without widgets: what is listed, the open document, and what is being counted into it."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from core.desk.documents import DocumentActed
from core.inventory.batches import tidy_batch
from core.inventory.documents.drafting import Counted
from core.inventory.documents.following import Came
from core.inventory.documents.lists import DocumentCounts, DocumentFilter
from core.inventory.documents.records import Acted, DocumentDetail, DocumentRow, Head
from core.inventory.documents.rules import Rules
from core.inventory.documents.states import DocKind, DocState
from core.inventory.reasons import UNDONE
from core.inventory.stock_list import WarehouseRow
from core.runtime.errors import DomainError
from core.runtime.ids import SkuId, WarehouseId
from desktop.bridge.paging import ListPresenter
from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.documents.editing import head_of, line_in, with_line
from desktop.pages.documents.ports import DocumentDesk, FileLines
from desktop.pages.documents.words import ASKED, EVERY, acts_of, code_of, kind_phrase, ordinal
from desktop.texts import Phrase

#: codes a message names
_NAMED: Final = 3
#: the question put before what was counted is left unbooked
_LEAVE: Final = "leave"


@dataclass(frozen=True, slots=True)
class Tally:
    """What has been counted of one line and is not booked yet."""

    qty: int = 0
    bad_qty: int = 0
    bin: str = ""


@dataclass(frozen=True, slots=True)
class DocumentsScreen:
    """What the page shows beside the rows.

    Attributes:
        counts: what each chip holds.
        detail: the open document.
        tally: by line, what is counted of a document under way.
        is_new: the form of a new document is open.
        rules: what the owner has decided, while its form is open.
        asked: the act whose question was put; the next press means it. `leave`: what was counted would be lost.
        is_saving: something is on its way.
        scanned: id of the line that a scan touched last.
    """

    wanted: DocumentFilter = field(default_factory=DocumentFilter)
    is_loading: bool = False
    is_known_empty: bool = False
    counts: DocumentCounts | None = None
    warehouses: tuple[WarehouseRow, ...] = ()
    detail: DocumentDetail | None = None
    tally: Mapping[int, Tally] = field(default_factory=dict)
    is_new: bool = False
    rules: Rules | None = None
    asked: str = ""
    is_saving: bool = False
    scanned: int = 0


class DocumentsPresenter(ListPresenter[DocumentsScreen]):
    """Reads in the lane of reads; what changes a document goes one after the other, each with what the last left."""

    def __init__(self, desk: DocumentDesk, tasks: Tasks, tell: Tell, nonce: Callable[[], str]) -> None:
        """`nonce` gives a word no other act has."""
        super().__init__(DocumentsScreen(), tasks, tell)
        self._desk = desk
        self._nonce = nonce
        self._wished: int | None = None
        #: an act is on its way or in line: a further press is none, an edit before it still goes first
        self._is_acting = False
        self._waiting: deque[tuple[Callable[[DocumentDetail], Any], Callable[[Any], None], Lane]] = deque()
        #: goods scanned at a purchase: they are counted into its receipt as soon as that is open
        self._for_receipt: list[tuple[str, int]] = []
        #: opens an order's page, the page of goods
        self.on_order: Callable[[int], None] = lambda _order_id: None
        self.on_goods: Callable[[str], None] = lambda _code: None
        #: a draft was begun and is shown: what comes next is its goods
        self.on_begun: Callable[[], None] = lambda: None
        self._begun: int | None = None

    # --- the list -----------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read again what is shown, as far down as it was loaded."""
        self._list(self._screen.wanted, is_again=True)
        self.refresh_document()

    def refresh_beside(self) -> None:
        """Read the counts and the open document again, and leave the rows as they are."""
        self._sum_up()
        self.refresh_document()

    def choose_pile(self, pile: str) -> None:
        """Show another pile."""
        self._list(replace(self._screen.wanted, pile=pile))

    def choose_kind(self, kind: str) -> None:
        """Show another kind."""
        self._list(replace(self._screen.wanted, kind="" if kind == EVERY else kind))

    def search(self, text: str) -> None:
        """Show what matches, in every pile and of every kind."""
        self._list(DocumentFilter(search=text.strip()))

    def more(self, after: int) -> None:
        """Read the next rows."""
        wanted = self._screen.wanted
        self._read_more(lambda rows: self._desk.page(wanted, after, rows), lambda: wanted == self._screen.wanted)

    # --- one document -------------------------------------------------------------------------------------------

    def open(self, document_id: int) -> None:
        """Show a document."""
        if document_id != self._wished:
            if not self._may_leave():
                return
            self._turn_to(document_id)
        self._tasks.submit(
            lambda: self._desk.detail(document_id), self._on_detail, self._fail, owner=self, key="detail"
        )

    def is_open(self, row: DocumentRow) -> bool:
        """Whether this is the document that is shown, and that no other was asked for since."""
        return row.id == self._wished

    def refresh_document(self) -> None:
        """Read the open document again."""
        if self._wished is not None and not self._screen.is_saving:
            self.open(self._wished)

    def close(self) -> bool:
        """Close what is open, the question first; whether anything was. What was counted is asked about."""
        screen = self._screen
        if screen.asked and screen.asked != _LEAVE:
            self._show(asked="")
            return True
        was_open = screen.detail is not None or screen.is_new or screen.rules is not None
        if not was_open or self._may_leave():
            self._turn_to(None)
            self._show(detail=None)
        return was_open

    def _turn_to(self, document_id: int | None) -> None:
        """From now on another document is wished for, or none."""
        self._wished = document_id
        self._unwish("rules", "receipt", "find")
        self._for_receipt.clear()
        self._forget_waiting()
        self._show(is_new=False, rules=None, asked="", tally={}, scanned=0)

    @property
    def _is_counting(self) -> bool:
        """Whether something was counted that is not booked yet."""
        return any(one.qty or one.bad_qty for one in self._screen.tally.values())

    def _may_leave(self) -> bool:
        """Whether nothing is lost by turning to something else, or the loss was meant."""
        detail = self._screen.detail
        if detail is None or not self._is_counting:
            return True
        units = sum(one.qty + one.bad_qty for one in self._screen.tally.values())
        facts: dict[str, object] = {"number": detail.row.number, "n": units}
        return self._is_meant(_LEAVE, Phrase("documents.ask.leave", facts))

    def stay(self) -> bool:
        """Whether the keyboard has to stay on the open document: something is on its way or not booked yet."""
        return self._screen.is_saving or self._is_counting

    def open_order(self) -> None:
        """Go to the order whose goods come back."""
        detail = self._screen.detail
        if detail is not None and detail.order_id is not None:
            self.on_order(detail.order_id)

    def to_goods(self, code: str) -> None:
        """Go to the goods of a line."""
        self.on_goods(code)

    # --- new ----------------------------------------------------------------------------------------------------

    def begin_new(self) -> None:
        """Open the form of a new document."""
        if self._may_leave():
            self._turn_to(None)
            self._show(detail=None, is_new=True)

    def tell_no_warehouse(self) -> None:
        """A document stands in a warehouse, and there is none: say where one is made."""
        self._tell("notice", Phrase("stock.no_warehouse_yet"), None)

    def make(
        self, kind: DocKind, warehouse_id: WarehouseId, to_warehouse_id: WarehouseId | None, reason: str
    ) -> None:
        """Begin the draft that was chosen, and open it."""
        if self._screen.is_saving:
            return
        if kind is DocKind.TRANSFER and len(self._screen.warehouses) < 2:
            self._tell("notice", Phrase("stock.one_warehouse"), None)
            return
        self._show(is_saving=True)
        head = Head(warehouse_id, to_warehouse_id if kind is DocKind.TRANSFER else None, reason=reason)
        key = self._nonce()

        def made(acted: Acted) -> None:
            self._show(is_saving=False, is_new=False)
            self._begun = acted.document_id
            self.open(acted.document_id)
            self._list(self._screen.wanted, is_again=True)

        self._tasks.submit(
            lambda: self._desk.begin(kind, head, [], key), made, self._on_refused, owner=self, lane=Lane.ACTS
        )

    # --- drafts -------------------------------------------------------------------------------------------------

    def change_head(self, **changes: Any) -> None:
        """Write other words above the lines; saved at once."""

        def work(detail: DocumentDetail) -> Any:
            head = replace(head_of(detail), **changes)
            if head == head_of(detail):
                return None
            return self._desk.change(detail.row.id, detail.row.version, head, [line_in(one) for one in detail.lines])

        self._enqueue(work)

    def change_line(self, line_id: int, **changes: Any) -> None:
        """Write another quantity, batch or cost into a line; saved at once. Quantity None takes the line out."""

        def work(detail: DocumentDetail) -> Any:
            lines = with_line(detail, line_id, changes)
            if lines is None:
                return None
            return self._desk.change(detail.row.id, detail.row.version, head_of(detail), lines)

        self._enqueue(work)

    def scan(self, raw: str, qty: int = 1) -> None:
        """A barcode counts into the open document; anything else opens the document or the order it names."""
        code, key = raw.strip(), self._nonce()
        detail = self._screen.detail
        if not code:
            return
        if detail is None or not _takes_scans(detail):
            self._find(code)
        elif detail.row.state == DocState.DRAFT:
            self._enqueue(lambda seen: self._count_draft(seen, code, qty, key), self._on_counted)
        elif detail.row.kind == DocKind.PURCHASE:
            self._for_receipt.append((code, qty))
            self._receive()
        else:
            self._tally_scan(code, qty)

    def _count_draft(self, detail: DocumentDetail, code: str, qty: int, key: str) -> Any:
        goods = self._desk.goods(code)
        if goods is not None:
            said = goods.label
            days = (None, None) if said is None else (ordinal(said.expires_on), ordinal(said.made_on))
            batch = "" if said is None else said.batch
            return self._desk.count_in(detail.row.id, SkuId(goods.sku_id), qty * goods.unit_qty, key, batch, *days)
        if detail.row.kind == DocKind.RETURN:
            order = self._desk.order_of(code)
            if order is not None:
                head = head_of(detail)
                reference = head.reference or order.waybill_no
                head = replace(head, order_id=order.order_id, reference=reference)
                known = [line_in(one) for one in detail.lines]
                lines = known or list(order.lines)
                return self._desk.change(detail.row.id, detail.row.version, head, lines)
        return code

    def _on_counted(self, result: Any) -> None:
        if isinstance(result, Counted):
            self._show(scanned=result.line_id)
        elif isinstance(result, str):
            self._tell("notice", Phrase("stock.unknown_code", {"code": result}), None)

    # --- what is under way --------------------------------------------------------------------------------------

    def count(self, line_id: int, **changes: Any) -> None:
        """Say how many of a line came: `qty`, `bad_qty`, `bin`."""
        known = self._screen.tally.get(line_id, Tally())
        self._show(tally=dict(self._screen.tally) | {line_id: replace(known, **changes)}, asked="")

    def _tally_scan(self, code: str, qty: int) -> None:
        """A scan counts one more of the first line of these goods (and batch) that still waits for some."""
        about = self._wished

        def found(goods: Any) -> None:
            detail = self._screen.detail
            if detail is None or self._wished != about:
                return
            if goods is None:
                self._tell("notice", Phrase("stock.unknown_code", {"code": code}), None)
                return
            lines = [line for line in detail.lines if line.sku_id == goods.sku_id]
            if not lines:
                self._tell(
                    "stop", Phrase("documents.not_in_it", {"code": goods.code, "number": detail.row.number}), None
                )
                return
            said = "" if goods.label is None else tidy_batch(goods.label.batch)
            facts = {"code": goods.code, "batch": said, "number": detail.row.number}
            if said and any(line.batch for line in lines):
                lines = [line for line in lines if line.batch == said]
                if not lines:
                    self._tell("stop", Phrase("documents.batch_not_in_it", facts), None)
                    return
            tally = self._screen.tally
            open_lines = [one for one in lines if one.pending_qty > tally.get(one.id, Tally()).qty]
            lines = open_lines or lines
            batches = dict.fromkeys(line.batch for line in lines)
            if len(batches) > 1:
                # Which of them is in the hand, only the hand knows.
                facts["batches"] = "、".join(batch or "—" for batch in batches)
                self._tell("notice", Phrase("documents.which_batch", facts), None)
                return
            line = lines[0]
            self._show(scanned=line.id)
            self.count(line.id, qty=tally.get(line.id, Tally()).qty + qty * goods.unit_qty)

        self._tasks.submit(lambda: self._desk.goods(code), found, self._fail, owner=self)

    def act(self, name: str, note: str = "") -> None:
        """Do one of `words.acts_of`; some are asked about first."""
        detail = self._screen.detail
        if detail is None or name not in acts_of(detail) or self._is_acting:
            return
        question = code_of(name, detail.row.kind, "documents.ask")
        if name in ASKED and not self._is_meant(name, Phrase(question, self._facts(detail))):
            return
        self._show(asked="")
        if name == "fill":
            self._fill(detail)
        elif name == "receive":
            self._receive()
        else:
            self._book(name, note)

    def _fill(self, detail: DocumentDetail) -> None:
        """Everything that was not said to be bad came and is well: on the shelf it is usually on."""
        tally = {}
        for line in detail.lines:
            if line.pending_qty:
                known = self._screen.tally.get(line.id, Tally(bin=line.usual_bin))
                tally[line.id] = replace(known, qty=max(line.pending_qty - known.bad_qty, 0))
        self._show(tally=tally, asked="")

    def _book(self, name: str, note: str) -> None:
        key, tally, detail = self._nonce(), self._screen.tally, self._screen.detail
        kind = "" if detail is None else detail.row.kind
        self._is_acting = True
        self._enqueue(
            lambda detail: self._call(name, detail, tally, key, note),
            lambda result: self._on_acted(code_of(name, kind, "documents.done"), name, result),
        )

    def _call(self, name: str, detail: DocumentDetail, tally: Mapping[int, Tally], key: str, note: str) -> Any:
        desk, number, version = self._desk, detail.row.id, detail.row.version
        came = [
            Came(line.id, tally[line.id].qty, tally[line.id].bad_qty, tally[line.id].bin or line.usual_bin)
            for line in detail.lines
            if line.id in tally and (tally[line.id].qty or tally[line.id].bad_qty)
        ]
        calls: Mapping[str, Callable[[], Any]] = {
            "book": lambda: desk.book(number, version, key),
            "throw_away": lambda: desk.throw_away(number, version),
            "approve": lambda: desk.approve(number, version),
            "refuse": lambda: desk.refuse(number, version, note),
            "arrive": lambda: desk.arrive(number, version, came, key, is_all=False),
            "arrive_all": lambda: desk.arrive(number, version, came, key, is_all=True),
            "inspect": lambda: desk.inspect(number, version, came, key),
            "put_away": lambda: desk.put_away(number, version, came, key),
            "close": lambda: desk.close(number, version),
            "reverse": lambda: desk.reverse(number, version, key, UNDONE),
        }
        return calls[name]()

    def _on_acted(self, code: str, name: str, result: Any) -> None:
        self._is_acting = False
        acted, served = result, 0
        slips: tuple[str, ...] = ()
        if isinstance(result, DocumentActed):
            acted, served, slips = result.acted, result.served_count, result.ready_slips
        facts = {"number": acted.number, "follower": acted.follower}
        if name == "book" and acted.state == DocState.TO_APPROVE:
            self._tell("notice", Phrase("documents.done.submitted", facts), None)
        else:
            words = Phrase(f"{code}.follower" if acted.follower and name != "reverse" else code, facts)
            if served:
                words = Phrase("stock.done.served", {"done": words, "n": served})
            if slips:
                words = Phrase("stock.done.slips", {"done": words, "slips": " ".join(slips)})
            self._tell("good", words, None)
        self._show(tally={}, scanned=0)
        self._list(self._screen.wanted, is_again=True)

    def _receive(self) -> None:
        """Open the receipt of the open purchase; what was scanned there meanwhile counts in it."""
        detail = self._screen.detail
        if detail is None or self._screen.is_saving:
            return
        purchase_id, key = detail.row.id, self._nonce()
        is_wanted = self._wish("receipt")
        self._show(is_saving=True)

        def work() -> tuple[Acted, DocumentDetail | None]:
            acted = self._desk.receive_against(purchase_id, key)
            return acted, self._desk.detail(acted.document_id)

        def opened(answer: tuple[Acted, DocumentDetail | None]) -> None:
            acted, fresh = answer
            self._show(is_saving=False)
            self._list(self._screen.wanted, is_again=True)
            if not is_wanted():
                return
            self._wished = acted.document_id
            self._forget_waiting()
            self._begun = acted.document_id
            self._on_detail(fresh)
            scans, self._for_receipt = self._for_receipt, []
            for code, qty in scans:
                self.scan(code, qty)

        self._tasks.submit(work, opened, self._on_refused, owner=self, lane=Lane.ACTS)

    # --- tables -------------------------------------------------------------------------------------------------

    def take_file(self, path: Path) -> None:
        """Put the goods of a table into the open draft."""

        def done(found: FileLines) -> None:
            if found.unknown:
                named = "、".join(found.unknown[:_NAMED]) + ("…" if len(found.unknown) > _NAMED else "")
                facts = {"n": found.added, "unknown": len(found.unknown), "codes": named}
                self._tell("notice", Phrase("documents.file.unknown", facts), None)
            else:
                self._tell("good", Phrase("documents.file.taken", {"n": found.added}), None)

        self._enqueue(
            lambda detail: self._desk.lines_from_file(detail.row.id, detail.row.version, path), done, Lane.FILES
        )

    def write_file(self, path: Path, header: tuple[str, ...]) -> None:
        """Write the open document as a table."""
        detail = self._screen.detail
        if detail is None:
            return
        document_id = detail.row.id

        def done(lines: int) -> None:
            self._tell("good", Phrase("documents.file.written", {"n": lines, "file": path.name}), None)

        self._tasks.submit(
            lambda: self._desk.write_file(document_id, path, header), done, self._fail, owner=self, lane=Lane.FILES
        )

    def write_paper(self, path: Path, draw: Callable[[Path, DocumentDetail], None]) -> None:
        """Write the open document as a page; `draw` does, in another thread."""
        detail = self._screen.detail
        if detail is None:
            return
        document_id = detail.row.id

        def work() -> None:
            draw(path, self._desk.print_paper(document_id))

        def done(_none: None) -> None:
            self._tell("good", Phrase("documents.paper.written", {"file": path.name}), None)

        self._tasks.submit(work, done, self._fail, owner=self, lane=Lane.FILES)

    # --- rules --------------------------------------------------------------------------------------------------

    def begin_rules(self) -> None:
        """Open the form of what the owner decides."""
        if not self._may_leave():
            return
        self._turn_to(None)
        self._show(detail=None)
        is_wanted = self._wish("rules")

        def came(rules: Rules) -> None:
            if is_wanted():
                self._show(rules=rules)

        self._tasks.submit(self._desk.rules, came, self._fail, owner=self, key="rules")

    def refuse_day(self) -> None:
        """What was typed is no day: nothing is saved, and how one is written is said."""
        self._tell("notice", Phrase("recall.day_bad"), None)

    def refuse_number(self) -> None:
        """What was typed is no number: nothing is decided, least of all that there is no limit."""
        self._tell("notice", Phrase("documents.rules.bad_number"), None)

    def set_rules(self, rules: Rules) -> None:
        """Decide anew."""

        def done(_none: None) -> None:
            self._show(rules=None)
            self._tell("good", Phrase("documents.rules.done"), None)

        self._tasks.submit(lambda: self._desk.set_rules(rules), done, self._fail, owner=self, lane=Lane.ACTS)

    # --- within -------------------------------------------------------------------------------------------------

    def _find(self, code: str) -> None:
        """A scan without an open draft: the document of that number, else the documents of those goods."""

        def found(document_id: int | None) -> None:
            if not is_wanted():
                return
            if document_id is not None:
                self.open(document_id)
            else:
                self.search(code)

        is_wanted = self._wish("find")
        self._tasks.submit(lambda: self._desk.by_number(code), found, self._fail, owner=self, key="find")

    def _enqueue(
        self,
        work: Callable[[DocumentDetail], Any],
        done: Callable[[Any], None] = lambda _none: None,
        lane: Lane = Lane.ACTS,
    ) -> None:
        self._waiting.append((work, done, lane))
        if not self._screen.is_saving:
            self._next()

    def _forget_waiting(self) -> None:
        """Another document is open: what was in line for the one before is not done."""
        self._waiting.clear()
        self._is_acting = False

    def _next(self) -> None:
        detail = self._screen.detail
        if not self._waiting or detail is None:
            self._forget_waiting()
            return
        work, done, lane = self._waiting.popleft()
        self._show(is_saving=True)

        def run() -> tuple[Any, DocumentDetail | None]:
            result = work(detail)
            return result, self._desk.detail(detail.row.id)

        def finished(answer: tuple[Any, DocumentDetail | None]) -> None:
            result, fresh = answer
            if self._wished == detail.row.id:
                self._show(is_saving=False, detail=fresh)
            else:
                self._show(is_saving=False)
            done(result)
            self._next()
            if self._for_receipt and not self._screen.is_saving:
                self._receive()

        self._tasks.submit(run, finished, self._on_refused, owner=self, lane=lane)

    def _on_refused(self, error: Exception) -> None:
        self._waiting.clear()
        self._for_receipt.clear()
        self._is_acting = False
        self._show(is_saving=False)
        self._fail(error)
        if isinstance(error, DomainError):
            self.refresh_document()

    def _facts(self, detail: DocumentDetail) -> dict[str, object]:
        counted = sum(one.qty for one in self._screen.tally.values())
        return {
            "number": detail.row.number,
            "kind": kind_phrase(detail.row.kind),
            "pending": detail.row.pending_qty,
            "missing": max(detail.row.pending_qty - counted, 0),
        }

    def _list(self, wanted: DocumentFilter, *, is_again: bool = False) -> None:
        self._show(wanted=wanted, is_loading=True)
        self._read_first(lambda rows: self._desk.page(wanted, None, rows), is_again=is_again)
        self._sum_up()

    def _sum_up(self) -> None:
        wanted = self._screen.wanted

        def look() -> tuple[DocumentCounts, tuple[WarehouseRow, ...]]:
            return self._desk.counts(wanted), self._desk.warehouses()

        self._tasks.submit(
            look,
            lambda found: self._show(counts=found[0], warehouses=found[1]),
            lambda _error: None,
            owner=self,
            key="counts",
        )

    def _on_detail(self, detail: DocumentDetail | None) -> None:
        if detail is None or detail.row.id != self._wished:
            return
        self._show(detail=detail)
        begun, self._begun = self._begun, None
        if begun == detail.row.id:
            self.on_begun()


def _takes_scans(detail: DocumentDetail) -> bool:
    return detail.row.state in (DocState.DRAFT, DocState.OPEN, DocState.PART)
