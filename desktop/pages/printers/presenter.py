"""The printer page without widgets."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.waybills.label_size import LabelSize
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.errors import error_phrase
from desktop.pages.printers.ports import (
    FindView,
    FoundPrinters,
    LabelPicture,
    PrinterDesk,
    PrinterDraft,
    PrinterView,
    Search,
)
from desktop.texts import Phrase

TONES = {
    "ready": "good",
    "printing": "busy",
    "paused": "notice",
    "unknown": "notice",
    "cover_open": "stop",
    "paper_out": "stop",
    "paper_jam": "stop",
    "ribbon_out": "stop",
    "error": "stop",
    "offline": "stop",
}
_PICTURES = 4
#: the word for whatever the chosen printer holds
ANY = "any"
_USUAL_SIZE = "100x150"
#: settings that a draft names by fields of its own
_PLACED = frozenset({"key", "name", "address", "size"})


def printer_tone(view: PrinterView) -> str:
    """The tone of a printer's state."""
    return TONES.get(view.state, "notice")


def printer_words(view: PrinterView) -> Phrase:
    """A printer's state in words."""
    return Phrase(f"printer.{view.state}", otherwise=view.state)


@dataclass(frozen=True, slots=True)
class PrintersScreen:
    """What the page shows.

    Attributes:
        sizes: which paper each carrier's labels want.
        is_known: the printers have been read once.
        editing: key of the printer in the form, "" for a new one, None for no form.
        is_searching: a search for printers is under way.
        found: what the last search found, None where no list is open.
    """

    printers: tuple[PrinterView, ...] = ()
    pictures: tuple[LabelPicture, ...] = ()
    sizes: tuple[LabelSize, ...] = ()
    is_known: bool = False
    editing: str | None = None
    is_searching: bool = False
    found: FoundPrinters | None = None


class PrintersPresenter(ScreenPresenter[PrintersScreen]):
    """Asks and acts in the printers' lane."""

    def __init__(self, printers: PrinterDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(PrintersScreen(), tell)
        self._printers = printers
        self._tasks = tasks
        self._is_saving = False
        self._search = Search()

    def look(self) -> None:
        """Read states and pictures again."""
        self._tasks.submit(
            lambda: (
                self._printers.printers(),
                self._printers.newest_labels(_PICTURES),
                self._printers.label_sizes(),
            ),
            self._on_seen,
            self._fail,
            owner=self,
            key="look",
            lane=Lane.PRINTERS,
        )

    def edit(self, key: str | None) -> None:
        """Open the form for a printer (`""` for a new one), or close it (None)."""
        self._show(editing=key)

    def save(self, draft: PrinterDraft) -> None:
        """Store what the form holds."""
        key = self._screen.editing
        if key is None or self._is_saving:
            # A second Enter before the answer is no second printer.
            return
        self._is_saving = True
        work: Callable[[], object] = (
            (lambda: self._printers.change(key, draft)) if key else (lambda: self._printers.add(draft))
        )

        def saved(_view: object) -> None:
            self._is_saving = False
            self._show(editing=None)
            self._done(Phrase("printers.saved", {"name": draft.name}))

        def failed(error: Exception) -> None:
            self._is_saving = False
            self._fail(error)

        self._tasks.submit(work, saved, failed, owner=self, lane=Lane.PRINTERS)

    def remove(self, view: PrinterView) -> None:
        """Forget a printer; the message offers to take it back."""
        own = {name: value for name, value in view.settings.items() if name not in _PLACED}
        draft = PrinterDraft(view.name, view.address, view.size, own)
        self._act(
            lambda: self._printers.remove(view.key),
            Phrase("printers.removed", {"name": view.name}),
            lambda: self._act(lambda: self._printers.add(draft), Phrase("printers.saved", {"name": view.name})),
        )

    def make_default(self, view: PrinterView) -> None:
        """New labels of this desk go there."""
        self._act(lambda: self._printers.make_default(view.key), Phrase("printers.default_is", {"name": view.name}))

    def set_size(self, wanted: LabelSize, size: str) -> None:
        """A carrier's labels want this paper from now on."""
        if size != wanted.size:
            self._put_size(wanted, size, lambda: self._put_size(wanted, wanted.size))

    def _put_size(self, wanted: LabelSize, size: str, undo: Callable[[], None] | None = None) -> None:
        paper = Phrase(f"printers.size.{size or ANY}")
        words = Phrase("printers.size_set", {"carrier": wanted.carrier_name, "size": paper})
        self._act(lambda: self._printers.set_label_size(wanted.carrier_code, size), words, undo)

    def print_test(self, view: PrinterView) -> None:
        """Print a test label."""
        self._act(lambda: self._printers.print_test(view.key), Phrase("printers.test_sent", {"name": view.name}))

    def calibrate(self, view: PrinterView) -> None:
        """Let it measure its paper."""
        self._act(lambda: self._printers.calibrate(view.key), Phrase("printers.calibrating", {"name": view.name}))

    def search(self, *, with_network: bool = False) -> None:
        """Look for printers; a search under way goes on."""
        if self._screen.is_searching:
            return
        search = self._search = Search(with_network)
        self._show(is_searching=True, found=None, editing=None)

        def found(result: FoundPrinters) -> None:
            if search is self._search:
                # A list that was put away while it was made stays away.
                self._show(is_searching=False, found=None if search.is_cancelled else result)

        def failed(error: Exception) -> None:
            if search is self._search:
                self._show(is_searching=False)
                self._fail(error)

        self._tasks.submit(lambda: self._printers.find(search), found, failed, owner=self, lane=Lane.PRINTERS)

    def end_search(self) -> bool:
        """Stop a search, or put its list away; whether there was one."""
        had = self._screen.is_searching or self._screen.found is not None
        self._search.is_cancelled = True
        self._show(is_searching=False, found=None)
        return had

    def progress(self) -> tuple[int, int]:
        """How many of how many neighbours in the network were tried; zeros before that begins."""
        return self._search.done, self._search.total

    def add_find(self, find: FindView) -> None:
        """Take a printer that was found; the message offers to take it back."""
        name = find.name[:60] or find.address
        settings: dict[str, object] = {"language": find.language} if find.language else {}
        draft = PrinterDraft(name, find.address, _USUAL_SIZE, settings)

        def added(view: PrinterView) -> None:
            found = self._screen.found
            if found is not None:
                left = tuple(one for one in found.finds if one.address != find.address)
                self._show(found=replace(found, finds=left) if left else None)
            self._done(Phrase("printers.added", {"name": name}), lambda: self.remove(view))

        self._tasks.submit(lambda: self._printers.add(draft), added, self._fail, owner=self, lane=Lane.PRINTERS)

    def move_jobs(self, view: PrinterView) -> None:
        """Give what waits here to the default printer."""
        target = next((other for other in self._screen.printers if other.is_default and other.key != view.key), None)
        if target is None:
            self._tell("notice", Phrase("printers.no_other"), None)
            return
        name = target.name
        self._tasks.submit(
            lambda: self._printers.move_jobs(view.key, target.key),
            lambda count: self._done(Phrase("printers.moved", {"n": count, "name": name})),
            self._fail,
            owner=self,
            lane=Lane.PRINTERS,
        )

    def _act(self, work: Callable[[], object], done: Phrase, undo: Callable[[], None] | None = None) -> None:
        self._tasks.submit(work, lambda _result: self._done(done, undo), self._fail, owner=self, lane=Lane.PRINTERS)

    def _done(self, phrase: Phrase, undo: Callable[[], None] | None = None) -> None:
        self._tell("good", phrase, undo)
        self.look()

    def _on_seen(self, seen: tuple[tuple[PrinterView, ...], tuple[LabelPicture, ...], tuple[LabelSize, ...]]) -> None:
        self._show(printers=seen[0], pictures=seen[1], sizes=seen[2], is_known=True)

    def _fail(self, error: Exception) -> None:
        phrase = error_phrase(error)
        field = phrase.facts.get("field")
        if field and phrase.code == "error.printer.setting_bad":
            phrase = Phrase(
                "printers.setting_bad", {"field": Phrase(f"printers.field.{field}", otherwise=str(field))}
            )
        self._tell("stop", phrase, None)
