"""The printer page without widgets."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from desktop.bridge.tasks import Lane, Tasks
from desktop.errors import error_phrase
from desktop.pages.printers.ports import LabelPicture, PrinterDesk, PrinterDraft, PrinterView
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

Tell = Callable[[str, Phrase, Callable[[], None] | None], None]


def printer_tone(view: PrinterView) -> str:
    """The tone of a printer's state."""
    return TONES.get(view.state, "notice")


def printer_words(view: PrinterView) -> Phrase:
    """A printer's state in words."""
    return Phrase(f"printer.{view.state}", otherwise=view.state)


@dataclass(frozen=True, slots=True)
class PrintersScreen:
    """What the page shows; `editing` is the key of the printer in the form, "" for a new one, None for no form."""

    printers: tuple[PrinterView, ...] = ()
    pictures: tuple[LabelPicture, ...] = ()
    is_known: bool = False
    editing: str | None = None


class PrintersPresenter:
    """Asks and acts in the printers' lane."""

    def __init__(self, printers: PrinterDesk, tasks: Tasks, tell: Tell) -> None:
        self._printers = printers
        self._tasks = tasks
        self._tell = tell
        self._screen = PrintersScreen()
        self._is_saving = False
        self.on_screen: Callable[[], None] = lambda: None

    @property
    def screen(self) -> PrintersScreen:
        """What is to be shown now."""
        return self._screen

    def look(self) -> None:
        """Read states and pictures again."""
        self._tasks.submit(
            lambda: (self._printers.printers(), self._printers.newest_labels(_PICTURES)),
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
        draft = PrinterDraft(view.name, view.address, view.size)
        self._act(
            lambda: self._printers.remove(view.key),
            Phrase("printers.removed", {"name": view.name}),
            lambda: self._act(lambda: self._printers.add(draft), Phrase("printers.saved", {"name": view.name})),
        )

    def make_default(self, view: PrinterView) -> None:
        """New labels of this desk go there."""
        self._act(lambda: self._printers.make_default(view.key), Phrase("printers.default_is", {"name": view.name}))

    def print_test(self, view: PrinterView) -> None:
        """Print a test label."""
        self._act(lambda: self._printers.print_test(view.key), Phrase("printers.test_sent", {"name": view.name}))

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

    def _on_seen(self, seen: tuple[tuple[PrinterView, ...], tuple[LabelPicture, ...]]) -> None:
        self._show(printers=seen[0], pictures=seen[1], is_known=True)

    def _fail(self, error: Exception) -> None:
        self._tell("stop", error_phrase(error), None)

    def _show(self, **changes: Any) -> None:
        screen = replace(self._screen, **changes)
        if screen != self._screen:
            self._screen = screen
            self.on_screen()
