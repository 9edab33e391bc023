"""A day, typed."""

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import QDateEdit


class DayField(QDateEdit):
    """A day, typed; the wheel does nothing without focus."""

    def __init__(self, name: str, on_day: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setDisplayFormat("yyyy-MM-dd")
        self.setButtonSymbols(QDateEdit.ButtonSymbols.NoButtons)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.editingFinished.connect(on_day)

    def day(self) -> date:
        """The day that stands here."""
        shown = self.date()
        return date(shown.year(), shown.month(), shown.day())

    def show_day(self, day: date) -> None:
        """Show a day without telling anybody."""
        self.setDate(QDate(day.year, day.month, day.day))
