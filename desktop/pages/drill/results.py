"""The table of a drill: a row for each mode, of which one is chosen."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton

from core.practice.drill.records import Mode, Result
from desktop.drill_words import FIGURES, figure
from desktop.pages.drill.presenter import DrillScreen
from desktop.plain_text import button_text
from desktop.ui import Ui
from desktop.widgets.labels import PlainLabel, explain, set_look

_COLUMN_PX: Final = 76


class ResultsCard(QFrame):
    """A button for each mode, its figures beside it.

    Signals:
        chosen: the mode whose button was pressed.
    """

    chosen = Signal(str)

    def __init__(self, ui: Ui) -> None:
        super().__init__()
        self._ui = ui
        self._buttons: dict[Mode, QPushButton] = {}
        self._cells: dict[tuple[Mode, str], PlainLabel] = {}
        self.setObjectName("drill.results")
        self.setProperty("look", "card")
        grid = QGridLayout(self)
        grid.setContentsMargins(16, 10, 16, 12)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for place, name in enumerate(FIGURES, 1):
            head = PlainLabel(ui, "head")
            head.say(f"drill.figure.{name}")
            grid.addWidget(head, 0, place, right)
            grid.setColumnMinimumWidth(place, ui.scaled(_COLUMN_PX))
        for row, mode in enumerate(Mode, 1):
            button = QPushButton()
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setProperty("look", "chip")
            button.setObjectName(f"drill.mode.{mode.value}")
            button.clicked.connect(lambda _checked=False, mode=mode: self.chosen.emit(mode.value))
            self._buttons[mode] = button
            grid.addWidget(button, row, 0, Qt.AlignmentFlag.AlignLeft)
            for place, name in enumerate(FIGURES, 1):
                cell = PlainLabel(ui, name=f"drill.result.{mode.value}.{name}")
                self._cells[mode, name] = cell
                grid.addWidget(cell, row, place, right)

    def show_screen(self, screen: DrillScreen) -> None:
        """Figures of what was played; a row that is still to come is empty."""
        results = {result.mode: result for result in screen.results}
        for number, (mode, button) in enumerate(self._buttons.items(), 1):
            words = self._ui.texts.t(f"drill.mode.{mode.value}")
            button.setText(button_text(f"{words}  Alt+{number}"))
            explain(button, self._ui.texts.t(f"drill.mode.{mode.value}.hint"))
            button.setChecked(mode is screen.chosen)
            for name in FIGURES:
                self._show(self._cells[mode, name], results.get(mode), name)

    def _show(self, cell: QLabel, result: Result | None, name: str) -> None:
        cell.setText("" if result is None else figure(result, name, self._ui.texts))
        is_bad = result is not None and name == "oversold" and result.oversold > 0
        set_look(
            cell,
            look="pill" if name == "oversold" and result is not None else "body",
            tone="stop" if is_bad else "good",
        )
