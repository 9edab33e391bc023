"""The page of replenishment: what to order, the most pressing first, why, and the drafts of purchases."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from core.access.rights import Right
from core.replenish.records import PILES, ReplenishRow
from core.runtime.ids import WarehouseId
from desktop.formats import goods_text
from desktop.models.paged import Column
from desktop.pages.replenish.drawer import ReplenishDrawer
from desktop.pages.replenish.presenter import ReplenishPresenter
from desktop.pages.replenish.rules_form import RulesDrawer
from desktop.pages.replenish.words import TONES, pace_text, reason_text
from desktop.plain_text import visible
from desktop.ui import Ui
from desktop.widgets.ask_where import ask_where
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import ChipRow, ChoiceBox
from desktop.widgets.labels import PlainLabel
from desktop.widgets.list_page import ListPage
from desktop.widgets.page import if_may

#: of every supplier, of every warehouse
_EVERY: Final = "every"
#: of nobody that is known
_NOBODY: Final = "nobody"
#: a supplier's name may be any word
_NAMED: Final = "s:"
_CHOICE_PX: Final = 150
#: more warehouses nobody has
_PLACE_BITS: Final = 16


class ReplenishPage(ListPage[ReplenishRow]):
    """Shows what the presenter lists."""

    def __init__(self, ui: Ui, presenter: ReplenishPresenter) -> None:
        super().__init__(ui, presenter, "replenish", hint="quotas.search", icon="truck")
        self._presenter = presenter
        self._chips = ChipRow(ui, "replenish.pile", PILES, "replenish.pile")
        self._chips.chosen.connect(presenter.choose_pile)
        self._supplier = ChoiceBox(ui, "replenish.supplier", (_EVERY,), "replenish.supplier")
        self._supplier.picked.connect(self._on_supplier)
        self._warehouse = ChoiceBox(ui, "replenish.warehouse", (_EVERY,), "replenish.warehouse")
        self._warehouse.picked.connect(self._on_warehouse)
        for choice in (self._supplier, self._warehouse):
            choice.setFixedWidth(ui.scaled(_CHOICE_PX))
        filters = QWidget()
        row = QHBoxLayout(filters)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._chips, 1)
        row.addWidget(self._supplier)
        row.addWidget(self._warehouse)
        self._sums = PlainLabel(ui, "heading", name="replenish.sums")
        self.drawer = ReplenishDrawer(ui, presenter)
        self.rules = RulesDrawer(ui, presenter)
        self._compose(acts=self._buttons(), above=(filters,), below=(self._sums,), beside=(self.drawer, self.rules))
        ui.retranslated.connect(self._offer)

    def _id_of(self, row: ReplenishRow) -> int:
        return int(row.sku_id << _PLACE_BITS | row.warehouse_id)

    def _open(self, row: ReplenishRow) -> None:
        self._presenter.open(row)

    def _follows(self) -> bool:
        return self._presenter.screen.row is not None

    def _buttons(self) -> tuple[ActionButton, ...]:
        ui, presenter = self._ui, self._presenter
        return (
            ActionButton(
                ui,
                "replenish.draft",
                presenter.make_drafts,
                look="main",
                icon="package-plus",
                key="F6",
                name="replenish.draft",
                right=Right.RECEIVE_STOCK,
            ),
            ActionButton(
                ui,
                "replenish.export",
                self._export,
                icon="file-text",
                key="F7",
                name="replenish.export",
                right=Right.USE_FILES,
            ),
            ActionButton(
                ui,
                "replenish.rules.open",
                presenter.show_rules,
                icon="settings",
                key="Ctrl+T",
                name="replenish.rules",
            ),
        )

    def _columns(self) -> tuple[Column[ReplenishRow], ...]:
        texts = self._ui.texts

        def qty_of(row: ReplenishRow) -> int:
            return self._presenter.qty_of(row)

        def cover(row: ReplenishRow) -> str:
            days = row.suggestion.cover_days
            return "—" if days is None else str(days)

        return (
            Column(
                "replenish.column.state",
                lambda row: texts.word("replenish.state", row.suggestion.why),
                112,
                tone=lambda row: TONES[row.suggestion.why],
            ),
            Column("stock.column.code", lambda row: row.code, 110),
            Column("stock.column.name", lambda row: goods_text(row.name, row.spec), 120, spare=2),
            Column("replenish.column.supplier", lambda row: row.supplier, 120, spare=3),
            Column("stock.column.place", lambda row: row.warehouse_name, 84, spare=9),
            Column("stock.column.available", lambda row: f"{row.have.available_qty:,}", 70, is_right=True, spare=5),
            Column(
                "replenish.column.coming",
                lambda row: f"{row.have.coming_qty + row.have.drafted_qty:,}",
                64,
                is_right=True,
                spare=6,
            ),
            Column(
                "replenish.column.per_day",
                lambda row: pace_text(row.suggestion.per_day),
                64,
                is_right=True,
                spare=8,
            ),
            Column("replenish.column.cover", cover, 70, is_right=True, spare=4),
            Column("replenish.column.qty", lambda row: f"{qty_of(row):,}", 76, is_right=True),
            Column("replenish.column.why", lambda row: reason_text(row, texts, qty_of(row)), 460, stretch=True),
        )

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """Show and open the goods the code belongs to."""
        self._search.setText(raw)
        self._presenter.find(raw)

    def _act_by(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        has_ctrl = modifiers == Qt.KeyboardModifier.ControlModifier
        if key == Qt.Key.Key_F6:
            self._with(Right.RECEIVE_STOCK, self._presenter.make_drafts)
        elif key == Qt.Key.Key_F7:
            self._with(Right.USE_FILES, self._export)
        elif key == Qt.Key.Key_F8 and self.drawer.isVisible():
            self.drawer.focus_qty()
        elif key == Qt.Key.Key_F9 and self.drawer.isVisible():
            self.drawer.focus_supply()
        elif has_ctrl and key == Qt.Key.Key_T:
            self._presenter.show_rules()
        elif has_ctrl and key == Qt.Key.Key_S:
            self._save()
        else:
            return False
        return True

    def _with(self, right: Right, act: Callable[[], object]) -> None:
        if_may(self._ui, self._presenter, right, act)

    def _save(self) -> None:
        if self.rules.isVisible():
            self._with(Right.CHANGE_SETTINGS, self.rules.save)
        elif self.drawer.isVisible():
            self._with(Right.RECEIVE_STOCK, self.drawer.save)

    def _export(self) -> None:
        path = ask_where(self, self._ui.texts.t("replenish.export"), "purchase.xlsx")
        if path is not None:
            texts = self._ui.texts
            self._presenter.export_orders(path, lambda row, qty: reason_text(row, texts, qty))

    # --- showing ------------------------------------------------------------------------------------------------

    def _on_supplier(self, chosen: str) -> None:
        none = "" if chosen == _NOBODY else None
        self._presenter.choose_supplier(chosen.removeprefix(_NAMED) if chosen.startswith(_NAMED) else none)

    def _on_warehouse(self, chosen: str) -> None:
        self._presenter.choose_warehouse(WarehouseId(int(chosen)) if chosen.isdigit() else None)

    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._chips.choose(screen.wanted.pile)
        self._chips.show_counts(screen.counts)
        self._offer()
        is_rolled = screen.found is None or screen.found.rolled_day is not None
        if screen.wanted.search:
            is_empty = self._show_list("stock.nothing_found", search=screen.wanted.search)
        else:
            is_empty = self._show_list("replenish.empty" if is_rolled else "replenish.not_rolled")
        chosen = self._presenter.to_order()
        self._sums.setVisible(bool(chosen) and not is_empty)
        suppliers = len({row.supplier for row, _ in chosen} - {""})
        units = sum(qty for _, qty in chosen)
        self._sums.say("replenish.sums", goods=len(chosen), n=f"{units:,}", suppliers=suppliers)
        self.drawer.show_row()
        self.rules.show_rules()

    @Slot()
    def _offer(self) -> None:
        """Suppliers and warehouses that there are; what is chosen stays."""
        found, wanted = self._presenter.screen.found, self._presenter.screen.wanted
        if found is None:
            return
        texts = self._ui.texts
        suppliers = [(_EVERY, texts.t("replenish.supplier.every")), (_NOBODY, texts.t("replenish.supplier.nobody"))]
        suppliers += [(f"{_NAMED}{name}", name) for name in found.suppliers]
        chosen = _EVERY if wanted.supplier is None else f"{_NAMED}{wanted.supplier}" if wanted.supplier else _NOBODY
        _fill(self._supplier, suppliers, chosen)
        places = [(_EVERY, texts.t("replenish.warehouse.every"))]
        places += [(str(number), name) for number, name in found.warehouses]
        _fill(self._warehouse, places, _EVERY if wanted.warehouse_id is None else str(wanted.warehouse_id))
        self._warehouse.setVisible(len(found.warehouses) > 1)


def _fill(box: ChoiceBox, values: list[tuple[str, str]], chosen: str) -> None:
    known = [(box.itemData(index), box.itemText(index)) for index in range(box.count())]
    fresh = [(value, visible(words)) for value, words in values]
    if known != fresh:
        box.blockSignals(True)
        box.clear()
        for value, words in fresh:
            box.addItem(words, value)
        box.blockSignals(False)
    if box.value() != chosen:
        box.choose(chosen)
