"""The form of one act: how many, why, where; the sentence says what it will leave. Enter books, Esc leaves."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from core.catalog.gs1 import Gs1
from core.inventory.ledger import MOST_QTY
from core.inventory.reasons import MOST_NOTE, REASONS
from core.inventory.stock_list import StockRow, WarehouseRow
from desktop.pages.stock.presenter import ActForm, StockPresenter
from desktop.pages.stock.words import ACTS, TAKES, what_follows
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import ChoiceBox, Field, NumberBox
from desktop.widgets.labels import PlainLabel, set_look
from desktop.widgets.places import PlaceBox

#: acts that may go to another place or batch than the row's
_ELSEWHERE = frozenset({"receive", "in_hand"})


class StockForm(QFrame):
    """Filled anew with each opening; a row that is read again leaves it alone."""

    def __init__(self, ui: Ui, presenter: StockPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._row: StockRow | None = None
        self._act = ""
        self._round = 0
        self._is_filling = False
        self.setObjectName("stock.form")
        self.setProperty("look", "question")
        self._head = PlainLabel(ui, "heading", wraps=True, name="stock.form.title")
        self._follows = PlainLabel(ui, "secondary", wraps=True, name="stock.form.follows")
        self._qty = NumberBox(1, MOST_QTY, "stock.form.qty")
        self._qty.setMinimumWidth(ui.scaled(96))
        self._reasons = {act: ChoiceBox(ui, "reason.stock", REASONS[act], f"stock.form.reason.{act}") for act in ACTS}
        self._note = Field(ui, "stock.note", "stock.form.note", limit=MOST_NOTE)
        self._place = PlaceBox(ui, "stock.form.place")
        self._batch = Field(ui, "stock.batch", "stock.form.batch", limit=60)
        self._days = [
            Field(ui, f"stock.{name}", f"stock.form.{name}", is_latin=True, limit=10)
            for name in ("expires_on", "made_on")
        ]
        self._label: Gs1 | None = None
        self._confirm = ActionButton(
            ui, "stock.act.receive", self._on_confirm, look="main", icon="check", name="stock.form.confirm"
        )
        top = QHBoxLayout()
        top.addWidget(self._qty)
        for box in self._reasons.values():
            top.addWidget(box, 1)
        place = QHBoxLayout()
        place.addWidget(self._place, 1)
        place.addWidget(self._batch, 1)
        days = QHBoxLayout()
        for day in self._days:
            days.addWidget(day, 1)
        end = QHBoxLayout()
        end.addWidget(self._confirm)
        end.addWidget(ActionButton(ui, "action.cancel", presenter.leave_act, key="Esc", name="stock.form.cancel"))
        end.addStretch(1)
        column = QVBoxLayout(self)
        column.addWidget(self._head)
        column.addLayout(top)
        column.addWidget(self._note)
        column.addLayout(place)
        column.addLayout(days)
        column.addWidget(self._follows)
        column.addLayout(end)
        line = self._qty.lineEdit()
        for field in (line, self._note, self._batch, *self._days):
            field.returnPressed.connect(self._on_confirm)
        self._qty.valueChanged.connect(self._on_changed)
        self.hide()

    def show_act(self, row: StockRow | None) -> None:
        """Show the form of the act that is open, if any."""
        screen = self._presenter.screen
        self._row = row
        is_open = bool(screen.act) and row is not None
        if is_open and row is not None and screen.round != self._round:
            self._fill(row, screen.act)
            self._round = screen.round
        if is_open and screen.label != self._label:
            self._take_label(screen.label)
        self.setVisible(is_open)
        if is_open:
            self._place.show_places(self._places())
            self._confirm.setEnabled(not screen.is_saving)
            set_look(self._confirm, look="danger" if screen.is_asked else "main")
            self._confirm.say("stock.really" if screen.is_asked else f"stock.act.{screen.act}")
            self._tell()

    def _fill(self, row: StockRow, act: str) -> None:
        self._is_filling = True
        self._act = act
        lowest = {"adjust": -MOST_QTY, "count": 0}.get(act, 1)
        self._qty.setRange(lowest, MOST_QTY)
        self._qty.setValue({"adjust": 0, "count": row.quantities.on_hand_qty}.get(act, 1))
        for name, box in self._reasons.items():
            box.setVisible(name == act)
            box.setCurrentIndex(0)
        self._note.clear()
        self._place.show_places(self._places())
        if act != "transfer":
            self._place.choose(str(row.warehouse_id))
        self._batch.setText(row.batch)
        self._place.setVisible(act == "transfer" or (act in _ELSEWHERE and len(self._places()) > 1))
        self._batch.setVisible(act in _ELSEWHERE)
        for day in self._days:
            day.clear()
            day.setVisible(act in _ELSEWHERE and row.is_batch_managed)
        self._label = None
        self._head.say(f"stock.act.{act}.head", code=row.code, name=row.name)
        self.show()
        self._qty.setFocus()
        self._qty.selectAll()
        self._is_filling = False

    def _take_label(self, label: Gs1 | None) -> None:
        """Fill in what the code of the goods in hand says of their batch."""
        self._label = label
        if label is None or not label.batch or self._act not in _ELSEWHERE:
            return
        self._batch.setText(label.batch)
        for field, day in zip(self._days, (label.expires_on, label.made_on), strict=True):
            field.setText("" if day is None else day.isoformat())

    def _places(self) -> tuple[WarehouseRow, ...]:
        """Where the goods of the act may be: goods are moved to any place but their own."""
        places = self._presenter.screen.warehouses
        if self._act != "transfer" or self._row is None:
            return places
        return tuple(place for place in places if place.id != self._row.warehouse_id)

    def _tell(self) -> None:
        if self._row is not None:
            phrase = what_follows(self._row, self._act, self._qty.value())
            self._follows.say_phrase(phrase)
            set_look(self._follows, look="stop" if phrase.code in TAKES else "secondary")

    @Slot()
    def _on_changed(self) -> None:
        if not self._is_filling:
            self._presenter.change_mind()
            self._tell()

    @Slot()
    def _on_confirm(self) -> None:
        row = self._row
        if row is None:
            return
        self._qty.interpretText()
        is_elsewhere = self._act in _ELSEWHERE or self._act == "transfer"
        place = next(
            (one.id for one in self._presenter.screen.warehouses if str(one.id) == self._place.value()),
            row.warehouse_id,
        )
        self._presenter.do_act(
            ActForm(
                qty=self._qty.value(),
                reason=self._reasons[self._act].value(),
                note=self._note.text(),
                warehouse_id=place if is_elsewhere else row.warehouse_id,
                batch=self._batch.text() if self._act in _ELSEWHERE else row.batch,
                expires_on=self._days[0].text() if self._act in _ELSEWHERE else "",
                made_on=self._days[1].text() if self._act in _ELSEWHERE else "",
            )
        )
