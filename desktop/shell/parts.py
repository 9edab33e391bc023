"""What the window gets once the program behind it is up: strip, message bar, pages. Loaded after the first paint."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from desktop.bridge.task_runner import TaskRunner
from desktop.bridge.tasks import Lane
from desktop.errors import error_phrase
from desktop.pages.orders.page import OrdersPage
from desktop.pages.orders.presenter import OrdersPresenter
from desktop.pages.packing.page import PackingPage
from desktop.pages.packing.presenter import PackingPresenter
from desktop.pages.printers.page import PrintersPage
from desktop.pages.printers.ports import PrinterView
from desktop.pages.printers.presenter import PrintersPresenter, printer_tone, printer_words
from desktop.pages.settings.page import SettingsPage
from desktop.scanner import ScannerFilter
from desktop.shell.ports import DeskPorts
from desktop.shell.sign_in import SignIn
from desktop.shell.strip import Strip
from desktop.sounds import Sounds
from desktop.texts import LANGUAGES, Phrase
from desktop.ui import Ui
from desktop.widgets.key_sheet import KeySheet
from desktop.widgets.message_bar import Message, MessageBar
from desktop.widgets.pictures import PictureBook

if TYPE_CHECKING:
    from desktop.shell.window import DeskWindow


class ShellParts(QObject):
    """Strip, message bar, key sheet, and the makers of the pages."""

    def __init__(self, ui: Ui, tasks: TaskRunner, folder: Path, ports: DeskPorts, window: "DeskWindow") -> None:
        super().__init__(window)
        self._ui = ui
        self._tasks = tasks
        self._sounds = Sounds(ui.settings, self)
        self.scanner = ScannerFilter(window.on_command, self)
        self._configure_scanner("scanner_gap_ms")
        ui.settings.listen(self._configure_scanner)
        self._folder = folder
        self._ports = ports
        self._window = window
        self._packing: PackingPage | None = None
        self.message_bar = MessageBar(ui)
        self.strip = Strip(ui, self._tell_story, window.go, self._change_language)
        self._keys = KeySheet(ui, window.centralWidget(), window.focus_page)
        self._pictures = PictureBook(ports.pictures, tasks, self, fetch=ports.fetch_picture)
        self.packing = PackingPresenter(
            ports.packing,
            ports.labels,
            tasks,
            ui.settings,
            now=ui.now,
            nonce=lambda: uuid.uuid4().hex,
            on_sound=self._sounds.play,
        )
        ui.settings.run_later = self._run_later
        self._sign_in = SignIn(ui.settings, ports.desks, tasks, self.tell, self)

    def makers(self) -> dict[str, Callable[[], QWidget]]:
        """How each page is built when it is first opened."""
        return {
            "packing": self._make_packing,
            "orders": lambda: OrdersPage(
                self._ui, OrdersPresenter(self._ports.orders, self._ports.labels, self._tasks, self.tell)
            ),
            "printers": lambda: PrintersPage(
                self._ui, PrintersPresenter(self._ports.printers, self._tasks, self.tell), self._pictures
            ),
            "settings": lambda: SettingsPage(
                self._ui, self._tasks, self.tell, self._sounds.play, self._folder, self._ports.practice
            ),
        }

    def tell(self, tone: str, phrase: Phrase, undo: Callable[[], None] | None = None) -> None:
        """Show a message with an offer to take it back."""
        self.message_bar.show_message(Message(tone, phrase, undo=undo))

    def toggle_keys(self) -> None:
        """Open or close the key sheet."""
        if self._keys.isVisible():
            self._keys.hide()
            self._window.focus_page()
        else:
            self._keys.open()

    @Slot()
    def ask_status(self) -> None:
        """Read the strip's lights again."""
        self._tasks.submit(self._ports.status.status, self.strip.show_status, self._ignore, owner=self, key="status")

    @Slot()
    def ask_printer(self) -> None:
        """Read the printers' states again."""
        self._tasks.submit(
            self._ports.printers.printers,
            self._on_printers,
            self._ignore,
            owner=self,
            key="printers",
            lane=Lane.PRINTERS,
        )

    @Slot(object)
    def on_failed(self, error: Exception) -> None:
        """An error nobody else wanted."""
        self.tell("stop", error_phrase(error))

    def close(self) -> None:
        """The window closes."""
        self.packing.close()
        self._sounds.stop()

    def _configure_scanner(self, name: str) -> None:
        if name.startswith("scanner_"):
            settings = self._ui.settings
            self.scanner.configure(
                settings.number("scanner_gap_ms"),
                settings.text("scanner_terminator"),
                settings.number("scanner_debounce_ms"),
            )

    def _make_packing(self) -> QWidget:
        self._packing = PackingPage(self._ui, self.packing, self._pictures)
        return self._packing

    def _on_printers(self, views: tuple[PrinterView, ...]) -> None:
        view = next((one for one in views if one.is_default), views[0] if views else None)
        if view is None:
            self.strip.show_printer("stop", "", Phrase("printer.none"))
            return
        self.strip.show_printer(printer_tone(view), view.name, printer_words(view))
        if self._packing is not None:
            self._packing.show_printer(printer_tone(view), printer_words(view))

    def _tell_story(self, tone: str, phrase: Phrase, details: str) -> None:
        self.message_bar.show_message(Message(tone, phrase, details))

    def _change_language(self) -> None:
        place = LANGUAGES.index(self._ui.texts.language)
        self._ui.settings.put("language", LANGUAGES[(place + 1) % len(LANGUAGES)])

    def _run_later(self, work: Callable[[], None]) -> None:
        self._tasks.submit(work, lambda _none: None, self.on_failed, owner=self, lane=Lane.ACTS)

    def _ignore(self, error: Exception) -> None:
        """A look that failed is tried again by the timer; what is shown grows old visibly."""
