"""Days, typed: one that always stands there, and one that may be unknown."""

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import QDateEdit

from desktop.formats import typed_day
from desktop.ui import Ui
from desktop.widgets.fields import Field


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


class DayEntry(Field):
    """A day that may be unknown, typed as people type days; what cannot be read is no unknown day, and is told."""

    def __init__(
        self, ui: Ui, code: str, name: str, on_day: Callable[[date | None], object], on_bad: Callable[[], object]
    ) -> None:
        super().__init__(ui, code, name, is_latin=True, limit=10)
        self._on_day = on_day
        self._on_bad = on_bad
        self.editingFinished.connect(self._on_finished)

    @property
    def is_bad(self) -> bool:
        """Whether what stands here is no day."""
        try:
            typed_day(self.text())
        except ValueError:
            return True
        return False

    def refuse(self) -> None:
        """Say that this is no day, and leave it to the hand that wrote it."""
        self.setModified(True)
        self._on_bad()

    def _on_finished(self) -> None:
        if self.is_bad:
            self.refuse()
        else:
            self._on_day(typed_day(self.text()))
