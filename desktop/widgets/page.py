"""What pages have in common: Esc goes one step back, a list can be searched."""

from typing import Protocol

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from desktop.ui import Ui
from desktop.widgets.fields import Field
from desktop.widgets.table import ListTable


class PageWidget(QWidget):
    """A page on which Esc goes one step back, wherever on it the keyboard is."""

    def handle_back(self) -> bool:
        """Close what is open; whether anything was."""
        raise NotImplementedError

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Esc anywhere on the page."""
        if event.key() == Qt.Key.Key_Escape and self.handle_back():
            return
        super().keyPressEvent(event)


class Listing(Protocol):
    """What a searched list asks of its presenter."""

    def search(self, text: str) -> None:
        """List what fits."""
        ...

    def close(self) -> bool:
        """Close what is open beside the list; whether anything was."""
        ...


class SearchedPage(PageWidget):
    """A page with a table and a search over it; a subclass makes the table."""

    table: ListTable

    def __init__(self, ui: Ui, listing: Listing, name: str, hint: str, *, widest_px: int = 380) -> None:
        """`name` is the page's; the search is `<name>.search`, empty it shows the sentence of the code `hint`."""
        super().__init__()
        self.setObjectName(name)
        self._listing = listing
        self._search = Field(ui, hint, f"{name}.search")
        self._search.setMinimumWidth(160)
        self._search.setMaximumWidth(ui.scaled(widest_px))
        self._search.returnPressed.connect(self._on_search)

    def focus_search(self) -> None:
        """Put the keyboard into the search."""
        self._search.setFocus()
        self._search.selectAll()

    def handle_back(self) -> bool:
        """Esc closes what is open beside the list, then clears the search."""
        if self._listing.close():
            self.table.setFocus()
            return True
        if self._search.text():
            self._search.clear()
            self._on_search()
            self.table.setFocus()
            return True
        return False

    @Slot()
    def _on_search(self) -> None:
        self._listing.search(self._search.text())
