"""The hand-over page without widgets: one carrier at a time, its sheet, and what must not go."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from core.fulfilment.handover_records import CarrierPile, SheetSearch, SheetView, Taken, WaitingParcel
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.handover.paper import SheetPapers
from desktop.pages.handover.ports import HandoverDesk
from desktop.texts import Phrase

#: the lists of the page
VIEWS = ("sheet", "waiting", "intercepted", "signed")
_SIGNED_SHOWN = 500
#: days whose signed sheets are shown first
_FIRST_DAYS = 30


@dataclass(frozen=True, slots=True)
class HandoverScreen:
    """What the page shows.

    Attributes:
        piles: carriers with what waits for them.
        carrier: the chosen one, empty where nothing waits for anybody.
        view: one of `VIEWS`.
        rows: parcels of that list; `signed` stands in `sheets`.
        intercepted: how many parcels of all carriers must stay.
        first, last: days of the signed sheets, both included, in the time of this machine.
        search: a number that is looked for among all signed sheets; the days do not matter then.
        is_known: the piles were read.
        is_closing: the signature is on its way.
        round: grows with each signed sheet, so that the page empties its fields.
    """

    first: date
    last: date
    search: str = ""
    piles: tuple[CarrierPile, ...] = ()
    carrier: str = ""
    view: str = "sheet"
    rows: tuple[WaitingParcel, ...] = ()
    sheets: tuple[SheetView, ...] = ()
    intercepted: int = 0
    is_known: bool = False
    is_closing: bool = False
    round: int = 0

    @property
    def pile(self) -> CarrierPile | None:
        """The chosen carrier's pile."""
        return next((one for one in self.piles if one.carrier_code == self.carrier), None)


@dataclass(frozen=True, slots=True)
class _Seen:
    """One look: all lists as they stand at one moment."""

    piles: tuple[CarrierPile, ...]
    intercepted: tuple[WaitingParcel, ...]
    carrier: str
    rows: tuple[WaitingParcel, ...]
    sheets: tuple[SheetView, ...]


class HandoverPresenter(ScreenPresenter[HandoverScreen]):
    """Looks in the lane of reads, acts in the lane of acts: scans keep their order."""

    def __init__(
        self,
        handover: HandoverDesk,
        tasks: Tasks,
        tell: Tell,
        *,
        now: Callable[[], datetime],
        papers: SheetPapers,
        open_file: Callable[[Path], object] = lambda _path: None,
        on_sound: Callable[[str], None] = lambda _name: None,
    ) -> None:
        """Begin with the days up to today.

        Args:
            handover: core's service.
            tasks: runs what takes time.
            tell: says a sentence.
            now: the time.
            papers: puts sheets on paper.
            open_file: shows a file in the program that this machine has for it.
            on_sound: plays a signal tone.
        """
        today = now().astimezone().date()
        super().__init__(HandoverScreen(today - timedelta(days=_FIRST_DAYS - 1), today), tell)
        self._handover = handover
        self._papers = papers
        self._open_file = open_file
        self._tasks = tasks
        self._on_sound = on_sound
        #: the parcel that the next press pulls out
        self._armed = 0
        #: opens an order elsewhere
        self.on_order: Callable[[int], None] = lambda _order_id: None

    @property
    def can_print_short(self) -> bool:
        """Whether this desk has a label printer at all."""
        return self._papers.has_label_printer

    def look(self) -> None:
        """Read piles and the list that is shown."""
        carrier, view, wanted = self._screen.carrier, self._screen.view, self._wanted()
        self._tasks.submit(
            lambda: self._seen(carrier, view, wanted), self._on_seen, self._fail, owner=self, key="look"
        )

    def choose(self, carrier_code: str) -> None:
        """Work on another carrier's sheet."""
        self._show(carrier=carrier_code, rows=())
        self.look()

    def show_list(self, view: str) -> None:
        """Show another list."""
        self._show(view=view, rows=())
        self.look()

    def search(self, text: str) -> None:
        """On which signed sheet did this number leave? Nothing written shows the days again."""
        self._show(view="signed", search=text.strip(), rows=(), sheets=())
        self.look()

    def choose_days(self, first: date, last: date) -> None:
        """The sheets signed between two days; days the wrong way round are turned."""
        self._show(first=min(first, last), last=max(first, last))
        # Days that were turned may be those of before: the page's fields still stand the wrong way round.
        self.on_screen()
        self.look()

    def print_page(self, sheet: SheetView | None = None) -> None:
        """Put a signed sheet on an A4 page, or the chosen carrier's open one."""
        papers = self._papers

        def write(sheet_id: int) -> Path:
            return papers.write(self._handover.print_sheet(sheet_id, "page"))

        def written(path: Path) -> None:
            self._open_file(path)
            self._tell("good", Phrase("handover.paper_written", {"path": str(path)}), None)

        self._print(sheet, write, written, Lane.FILES)

    def print_short(self, sheet: SheetView | None = None) -> None:
        """The same in short, on this desk's label printer."""
        papers = self._papers

        def send(sheet_id: int) -> str:
            return papers.print_short(self._handover.print_sheet(sheet_id, "label"))

        def sent(printer: str) -> None:
            self._tell("good", Phrase("handover.paper_printed", {"printer": printer}), None)

        if papers.has_label_printer:
            self._print(sheet, send, sent, Lane.PRINTERS)

    def _print(
        self, sheet: SheetView | None, work: Callable[[int], Any], done: Callable[[Any], None], lane: Lane
    ) -> None:
        pile = self._screen.pile
        sheet_id = sheet.id if sheet is not None else pile.sheet_id if pile is not None else None
        if sheet_id is None:
            self._tell("notice", Phrase("handover.no_sheet_to_print"), None)
            return
        self._tasks.submit(lambda: work(sheet_id), done, self._fail, owner=self, lane=lane)

    def _wanted(self) -> SheetSearch:
        screen = self._screen
        since = datetime.combine(screen.first, time()).astimezone()
        until = datetime.combine(screen.last + timedelta(days=1), time()).astimezone()
        return SheetSearch(screen.search, since, until)

    def scan(self, raw: str) -> None:
        """A label was scanned: its parcel goes onto the chosen carrier's sheet, or is looked for among the signed."""
        if self._screen.view == "signed":
            self.search(raw)
            return
        carrier = self._screen.carrier

        def put_on() -> Taken | None:
            # The page may have been opened a moment ago and not have seen anything yet.
            code = carrier or next((pile.carrier_code for pile in self._handover.piles()), "")
            return self._handover.scan(self._handover.open_sheet(code), raw) if code else None

        self._act(put_on, self._on_taken, self._on_refused)

    def take_all(self) -> None:
        """Everything that may go with the chosen carrier goes onto its sheet."""
        carrier = self._screen.carrier
        if carrier:
            self._act(
                lambda: self._handover.take_all(self._handover.open_sheet(carrier)), self._on_all, self._on_refused
            )

    def take_off(self, row: WaitingParcel) -> None:
        """Take a parcel off the open sheet; the message offers to put it back."""
        pile = self._screen.pile
        if pile is None or pile.sheet_id is None or not row.on_sheet:
            return
        sheet_id = pile.sheet_id

        def off(_none: object) -> None:
            self._tell("good", Phrase("handover.taken_off", {"number": row.number}), lambda: self.scan(row.number))
            self.look()

        self._act(lambda: self._handover.take_off(sheet_id, row.parcel_id), off, self._on_refused)

    def pull_out(self, row: WaitingParcel) -> None:
        """Keep a parcel here, off its sheet where it stands on one. Its number is gone then: asked twice."""
        if self._armed != row.parcel_id:
            self._armed = row.parcel_id
            self._tell("notice", Phrase("handover.pull_out_sure", {"number": row.number}), None)
            return
        self._armed = 0
        sheets = [pile.sheet_id for pile in self._screen.piles if pile.sheet_id is not None]

        def act() -> None:
            if row.on_sheet:
                for sheet_id in sheets:
                    self._handover.take_off(sheet_id, row.parcel_id)
            self._handover.pull_out(row.parcel_id)

        def out(_none: object) -> None:
            self._tell("good", Phrase("handover.pulled_out", {"number": row.number}), None)
            self.look()

        self._act(act, out, self._on_refused)

    def sign(self, courier: str, counted: int) -> None:
        """The courier signs the chosen carrier's sheet."""
        pile = self._screen.pile
        if pile is None or pile.sheet_id is None or self._screen.is_closing:
            return
        sheet_id, code, count = pile.sheet_id, pile.sheet_code, pile.on_sheet
        self._show(is_closing=True)

        def signed(_none: object) -> None:
            self._show(is_closing=False, round=self._screen.round + 1)
            self._on_sound("shipped")
            self._tell("good", Phrase("handover.signed", {"code": code, "n": count}), None)
            self.look()

        def refused(error: Exception) -> None:
            self._show(is_closing=False)
            self._on_refused(error)

        self._act(lambda: self._handover.close(sheet_id, courier, counted), signed, refused)

    def _seen(self, carrier: str, view: str, wanted: SheetSearch) -> _Seen:
        desk = self._handover
        piles, intercepted = desk.piles(), desk.intercepted()
        if carrier not in {pile.carrier_code for pile in piles}:
            carrier = piles[0].carrier_code if piles else ""
        pile = next((one for one in piles if one.carrier_code == carrier), None)
        rows: tuple[WaitingParcel, ...] = ()
        if view == "intercepted":
            rows = intercepted
        elif pile is not None and view == "waiting":
            rows = desk.waiting(carrier)
        elif pile is not None and view == "sheet" and pile.sheet_id is not None:
            rows = desk.on_sheet(pile.sheet_id)
        sheets = desk.signed(wanted, _SIGNED_SHOWN) if view == "signed" else ()
        return _Seen(piles, intercepted, carrier, rows, sheets)

    def _on_seen(self, seen: _Seen) -> None:
        self._show(
            piles=seen.piles,
            intercepted=len(seen.intercepted),
            carrier=seen.carrier,
            rows=seen.rows,
            sheets=seen.sheets,
            is_known=True,
        )

    def _on_taken(self, taken: Taken | None) -> None:
        if taken is None:
            self._on_sound("wrong")
            self._tell("notice", Phrase("handover.nothing_waits"), None)
            return
        self._on_sound("unit")
        code = "handover.on_it_already" if taken.is_again else "handover.on_it"
        self._tell("good", Phrase(code, {"number": taken.number, "n": taken.count}), None)
        self.look()

    def _on_all(self, taken: Taken) -> None:
        self._on_sound("line" if taken.added else "wrong")
        code = "handover.all_on_it" if taken.added else "handover.none_added"
        self._tell("good" if taken.added else "notice", Phrase(code, {"n": taken.added, "total": taken.count}), None)
        self.look()

    def _on_refused(self, error: Exception) -> None:
        is_alarm = getattr(error, "code", "") in {"handover.intercepted", "label.voided"}
        self._on_sound("stop" if is_alarm else "wrong")
        self._fail(error)
        self.look()

    def _act(
        self, work: Callable[[], Any], on_result: Callable[[Any], None], on_error: Callable[[Exception], None]
    ) -> None:
        self._tasks.submit(work, on_result, on_error, owner=self, lane=Lane.ACTS)
