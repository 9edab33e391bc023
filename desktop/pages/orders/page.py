"""The order page: chips with counts, search, table, drawer."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from core.access.rights import Right
from core.orders.records import PILES, OrderRow
from desktop.formats import deadline_text, time_text, yuan
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.orders.drawer import OrderDrawer
from desktop.pages.orders.presenter import OrdersPresenter
from desktop.pages.orders.words import state_code, state_tone
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState
from desktop.widgets.fields import ChipRow
from desktop.widgets.labels import PlainLabel
from desktop.widgets.page import SearchedPage
from desktop.widgets.table import ListTable


class OrdersPage(SearchedPage):
    """Shows what the presenter lists."""

    def __init__(self, ui: Ui, presenter: OrdersPresenter, on_new: Callable[[], None] = lambda: None) -> None:
        """`on_new` opens the form of a new order."""
        super().__init__(ui, presenter, "orders", "orders.search")
        self._ui = ui
        self._presenter = presenter
        title = PlainLabel(ui, "title", name="orders.title")
        title.say("page.orders")
        refresh = ActionButton(
            ui, "action.refresh", presenter.reload, icon="refresh-cw", key="F5", name="orders.refresh"
        )
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self._search, 4)
        head.addWidget(refresh)
        head.addWidget(
            ActionButton(
                ui,
                "orders.new",
                on_new,
                look="main",
                icon="plus",
                key="Ctrl+N",
                name="orders.new",
                right=Right.ENTER_ORDER,
            )
        )
        self._chips = ChipRow(ui, "pile", PILES, "orders.pile")
        self._chips.chosen.connect(self._on_pile)
        self.model: PagedTableModel[OrderRow] = PagedTableModel(ui, self._columns(), lambda row: row.id, self)
        self.table = ListTable(ui, self.model, "orders.table")
        self.table.moved.connect(self._on_moved)
        self.table.opened.connect(self._on_opened)
        self._empty = EmptyState(ui, "inbox", "orders.empty", "orders.empty")
        self.drawer = OrderDrawer(ui, presenter)
        self._lay_out(head)
        self.model.more_wanted.connect(presenter.more)
        presenter.on_screen = self._on_screen
        presenter.on_first = self.table.show_first
        presenter.on_more = self.model.append
        presenter.on_no_more = self.model.give_up
        self._chips.choose(presenter.screen.wanted.pile)
        self._on_screen()

    def _lay_out(self, head: QHBoxLayout) -> None:
        left = QVBoxLayout()
        left.setContentsMargins(16, 14, 16, 12)
        left.setSpacing(10)
        left.addLayout(head)
        left.addWidget(self._chips)
        left.addWidget(self.table, 1)
        left.addWidget(self._empty, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        row.addWidget(self.drawer)

    def _columns(self) -> tuple[Column[OrderRow], ...]:
        ui = self._ui

        def when(row: OrderRow) -> str:
            return time_text(row.placed_at, ui.now(), ui.texts)

        def deadline(row: OrderRow) -> str:
            return "" if row.ship_by_at is None else deadline_text(row.ship_by_at, ui.now())

        return (
            Column("orders.column.state", lambda row: ui.texts.word(*state_code(row)), 166, tone=state_tone),
            # Nineteen digits, as Taobao gives them.
            Column("orders.column.order_no", lambda row: row.order_no, 172),
            Column("orders.column.placed", when, 96, spare=4),
            Column("orders.column.shop", lambda row: row.shop_name, 90, stretch=True, spare=3),
            Column("orders.column.consignee", lambda row: row.consignee, 140, stretch=True),
            Column("orders.column.goods", lambda row: row.goods, 190, stretch=True),
            Column("orders.column.qty", lambda row: str(row.total_qty), 52, is_right=True, spare=6),
            Column("orders.column.amount", lambda row: yuan(row.amount_fen), 92, is_right=True, spare=5),
            Column("orders.column.deadline", deadline, 98, spare=2),
            Column("orders.column.waybill", lambda row: row.waybill_no, 140, spare=1),
        )

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """Show what the code belongs to."""
        self._search.setText(raw)
        self._presenter.find(raw)

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """What each key does here is on the key sheet (`widgets.key_sheet`)."""
        is_find = key == Qt.Key.Key_F and modifiers == Qt.KeyboardModifier.ControlModifier
        if is_find or key == Qt.Key.Key_F2:
            self.focus_search()
        elif key == Qt.Key.Key_E and modifiers == Qt.KeyboardModifier.ControlModifier:
            self.drawer.ask_unmask()
        elif key == Qt.Key.Key_F5:
            self._presenter.reload()
        elif key == Qt.Key.Key_F8:
            self.drawer.ask_reprint()
        elif key == Qt.Key.Key_F9:
            self.drawer.ask_hold()
        elif key == Qt.Key.Key_F10:
            self.drawer.ask_elsewhere()
        else:
            return False
        return True

    def handle_changed(self) -> None:
        """Records changed somewhere: read again, but never pull the list away from under an eye further down."""
        if self.table.verticalScrollBar().value() == 0:
            self._presenter.reload()
        else:
            self._presenter.refresh_beside()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Read, and let the keyboard begin in the table."""
        super().showEvent(event)
        self.table.setFocus()
        self._presenter.start()

    # --- showing ------------------------------------------------------------------------------------------------

    @Slot(str)
    def _on_pile(self, pile: str) -> None:
        self._presenter.choose_pile(pile)

    @Slot(int)
    def _on_moved(self, number: int) -> None:
        """With the drawer open, moving in the table shows the next order."""
        if self._presenter.screen.detail is not None:
            self._on_opened(number)

    @Slot(int)
    def _on_opened(self, number: int) -> None:
        row = self.model.row_at(number)
        if row is not None:
            self._presenter.open(row.id)

    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._chips.choose(screen.wanted.pile)
        self._chips.show_counts(screen.counts)
        is_empty = screen.is_known_empty and not screen.is_loading
        self._empty.say(
            "orders.nothing_found" if screen.wanted.search else "orders.empty", search=screen.wanted.search
        )
        if is_empty and self.table.hasFocus():
            # Else the keyboard would land on the rail, out of the page.
            self._search.setFocus()
        self._empty.setVisible(is_empty)
        self.table.setVisible(not is_empty)
        self.drawer.show_detail(screen.detail)
