"""Where somebody writes a few lines: Ctrl+Enter keeps them, Tab leaves the box."""

from collections.abc import Callable

from PySide6.QtCore import QMimeData, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit

from desktop.plain_text import visible
from desktop.ui import Ui


class NoteBox(QPlainTextEdit):
    """Plain text of some lines."""

    def __init__(self, ui: Ui, code: str, on_done: Callable[[], None], name: str, height_px: int, limit: int) -> None:
        """`code` is the placeholder's; what is pasted is cut at `limit` characters."""
        super().__init__()
        self._ui = ui
        self._code = code
        self._on_done = on_done
        self._limit = limit
        self.setObjectName(name)
        self.setTabChangesFocus(True)
        self.setFixedHeight(ui.scaled(height_px))
        ui.retranslated.connect(self._on_retranslated)
        self._on_retranslated()

    def insertFromMimeData(self, source: QMimeData) -> None:  # noqa: N802  Qt's name
        """Only the text, and no more of it than a note may have."""
        self.insertPlainText(source.text()[: self._limit])

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Ctrl+Enter keeps what was written."""
        has_ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if has_ctrl and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._on_done()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _on_retranslated(self) -> None:
        words = visible(self._ui.texts.t(self._code))
        self.setPlaceholderText(words)
        self.setAccessibleName(words)
