"""One suggestion: its sentence, the numbers behind it, the units to order, and how the goods are bought."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from core.access.rights import Right
from core.replenish.records import ReplenishRow
from core.replenish.rules import MOST_DAYS, MOST_QTY, Supplied
from desktop.pages.replenish.presenter import ReplenishPresenter
from desktop.pages.replenish.words import pace_text, reason_text
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.drawer import Drawer
from desktop.widgets.fields import Field, NumberBox
from desktop.widgets.labels import ElidedLabel, PlainLabel

_BOX_PX: Final = 96


class ReplenishDrawer(Drawer):
    """Shows a `ReplenishRow`."""

    def __init__(self, ui: Ui, presenter: ReplenishPresenter) -> None:
        super().__init__(ui, "replenish.drawer", presenter.close)
        self._ui = ui
        self._presenter = presenter
        self._row: ReplenishRow | None = None
        self._round = -1
        self._what = ElidedLabel(ui, "secondary", name="replenish.drawer.what")
        self._why = PlainLabel(ui, "heading", wraps=True, keeps_lines=False, limit=300, name="replenish.drawer.why")
        self.top.addWidget(self._what)
        self.top.addWidget(self._why)
        self.top.addLayout(self._quantity())
        self._form = self._supply_form()
        self.top.addWidget(self._form)
        ui.retranslated.connect(self._fill)

    def _quantity(self) -> QHBoxLayout:
        ui = self._ui
        word = PlainLabel(ui, "secondary")
        word.say("replenish.field.qty")
        self._qty = NumberBox(0, MOST_QTY, "replenish.drawer.qty")
        self._qty.setFixedWidth(ui.scaled(_BOX_PX))
        self._qty.lineEdit().returnPressed.connect(self._decide)
        decide = ActionButton(
            ui, "replenish.decide", self._decide, icon="check", look="main", name="replenish.decide"
        )
        none = ActionButton(ui, "replenish.skip", self._skip, name="replenish.skip")
        row = QHBoxLayout()
        row.addWidget(word)
        row.addWidget(self._qty)
        row.addWidget(decide)
        row.addWidget(none)
        row.addStretch(1)
        return row

    def _supply_form(self) -> QFrame:
        ui, frame = self._ui, QFrame()
        frame.setObjectName("replenish.form")
        frame.setProperty("look", "card")
        self._supplier = Field(ui, "replenish.field.supplier.hint", "replenish.form.supplier")
        # One less than none: nobody has said.
        self._lead = NumberBox(-1, MOST_DAYS, "replenish.form.lead")
        self._lead.setSpecialValueText("—")
        self._pack = NumberBox(1, MOST_QTY, "replenish.form.pack")
        self._min = NumberBox(0, MOST_QTY, "replenish.form.min")
        self._save = ActionButton(
            ui,
            "replenish.save",
            self.save,
            icon="check",
            key="Ctrl+S",
            name="replenish.form.save",
            right=Right.RECEIVE_STOCK,
        )
        grid = QGridLayout(frame)
        grid.setContentsMargins(12, 10, 12, 10)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        places = (
            ("replenish.field.lead", self._lead, 1, 0),
            ("replenish.field.pack", self._pack, 1, 2),
            ("replenish.field.min", self._min, 2, 0),
        )
        word = PlainLabel(ui, "secondary")
        word.say("replenish.field.supplier")
        grid.addWidget(word, 0, 0)
        grid.addWidget(self._supplier, 0, 1, 1, 3)
        for code, box, row, column in places:
            word = PlainLabel(ui, "secondary")
            word.say(code)
            box.setFixedWidth(ui.scaled(_BOX_PX))
            grid.addWidget(word, row, column)
            grid.addWidget(box, row, column + 1)
        grid.addWidget(self._save, 2, 2, 1, 2, Qt.AlignmentFlag.AlignRight)
        return frame

    def show_row(self) -> None:
        """Show the open row; the drawer hides without one."""
        screen = self._presenter.screen
        row = screen.row
        is_other = row != self._row
        self._row = row
        self.setVisible(row is not None)
        if row is None:
            return
        self._save.setEnabled(self._save.is_permitted and not screen.is_saving)
        if screen.round != self._round and screen.supply is not None:
            self._round = screen.round
            self._qty.setValue(self._presenter.qty_of(row))
            self._show_supply(screen.supply, row)
        if is_other:
            self._fill()

    def _show_supply(self, said: Supplied, row: ReplenishRow) -> None:
        self._supplier.setText(said.supplier)
        self._supplier.setPlaceholderText(row.supplier if not said.supplier else "")
        self._lead.setValue(-1 if said.lead_days is None else said.lead_days)
        self._pack.setValue(said.pack_qty)
        self._min.setValue(said.min_qty)

    def focus_qty(self) -> None:
        """Put the keyboard into the units."""
        self._qty.setFocus()
        self._qty.selectAll()

    def focus_supply(self) -> None:
        """Put the keyboard into the form of how it is bought."""
        self._supplier.setFocus()

    def save(self) -> None:
        """Say how the goods are bought, as it is written."""
        if self._row is None or not self._save.is_permitted:
            return
        for box in (self._lead, self._pack, self._min):
            box.interpretText()
        lead = self._lead.value()
        self._presenter.save_supply(
            Supplied(self._supplier.text().strip(), None if lead < 0 else lead, self._pack.value(), self._min.value())
        )

    def _decide(self) -> None:
        if self._row is not None:
            self._qty.interpretText()
            self._presenter.decide(self._row, self._qty.value())
            self._fill()

    def _skip(self) -> None:
        self._qty.setValue(0)
        self._decide()

    def _fill(self) -> None:
        row = self._row
        if row is None:
            return
        ui, texts, have = self._ui, self._ui.texts, row.have
        self.title.show_text(row.code)
        self._what.show_text("  ".join(part for part in (row.name, row.spec, row.warehouse_name) if part))
        self._why.show_text(reason_text(row, texts, self._presenter.qty_of(row)))
        figures = (
            ("available", have.available_qty),
            ("coming", have.coming_qty),
            ("drafted", have.drafted_qty),
            ("short", have.short_qty),
            ("safety", have.safety_qty),
            ("sold", have.sold_qty),
            ("counted", have.counted_days),
            ("out", have.out_days),
            ("per_day", pace_text(row.suggestion.per_day)),
            ("cover", "—" if row.suggestion.cover_days is None else row.suggestion.cover_days),
            ("lead", row.terms.lead_days),
            ("wish", row.terms.cover_days),
        )
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        for number, (code, value) in enumerate(figures):
            word = PlainLabel(ui, "secondary")
            word.say(f"replenish.figure.{code}")
            amount = PlainLabel(ui, "body", name=f"replenish.figure.{code}")
            amount.show_text(f"{value:,}" if isinstance(value, int) else str(value))
            amount.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(word, number, 0)
            grid.addWidget(amount, number, 1)
        column.addLayout(grid)
        column.addStretch(1)
        self.show_body(body)
