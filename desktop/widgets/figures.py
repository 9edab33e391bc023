"""Figures: a small table of them, and a few large ones in a row."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.ui import Ui
from desktop.widgets.labels import PlainLabel

_COLUMN_PX: Final = 84


class Figures(QFrame):
    """A head, rows of figures, and their sums where there are several; columns are words of `day.column`."""

    def __init__(
        self,
        ui: Ui,
        name: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        sums: Sequence[str] = (),
        nothing: str = "day.nothing_yet",
    ) -> None:
        """`nothing` is the code of what is said where there are no rows."""
        super().__init__()
        self.setProperty("look", "card")
        self.setObjectName(name)
        grid = QGridLayout(self)
        grid.setContentsMargins(16, 12, 16, 14)
        grid.setHorizontalSpacing(24)
        grid.setColumnStretch(0, 1)
        for place, column in enumerate(columns):
            head = PlainLabel(ui, "head")
            head.say(f"day.column.{column}")
            grid.addWidget(head, 0, place, alignment=_side(place))
            if place:
                # Tables that stand under each other have their columns under each other.
                grid.setColumnMinimumWidth(place, ui.scaled(_COLUMN_PX))
        for number, row in enumerate(rows, 1):
            for place, text in enumerate(row):
                cell = PlainLabel(ui, name=f"{name}.{number}.{columns[place]}")
                cell.show_text(text)
                grid.addWidget(cell, number, place, alignment=_side(place))
        if not rows:
            none = PlainLabel(ui, "secondary")
            none.say(nothing)
            grid.addWidget(none, 1, 0, 1, len(columns))
        elif sums and len(rows) > 1:
            word = PlainLabel(ui, "head")
            word.say("day.sum")
            grid.addWidget(word, len(rows) + 1, 0)
            for place, text in enumerate(sums, 1):
                cell = PlainLabel(ui, "head", name=f"{name}.sum.{columns[place]}")
                cell.show_text(text)
                grid.addWidget(cell, len(rows) + 1, place, alignment=_side(place))


class Tiles(QWidget):
    """Large figures side by side, each with its word of `day.column`."""

    def __init__(self, ui: Ui, name: str, figures: Sequence[tuple[str, int]]) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for code, count in figures:
            card = QFrame()
            card.setProperty("look", "card")
            number = PlainLabel(ui, "title", name=f"{name}.{code}")
            number.show_text(f"{count:,}")
            word = PlainLabel(ui, "secondary")
            word.say(f"day.column.{code}")
            column = QVBoxLayout(card)
            column.setContentsMargins(16, 8, 16, 10)
            column.setSpacing(2)
            column.addWidget(number)
            column.addWidget(word)
            row.addWidget(card, 1)


def _side(place: int) -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignLeft if place == 0 else Qt.AlignmentFlag.AlignRight
