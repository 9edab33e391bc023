"""Where somebody's words go that the program takes apart: a name, a number, an address."""

from collections.abc import Callable

from PySide6.QtCore import QMimeData, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit

from core.customers.address_parsing import LONGEST
from desktop.plain_text import visible
from desktop.ui import Ui


class PasteBox(QPlainTextEdit):
    """What is pasted is taken apart at once, what is typed with Ctrl+Enter; Tab leaves the box."""

    def __init__(self, ui: Ui, code: str, on_text: Callable[[str], None], name: str, height_px: int) -> None:
        """`code` is the placeholder's; `on_text` gets the whole text to take it apart."""
        super().__init__()
        self._ui = ui
        self._code = code
        self._on_text = on_text
        self.setObjectName(name)
        self.setTabChangesFocus(True)
        self.setFixedHeight(ui.scaled(height_px))
        ui.retranslated.connect(self._on_retranslated)
        self._on_retranslated()

    def insertFromMimeData(self, source: QMimeData) -> None:  # noqa: N802  Qt's name
        """Only the text, and no more of it than is read."""
        self.insertPlainText(source.text()[:LONGEST])
        self.read()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Ctrl+Enter reads what was typed."""
        has_ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if has_ctrl and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.read()
        else:
            super().keyPressEvent(event)

    def read(self) -> None:
        """Take the text apart."""
        self._on_text(self.toPlainText())

    @Slot()
    def _on_retranslated(self) -> None:
        words = visible(self._ui.texts.t(self._code))
        self.setPlaceholderText(words)
        self.setAccessibleName(words)
