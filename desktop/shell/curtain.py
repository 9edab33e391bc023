"""What the window shows for the moment before its frame is built: its own ground, and where the rail will be.

It stands for the 0.1 seconds in which styles, words and typefaces are loaded. Nothing is imported for it that a bare
window does not have: above all not the enumerations of `Qt`, which cost as much as a fifth of a start.
"""

from typing import Final

from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop.settings import DeskSettings
from desktop.tokens import DARK, LIGHT

#: width of the rail at 100 % text size
RAIL_PX: Final = 84


class Curtain(QWidget):
    """Paints two plain grounds in the colours of the chosen appearance."""

    def __init__(self, settings: DeskSettings) -> None:
        super().__init__()
        theme = settings.text("theme")
        # Before Qt's style hints are loaded the system's palette says what it wants.
        is_dark = theme == "dark" or (theme == "system" and self.palette().window().color().lightness() < 128)
        self._tokens = DARK if is_dark else LIGHT
        self._rail = round(RAIL_PX * settings.number("text_size") / 100)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Fill both."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(self._tokens.background))
        painter.fillRect(0, 0, self._rail, self.height(), QColor(self._tokens.surface))
        painter.end()
