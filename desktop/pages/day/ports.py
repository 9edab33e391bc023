"""What the day page needs from core; core's service satisfies it by shape."""

from datetime import date
from typing import Protocol

from core.files.progress import Progress
from core.reports.records import Check, DayReport, RangeReport


class DayDesk(Protocol):
    """What is to be looked at in the morning, and where every order stands in the evening."""

    def checks(self) -> tuple[Check, ...]:
        """Everything looked at before work begins."""
        ...

    def carriers(self) -> tuple[Check, ...]:
        """How many numbers are left; waits for the carriers' answers."""
        ...

    def work(self, first: date, last: date, progress: Progress | None = None) -> RangeReport:
        """The work of several days; may take seconds."""
        ...

    def report(self) -> DayReport:
        """The day so far."""
        ...
