"""The customers page: search, table, drawer."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent

from core.access.customer_file import CustomerRow, customer_no
from desktop.formats import time_text
from desktop.models.paged import Column
from desktop.pages.customers.drawer import CustomerDrawer
from desktop.pages.customers.presenter import CustomersPresenter
from desktop.ui import Ui
from desktop.widgets.list_page import ListPage


class CustomersPage(ListPage[CustomerRow]):
    """Shows what the presenter lists."""

    def __init__(self, ui: Ui, presenter: CustomersPresenter) -> None:
        super().__init__(ui, presenter, "customers", hint="customers.search", icon="user", widest_px=420)
        self._presenter = presenter
        self.drawer = CustomerDrawer(ui, presenter)
        self._compose(beside=(self.drawer,))

    def _open(self, row: CustomerRow) -> None:
        self._presenter.open(row.id)

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

    def _act_by(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        if key != Qt.Key.Key_E or modifiers != Qt.KeyboardModifier.ControlModifier:
            return False
        self.drawer.ask_unmask()
        return True

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Read, and let the keyboard begin in the search: nobody leafs through customers."""
        super().showEvent(event)
        self._search.setFocus()

    # --- showing ------------------------------------------------------------------------------------------------

    def _on_first(self, rows: tuple[CustomerRow, ...], next_after: object, is_again: bool) -> None:
        super()._on_first(rows, next_after, is_again)
        if rows and not is_again and self._search.hasFocus() and self._search.text():
            # Found: the arrows go through them.
            self.table.setFocus()

    def _on_screen(self) -> None:
        screen = self._presenter.screen
        code = "customers.nothing_found" if screen.search else "customers.empty"
        self._show_list(code, search=screen.search)
        self.drawer.show_screen()
