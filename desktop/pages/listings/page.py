"""The page of listings: piles with counts, a shop, search, marks, and a drawer in which one or many are matched."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from core.access.rights import Right
from core.orders.listing_list import LISTING_PILES, ListingRow
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.listings.drawers import ListingDrawer, TableDrawer
from desktop.pages.listings.presenter import ListingsPresenter
from desktop.pages.listings.words import (
    is_reading,
    match_words,
    price_words,
    qty_words,
    round_words,
    sale_words,
    state_tone,
    state_words,
)
from desktop.ui import Ui
from desktop.widgets.ask_where import ask_where, ask_which
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import ChipRow, ChoiceBox
from desktop.widgets.labels import PlainLabel
from desktop.widgets.list_page import ListPage
from desktop.widgets.page import if_may
from desktop.widgets.table import ListTable

_EVERY_SHOP = "all"


class ListingsPage(ListPage[ListingRow]):
    """Shows what the presenter lists."""

    def __init__(self, ui: Ui, presenter: ListingsPresenter) -> None:
        super().__init__(
            ui,
            presenter,
            "listings",
            hint="listings.search",
            icon="store",
            make_table=lambda model: _MarkingTable(ui, model, "listings.table", presenter.mark),
        )
        self._presenter = presenter
        self._marks: frozenset[int] = frozenset()
        self._was_new = False
        self._chips = ChipRow(ui, "listings.pile", LISTING_PILES, "listings.pile")
        self._chips.chosen.connect(presenter.choose_pile)
        self._shop = ChoiceBox(ui, "listings.shop", (_EVERY_SHOP,), "listings.shop")
        self._shop.picked.connect(self._on_shop)
        self._progress = PlainLabel(ui, "secondary", wraps=True, name="listings.progress")
        self._marked = PlainLabel(ui, "heading", name="listings.marked")
        self.drawer = ListingDrawer(ui, presenter)
        self.table_drawer = TableDrawer(ui, presenter)
        self._compose(
            acts=self._make_head(),
            above=(self._filters(), self._progress),
            below=(self._make_acts(),),
            beside=(self.drawer, self.table_drawer),
        )

    def _filters(self) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._chips, 1)
        row.addWidget(self._shop)
        return holder

    def _make_head(self) -> tuple[ActionButton, ...]:
        ui = self._ui
        self._read = ActionButton(
            ui,
            "listings.do.read",
            self._presenter.read_now,
            icon="store",
            key="F9",
            name="listings.read",
            right=Right.EDIT_PRODUCTS,
        )
        export = ActionButton(
            ui,
            "listings.do.export",
            self._export,
            icon="file-text",
            key="F10",
            name="listings.export",
            right=Right.USE_FILES,
        )
        bring = ActionButton(
            ui,
            "listings.do.import",
            self._import,
            icon="folder-open",
            key="Ctrl+O",
            name="listings.import",
            right=Right.USE_FILES,
        )
        return self._read, export, bring

    def _make_acts(self) -> QWidget:
        side = QWidget()
        acts = QHBoxLayout(side)
        acts.setContentsMargins(0, 0, 0, 0)
        acts.addWidget(self._marked)
        acts.addStretch(1)
        presenter = self._presenter
        self._acts: dict[str, ActionButton] = {}
        for code, act, icon, key, right in (
            ("mark", presenter.mark, "check", "Space", Right.SEE_STOCK),
            ("match", self._begin_match, "arrow-right", "F6", Right.EDIT_PRODUCTS),
            ("new", presenter.begin_new, "package-plus", "F7", Right.EDIT_PRODUCTS),
            ("proposals", presenter.take_proposals, "circle-check", "F8", Right.EDIT_PRODUCTS),
            ("unmatch", presenter.unmatch, "x", "Ctrl+U", Right.EDIT_PRODUCTS),
        ):
            look = "main" if code == "match" else "plain"
            button = ActionButton(
                self._ui,
                f"listings.do.{code}",
                act,
                look=look,
                icon=icon,
                key=key,
                name=f"listings.{code}",
                right=right,
            )
            self._acts[code] = button
            acts.addWidget(button)
        return side

    def _columns(self) -> tuple[Column[ListingRow], ...]:
        texts = self._ui.texts

        def title(row: ListingRow) -> str:
            return f"✓ {row.title}" if row.id in self._presenter.screen.marked else row.title

        return (
            Column("listings.column.state", lambda row: state_words(row, texts), 132, tone=state_tone),
            Column("listings.column.title", title, 220, stretch=True),
            Column("listings.column.spec", lambda row: row.spec, 100, spare=1),
            Column("listings.column.shop", lambda row: row.shop_name, 110, spare=3),
            Column("listings.column.code", lambda row: row.merchant_code or "—", 120),
            Column("listings.column.sku", lambda row: match_words(row, texts), 200, stretch=True),
            Column("listings.column.sale", lambda row: sale_words(row, texts), 76, spare=4),
            Column("listings.column.qty", qty_words, 70, is_right=True, spare=5),
            Column("listings.column.price", price_words, 84, is_right=True, spare=6),
        )

    def _open(self, row: ListingRow) -> None:
        self._presenter.stand_on(row)
        self._presenter.open(row.id)

    def _refresh_beside(self) -> None:
        self._presenter.refresh_beside()

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """With a listing open the scanned goods are what it is; else they are searched for."""
        if self._presenter.screen.detail is not None or self._presenter.screen.marked:
            self.drawer.take(raw)
            if_may(self._ui, self._presenter, Right.EDIT_PRODUCTS, lambda: self._presenter.match_code(raw))
        else:
            self._search.setText(raw)
            self._presenter.search(raw)

    def _act_by(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        has_ctrl = modifiers == Qt.KeyboardModifier.ControlModifier
        with_ctrl: dict[Qt.Key, tuple[Right, Callable[[], object]]] = {
            Qt.Key.Key_S: (Right.EDIT_PRODUCTS, self._go_on),
            Qt.Key.Key_U: (Right.EDIT_PRODUCTS, self._presenter.unmatch),
            Qt.Key.Key_O: (Right.USE_FILES, self._import),
        }
        plain: dict[Qt.Key, tuple[Right, Callable[[], object]]] = {
            Qt.Key.Key_F6: (Right.EDIT_PRODUCTS, self._begin_match),
            Qt.Key.Key_F7: (Right.EDIT_PRODUCTS, self._presenter.begin_new),
            Qt.Key.Key_F8: (Right.EDIT_PRODUCTS, self._presenter.take_proposals),
            Qt.Key.Key_F9: (Right.EDIT_PRODUCTS, self._presenter.read_now),
            Qt.Key.Key_F10: (Right.USE_FILES, self._export),
        }
        keys = with_ctrl if has_ctrl else plain if modifiers == Qt.KeyboardModifier.NoModifier else {}
        if key not in keys:
            return False
        if_may(self._ui, self._presenter, *keys[key])
        return True

    def _go_on(self) -> None:
        """What stands open is done: the table, the form, or the code that was typed."""
        if self._presenter.screen.table is not None:
            self._presenter.take_table()
        else:
            self.drawer.go_on()

    @Slot()
    def _begin_match(self) -> None:
        """Open the listing if none is, and put the keyboard into the code of its goods."""
        meant = self._presenter.screen.meant
        if meant and self._presenter.screen.detail is None:
            self._presenter.open(meant[0].id)
        self.drawer.focus_code()

    @Slot()
    def _export(self) -> None:
        path = ask_where(self, self._ui.texts.t("listings.do.export"), "listings.xlsx")
        if path is not None:
            self._presenter.export(path)

    @Slot()
    def _import(self) -> None:
        path = ask_which(self, self._ui.texts.t("listings.do.import"))
        if path is not None:
            self._presenter.read_table(path)

    # --- showing ------------------------------------------------------------------------------------------------

    @Slot(int)
    def _on_moved(self, number: int) -> None:
        self._presenter.stand_on(self.model.row_at(number))

    def _on_first(self, rows: tuple[ListingRow, ...], next_after: object, is_again: bool) -> None:
        super()._on_first(rows, next_after, is_again)
        self._presenter.stand_on(self.model.row_at(self.table.currentIndex().row()) if rows else None)

    @Slot(str)
    def _on_shop(self, chosen: str) -> None:
        self._presenter.choose_shop(int(chosen) if chosen.isdigit() else None)

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._chips.choose(screen.wanted.pile)
        self._chips.show_counts(screen.counts)
        names = {shop.id: shop.name for shop in screen.shops}
        self._shop.offer((_EVERY_SHOP, *map(str, names)), {str(shop_id): name for shop_id, name in names.items()})
        self._shop.choose(_EVERY_SHOP if screen.wanted.shop_id is None else str(screen.wanted.shop_id))
        if screen.wanted.search:
            is_empty = self._show_list("listings.nothing_found", search=screen.wanted.search)
        elif screen.counts.get("all") == "0":
            is_empty = self._show_list("listings.empty")
        else:
            is_empty = self._show_list(f"listings.none.{screen.wanted.pile}")
        said = round_words(screen.rounds, names, self._ui.texts)
        self._progress.setVisible(bool(said))
        self._progress.show_text(said)
        self._read.say("listings.do.stop" if is_reading(screen.rounds) else "listings.do.read")
        self._marked.setVisible(bool(screen.marked))
        self._marked.say("listings.marked_n", n=len(screen.marked))
        self._acts["unmatch"].say("action.really" if "unmatch:" in screen.asked else "listings.do.unmatch")
        self._acts["proposals"].say("action.really" if "proposals:" in screen.asked else "listings.do.proposals")
        was_open = self.drawer.isVisible() or self.table_drawer.isVisible()
        self.drawer.show_screen()
        self.table_drawer.show_screen()
        if self._marks != screen.marked.keys():
            self._marks = frozenset(screen.marked)
            self.model.say_again()
        is_open = screen.detail is not None or screen.table is not None or screen.new is not None
        if was_open and not is_open and not is_empty:
            self.table.setFocus()


class _MarkingTable(ListTable):
    """A table in which a space marks the row."""

    def __init__(self, ui: Ui, model: PagedTableModel[ListingRow], name: str, on_mark: Callable[[], None]) -> None:
        super().__init__(ui, model, name)
        self._on_mark = on_mark

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """A space marks; everything else is the table's."""
        if event.key() == Qt.Key.Key_Space:
            self._on_mark()
            return
        super().keyPressEvent(event)
