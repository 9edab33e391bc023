"""What pages have in common: Esc goes one step back, a list can be searched."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from desktop.ui import Ui
from desktop.widgets.fields import Field
from desktop.widgets.table import ListTable

if TYPE_CHECKING:
    from core.access.rights import Right


class Refusing(Protocol):
    """What says that a right is missing."""

    def refuse(self, right: "Right") -> None:
        """Say it."""
        ...


def if_may(ui: Ui, presenter: Refusing, right: "Right", act: Callable[[], object]) -> None:
    """Do it if whoever is here may; else say which right is missing: their key would be answered by silence."""
    if ui.may(right):
        act()
    else:
        presenter.refuse(right)


class PageWidget(QWidget):
    """A page on which Esc goes one step back, wherever on it the keyboard is.

    Where what has the keyboard goes away (a form that was saved), the keyboard stays on the page: Qt would give it to
    whatever is next in line, which after the last field is the rail, and the next key would be meant for nobody.
    """

    def home(self) -> QWidget:
        """What gets the keyboard where nothing else is meant to have it."""
        return self

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002, N802  Qt's names
        """Tab, and also what Qt does when the widget with the keyboard is hidden."""
        focus = self.window().focusWidget()
        if focus is not None and self.isVisible() and self.isAncestorOf(focus) and not focus.isVisible():
            home = self.home()
            (home if home.isVisible() else self).setFocus()
            return True
        return bool(super().focusNextPrevChild(next))

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
        #: what was searched for last by Enter
        self._searched = ""
        self._search = Field(ui, hint, f"{name}.search")
        self._search.setMinimumWidth(120)
        self._search.setMaximumWidth(ui.scaled(widest_px))
        self._search.returnPressed.connect(self._on_search)
        self._search.installEventFilter(self)

    def home(self) -> QWidget:
        """The table, or the search where there are no rows."""
        return self.table if self.table.isVisible() else self._search

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Down leads from the search into what was found."""
        if (
            watched is self._search
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Down
            and self.table.isVisible()
        ):
            self.table.setFocus()
            return True
        return bool(super().eventFilter(watched, event))

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
        """Enter searches; once more, and the keyboard goes into what was found: the next one opens it."""
        text = self._search.text()
        if text and text == self._searched and self.table.isVisible():
            self.table.setFocus()
            return
        self._searched = text
        self._listing.search(text)
