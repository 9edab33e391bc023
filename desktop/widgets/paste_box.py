"""Where somebody's words go that the program takes apart: a name, a number, an address."""

from collections.abc import Callable

from PySide6.QtCore import QMimeData

from core.customers.address_parsing import LONGEST
from desktop.ui import Ui
from desktop.widgets.note_box import NoteBox


class PasteBox(NoteBox):
    """What is pasted is taken apart at once, what is typed with Ctrl+Enter; Tab leaves the box."""

    def __init__(self, ui: Ui, code: str, on_text: Callable[[str], None], name: str, height_px: int) -> None:
        """`code` is the placeholder's; `on_text` gets the whole text to take it apart."""
        super().__init__(ui, code, self.read, name, height_px, LONGEST)
        self._on_text = on_text

    def insertFromMimeData(self, source: QMimeData) -> None:  # noqa: N802  Qt's name
        """Only the text, and no more of it than is read."""
        super().insertFromMimeData(source)
        self.read()

    def read(self) -> None:
        """Take the text apart."""
        self._on_text(self.toPlainText())
