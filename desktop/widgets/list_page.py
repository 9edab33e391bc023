"""What the pages of long lists have in common: head, chips, a table or why there is none, what stands beside it."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.models.paged import Column, PagedTableModel
from desktop.ui import Ui
from desktop.widgets.controls import EmptyState
from desktop.widgets.head_bar import head_bar, refresh_button
from desktop.widgets.page import Listing, SearchedPage
from desktop.widgets.table import ListTable

R = TypeVar("R")


class PagedListing(Listing, Protocol):
    """What such a page asks of its presenter, see `desktop.bridge.paging.ListPresenter`."""

    on_screen: Callable[[], None]
    on_first: Callable[[tuple[Any, ...], Any, bool], None]
    on_more: Callable[[tuple[Any, ...], Any], None]
    on_no_more: Callable[[], None]

    @property
    def screen(self) -> Any:
        """What is shown beside the rows; it has `is_loading` and `is_known_empty`."""
        ...

    @property
    def more(self) -> Callable[..., None]:
        """Reads the rows after a cursor."""
        ...

    def reload(self) -> None:
        """Read again what is shown."""
        ...


class ListPage(SearchedPage, Generic[R]):
    """A subclass says its columns, makes what stands around the table, and then calls `_compose`."""

    def __init__(
        self,
        ui: Ui,
        presenter: PagedListing,
        name: str,
        *,
        hint: str,
        icon: str,
        widest_px: int = 380,
        make_table: Callable[[PagedTableModel[R]], ListTable] | None = None,
    ) -> None:
        """`name` is the page's; `hint` what the empty search says, `icon` what an empty list shows."""
        super().__init__(ui, presenter, name, hint, widest_px=widest_px)
        self._ui = ui
        self._name = name
        self._list = presenter
        self.model: PagedTableModel[R] = PagedTableModel(ui, self._columns(), self._id_of, self)
        self.table = ListTable(ui, self.model, f"{name}.table") if make_table is None else make_table(self.model)
        self.table.moved.connect(self._on_moved)
        self.table.opened.connect(self._on_opened)
        self._empty = EmptyState(ui, icon, f"{name}.empty", f"{name}.empty")

    # --- what a subclass says ------------------------------------------------------------------------------------

    def _columns(self) -> Sequence[Column[R]]:
        raise NotImplementedError

    def _id_of(self, row: R) -> int:
        """The number by which a row is known again."""
        return int(getattr(row, "id"))  # noqa: B009  not every row has one, and then the page says what has

    def _open(self, row: R) -> None:
        """Show a row's details."""
        raise NotImplementedError

    def _follows(self) -> bool:
        """Whether moving in the table shows the next row's details: they are open."""
        return self._list.screen.detail is not None

    def _act_by(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:  # noqa: ARG002  for subclasses
        """Do what a key of this page's own stands for; whether there was something."""
        return False

    def _on_screen(self) -> None:
        raise NotImplementedError

    # --- putting together ----------------------------------------------------------------------------------------

    def _compose(
        self,
        *,
        acts: Sequence[QWidget] = (),
        above: Sequence[QWidget] = (),
        below: Sequence[QWidget] = (),
        beside: Sequence[QWidget] = (),
        instead: QWidget | None = None,
    ) -> None:
        """Lay out the page and hook it to its presenter.

        Args:
            acts: in the head, before the one that reads again.
            above: over the table, chips first of all.
            below: under it.
            beside: on the right, the page's whole height.
            instead: what may stand in the list's place.
        """
        refresh = refresh_button(self._ui, self._name, self._list.reload)
        head = head_bar(self._ui, self._name, (self._search, *acts, refresh))
        head.setStretchFactor(self._search, 4)
        self._middle = QWidget()
        middle = QVBoxLayout(self._middle)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(10)
        for widget in above:
            middle.addWidget(widget)
        middle.addWidget(self.table, 1)
        middle.addWidget(self._empty, 1)
        for widget in below:
            middle.addWidget(widget)
        left = QVBoxLayout()
        left.setContentsMargins(16, 14, 16, 12)
        left.setSpacing(10)
        left.addLayout(head)
        left.addWidget(self._middle, 1)
        if instead is not None:
            left.addWidget(instead, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        for widget in beside:
            row.addWidget(widget)
        self.model.more_wanted.connect(self._list.more)
        self._list.on_screen = self._on_screen
        self._list.on_first = self._on_first
        self._list.on_more = self.model.append
        self._list.on_no_more = self.model.give_up
        self._on_screen()

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """What each key does here stands on its button."""
        has_ctrl = modifiers == Qt.KeyboardModifier.ControlModifier
        if key == Qt.Key.Key_F2 or (has_ctrl and key == Qt.Key.Key_F):
            self.focus_search()
        elif key == Qt.Key.Key_F5:
            self._list.reload()
        else:
            return self._act_by(key, modifiers)
        return True

    def handle_changed(self) -> None:
        """Records changed somewhere: read again, but never pull the list away from under an eye further down."""
        if self.table.verticalScrollBar().value() == 0:
            self._list.reload()
        else:
            self._refresh_beside()

    def _refresh_beside(self) -> None:
        """Read again what stands beside the list, and leave its rows as they are."""

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Read, and let the keyboard begin in the table."""
        super().showEvent(event)
        self.table.setFocus()
        self._list.reload()

    # --- showing ------------------------------------------------------------------------------------------------

    @Slot(int)
    def _on_moved(self, number: int) -> None:
        if self._follows():
            self._on_opened(number)

    @Slot(int)
    def _on_opened(self, number: int) -> None:
        row = self.model.row_at(number)
        if row is not None:
            self._open(row)

    def _on_first(self, rows: tuple[R, ...], next_after: object, is_again: bool) -> None:
        self.table.show_first(rows, next_after, is_again)

    def _show_list(self, why_empty: str, **facts: object) -> bool:
        """Show the table, or say why there is nothing in it; whether there is nothing."""
        screen = self._list.screen
        is_empty = bool(screen.is_known_empty and not screen.is_loading)
        self._empty.say(why_empty, **facts)
        if is_empty and self.table.hasFocus():
            # Else the keyboard would land on the rail, out of the page.
            self._search.setFocus()
        self._empty.setVisible(is_empty)
        self.table.setVisible(not is_empty)
        return is_empty
