"""The page of quotas: filters with counts, search, one sentence for each SKU, a drawer with its shops."""

from PySide6.QtCore import Qt

from core.access.rights import Right
from core.inventory.quotas.listing import QUOTA_PILES
from core.inventory.quotas.records import SkuQuotas
from desktop.formats import goods_text
from desktop.models.paged import Column
from desktop.pages.quotas.drawer import QuotaDrawer
from desktop.pages.quotas.presenter import QuotaPresenter
from desktop.pages.quotas.rules import RulesDrawer
from desktop.pages.quotas.words import sentence_text, state_code, state_tone
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import ChipRow
from desktop.widgets.list_page import ListPage
from desktop.widgets.page import if_may


class QuotasPage(ListPage[SkuQuotas]):
    """Shows what the presenter lists."""

    def __init__(self, ui: Ui, presenter: QuotaPresenter) -> None:
        super().__init__(ui, presenter, "quotas", hint="quotas.search", icon="store")
        self._presenter = presenter
        rules = ActionButton(
            ui, "quotas.rules.open", presenter.show_rules, icon="info", key="Ctrl+T", name="quotas.rules"
        )
        stop = ActionButton(
            ui, "stock.stop_sale", presenter.stop_sale, icon="octagon-x", key="Ctrl+D", name="quotas.stop"
        )
        self._chips = ChipRow(ui, "quotas.pile", QUOTA_PILES, "quotas.pile")
        self._chips.chosen.connect(presenter.choose_pile)
        self.drawer = QuotaDrawer(ui, presenter)
        self.rules = RulesDrawer(ui, presenter)
        self._compose(acts=(rules, stop), above=(self._chips,), beside=(self.drawer, self.rules))

    def _id_of(self, row: SkuQuotas) -> int:
        return row.sku_id

    def _open(self, row: SkuQuotas) -> None:
        self._presenter.open(row.sku_id)

    def _refresh_beside(self) -> None:
        self._presenter.refresh_beside()

    def _columns(self) -> tuple[Column[SkuQuotas], ...]:
        texts = self._ui.texts
        return (
            Column(
                "quotas.column.state", lambda row: texts.t(f"quotas.state.{state_code(row)}"), 150, tone=state_tone
            ),
            Column("stock.column.code", lambda row: row.code, 120),
            Column("stock.column.name", lambda row: goods_text(row.name, row.spec), 150, stretch=True, spare=1),
            Column("quotas.column.mode", lambda row: texts.word("quotas.mode", row.mode), 88),
            Column("quotas.column.sentence", lambda row: sentence_text(row, texts), 360, stretch=True),
        )

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """Show and open the goods the code belongs to."""
        self._search.setText(raw)
        self._presenter.find(raw)

    def _act_by(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        has_ctrl = modifiers == Qt.KeyboardModifier.ControlModifier
        if has_ctrl and key == Qt.Key.Key_D:
            self._presenter.stop_sale()
        elif has_ctrl and key == Qt.Key.Key_T:
            self._presenter.show_rules()
        elif has_ctrl and key == Qt.Key.Key_S:
            if_may(self._ui, self._presenter, Right.SHARE_STOCK, self.drawer.save)
        elif modifiers != Qt.KeyboardModifier.NoModifier:
            return False
        elif key == Qt.Key.Key_F6:
            self.drawer.focus_shops()
        elif key == Qt.Key.Key_F7:
            self.drawer.focus_plan()
        else:
            return False
        return True

    # --- showing ------------------------------------------------------------------------------------------------

    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._chips.choose(screen.wanted.pile)
        self._chips.show_counts(screen.counts)
        if screen.wanted.search:
            self._show_list("stock.nothing_found", search=screen.wanted.search)
        else:
            self._show_list("quotas.empty" if screen.wanted.pile == "told" else "quotas.nothing")
        self.drawer.show_detail(screen.detail)
        self.rules.show_rules(screen.rules)
