"""The products page: filters with counts, search, table, and the form beside it."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from core.catalog.products import PRODUCT_PILES, ProductRow
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.products.form import ProductForm
from desktop.pages.products.presenter import ProductsPresenter
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState
from desktop.widgets.fields import ChipRow
from desktop.widgets.labels import PlainLabel
from desktop.widgets.page import SearchedPage
from desktop.widgets.pictures import PictureBook
from desktop.widgets.table import ListTable


class ProductsPage(SearchedPage):
    """Shows what the presenter lists."""

    def __init__(self, ui: Ui, presenter: ProductsPresenter, pictures: PictureBook) -> None:
        super().__init__(ui, presenter, "products", "stock.search")
        self._ui = ui
        self._presenter = presenter
        title = PlainLabel(ui, "title", name="products.title")
        title.say("page.products")
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self._search, 4)
        head.addWidget(
            ActionButton(ui, "action.refresh", presenter.reload, icon="refresh-cw", key="F5", name="products.refresh")
        )
        head.addWidget(
            ActionButton(ui, "products.new", presenter.begin, look="main", icon="plus", key="F6", name="products.new")
        )
        self._chips = ChipRow(ui, "products.pile", PRODUCT_PILES, "products.pile")
        self._chips.chosen.connect(self._on_pile)
        self.model: PagedTableModel[ProductRow] = PagedTableModel(ui, self._columns(), lambda row: row.id, self)
        self.table = ListTable(ui, self.model, "products.table")
        self.table.opened.connect(self._on_opened)
        self._empty = EmptyState(ui, "package-plus", "products.empty", "products.empty")
        self.form = ProductForm(ui, presenter, pictures)
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
        row.addWidget(self.form)
        self.model.more_wanted.connect(presenter.more)
        presenter.on_screen = self._on_screen
        presenter.on_first = self.table.show_first
        presenter.on_more = self.model.append
        presenter.on_no_more = self.model.give_up
        self._on_screen()

    def _columns(self) -> tuple[Column[ProductRow], ...]:
        ui = self._ui

        def kind(row: ProductRow) -> str:
            if row.is_bundle:
                return ui.texts.t("products.kind.bundle")
            return ui.texts.t("products.kind.counted" if row.is_stock_managed else "products.kind.uncounted")

        def barcode(row: ProductRow) -> str:
            if row.barcode_count > 1:
                return ui.texts.t("products.barcode_and", barcode=row.barcode, n=row.barcode_count)
            if row.barcode or row.is_bundle:
                return row.barcode
            return ui.texts.t("products.kind.lacks" if row.lacks_barcode else "products.kind.no_barcode")

        def tone(row: ProductRow) -> str:
            lacks = not (row.barcode or row.is_bundle or row.lacks_barcode)
            return "notice" if lacks else ""

        return (
            Column("stock.column.code", lambda row: row.code, 130),
            Column("stock.column.name", lambda row: row.name, 200, stretch=True),
            Column("products.field.short_name", lambda row: row.short_name, 110, stretch=True, spare=4),
            Column("stock.column.spec", lambda row: row.spec, 90, stretch=True, spare=3),
            Column("products.barcodes", barcode, 200, tone=tone, spare=1),
            Column("products.column.kind", kind, 90, spare=2),
            Column("products.column.weight", lambda row: f"{row.weight_g} g", 84, is_right=True, spare=5),
        )

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """A barcode of the product that is being written; without one its owner is shown."""
        if self._presenter.screen.draft is None:
            self._search.setText(raw)
        self._presenter.scan(raw)

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """What each key does here stands on its button."""
        has_ctrl = modifiers == Qt.KeyboardModifier.ControlModifier
        if key == Qt.Key.Key_F2 or (has_ctrl and key == Qt.Key.Key_F):
            self.focus_search()
        elif has_ctrl and key == Qt.Key.Key_S:
            self.form.commit()
            self._presenter.save()
        elif key == Qt.Key.Key_F5:
            self._presenter.reload()
        elif key == Qt.Key.Key_F6:
            self._presenter.begin()
        else:
            return False
        return True

    def handle_changed(self) -> None:
        """Records changed somewhere: read the list again, but never pull it away from under an eye further down."""
        if self.table.verticalScrollBar().value() == 0:
            self._presenter.reload()

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
    def _on_opened(self, number: int) -> None:
        row = self.model.row_at(number)
        if row is not None:
            self._presenter.open(row.id)

    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._chips.choose(screen.pile)
        self._chips.show_counts(screen.counts)
        is_empty = screen.is_known_empty and not screen.is_loading
        is_found = bool(screen.search) or screen.pile != "all"
        self._empty.say("stock.nothing_found" if is_found else "products.empty", search=screen.search)
        if is_empty and self.table.hasFocus():
            # Else the keyboard would land on the rail, out of the page.
            self._search.setFocus()
        self._empty.setVisible(is_empty)
        self.table.setVisible(not is_empty)
        self.form.show_screen()
