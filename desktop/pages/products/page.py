"""The products page: filters with counts, search, table, and the form beside it."""

from PySide6.QtCore import Qt

from core.catalog.products import PRODUCT_PILES, ProductRow
from desktop.models.paged import Column
from desktop.pages.products.form import ProductForm
from desktop.pages.products.presenter import ProductsPresenter
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import ChipRow
from desktop.widgets.list_page import ListPage
from desktop.widgets.pictures import PictureBook


class ProductsPage(ListPage[ProductRow]):
    """Shows what the presenter lists."""

    def __init__(self, ui: Ui, presenter: ProductsPresenter, pictures: PictureBook) -> None:
        super().__init__(ui, presenter, "products", hint="stock.search", icon="package-plus")
        self._presenter = presenter
        new = ActionButton(
            ui, "products.new", presenter.begin, look="main", icon="plus", key="F6", name="products.new"
        )
        self._chips = ChipRow(ui, "products.pile", PRODUCT_PILES, "products.pile")
        self._chips.chosen.connect(presenter.choose_pile)
        self.form = ProductForm(ui, presenter, pictures)
        self._compose(acts=(new,), above=(self._chips,), beside=(self.form,))

    def _open(self, row: ProductRow) -> None:
        self._presenter.open(row.id)

    def _follows(self) -> bool:
        """A form is no drawer: it stays with what is being written in it."""
        return False

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

    def _act_by(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        if key == Qt.Key.Key_S and modifiers == Qt.KeyboardModifier.ControlModifier:
            self.form.commit()
            self._presenter.save()
        elif key == Qt.Key.Key_F6:
            self._presenter.begin()
        else:
            return False
        return True

    # --- showing ------------------------------------------------------------------------------------------------

    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._chips.choose(screen.pile)
        self._chips.show_counts(screen.counts)
        is_found = bool(screen.search) or screen.pile != "all"
        self._show_list("stock.nothing_found" if is_found else "products.empty", search=screen.search)
        self.form.show_screen()
