"""The stock page: filters with counts, search, table with sums below, drawer with the reasons."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from core.access.rights import Right
from core.inventory.stock_list import STOCK_PILES, StockRow
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.stock.drawer import InHandDrawer, StockDrawer
from desktop.pages.stock.place import PlaceForm
from desktop.pages.stock.presenter import StockPresenter
from desktop.pages.stock.words import ACTS, RIGHTS, stock_tone, stock_word
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState
from desktop.widgets.fields import ChipRow
from desktop.widgets.labels import PlainLabel
from desktop.widgets.page import SearchedPage
from desktop.widgets.table import ListTable


def _pressed(key: str) -> tuple[Qt.Key, Qt.KeyboardModifier]:
    """A key as its button names it: `F7`, `Shift+F6`."""
    shift, _, plain = key.rpartition("Shift+")
    modifier = Qt.KeyboardModifier.ShiftModifier if "Shift+" in key else Qt.KeyboardModifier.NoModifier
    return getattr(Qt.Key, f"Key_{plain or shift}"), modifier


_KEYS = {_pressed(key): act for act, (key, _icon) in ACTS.items()}


def _row_id(row: StockRow) -> int:
    """One number for a row; goods without a level have none of their own."""
    return -row.sku_id if row.level_id is None else row.level_id


class StockPage(SearchedPage):
    """Shows what the presenter lists."""

    def __init__(self, ui: Ui, presenter: StockPresenter) -> None:
        super().__init__(ui, presenter, "stock", "stock.search")
        self._ui = ui
        self._presenter = presenter
        title = PlainLabel(ui, "title", name="stock.title")
        title.say("page.stock")
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self._search, 4)
        head.addWidget(
            ActionButton(ui, "stock.in_hand.open", presenter.review, icon="hand", key="Ctrl+H", name="stock.in_hand")
        )
        head.addWidget(
            ActionButton(
                ui,
                "stock.place.new",
                presenter.begin_place,
                icon="plus",
                key="Ctrl+B",
                name="stock.place.new",
                right=Right.CHANGE_SETTINGS,
            )
        )
        head.addWidget(
            ActionButton(ui, "action.refresh", presenter.reload, icon="refresh-cw", key="F5", name="stock.refresh")
        )
        self._place = PlaceForm(ui, presenter)
        self._chips = ChipRow(ui, "stock.pile", STOCK_PILES, "stock.pile")
        self._chips.chosen.connect(self._on_pile)
        self.model: PagedTableModel[StockRow] = PagedTableModel(ui, self._columns(), _row_id, self)
        self.table = ListTable(ui, self.model, "stock.table")
        self.table.moved.connect(self._on_moved)
        self.table.opened.connect(self._on_opened)
        self._sums = PlainLabel(ui, "heading", name="stock.sums")
        self._empty = EmptyState(ui, "boxes", "stock.empty", "stock.empty")
        self.drawer = StockDrawer(ui, presenter)
        self.review = InHandDrawer(ui, presenter)
        self._lay_out(head)
        self.model.more_wanted.connect(presenter.more)
        presenter.on_screen = self._on_screen
        presenter.on_first = self.table.show_first
        presenter.on_more = self.model.append
        presenter.on_no_more = self.model.give_up
        self._on_screen()

    def _lay_out(self, head: QHBoxLayout) -> None:
        left = QVBoxLayout()
        left.setContentsMargins(16, 14, 16, 12)
        left.setSpacing(10)
        left.addLayout(head)
        left.addWidget(self._place)
        left.addWidget(self._chips)
        left.addWidget(self.table, 1)
        left.addWidget(self._empty, 1)
        left.addWidget(self._sums)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        row.addWidget(self.drawer)
        row.addWidget(self.review)

    def _columns(self) -> tuple[Column[StockRow], ...]:
        ui = self._ui

        def state(row: StockRow) -> str:
            return stock_word(row, ui.texts)

        return (
            Column("stock.column.state", state, 132, tone=stock_tone),
            Column("stock.column.code", lambda row: row.code, 130),
            Column("stock.column.name", lambda row: row.name, 190, stretch=True),
            Column("stock.column.spec", lambda row: row.spec, 90, stretch=True, spare=5),
            Column("stock.column.place", lambda row: row.warehouse_name, 90, spare=4),
            Column("stock.column.batch", lambda row: row.batch, 90, spare=6),
            Column("stock.column.available", lambda row: str(row.quantities.available_qty), 84, is_right=True),
            Column("stock.column.on_hand", lambda row: str(row.quantities.on_hand_qty), 84, is_right=True),
            Column("stock.column.reserved", lambda row: str(row.quantities.reserved_qty), 84, is_right=True, spare=2),
            Column(
                "stock.column.confirmed", lambda row: str(row.quantities.confirmed_qty), 84, is_right=True, spare=1
            ),
            Column(
                "stock.column.quarantined",
                lambda row: str(row.quantities.quarantined_qty),
                84,
                is_right=True,
                spare=3,
            ),
        )

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """Show and open the goods the code belongs to."""
        self._search.setText(raw)
        self._presenter.find(raw)

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """What each key does here stands on its button."""
        has_ctrl = modifiers == Qt.KeyboardModifier.ControlModifier
        if key == Qt.Key.Key_F2 or (has_ctrl and key == Qt.Key.Key_F):
            self.focus_search()
        elif has_ctrl and key == Qt.Key.Key_H:
            self._presenter.review()
        elif key == Qt.Key.Key_F5:
            self._presenter.reload()
        elif has_ctrl and key == Qt.Key.Key_B:
            self._open_place()
        elif (key, modifiers) in _KEYS:
            self._begin(_KEYS[key, modifiers])
        else:
            return False
        return True

    def _begin(self, act: str) -> None:
        if self._ui.may(RIGHTS[act]):
            self._presenter.begin_act(act)
        else:
            self._presenter.refuse(RIGHTS[act])

    def _open_place(self) -> None:
        if self._ui.may(Right.CHANGE_SETTINGS):
            self._presenter.begin_place()
        else:
            self._presenter.refuse(Right.CHANGE_SETTINGS)

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
        self._presenter.reload()

    # --- showing ------------------------------------------------------------------------------------------------

    @Slot(str)
    def _on_pile(self, pile: str) -> None:
        self._presenter.choose_pile(pile)

    @Slot(int)
    def _on_moved(self, number: int) -> None:
        """With the drawer open, moving in the table shows the next goods."""
        if self._presenter.screen.detail is not None:
            self._on_opened(number)

    @Slot(int)
    def _on_opened(self, number: int) -> None:
        row = self.model.row_at(number)
        if row is not None:
            self._presenter.open(row.sku_id, row.level_id)

    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._chips.choose(screen.wanted.pile)
        self._chips.show_counts(screen.counts)
        is_empty = screen.is_known_empty and not screen.is_loading
        is_found = bool(screen.wanted.search) or screen.wanted.pile != "all"
        self._empty.say("stock.nothing_found" if is_found else "stock.empty", search=screen.wanted.search)
        if is_empty and self.table.hasFocus():
            # Else the keyboard would land on the rail, out of the page.
            self._search.setFocus()
        self._empty.setVisible(is_empty)
        self.table.setVisible(not is_empty)
        self._sums.setVisible(screen.totals is not None and not is_empty)
        if screen.totals is not None:
            sums = screen.totals.quantities
            self._sums.say(
                "stock.sums",
                on_hand=sums.on_hand_qty,
                promised=sums.reserved_qty + sums.confirmed_qty,
                quarantined=sums.quarantined_qty,
                available=sums.available_qty,
            )
        if screen.act == "" and self.drawer.isVisible() and self._form_has_focus("stock.form"):
            self.table.setFocus()
        if not screen.is_naming and self._place.isVisible() and self._form_has_focus("stock.place."):
            self.table.setFocus()
        self._place.show_screen()
        self.drawer.show_detail(screen.detail)
        self.review.show_rows(screen.in_hand, is_open=screen.is_reviewing)

    def _form_has_focus(self, name: str) -> bool:
        """Whether the keyboard is in the form of this name, which is about to go."""
        focus = self.window().focusWidget()
        return focus is not None and focus.objectName().startswith(name)
