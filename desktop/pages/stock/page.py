"""The stock page: filters with counts, search, table with sums below, drawer with the reasons."""

from PySide6.QtCore import Qt

from core.access.rights import Right
from core.catalog.gs1 import parse
from core.inventory.stock_list import STOCK_PILES, StockRow
from desktop.models.paged import Column
from desktop.pages.stock.drawer import InHandDrawer, StockDrawer
from desktop.pages.stock.place import PlaceForm
from desktop.pages.stock.presenter import StockPresenter
from desktop.pages.stock.words import ACTS, RIGHTS, stock_tone, stock_word
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import ChipRow
from desktop.widgets.labels import PlainLabel
from desktop.widgets.list_page import ListPage
from desktop.widgets.page import if_may


def _pressed(key: str) -> tuple[Qt.Key, Qt.KeyboardModifier]:
    """A key as its button names it: `F7`, `Shift+F6`."""
    shift, _, plain = key.rpartition("Shift+")
    modifier = Qt.KeyboardModifier.ShiftModifier if "Shift+" in key else Qt.KeyboardModifier.NoModifier
    return getattr(Qt.Key, f"Key_{plain or shift}"), modifier


_KEYS = {_pressed(key): act for act, (key, _icon) in ACTS.items()}


class StockPage(ListPage[StockRow]):
    """Shows what the presenter lists."""

    def __init__(self, ui: Ui, presenter: StockPresenter) -> None:
        super().__init__(ui, presenter, "stock", hint="stock.search", icon="boxes")
        self._presenter = presenter
        #: the keyboard goes into the numbers of the goods as soon as they are there
        self._wants_figures = False
        in_hand = ActionButton(
            ui, "stock.in_hand.open", presenter.review, icon="hand", key="Ctrl+H", name="stock.in_hand"
        )
        new_place = ActionButton(
            ui,
            "stock.place.new",
            presenter.begin_place,
            icon="plus",
            key="Ctrl+B",
            name="stock.place.new",
            right=Right.CHANGE_SETTINGS,
        )
        stop = ActionButton(
            ui, "stock.stop_sale", presenter.stop_sale, icon="octagon-x", key="Ctrl+D", name="stock.stop"
        )
        self._place = PlaceForm(ui, presenter)
        self._chips = ChipRow(ui, "stock.pile", STOCK_PILES, "stock.pile")
        self._chips.chosen.connect(presenter.choose_pile)
        self._sums = PlainLabel(ui, "heading", name="stock.sums")
        self.drawer = StockDrawer(ui, presenter)
        self.review = InHandDrawer(ui, presenter)
        self._compose(
            acts=(in_hand, new_place, stop),
            above=(self._place, self._chips),
            below=(self._sums,),
            beside=(self.drawer, self.review),
        )

    def _id_of(self, row: StockRow) -> int:
        """One number for a row; goods without a level have none of their own."""
        return -row.sku_id if row.level_id is None else row.level_id

    def _open(self, row: StockRow) -> None:
        self._wants_figures = False
        self._presenter.open(row.sku_id, row.level_id)

    def _refresh_beside(self) -> None:
        self._presenter.refresh_beside()

    def _columns(self) -> tuple[Column[StockRow], ...]:
        ui = self._ui

        def state(row: StockRow) -> str:
            return stock_word(row, ui.texts, ui.now())

        def tone(row: StockRow) -> str:
            return stock_tone(row, ui.now())

        return (
            Column("stock.column.state", state, 112, tone=tone),
            Column("stock.column.code", lambda row: row.code, 118),
            Column("stock.column.name", lambda row: row.name, 160, stretch=True),
            # Goods of one name differ by it alone: it goes last of what may go.
            Column("stock.column.spec", lambda row: row.spec, 100, stretch=True, spare=1),
            Column("stock.column.place", lambda row: row.warehouse_name, 84, spare=5),
            Column("stock.column.batch", lambda row: row.batch, 96, spare=3),
            Column("stock.column.expires_on", lambda row: str(row.expires_on or ""), 100, spare=7),
            Column("stock.column.available", lambda row: str(row.quantities.available_qty), 76, is_right=True),
            # Right beside it, because it is part of it.
            Column("stock.column.allotted", lambda row: str(row.allotted_qty or "—"), 84, is_right=True),
            Column("stock.column.on_hand", lambda row: str(row.quantities.on_hand_qty), 76, is_right=True),
            Column("stock.column.reserved", lambda row: str(row.quantities.reserved_qty), 76, is_right=True, spare=4),
            Column(
                "stock.column.confirmed", lambda row: str(row.quantities.confirmed_qty), 84, is_right=True, spare=2
            ),
            Column(
                "stock.column.quarantined",
                lambda row: str(row.quantities.quarantined_qty),
                96,
                is_right=True,
                spare=6,
            ),
        )

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """Show and open the goods the code belongs to."""
        label = parse(raw, self._ui.now().year)
        if label is None or not self._presenter.screen.act:
            self._search.setText(raw)
        self._presenter.find(raw, label)

    def _act_by(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        has_ctrl = modifiers == Qt.KeyboardModifier.ControlModifier
        if key == Qt.Key.Key_F4:
            self._to_figures()
        elif has_ctrl and key == Qt.Key.Key_H:
            self._presenter.review()
        elif has_ctrl and key == Qt.Key.Key_D:
            self._presenter.stop_sale()
        elif has_ctrl and key == Qt.Key.Key_B:
            if_may(self._ui, self._presenter, Right.CHANGE_SETTINGS, self._presenter.begin_place)
        elif (key, modifiers) in _KEYS:
            self._begin(_KEYS[key, modifiers])
        else:
            return False
        return True

    def _to_figures(self) -> None:
        """Put the keyboard to the numbers of the open goods; of those chosen in the list where none are open."""
        if self.drawer.isVisible():
            self.drawer.focus_figures()
        elif (row := self.model.row_at(self.table.currentIndex().row())) is not None:
            self._open(row)
            self._wants_figures = True

    def handle_back(self) -> bool:
        """Esc leads out of an open number first, and keeps the keyboard there."""
        if self._presenter.screen.trail and not self._presenter.screen.act:
            return self._presenter.close()
        return super().handle_back()

    def _begin(self, act: str) -> None:
        if_may(self._ui, self._presenter, RIGHTS[act], lambda: self._presenter.begin_act(act))

    # --- showing ------------------------------------------------------------------------------------------------

    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._chips.choose(screen.wanted.pile)
        self._chips.show_counts(screen.counts)
        is_found = bool(screen.wanted.search) or screen.wanted.pile != "all"
        is_empty = self._show_list("stock.nothing_found" if is_found else "stock.empty", search=screen.wanted.search)
        self._sums.setVisible(screen.totals is not None and not is_empty)
        if screen.totals is not None:
            sums = screen.totals.quantities
            self._sums.say(
                "stock.sums",
                on_hand=sums.on_hand_qty,
                promised=sums.reserved_qty + sums.confirmed_qty,
                quarantined=sums.quarantined_qty,
                available=sums.available_qty,
                allotted=screen.totals.allotted_qty,
            )
        if screen.act == "" and self.drawer.isVisible() and self._form_has_focus("stock.form"):
            self.table.setFocus()
        if not screen.is_naming and self._place.isVisible() and self._form_has_focus("stock.place."):
            self.table.setFocus()
        self._place.show_screen()
        self.drawer.show_detail(screen.detail)
        if self._wants_figures and screen.detail is not None:
            self._wants_figures = False
            self.drawer.focus_figures()
        self.review.show_rows(screen.in_hand, is_open=screen.is_reviewing)

    def _form_has_focus(self, name: str) -> bool:
        """Whether the keyboard is in the form of this name, which is about to go."""
        focus = self.window().focusWidget()
        return focus is not None and focus.objectName().startswith(name)
