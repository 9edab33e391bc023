"""The form of one product: words, weight, picture, barcodes by scan, parts of a bundle. Ctrl+S saves, Esc leaves."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from core.catalog.bins import LONGEST_BIN
from core.catalog.products import LONGEST, MOST_GRAMS, MOST_UNITS
from core.catalog.records import MOST_LIFE_DAYS, MOST_WARN_DAYS
from core.inventory.stock_list import WarehouseRow
from desktop.pages.products.presenter import Draft, ProductsPresenter
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.drawer import Drawer
from desktop.widgets.fields import Field, NumberBox, TickBox
from desktop.widgets.labels import ElidedLabel, PictureLabel, PlainLabel
from desktop.widgets.pictures import PictureBook

_TEXTS: Final = ("code", "name", "short_name", "spec", "picture")
_PICTURE_PX: Final = 72


class ProductForm(Drawer):
    """Shows the presenter's draft; fields are filled anew with each other draft, and never under a typing hand."""

    def __init__(self, ui: Ui, presenter: ProductsPresenter, pictures: PictureBook) -> None:
        super().__init__(ui, "products.form", presenter.close)
        self._ui = ui
        self._presenter = presenter
        self._pictures = pictures
        self._round = 0
        self._is_filling = False
        self._save = ActionButton(
            ui, "products.save", presenter.save, look="main", icon="check", key="Ctrl+S", name="products.form.save"
        )
        self._told = PlainLabel(ui, "secondary", wraps=True, name="products.form.told")
        top = QHBoxLayout()
        top.addWidget(self._told, 1)
        top.addWidget(self._save)
        self.top.addLayout(top)
        self._fields = {
            name: Field(
                ui, f"products.field.{name}", f"products.form.{name}", limit=2000 if name == "picture" else LONGEST
            )
            for name in _TEXTS
        }
        for name, field in self._fields.items():
            field.textEdited.connect(partial(self._on_text, name))
        self._weight = NumberBox(0, MOST_GRAMS, "products.form.weight")
        self._weight.valueChanged.connect(self._on_weight)
        self._is_counted = TickBox(ui, "products.field.is_stock_managed", "products.form.counted")
        self._is_counted.toggled.connect(partial(self._on_tick, "is_stock_managed"))
        self._lacks = TickBox(ui, "products.field.lacks_barcode", "products.form.lacks_barcode")
        self._lacks.toggled.connect(partial(self._on_tick, "lacks_barcode"))
        self._by_batch = TickBox(ui, "products.field.is_batch_managed", "products.form.by_batch")
        self._by_batch.toggled.connect(partial(self._on_tick, "is_batch_managed"))
        self._days = {
            "life_days": NumberBox(0, MOST_LIFE_DAYS, "products.form.life_days"),
            "warn_days": NumberBox(0, MOST_WARN_DAYS, "products.form.warn_days"),
        }
        for name, box in self._days.items():
            box.valueChanged.connect(partial(self._on_days, name))
        self._picture = PictureLabel(ui, ui.scaled(_PICTURE_PX), name="products.form.shown_picture")
        self._grid = QGridLayout()
        self._bins = _Bins(ui, presenter, self._grid, len(_TEXTS) + 1)
        self._barcodes = _Rows(ui, presenter, "barcodes")
        self._parts = _Rows(ui, presenter, "components")
        self.show_body(self._body())

    def show_screen(self) -> None:
        """Show the draft; the form hides without one."""
        screen = self._presenter.screen
        draft = screen.draft
        self.setVisible(draft is not None)
        self._save.setEnabled(not screen.is_saving)
        if draft is None:
            return
        if self._bins.offer(screen.warehouses) or screen.round != self._round:
            self._bins.fill(draft)
        if screen.round != self._round:
            self._round = screen.round
            self._fill(draft)
        self._tell(draft)
        self._is_filling = True
        self._by_batch.setEnabled(draft.spec.is_stock_managed and not draft.spec.components)
        for box in self._days.values():
            box.setEnabled(draft.spec.is_batch_managed)
        self._lacks.setChecked(draft.spec.lacks_barcode)
        self._is_filling = False
        self._barcodes.show_rows(draft.spec.barcodes, {})
        self._parts.show_rows(draft.spec.components, draft.names)

    def commit(self) -> None:
        """Take numbers that are still being typed."""
        for box in self.findChildren(NumberBox):
            box.interpretText()

    def focus_first(self) -> None:
        """Put the keyboard into the first field that can be written."""
        field = self._fields["code"] if self._fields["code"].isEnabled() else self._fields["name"]
        field.setFocus()
        field.selectAll()

    def _body(self) -> QWidget:
        body = QWidget()
        grid = self._grid
        grid.setColumnStretch(1, 1)
        for number, (name, field) in enumerate(self._fields.items()):
            label = PlainLabel(self._ui, "secondary")
            label.say(f"products.field.{name}")
            grid.addWidget(label, number, 0)
            grid.addWidget(field, number, 1)
        label = PlainLabel(self._ui, "secondary")
        label.say("products.field.weight_g")
        grid.addWidget(label, len(_TEXTS), 0)
        weight = QHBoxLayout()
        weight.addWidget(self._weight, 1)
        weight.addWidget(self._picture)
        grid.addLayout(weight, len(_TEXTS), 1)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        column.addLayout(grid)
        column.addWidget(self._is_counted)
        column.addWidget(self._lacks)
        column.addWidget(self._by_batch)
        column.addLayout(self._life_rows())
        column.addWidget(self._barcodes)
        column.addWidget(self._parts)
        column.addStretch(1)
        return body

    def _life_rows(self) -> QGridLayout:
        # One below the other: side by side they would be wider than the drawer.
        rows = QGridLayout()
        rows.setColumnStretch(1, 1)
        for number, (name, box) in enumerate(self._days.items()):
            label = PlainLabel(self._ui, "secondary")
            label.say(f"products.field.{name}")
            rows.addWidget(label, number, 0)
            rows.addWidget(box, number, 1)
        return rows

    def _fill(self, draft: Draft) -> None:
        self._is_filling = True
        for name, field in self._fields.items():
            field.setText(getattr(draft.spec, name))
        # Listings, labels and papers name the code of what is stored.
        self._fields["code"].setEnabled(draft.sku_id is None)
        self._weight.setValue(draft.spec.weight_g)
        self._is_counted.setChecked(draft.spec.is_stock_managed)
        self._by_batch.setChecked(draft.spec.is_batch_managed)
        for name, box in self._days.items():
            box.setValue(getattr(draft.spec, name))
        self._pictures.show_in(self._picture, draft.spec.picture)
        for rows in (self._barcodes, self._parts):
            rows.clear_typed()
        self._is_filling = False
        if draft.sku_id is None:
            self.title.say("products.new")
        else:
            self.title.show_text(draft.seen.code)
        if draft.sku_id is None:
            self.show()
            self.focus_first()

    def _tell(self, draft: Draft) -> None:
        if draft.is_changed:
            self._told.say("products.told.changed")
        elif draft.part_of:
            self._told.say("products.told.part_of", codes="、".join(draft.part_of))
        else:
            self._told.say("products.told.listings", n=draft.listing_count)

    def _on_text(self, name: str, text: str) -> None:
        self._presenter.change(**{name: text})
        if name == "picture":
            self._pictures.show_in(self._picture, text.strip())

    @Slot(int)
    def _on_weight(self, grams: int) -> None:
        if not self._is_filling:
            self._presenter.change(weight_g=grams)

    def _on_days(self, name: str, days: int) -> None:
        if not self._is_filling:
            self._presenter.change(**{name: days})

    def _on_tick(self, name: str, is_on: bool) -> None:
        if not self._is_filling:
            self._presenter.change(**{name: is_on})


class _Bins:
    """Where each warehouse keeps the goods, as rows of the form; with one warehouse nobody has to read its name."""

    def __init__(self, ui: Ui, presenter: ProductsPresenter, grid: QGridLayout, first_row: int) -> None:
        self._ui = ui
        self._presenter = presenter
        self._grid = grid
        self._first_row = first_row
        self._shown: tuple[WarehouseRow, ...] = ()
        self._fields: dict[int, Field] = {}
        self._labels: list[PlainLabel] = []

    def offer(self, warehouses: tuple[WarehouseRow, ...]) -> bool:
        """Have a field for each of these; whether they were made anew."""
        if warehouses == self._shown:
            return False
        self._shown = warehouses
        for widget in (*self._labels, *self._fields.values()):
            widget.hide()
            widget.deleteLater()
        self._labels, self._fields = [], {}
        for number, place in enumerate(warehouses, self._first_row):
            label = PlainLabel(self._ui, "secondary")
            label.say("products.field.bin" if len(warehouses) == 1 else "products.field.bin_at", warehouse=place.name)
            field = Field(
                self._ui, "products.field.bin.example", f"products.form.bin.{place.code}", limit=LONGEST_BIN
            )
            field.textEdited.connect(partial(self._presenter.change_bin, place.id))
            self._labels.append(label)
            self._fields[place.id] = field
            self._grid.addWidget(label, number, 0)
            self._grid.addWidget(field, number, 1)
        return True

    def fill(self, draft: Draft) -> None:
        """Show a draft's bins."""
        bins = dict(draft.spec.bins)
        for warehouse_id, field in self._fields.items():
            field.setText(bins.get(warehouse_id, ""))


class _Rows(QFrame):
    """Barcodes or parts: what, how many units, away with it; and a field that adds one."""

    def __init__(self, ui: Ui, presenter: ProductsPresenter, kind: str) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._kind = kind
        self._shown: tuple[tuple[str, int], ...] | None = None
        self._boxes: list[NumberBox] = []
        self._is_filling = False
        head = PlainLabel(ui, "head")
        head.say(f"products.{kind}")
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(2)
        self._field = Field(ui, f"products.{kind}.add", f"products.form.{kind}.add", limit=LONGEST)
        self._field.returnPressed.connect(self._on_add)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(4)
        column.addWidget(head)
        column.addLayout(self._list)
        column.addWidget(self._field)

    def clear_typed(self) -> None:
        """Forget what was being typed for another draft."""
        self._field.clear()
        self._shown = None

    def show_rows(self, rows: tuple[tuple[str, int], ...], names: Mapping[str, str]) -> None:
        """Show the rows; numbers that merely changed stay in their boxes."""
        if self._shown is None or [code for code, _ in rows] != [code for code, _ in self._shown]:
            self._make(rows, names)
        self._shown = rows
        self._is_filling = True
        for box, (_, qty) in zip(self._boxes, rows, strict=True):
            box.setValue(qty)
        self._is_filling = False

    def _make(self, rows: tuple[tuple[str, int], ...], words: Mapping[str, str]) -> None:
        _empty(self._list)
        self._boxes = []
        for place, (code, _) in enumerate(rows):
            name = f"products.form.{self._kind}.{place}"
            line = QWidget()
            words_label = ElidedLabel(self._ui, name=f"{name}.code")
            words_label.show_text("  ".join(part for part in (code, words.get(code, "")) if part))
            units = PlainLabel(self._ui, "secondary")
            units.say_phrase(Phrase(f"products.{self._kind}.units"))
            box = NumberBox(1, MOST_UNITS, f"{name}.qty")
            box.setFixedWidth(self._ui.scaled(64))
            box.valueChanged.connect(partial(self._on_qty, place))
            away = ActionButton(
                self._ui,
                "entry.remove",
                partial(self._presenter.remove_row, self._kind, place),
                icon="trash-2",
                name=f"{name}.remove",
            )
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.addWidget(words_label, 1)
            row.addWidget(box)
            row.addWidget(units)
            row.addWidget(away)
            self._boxes.append(box)
            self._list.addWidget(line)

    def _on_qty(self, place: int, qty: int) -> None:
        if not self._is_filling:
            self._presenter.change_row(self._kind, place, qty)

    @Slot()
    def _on_add(self) -> None:
        typed = self._field.text()
        self._field.clear()
        if self._kind == "barcodes":
            self._presenter.add_barcode(typed)
        else:
            self._presenter.add_part(typed)


def _empty(layout: QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
