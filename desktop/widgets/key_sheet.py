"""The key sheet (F1): every key of the desk on one card over the page, closed by F1 or Esc."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from desktop.ui import Ui
from desktop.widgets.labels import PlainLabel

#: key -> code of what it does
KEYS: Final = (
    ("F1", "keys.sheet"),
    ("F2", "keys.search"),
    ("F3", "keys.wave"),
    ("Shift+F3", "keys.burst"),
    ("F4", "keys.undo"),
    ("F5", "keys.refresh"),
    ("F6 / F7", "keys.question"),
    ("F6", "keys.door"),
    ("F6 · F7 · F8", "keys.desks"),
    ("F6 · F7 · F8", "keys.alert"),
    ("F7", "keys.note"),
    ("F8", "keys.reprint"),
    ("Shift+F8", "keys.new_number"),
    ("F9", "keys.exception"),
    ("F10", "keys.box"),
    ("Shift+F10", "keys.merge"),
    ("Shift+F4", "keys.unmerge"),
    ("F11", "keys.weigh"),
    ("F12", "keys.next"),
    ("Shift+F12", "keys.take_over"),
    ("Space", "keys.by_eye"),
    ("↑ ↓", "keys.line"),
    ("12 *", "keys.qty"),
    ("0–9 A–Z ↵", "keys.type"),
    ("Ctrl+1 … 9", "keys.pages"),
    ("Ctrl+Tab", "keys.tabs"),
    ("Ctrl+R", "keys.reports"),
    ("Ctrl+L", "keys.lock"),
    ("Ctrl+F", "keys.filter"),
    ("Ctrl+N", "keys.new_order"),
    ("Ctrl+S", "keys.save_order"),
    ("Alt+1 / 2", "keys.address"),
    ("F6 … F11", "keys.stock"),
    ("F6 … F9", "keys.documents"),
    ("F6 … F10", "keys.payments"),
    ("Ctrl+T", "keys.platforms"),
    ("Ctrl+D", "keys.stop_sale"),
    ("F6 · F8 · F9 · F10", "keys.limits"),
    ("F7 · F9 · F10", "keys.accident"),
    ("F4 … F10", "keys.stocktake"),
    ("F7 … F9", "keys.variance"),
    ("F6 … F9", "keys.batches"),
    ("F6 … F10", "keys.listings"),
    ("F7 … F10", "keys.start"),
    ("Alt+1 … 4", "keys.drill"),
    ("Ctrl+E", "keys.unmask"),
    ("Ctrl+P", "keys.print_sheet"),
    ("Esc", "keys.back"),
)


class KeySheet(QFrame):
    """A card of keys; not a dialog: scans go on working under it."""

    def __init__(self, ui: Ui, parent: QWidget, on_close: Callable[[], None]) -> None:
        super().__init__(parent)
        self._on_close = on_close
        self._over = parent
        self.setObjectName("shell.keys")
        self.setProperty("look", "keysheet")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        title = PlainLabel(ui, "title")
        title.say("keys.title")
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        half = (len(KEYS) + 1) // 2
        for number, (key, code) in enumerate(KEYS):
            cap = PlainLabel(ui, "key")
            cap.show_text(key)
            cap.setAlignment(Qt.AlignmentFlag.AlignCenter)
            words = PlainLabel(ui)
            words.say(code)
            row, place = number % half, number // half * 3
            grid.addWidget(cap, row, place)
            grid.addWidget(words, row, place + 1)
        grid.setColumnMinimumWidth(2, 24)
        column = QVBoxLayout(self)
        column.setContentsMargins(28, 22, 28, 24)
        column.setSpacing(14)
        column.addWidget(title)
        column.addLayout(grid)
        self.hide()

    def open(self) -> None:
        """Show the card in the middle of its parent and take the keys."""
        self.adjustSize()
        parent = self._over
        self.move((parent.width() - self.width()) // 2, (parent.height() - self.height()) // 2)
        self.show()
        self.raise_()
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Any key a hand presses closes the card."""
        event.accept()
        self.hide()
        self._on_close()
