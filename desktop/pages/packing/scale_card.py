"""What the scale shows, large enough for two steps away, and what keeps it from being a weight."""

from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout

from desktop.scale.state import PASSING, WELL, Condition, ScaleState
from desktop.ui import Ui
from desktop.widgets.controls import StatePill
from desktop.widgets.labels import PlainLabel


class ScaleCard(QFrame):
    """Hidden on a desk without a scale."""

    def __init__(self, ui: Ui, name: str = "packing.scale") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("look", "card")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._figure = PlainLabel(ui, "figure", name=f"{name}.figure")
        self._state = StatePill(ui, name=f"{name}.state")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 10)
        column.setSpacing(4)
        column.addWidget(self._figure)
        column.addWidget(self._state)
        self.hide()

    def show_scale(self, state: ScaleState) -> None:
        """Show the reading, or what is wrong."""
        self.setVisible(state.condition is not Condition.OFF)
        is_weight = state.condition in WELL and state.condition is not Condition.OUT
        self._figure.show_text(f"{state.grams / 1000:.3f} kg" if is_weight else "— kg")
        self._state.show_state(scale_tone(state), f"state.scale.{scale_word(state)}")


def scale_word(state: ScaleState) -> str:
    """Its state as the last part of a code."""
    return "empty" if state.condition is Condition.STEADY and state.is_empty else str(state.condition)


def scale_tone(state: ScaleState) -> str:
    """How grave it is."""
    if state.condition is Condition.STEADY:
        return "good"
    return "busy" if state.condition in PASSING else "notice" if state.condition in WELL else "stop"
