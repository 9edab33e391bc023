"""The customers page: search, table, drawer."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from core.access.customer_file import CustomerRow, customer_no
from desktop.formats import time_text
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.customers.drawer import CustomerDrawer
from desktop.pages.customers.presenter import CustomersPresenter
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState
from desktop.widgets.labels import PlainLabel
from desktop.widgets.page import SearchedPage
from desktop.widgets.table import ListTable


class CustomersPage(SearchedPage):
    """Shows what the presenter lists."""

    def __init__(self, ui: Ui, presenter: CustomersPresenter) -> None:
        super().__init__(ui, presenter, "customers", "customers.search", widest_px=420)
        self._ui = ui
        self._presenter = presenter
        title = PlainLabel(ui, "title", name="customers.title")
        title.say("page.customers")
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self._search, 4)
        head.addWidget(
            ActionButton(
                ui, "action.refresh", presenter.reload, icon="refresh-cw", key="F5", name="customers.refresh"
            )
        )
        self.model: PagedTableModel[CustomerRow] = PagedTableModel(ui, self._columns(), lambda row: row.id, self)
        self.table = ListTable(ui, self.model, "customers.table")
        self.table.moved.connect(self._on_moved)
        self.table.opened.connect(self._on_opened)
        self._empty = EmptyState(ui, "user", "customers.empty", "customers.empty")
        self.drawer = CustomerDrawer(ui, presenter)
        left = QVBoxLayout()
        left.setContentsMargins(16, 14, 16, 12)
        left.setSpacing(10)
        left.addLayout(head)
        left.addWidget(self.table, 1)
        left.addWidget(self._empty, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        row.addWidget(self.drawer)
        self.model.more_wanted.connect(presenter.more)
        presenter.on_screen = self._on_screen
        presenter.on_first = self._on_first
        presenter.on_more = self.model.append
        presenter.on_no_more = self.model.give_up
        self._on_screen()

    def _columns(self) -> tuple[Column[CustomerRow], ...]:
        ui = self._ui

        def name(row: CustomerRow) -> str:
            return ui.texts.t("customers.is_erased") if row.is_erased else row.name

        def last(row: CustomerRow) -> str:
            return "" if row.last_order_at is None else time_text(row.last_order_at, ui.now(), ui.texts)

        return (
            Column("customers.column.number", lambda row: customer_no(row.id), 110),
            Column("customers.column.name", name, 130, stretch=True),
            Column("customers.column.phone", lambda row: row.phone, 150),
            Column("customers.column.region", lambda row: row.region, 150, stretch=True, spare=1),
            Column("customers.column.orders", lambda row: str(row.order_count), 80, is_right=True),
            Column("customers.column.last", last, 120),
        )

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """Show whose order the code belongs to."""
        self._search.setText(raw)
        self._presenter.find(raw)

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """What each key does here is on the key sheet (`widgets.key_sheet`)."""
        has_ctrl = modifiers == Qt.KeyboardModifier.ControlModifier
        if key == Qt.Key.Key_F2 or (has_ctrl and key == Qt.Key.Key_F):
            self.focus_search()
        elif has_ctrl and key == Qt.Key.Key_E:
            self.drawer.ask_unmask()
        elif key == Qt.Key.Key_F5:
            self._presenter.reload()
        else:
            return False
        return True

    def handle_changed(self) -> None:
        """Records changed somewhere: read again, but never pull the list away from under an eye further down."""
        if self.table.verticalScrollBar().value() == 0:
            self._presenter.reload()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Read, and let the keyboard begin in the search: nobody leafs through customers."""
        super().showEvent(event)
        self._search.setFocus()
        self._presenter.reload()

    # --- showing ------------------------------------------------------------------------------------------------

    @Slot(int)
    def _on_moved(self, number: int) -> None:
        """With the drawer open, moving in the table shows the next customer."""
        if self._presenter.screen.detail is not None:
            self._on_opened(number)

    @Slot(int)
    def _on_opened(self, number: int) -> None:
        row = self.model.row_at(number)
        if row is not None:
            self._presenter.open(row.id)

    def _on_first(self, rows: tuple[CustomerRow, ...], next_after: int | None, is_again: bool) -> None:
        self.table.show_first(rows, next_after, is_again)
        if rows and not is_again and self._search.hasFocus() and self._search.text():
            # Found: the arrows go through them.
            self.table.setFocus()

    def _on_screen(self) -> None:
        screen = self._presenter.screen
        is_empty = screen.is_known_empty and not screen.is_loading
        self._empty.say("customers.nothing_found" if screen.search else "customers.empty", search=screen.search)
        if is_empty and self.table.hasFocus():
            # Else the keyboard would land on the rail, out of the page.
            self._search.setFocus()
        self._empty.setVisible(is_empty)
        self.table.setVisible(not is_empty)
        self.drawer.show_screen()
