"""The order page: chips with counts, search, table, drawer."""

from collections.abc import Callable

from PySide6.QtCore import Qt

from core.access.rights import Right
from core.orders.records import PILES, OrderRow
from desktop.formats import deadline_text, left_text, time_text, yuan
from desktop.models.paged import Column
from desktop.pages.orders.drawer import OrderDrawer
from desktop.pages.orders.presenter import OrdersPresenter
from desktop.pages.orders.words import state_code, state_tone
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import ChipRow
from desktop.widgets.list_page import ListPage


class OrdersPage(ListPage[OrderRow]):
    """Shows what the presenter lists."""

    def __init__(self, ui: Ui, presenter: OrdersPresenter, on_new: Callable[[], None] = lambda: None) -> None:
        """`on_new` opens the form of a new order."""
        super().__init__(ui, presenter, "orders", hint="orders.search", icon="inbox")
        self._presenter = presenter
        new = ActionButton(
            ui,
            "orders.new",
            on_new,
            look="main",
            icon="plus",
            key="Ctrl+N",
            name="orders.new",
            right=Right.ENTER_ORDER,
        )
        self._chips = ChipRow(ui, "pile", PILES, "orders.pile")
        self._chips.chosen.connect(presenter.choose_pile)
        self.drawer = OrderDrawer(ui, presenter)
        self._compose(acts=(new,), above=(self._chips,), beside=(self.drawer,))

    def _open(self, row: OrderRow) -> None:
        self._presenter.open(row.id)

    def _refresh_beside(self) -> None:
        self._presenter.refresh_beside()

    def _columns(self) -> tuple[Column[OrderRow], ...]:
        ui = self._ui

        def when(row: OrderRow) -> str:
            return time_text(row.placed_at, ui.now(), ui.texts)

        def state(row: OrderRow) -> str:
            left = left_text(row.held_until, ui.now(), ui.texts)
            return " · ".join(part for part in (ui.texts.word(*state_code(row)), left) if part)

        def deadline(row: OrderRow) -> str:
            return "" if row.ship_by_at is None else deadline_text(row.ship_by_at, ui.now())

        def goods(row: OrderRow) -> str:
            """Flag, note and cash stand before the goods, in a column that every width keeps."""
            said = (("flag", row.flag), ("orders.mark", "note" if row.has_note else ""))
            all_said = (*said, ("orders.mark", "cod" if row.is_cod else ""))
            marks = "·".join(ui.texts.word(family, value) for family, value in all_said if value)
            return ui.texts.t("orders.marked", marks=marks, goods=row.goods) if marks else row.goods

        return (
            Column("orders.column.state", state, 166, tone=state_tone),
            # Nineteen digits, as Taobao gives them.
            Column("orders.column.order_no", lambda row: row.order_no, 172),
            Column("orders.column.placed", when, 96, spare=4),
            Column("orders.column.shop", lambda row: row.shop_name, 90, stretch=True, spare=3),
            Column("orders.column.consignee", lambda row: row.consignee, 140, stretch=True),
            Column("orders.column.goods", goods, 190, stretch=True),
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

    def _act_by(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        acts = {
            Qt.Key.Key_F7: self.drawer.ask_note,
            Qt.Key.Key_F8: self.drawer.ask_reprint,
            Qt.Key.Key_F9: self.drawer.ask_hold,
            Qt.Key.Key_F10: self.drawer.ask_elsewhere,
        }
        if key == Qt.Key.Key_E and modifiers == Qt.KeyboardModifier.ControlModifier:
            self.drawer.ask_unmask()
        elif key in acts:
            acts[key]()
        else:
            return False
        return True

    # --- showing ------------------------------------------------------------------------------------------------

    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._chips.choose(screen.wanted.pile)
        self._chips.show_counts(screen.counts)
        code = "orders.nothing_found" if screen.wanted.search else "orders.empty"
        self._show_list(code, search=screen.wanted.search)
        self.drawer.show_detail(screen.detail)
