"""The window: rail, strip, message bar and pages. It paints before anything behind it is loaded."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol, cast

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMainWindow,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.bridge.task_runner import ChangesLike, TaskRunner
from desktop.bridge.tasks import Lane
from desktop.shell.rail import PAGES, Rail
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.labels import PlainLabel

_STATUS_MS: Final = 2000
_PRINTER_MS: Final = 3000
_SIZE: Final = (1366, 768)
#: changes within this time are looked at together
_GATHER_MS: Final = 200
#: what each page shows
_TABLES: Final = {
    "packing": ("parcel", "parcel_line", "orders", "wave", "waybill", "print_job"),
    "orders": ("orders", "order_line", "hold", "parcel", "waybill", "print_job"),
    "printers": ("printer", "print_job"),
    "settings": (),
}


class Page(Protocol):
    """What the shell knows of a page."""

    def handle_scan(self, raw: str) -> None:
        """A code was read while the page is open."""
        ...

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """A function key or a key with Ctrl; whether the page used it."""
        ...

    def handle_changed(self) -> None:
        """Records changed; only told while the page is visible."""
        ...


class DeskWindow(QMainWindow):
    """The one window of a desk.

    Signals:
        first_paint: the frame stands on screen; nothing behind it is loaded yet.
        first_page: the packing page has been painted with the program behind it.
        failed_to_start: the program behind could not be loaded; carries the exception.
    """

    first_paint = Signal()
    first_page = Signal()
    failed_to_start = Signal(object)

    def __init__(self, app: QApplication, ui: Ui, tasks: TaskRunner, folder: Path, boot: Callable[[], Any]) -> None:
        """Make the frame; `boot` runs in a lane after the first paint and returns `desktop.shell.ports.DeskPorts`."""
        super().__init__()
        self._app = app
        self._ui = ui
        self._tasks = tasks
        self._folder = folder
        self._boot = boot
        self._has_painted = False
        self._is_closed = False
        self._pages: dict[str, QWidget] = {}
        self._makers: dict[str, Callable[[], QWidget]] = {}
        self._current = "packing"
        self._parts: Any = None
        self.setObjectName("shell")
        self.resize(*_SIZE)
        self.rail = Rail(ui, self.go)
        self.rail.mark("packing")
        self.stack = QStackedWidget()
        self._placeholder = PlainLabel(ui, "title", name="shell.loading")
        self._placeholder.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._placeholder.setWordWrap(True)
        self._placeholder.say("shell.loading")
        self.stack.addWidget(self._placeholder)
        # No page, however hostile its texts, may make the window larger than the screen.
        self.stack.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.stack, 1)
        centre = QWidget()
        centre.setProperty("look", "ground")
        row = QHBoxLayout(centre)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(self._column, 1)
        self.setCentralWidget(centre)
        ui.retranslated.connect(self._on_retranslated)
        self._on_retranslated()

    @property
    def ui(self) -> Ui:
        """Words, colours and icons of this window."""
        return self._ui

    # --- start --------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Notice the first paint of the whole window."""
        done = super().event(event)
        if event.type() == QEvent.Type.UpdateRequest and not self._has_painted:
            self._has_painted = True
            self.first_paint.emit()
            QTimer.singleShot(0, self._load)
        return done

    @Slot()
    def _load(self) -> None:
        self._ui.settle_typeface()
        self.rail.draw_icons()
        self._tasks.submit(self._boot, self._on_booted, self._on_boot_failed, owner=self, lane=Lane.ACTS)

    def try_again(self) -> None:
        """Load what is behind the window once more, after a person has decided something."""
        self._placeholder.say("shell.loading")
        self.stack.setCurrentWidget(self._placeholder)
        self._load()

    def show_over(self, widget: QWidget) -> None:
        """Put something in the place of the pages until `go` is called."""
        if self.stack.indexOf(widget) < 0:
            self.stack.addWidget(widget)
        self.stack.setCurrentWidget(widget)
        widget.setFocus()

    def _on_boot_failed(self, error: Exception) -> None:
        from desktop.errors import error_phrase

        self._placeholder.say("shell.failed", error=error_phrase(error))
        self.failed_to_start.emit(error)

    def _on_booted(self, ports: Any) -> None:
        from desktop.shell.parts import ShellParts

        self._parts = ShellParts(self._ui, self._tasks, self._folder, ports, self)
        scanner = self._parts.scanner
        scanner.scanned.connect(self._on_scanned)
        scanner.unterminated.connect(self._on_unterminated)
        scanner.watch(self._app, self)
        self._column.insertWidget(0, self._parts.strip)
        self._column.insertWidget(1, self._parts.message_bar)
        self._makers = self._parts.makers()
        self._gathering = QTimer(self)
        self._gathering.setSingleShot(True)
        self._gathering.timeout.connect(self._on_gathered)
        ports.listen(self._tasks.announce)
        self._tasks.changed.connect(self._on_changed)
        self._tasks.failed.connect(self._parts.on_failed)
        for interval, ask in ((_STATUS_MS, self._parts.ask_status), (_PRINTER_MS, self._parts.ask_printer)):
            timer = QTimer(self)
            timer.setInterval(interval)
            timer.timeout.connect(ask)
            timer.start()
            ask()
        self.go(self._current)
        QTimer.singleShot(0, self.first_page.emit)

    # --- pages --------------------------------------------------------------------------------------------------

    def go(self, page: str) -> None:
        """Open a page, building it when it is first asked for."""
        self._current = page
        self.rail.mark(page)
        if not self._makers:
            return
        widget = self._pages.get(page)
        if widget is None:
            widget = self._makers[page]()
            self._pages[page] = widget
            self.stack.addWidget(widget)
        self.stack.setCurrentWidget(widget)
        if page != "orders":
            widget.setFocus()

    def page(self, name: str) -> QWidget:
        """A page, built if need be."""
        if name not in self._pages:
            self.go(name)
        return self._pages[name]

    @property
    def current_page(self) -> str:
        """Name of the open page."""
        return self._current

    def focus_page(self) -> None:
        """Give the keyboard back to the open page."""
        widget = self._pages.get(self._current)
        if widget is not None:
            widget.setFocus()

    # --- keys and scans -----------------------------------------------------------------------------------------

    def on_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """A function key or a key with Ctrl or Alt, once it is known to come from a hand; whether it was used."""
        if modifiers == Qt.KeyboardModifier.AltModifier and key == Qt.Key.Key_F4:
            self.close()
            return True
        if self._parts is None:
            return False
        if modifiers == Qt.KeyboardModifier.ControlModifier and Qt.Key.Key_1 <= key <= Qt.Key.Key_4:
            self.go(tuple(PAGES)[key - Qt.Key.Key_1])
            return True
        if key == Qt.Key.Key_F1:
            self._parts.toggle_keys()
            return True
        if self._page(self._current).handle_command(key, modifiers):
            return True
        return self._anywhere(key, modifiers)

    def _anywhere(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """Keys that mean the same on every page, even where the page does not know them."""
        is_find = key == Qt.Key.Key_F and modifiers == Qt.KeyboardModifier.ControlModifier
        if key == Qt.Key.Key_F2 or is_find:
            self.go("orders")
            return self._page("orders").handle_command(Qt.Key.Key_F2, Qt.KeyboardModifier.NoModifier)
        if key == Qt.Key.Key_F12:
            self.go("packing")
            return self._page("packing").handle_command(key, modifiers)
        return False

    @Slot(str)
    def _on_scanned(self, raw: str) -> None:
        from desktop.commands import is_command_like

        if self._parts is None:
            return
        if self._current != "orders" or is_command_like(raw):
            # The scan is the main verb: wherever it happens it leads to the desk, or to its order.
            if self._current != "packing":
                self.go("packing")
            self._page("packing").handle_scan(raw)
        else:
            self._page("orders").handle_scan(raw)

    @Slot(str)
    def _on_unterminated(self, raw: str) -> None:
        if self._parts is not None:
            self._parts.tell("notice", Phrase("scanner.unterminated", {"raw": raw}))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Esc that nobody wanted puts the message away."""
        if event.key() == Qt.Key.Key_Escape and self._parts is not None and self._parts.message_bar.dismiss():
            return
        super().keyPressEvent(event)

    def _page(self, name: str) -> Page:
        return cast(Page, self.page(name))

    # --- the rest -----------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_changed(self, changes: ChangesLike) -> None:
        """Look again where something shown was written; an intake writes often, so looks are gathered."""
        if changes.touches(*_TABLES[self._current]) and not self._gathering.isActive():
            self._gathering.start(_GATHER_MS)

    @Slot()
    def _on_gathered(self) -> None:
        self._parts.ask_status()
        widget = self._pages.get(self._current)
        if widget is not None and widget.isVisible():
            self._page(self._current).handle_changed()

    @Slot()
    def _on_retranslated(self) -> None:
        self.setWindowTitle(self._ui.texts.t("shell.title"))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  Qt's name
        """Finish what the clerk did, end the threads, go."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._parts is not None:
            self._parts.scanner.unwatch(self._app, self)
            self._parts.close()
        self._tasks.stop()
        super().closeEvent(event)
