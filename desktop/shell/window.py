"""The window. It paints before anything is loaded, shows its first page before the program behind it is, and closes.

Whatever is imported at the top of this module is loaded before the first paint: a bare window's parts and no more.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from desktop.settings import DeskSettings
from desktop.shell.curtain import Curtain
from desktop.shell.page_facts import PAGE_FACTS

_log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from core.desk.first_page import FirstLook
    from desktop.bridge.task_runner import ChangesLike
    from desktop.bridge.tasks import Tasks
    from desktop.shell.frame import Frame
    from desktop.shell.parts import ShellParts
    from desktop.shell.ports import DeskPorts
    from desktop.texts import Phrase
    from desktop.ui import Ui

_STATUS_MS: Final = 2000
_PRINTER_MS: Final = 3000
_SIZE: Final = (1366, 768)
#: what a frame may add at the sides and above
_FRAME_PX, _TITLE_PX = 16, 48
#: changes within this time are looked at together
_GATHER_MS: Final = 200


@dataclass(frozen=True, slots=True)
class Start:
    """How what is behind the window is loaded; each runs in a lane, one after the other, and may fail.

    Attributes:
        glance: what the first page shows, read before the program behind is loaded; None where that cannot be.
        load: everything the pages talk to; scans are answered from then on.
        begin: starts what works by itself (shops, printers) once the pages can talk.
    """

    load: "Callable[[], DeskPorts]"
    glance: "Callable[[], FirstLook | None]" = lambda: None
    begin: Callable[[], None] = lambda: None


class DeskWindow(QMainWindow):
    """The one window of a desk.

    Signals:
        first_paint: the window stands on screen; nothing behind it is loaded yet.
        first_page: the packing page has been painted with what the records say. Scans are taken, and answered in
            order once the program behind is loaded.
        ready: the program behind is loaded.
        failed_to_start: the program behind could not be loaded; carries the exception.
        waits: says what the start waits for, in the place of the pages; may be emitted in a lane.
    """

    first_paint = Signal()
    first_page = Signal()
    ready = Signal()
    failed_to_start = Signal(object)
    waits = Signal(object)

    #: words and colours, the frame around the pages, what belongs to it: built right after the first paint
    ui: "Ui"
    frame: "Frame"
    parts: "ShellParts"

    def __init__(
        self,
        app: QApplication,
        settings: DeskSettings,
        folder: Path,
        start: Start,
        now: Callable[[], datetime],
    ) -> None:
        """Make the bare window; everything else comes after its first paint."""
        super().__init__()
        self._app = app
        self._settings = settings
        self._folder = folder
        self._start = start
        self._now = now
        self._has_painted = False
        self._is_built = False
        self._awaits_page = False
        self._has_looked = False
        self._is_ready = False
        self._is_closed = False
        self._pages: dict[str, QWidget] = {}
        self._current = "packing"
        self._is_covered = False
        self.waits.connect(self._on_waits)
        self.setObjectName("shell")
        self.resize(*_SIZE)
        self.setCentralWidget(Curtain(settings))

    # --- start --------------------------------------------------------------------------------------------------

    def show_fitting(self) -> None:
        """Show the window; maximised where the screen has no room for it and its frame: no line may be cut off."""
        room = self.screen().availableSize()
        if room.width() < _SIZE[0] + _FRAME_PX or room.height() < _SIZE[1] + _TITLE_PX:
            self.showMaximized()
        else:
            self.show()

    def event(self, event: QEvent) -> bool:
        """Notice the first paint of the whole window, and that of its first page."""
        done = super().event(event)
        if event.type() == QEvent.Type.DevicePixelRatioChange and self._is_built:
            self.ui.look_at_screens()
        if event.type() == QEvent.Type.UpdateRequest:
            if not self._has_painted:
                self._has_painted = True
                self.first_paint.emit()
                QTimer.singleShot(0, self._build)
            elif self._awaits_page:
                self._awaits_page = False
                self.first_page.emit()
        return done

    @Slot()
    def _build(self) -> None:
        """Behind the curtain: look at the records in a lane, and build frame and packing page meanwhile."""
        from desktop.bridge.task_runner import TaskRunner

        self._tasks = TaskRunner(self)
        self._look()

        from desktop.shell.frame import Frame
        from desktop.shell.parts import ShellParts
        from desktop.ui import Ui

        self.ui = Ui(self._app, self._settings, self._now, self)
        self.ui.settle()
        self.frame = Frame(self.ui, self.go)
        self.frame.mark(self._current)
        self.setCentralWidget(self.frame)
        self.parts = ShellParts(self.ui, self._tasks, self._folder, self)
        self.parts.scanner.watch(self._app, self)
        self.frame.keep(self.page("packing"))
        self._is_built = True
        self.ui.retranslated.connect(self._on_retranslated)
        self._on_retranslated()

    def _look(self) -> None:
        from desktop.bridge.tasks import Lane

        def failed(error: Exception) -> None:
            _log.error("the first look failed", exc_info=error)
            self._load()

        self._tasks.submit(self._start.glance, self._on_glance, failed, owner=self, lane=Lane.ACTS)

    def _on_glance(self, look: "FirstLook | None") -> None:
        if look is not None:
            self._show_first(look)
        # The page is painted before this timer is due: loading would compete with it.
        QTimer.singleShot(0, self._load)

    def _show_first(self, look: "FirstLook") -> None:
        self._has_looked = True
        self.parts.show_first(look)
        self.frame.surround(self.parts.strip, *self.parts.bars, news=self.parts.message_bar)
        self._awaits_page = True
        self.go(self._current)

    def _show_door(self) -> None:
        """The first page of a desk at which people sign in is the way in."""
        self.frame.surround(self.parts.strip, *self.parts.bars, news=self.parts.message_bar)
        self._awaits_page = True
        self.parts.show_door()

    @Slot()
    def _load(self) -> None:
        from desktop.bridge.tasks import Lane

        if not self._is_closed:
            self._tasks.submit(
                lambda: self.parts.load(self._start.load, with_look=not self._has_looked),
                self._on_loaded,
                self._on_failed,
                owner=self,
                lane=Lane.ACTS,
            )

    def try_again(self) -> None:
        """Load what is behind the window once more, after a person has decided something."""
        from desktop.texts import Phrase

        self.frame.show_waiting(Phrase("shell.loading"))
        self._load()

    def tell_moving(self, _table: str, done: int, total: int) -> None:
        """How far the records are moved before they are opened; called in a lane."""
        from desktop.texts import Phrase

        self.waits.emit(Phrase("desks.moving", {"done": done, "total": total}))

    @Slot(object)
    def _on_waits(self, phrase: "Phrase") -> None:
        if self._is_built and not self._is_ready:
            self.frame.show_waiting(phrase)

    def _on_failed(self, error: Exception) -> None:
        from desktop.errors import error_phrase
        from desktop.texts import Phrase

        self._is_ready = self._has_looked = False
        self.frame.show_waiting(Phrase("shell.failed", {"error": error_phrase(error)}))
        self.failed_to_start.emit(error)

    def _on_loaded(self, loaded: "tuple[DeskPorts, FirstLook | None]") -> None:
        from desktop.bridge.tasks import Lane

        ports, look = loaded
        self._is_ready = True
        self.parts.join(ports)
        self._gathering = QTimer(self)
        self._gathering.setSingleShot(True)
        self._gathering.timeout.connect(self._on_gathered)
        ports.listen(self._tasks.announce)
        self._tasks.changed.connect(self._on_changed)
        self._tasks.failed.connect(self.parts.on_failed)
        for interval, ask in ((_STATUS_MS, self.parts.ask_status), (_PRINTER_MS, self.parts.ask_printer)):
            timer = QTimer(self)
            timer.setInterval(interval)
            timer.timeout.connect(ask)
            timer.start()
            ask()
        if look is not None:
            self._show_first(look)
        elif self.is_locked:
            self._show_door()
        else:
            self.go(self._current)
        self.ready.emit()
        self._tasks.submit(self._start.begin, lambda _none: None, self._on_failed, owner=self, lane=Lane.READS)

    # --- pages --------------------------------------------------------------------------------------------------

    def can_open(self, page: str) -> bool:
        """Whether a page has something to say by now: the packing page has after the first look."""
        return (self._is_ready or (page == "packing" and self._has_looked)) and self.may_open(page)

    def may_open(self, page: str) -> bool:
        """Whether whoever is here has something to do on a page."""
        return not self._is_ready or self.parts.may_open(page)

    @property
    def is_locked(self) -> bool:
        """Whether somebody has to sign in first."""
        return self._is_ready and self.parts.is_locked

    def sign_in(self, badge: str) -> None:
        """A badge was scanned; before anybody can be let in it means nothing."""
        if self._is_ready:
            self.parts.scan_badge(badge)

    def leave(self) -> bool:
        """Lock the desk for somebody else; whether people sign in here at all."""
        return self._is_ready and self.parts.leave()

    def go(self, page: str) -> None:
        """Open a page, building it when it is first asked for; one that cannot say anything yet comes when it can."""
        from desktop.texts import Phrase

        if not self.may_open(page):
            self.parts.tell("notice", Phrase("error.right.page", {"page": Phrase(f"page.{page}")}))
            return
        self._current = page
        self._is_covered = False
        self.frame.mark(page)
        self.frame.stand_alone(PAGE_FACTS[page].is_alone)
        if not self.can_open(page):
            self.frame.show_waiting(Phrase("shell.loading"))
            return
        widget = self.page(page)
        self.frame.show_page(widget)
        # A page that knows where the keyboard begins may be empty there: it would be left on the rail.
        held = self.focusWidget()
        if not PAGE_FACTS[page].is_focused_by_itself or held is None or not widget.isAncestorOf(held):
            widget.setFocus()

    def page(self, name: str) -> QWidget:
        """A page, built if need be."""
        if name not in self._pages:
            self._pages[name] = self.parts.make_page(name)
        return self._pages[name]

    def tell_defect(self, error: Exception) -> None:
        """Say that something went wrong which nobody waits for; before the window has parts there is only the log."""
        if self._is_built:
            self.parts.on_failed(error)
        else:
            _log.error("a defect before the window was built", exc_info=error)

    @property
    def tasks(self) -> "Tasks":
        """Where work behind the window runs; there from the first paint on."""
        return self._tasks

    @property
    def current_page(self) -> str:
        """Name of the open page."""
        return self._current

    @property
    def is_covered(self) -> bool:
        """Whether something stands in the place of the open page."""
        return self._is_covered

    def focus_page(self) -> None:
        """Give the keyboard back to the open page."""
        widget = None if self.is_locked else self._pages.get(self._current)
        if widget is not None:
            widget.setFocus()

    def show_over(self, widget: QWidget) -> None:
        """Put something in the place of the pages until `go` is called; a locked desk shows nothing but the door."""
        if self.is_locked and not self.parts.is_door(widget):
            return
        self._is_covered = True
        self.frame.show_page(widget)
        widget.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Esc that nobody wanted puts the message away."""
        if self._is_built and self.parts.puts_away(event):
            return
        super().keyPressEvent(event)

    # --- the rest -----------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_changed(self, changes: "ChangesLike") -> None:
        """Look again where something shown was written; an intake writes often, so looks are gathered."""
        if changes.touches(*PAGE_FACTS[self._current].tables) and not (self.is_locked or self._gathering.isActive()):
            self._gathering.start(_GATHER_MS)

    @Slot()
    def _on_gathered(self) -> None:
        self.parts.ask_status()
        widget = self._pages.get(self._current)
        if widget is not None and widget.isVisible() and not self.is_locked:
            self.parts.tell_changed(widget)

    @Slot()
    def _on_retranslated(self) -> None:
        self.setWindowTitle(self.ui.texts.t("shell.title"))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  Qt's name
        """Finish what the clerk did, end the threads, go."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._is_built:
            self.parts.scanner.unwatch(self._app, self)
            self.parts.close()
            self._tasks.stop()
        super().closeEvent(event)
