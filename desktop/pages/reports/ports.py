"""What the page of reports needs from core; core's services satisfy it by shape."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.reports.records import RangeReport

if TYPE_CHECKING:
    # Loaded when a table is first written, which a start never does.
    from core.files.progress import Progress
    from core.files.records import Exported


class WorkDesk(Protocol):
    """The work of several days."""

    def work(self, first: date, last: date, progress: "Progress | None" = None) -> RangeReport:
        """By day, shop and clerk; may take seconds."""
        ...


class ReportFiles(Protocol):
    """Reports into tables."""

    def export_report(self, path: Path, first: date, last: date, progress: "Progress | None" = None) -> "Exported":
        """Write it."""
        ...
