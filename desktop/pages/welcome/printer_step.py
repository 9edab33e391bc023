"""The step of the printer: found by itself, tried with a test label, kept when that came out well."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.errors import error_phrase
from desktop.pages.printers.ports import (
    FindView,
    FoundPrinters,
    PrinterDesk,
    PrinterDraft,
    PrinterView,
    Search,
)
from desktop.pages.welcome.desk_steps import NOTHING_YET
from desktop.texts import Phrase

T = TypeVar("T")

SIZES = ("100x150", "76x130")
LANGUAGES = ("tspl", "zpl", "cpcl", "escpos")
_PLACED = frozenset({"key", "name", "address", "size"})


class Stage(StrEnum):
    """Where the step stands."""

    CHOOSE = "choose"
    PRINTING = "printing"
    ASKED = "asked"
    CHECKS = "checks"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class PrinterScreen:
    """What the step shows.

    Attributes:
        known: printers of this desk, without the virtual one.
        found: what the search found, None before one has ended.
        tried: the printer that is tried, or was kept.
    """

    stage: Stage = Stage.CHOOSE
    known: tuple[PrinterView, ...] = ()
    found: FoundPrinters | None = None
    is_searching: bool = False
    tried: PrinterView | None = None
    trouble: Phrase | None = None

    @property
    def finds(self) -> tuple[FindView, ...]:
        """What was found and is no printer of this desk yet."""
        taken = {view.address for view in self.known}
        return tuple(one for one in (self.found.finds if self.found is not None else ()) if one.address not in taken)


class PrinterStep(ScreenPresenter[PrinterScreen]):
    """Everything is asked in the printers' lane."""

    def __init__(self, printers: PrinterDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(PrinterScreen(), tell)
        self._printers = printers
        self._tasks = tasks
        self._search = Search()
        self._virtual: PrinterView | None = None
        self._was_added = False

    def enter(self) -> None:
        """Look what is there, and search at once the first time."""
        self._look()
        if self._screen.found is None:
            self.search()

    def _look(self) -> None:
        self._do(self._printers.printers, self._on_known)

    def _on_known(self, views: tuple[PrinterView, ...]) -> None:
        self._virtual = next((view for view in views if view.is_fixed), None)
        self._show(known=tuple(view for view in views if not view.is_fixed))

    def search(self, *, with_network: bool = False) -> None:
        """Look for printers; a search under way goes on."""
        if self._screen.is_searching:
            return
        search = self._search = Search(with_network)
        self._show(is_searching=True, trouble=None)

        def found(result: FoundPrinters) -> None:
            if search is self._search:
                self._show(is_searching=False, found=result)

        def failed(error: Exception) -> None:
            if search is self._search:
                self._show(is_searching=False, found=FoundPrinters(), trouble=error_phrase(error))

        self._tasks.submit(lambda: self._printers.find(search), found, failed, owner=self, lane=Lane.PRINTERS)

    def progress(self) -> tuple[int, int]:
        """How many of how many neighbours in the network were tried; zeros before that begins."""
        return self._search.done, self._search.total

    def take_find(self, find: FindView) -> None:
        """Set up a printer that was found, and print the test label on it."""
        settings: dict[str, object] = {"language": find.language} if find.language else {}
        draft = PrinterDraft(find.name[:60] or find.address, find.address, SIZES[0], settings)
        self._try(lambda: self._printers.add(draft), was_added=True)

    def take_known(self, view: PrinterView) -> None:
        """Print the test label on a printer this desk has already."""
        self._try(lambda: view, was_added=False)

    def take_virtual(self) -> None:
        """Go on without a printer: labels become pictures."""
        virtual = self._virtual
        if virtual is not None and self._screen.stage is not Stage.PRINTING:
            self.leave()
            self._do(lambda: self._printers.make_default(virtual.key), lambda _none: self._kept(virtual))

    def again(self, size: str, language: str) -> None:
        """Print once more, with another paper size or language."""
        view = self._screen.tried
        if view is None:
            return
        settings = {name: value for name, value in view.settings.items() if name not in _PLACED}
        draft = PrinterDraft(view.name, view.address, size, {**settings, "language": language})
        self._try(lambda: self._printers.change(view.key, draft), was_added=self._was_added)

    def came_well(self) -> None:
        """The test label is good: labels of this desk go there."""
        view = self._screen.tried
        if view is not None and self._screen.stage is Stage.ASKED:
            self._do(lambda: self._printers.make_default(view.key), lambda _none: self._kept(view))

    def came_badly(self) -> None:
        """It is not: say what to look at."""
        if self._screen.stage is Stage.ASKED:
            self._show(stage=Stage.CHECKS, trouble=None)

    def choose_another(self) -> None:
        """Back to the list; a printer that was set up for the trial alone goes."""
        view = self._screen.tried
        if self._screen.stage is Stage.PRINTING:
            return
        if view is not None and self._was_added and self._screen.stage is not Stage.GOOD:
            self._do(lambda: self._printers.remove(view.key), lambda _none: None)
            self._was_added = False
        self._show(stage=Stage.CHOOSE, tried=None, trouble=None)
        self._look()
        if self._screen.found is None:
            # The search made way for the label.
            self.search()

    def finish(self, on_done: Callable[[], None]) -> None:
        """Only a printer that was kept is one."""
        stage = self._screen.stage
        if stage is Stage.GOOD:
            on_done()
        elif stage is Stage.ASKED:
            self._show(trouble=Phrase("welcome.printer.answer_first"))
        elif stage is not Stage.PRINTING:
            self._show(trouble=NOTHING_YET)

    def leave(self) -> None:
        """A search that nobody looks at ends."""
        self._search.is_cancelled = True
        if self._screen.is_searching:
            self._search = Search()
            self._show(is_searching=False)

    def _try(self, set_up: Callable[[], PrinterView], *, was_added: bool) -> None:
        if self._screen.stage is Stage.PRINTING:
            return  # a second press is no second label
        # One thing after the other in the printers' lane: a search would keep the label waiting.
        self.leave()
        self._was_added = was_added
        self._show(stage=Stage.PRINTING, trouble=None)

        def set_up_done(view: PrinterView) -> None:
            self._show(tried=view)
            self._do(lambda: self._printers.print_test(view.key), lambda _none: self._show(stage=Stage.ASKED), badly)

        def refused(error: Exception) -> None:
            self._show(
                stage=Stage.CHOOSE if self._screen.tried is None else Stage.CHECKS, trouble=error_phrase(error)
            )

        def badly(error: Exception) -> None:
            self._show(stage=Stage.CHECKS, trouble=error_phrase(error))

        self._do(set_up, set_up_done, refused)

    def _kept(self, view: PrinterView) -> None:
        self._was_added = False
        self._show(stage=Stage.GOOD, tried=view, trouble=None)

    def _do(
        self,
        work: Callable[[], T],
        on_result: Callable[[T], None],
        on_error: Callable[[Exception], None] | None = None,
    ) -> None:
        def failed(error: Exception) -> None:
            self._show(trouble=error_phrase(error))

        self._tasks.submit(work, on_result, on_error or failed, owner=self, lane=Lane.PRINTERS)
