"""A new warehouse: its code and its name. Enter makes it, Esc leaves."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from desktop.pages.stock.presenter import StockPresenter
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import Field
from desktop.widgets.labels import PlainLabel


class PlaceForm(QFrame):
    """Open while the presenter says so."""

    def __init__(self, ui: Ui, presenter: StockPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.setObjectName("stock.place")
        self.setProperty("look", "question")
        what = PlainLabel(ui, wraps=True)
        what.say("stock.place.hint")
        self._name = Field(ui, "stock.place.name", "stock.place.name", limit=60)
        self._code = Field(ui, "stock.place.code", "stock.place.code", is_latin=True, limit=20)
        self._confirm = ActionButton(
            ui, "stock.place.make", self._on_make, look="main", icon="check", name="stock.place.make"
        )
        leave = ActionButton(ui, "action.cancel", presenter.leave_place, key="Esc", name="stock.place.cancel")
        row = QHBoxLayout()
        row.addWidget(self._name, 2)
        row.addWidget(self._code, 1)
        row.addWidget(self._confirm)
        row.addWidget(leave)
        column = QVBoxLayout(self)
        column.addWidget(what)
        column.addLayout(row)
        for field in (self._name, self._code):
            field.returnPressed.connect(self._on_make)
        self.hide()

    def show_screen(self) -> None:
        """Open or close with the question; what was written stays while it is open."""
        screen = self._presenter.screen
        opens = screen.is_naming and self.isHidden()
        self.setVisible(screen.is_naming)
        self._confirm.setEnabled(not screen.is_saving)
        if opens:
            self._name.clear()
            self._code.clear()
            self._name.setFocus()

    @Slot()
    def _on_make(self) -> None:
        if self._name.text().strip() and not self._code.text().strip():
            self._code.setFocus()
            return
        self._presenter.make_place(self._code.text(), self._name.text())
