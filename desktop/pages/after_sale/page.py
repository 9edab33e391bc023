"""The page of after-sale cases: piles with counts, search by any number, table, drawer."""

from typing import Final

from PySide6.QtCore import Qt

from core.aftersale.records import CaseRow
from core.aftersale.states import PILES
from desktop.formats import time_text, yuan
from desktop.models.paged import Column
from desktop.pages.after_sale.catching import CatchCard
from desktop.pages.after_sale.drawer import CaseDrawer
from desktop.pages.after_sale.presenter import AfterSalePresenter
from desktop.pages.after_sale.words import state_text, tone_of, unread_text, until_text
from desktop.ui import Ui
from desktop.widgets.fields import ChipRow
from desktop.widgets.labels import PlainLabel
from desktop.widgets.list_page import ListPage

PILE_CODES: Final = tuple(PILES)


class AfterSalePage(ListPage[CaseRow]):
    """Shows what the presenter lists."""

    def __init__(self, ui: Ui, presenter: AfterSalePresenter) -> None:
        super().__init__(ui, presenter, "after_sale", hint="after_sale.search", icon="undo-2", widest_px=420)
        self._presenter = presenter
        self._chips = ChipRow(ui, "after_sale.pile", PILE_CODES, "after_sale.pile")
        self._chips.chosen.connect(self._on_pile)
        self._unread = PlainLabel(ui, "notice", wraps=True, name="after_sale.unread")
        self._catch = CatchCard(ui, presenter)
        self.drawer = CaseDrawer(ui, presenter)
        self._compose(above=(self._catch, self._chips, self._unread), beside=(self.drawer,))

    def _open(self, row: CaseRow) -> None:
        self._presenter.open(row.id)

    def _refresh_beside(self) -> None:
        self._presenter.refresh_beside()

    def _columns(self) -> tuple[Column[CaseRow], ...]:
        ui, texts = self._ui, self._ui.texts
        return (
            Column("after_sale.column.state", lambda row: state_text(row, texts), 148, tone=tone_of),
            Column("after_sale.column.until", lambda row: until_text(row, ui.now(), texts), 118),
            Column("after_sale.column.kind", lambda row: texts.t(f"after_sale.kind.{row.kind.value}"), 96),
            Column("after_sale.column.order", lambda row: row.order_no, 170, stretch=True),
            Column("after_sale.column.money", lambda row: yuan(row.refund_fen), 96, is_right=True),
            Column("after_sale.column.shop", lambda row: row.shop_name, 110, stretch=True, spare=2),
            Column("after_sale.column.case", lambda row: row.case_no, 150, spare=1),
            Column("after_sale.column.at", lambda row: time_text(row.requested_at, ui.now(), texts), 96, spare=3),
        )

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """Show the cases with the number: of a parcel that came back, of an order, of a case."""
        self._search.setText(raw)
        self._presenter.find(raw)

    def _act_by(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        if modifiers != Qt.KeyboardModifier.NoModifier or self._presenter.screen.detail is None:
            return False
        acts = {
            Qt.Key.Key_F6: self._presenter.open_order,
            Qt.Key.Key_F7: self._presenter.receive,
            Qt.Key.Key_F8: self._presenter.copy_number,
        }
        if key not in acts:
            return False
        acts[key]()
        return True

    # --- showing ------------------------------------------------------------------------------------------------

    def _on_pile(self, pile: str) -> None:
        self._search.clear()
        self._presenter.choose_pile(pile)

    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._chips.choose(screen.wanted.pile)
        self._chips.show_counts(screen.counts)
        self._catch.show_parcels(screen.to_catch)
        unread = unread_text(screen.unread, self._ui.now(), self._ui.texts)
        self._unread.show_text(unread)
        self._unread.setVisible(bool(unread))
        if screen.wanted.search:
            self._show_list("after_sale.nothing_found", search=screen.wanted.search)
        else:
            self._show_list(f"after_sale.empty.{screen.wanted.pile}")
        self.drawer.show_detail(screen.detail)
