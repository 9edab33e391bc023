"""What grows old while nobody does anything: ages and minutes left are said again from time to time."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

#: ages are read in minutes and in tens of seconds
TICK_MS: Final = 10_000


def while_shown(widget: QWidget, act: Callable[[], object], every_ms: int = TICK_MS) -> None:
    """Do it every so often while the widget is seen, as long as it lives."""
    timer = QTimer(widget)
    timer.setInterval(every_ms)
    timer.timeout.connect(lambda: act() if widget.isVisible() else None)
    timer.start()
