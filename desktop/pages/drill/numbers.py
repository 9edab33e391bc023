"""The card with the numbers of a drill."""

from typing import Final

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from core.channels.stock_contract import WriteKind
from desktop.pages.drill.presenter import MOST_SHOPS, MOST_UNITS, DrillPresenter, DrillScreen, Line
from desktop.ui import Ui
from desktop.widgets.fields import ChoiceBox, Field, NumberBox
from desktop.widgets.labels import PlainLabel

#: field -> its bounds; `rush` is shown in percent
_BOUNDS: Final = {
    "stock": (1, MOST_UNITS),
    "demand": (0, MOST_UNITS),
    "rush": (0, 100),
    "rush_minutes": (1, 1440),
    "minutes": (1, 1440),
    "lag_s": (0, 7200),
    "shops": (1, MOST_SHOPS),
    "seed": (0, 999_999),
}
_WIDTH_PX: Final = 264
_BOX_PX: Final = 92


class NumbersCard(QFrame):
    """What is played. Enter in any field plays it.

    Signals:
        play_wanted: Enter was pressed in a field.
    """

    play_wanted = Signal()

    def __init__(self, ui: Ui, presenter: DrillPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._boxes: dict[str, NumberBox] = {}
        self.setObjectName("drill.numbers")
        self.setProperty("look", "card")
        self.setFixedWidth(ui.scaled(_WIDTH_PX))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(8)
        self._code = Field(ui, "drill.goods", "drill.goods", is_latin=True, limit=60)
        self._code.returnPressed.connect(self._on_code)
        self._whose = PlainLabel(ui, "secondary", wraps=True, name="drill.goods.name")
        column.addWidget(self._code)
        column.addWidget(self._whose)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 1)
        for row, (name, bounds) in enumerate(_BOUNDS.items()):
            box = NumberBox(*bounds, f"drill.{name}")
            box.setFixedWidth(ui.scaled(_BOX_PX))
            box.setKeyboardTracking(False)
            box.valueChanged.connect(self._on_number)
            box.lineEdit().returnPressed.connect(self._on_enter)
            self._boxes[name] = box
            grid.addWidget(_word(ui, f"drill.field.{name}", box), row, 0)
            grid.addWidget(box, row, 1)
        column.addLayout(grid)
        self._line = ChoiceBox(ui, "drill.line", tuple(Line), "drill.line")
        self._line.picked.connect(lambda value: presenter.choose_line(Line(value)))
        self._write = ChoiceBox(ui, "drill.write", tuple(WriteKind), "drill.write")
        self._write.picked.connect(lambda value: presenter.choose_write(WriteKind(value)))
        for code, choice in (("drill.line", self._line), ("drill.write", self._write)):
            column.addWidget(_word(ui, code, choice))
            column.addWidget(choice)
        column.addStretch(1)

    def focus_code(self) -> None:
        """Put the keyboard into the field of the SKU."""
        self._code.setFocus()
        self._code.selectAll()

    def focus_first(self) -> None:
        """Put the keyboard into the first number."""
        self._boxes["stock"].setFocus()
        self._boxes["stock"].selectAll()

    def settle(self) -> None:
        """What is typed half counts before it is played."""
        for box in self._boxes.values():
            box.interpretText()

    def show_screen(self, screen: DrillScreen) -> None:
        """The numbers as they stand."""
        for name, box in self._boxes.items():
            value = getattr(screen.plan, name)
            with QSignalBlocker(box):
                box.setValue(round(value * 100) if name == "rush" else value)
        self._line.choose(screen.line)
        self._write.choose(screen.plan.write)
        goods = screen.goods
        self._whose.setVisible(goods is not None)
        if goods is not None:
            self._whose.say(
                "drill.goods.now", name=goods.name, code=goods.code, n=goods.available_qty, shops=goods.shops
            )

    @Slot()
    def _on_code(self) -> None:
        self._presenter.take_goods(self._code.text())

    @Slot()
    def _on_number(self) -> None:
        values = {name: box.value() for name, box in self._boxes.items()}
        values["rush_minutes"] = min(values["rush_minutes"], values["minutes"])
        self._presenter.change(**values | {"rush": values["rush"] / 100})

    @Slot()
    def _on_enter(self) -> None:
        self.play_wanted.emit()


def _word(ui: Ui, code: str, beside: QWidget) -> PlainLabel:
    label = PlainLabel(ui)
    label.say(code)
    label.setBuddy(beside)
    return label
