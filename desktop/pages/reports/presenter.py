"""The page of reports without widgets."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.files.progress import Progress
from core.reports.day import day_begins
from core.reports.records import RangeReport
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.reports.ports import ReportFiles, WorkDesk
from desktop.texts import Phrase

if TYPE_CHECKING:
    from core.files.records import Exported

#: days that are asked for by one key; `range` is what the two fields say
PERIODS = ("today", "yesterday", "week", "month", "range")
_LENGTHS = {"today": 1, "yesterday": 1, "week": 7, "month": 30}


@dataclass(frozen=True, slots=True)
class ReportScreen:
    """What the page shows.

    Attributes:
        period: one of `PERIODS`.
        first, last: its days in China, both included.
        report: of these days; None while they are read.
        is_busy: days are read or written.
        is_writing: a table is written; nothing else is begun meanwhile.
    """

    first: date
    last: date
    period: str = "today"
    report: RangeReport | None = None
    is_busy: bool = False
    is_writing: bool = False


class ReportsPresenter(ScreenPresenter[ReportScreen]):
    """Reads in the lane of files: a year takes seconds, and nothing else waits for it."""

    def __init__(
        self, work: WorkDesk, files: ReportFiles | None, tasks: Tasks, tell: Tell, now: Callable[[], datetime]
    ) -> None:
        """`files` None: nothing can be written here."""
        self._now = now
        today = day_begins(now()).date()
        super().__init__(ReportScreen(today, today), tell)
        self._work = work
        self._files = files
        self._tasks = tasks
        self.progress = Progress()

    @property
    def can_export(self) -> bool:
        """Whether tables can be written at all."""
        return self._files is not None

    def look(self) -> None:
        """Read the days again."""
        screen = self._screen
        if screen.is_writing:
            return
        if screen.period in _LENGTHS:
            first, last = self._days(screen.period)
            self._show(first=first, last=last)
        first, last = self._screen.first, self._screen.last
        progress = self._begin()
        self._submit(lambda: self._work.work(first, last, progress), self._on_report)

    def choose(self, period: str) -> None:
        """Show these days."""
        if self._screen.is_writing:
            return
        self._show(period=period, report=None)
        self.look()

    def choose_days(self, first: date, last: date) -> None:
        """Show the days between two; the wrong way round they are turned."""
        if self._screen.is_writing:
            return
        self._show(period="range", first=min(first, last), last=max(first, last), report=None)
        # Days that were turned may be those of before: the page's fields still stand the wrong way round.
        self.on_screen()
        self.look()

    def export(self, path: Path) -> None:
        """Write what is shown into a table."""
        files, screen = self._files, self._screen
        if files is None or screen.is_busy:
            return
        progress = self._begin()
        self._show(is_writing=True)

        def written(done: "Exported") -> None:
            self._show(is_busy=False, is_writing=False)
            self._tell("good", Phrase("files.written", {"name": Path(done.path).name, "n": done.rows}), None)

        self._submit(lambda: files.export_report(path, screen.first, screen.last, progress), written)

    def cancel(self) -> bool:
        """Stop what is read or written; whether anything was."""
        if not self._screen.is_busy:
            return False
        self.progress.cancel()
        return True

    def _days(self, period: str) -> tuple[date, date]:
        today = day_begins(self._now()).date()
        if period == "yesterday":
            today -= timedelta(days=1)
        return today - timedelta(days=_LENGTHS[period] - 1), today

    def _begin(self) -> Progress:
        self.progress.cancel()
        self.progress = Progress()
        self._show(is_busy=True)
        return self.progress

    def _submit(self, work: Callable[[], Any], on_result: Callable[[Any], None]) -> None:
        # One key for all: whoever asks for other days does not wait for those of before.
        self._tasks.submit(work, on_result, self._on_error, owner=self, key="report", lane=Lane.FILES)

    def _on_report(self, report: RangeReport) -> None:
        self._show(report=report, is_busy=False)

    def _on_error(self, error: Exception) -> None:
        self._show(is_busy=False, is_writing=False)
        if getattr(error, "code", "") == "report.cancelled":
            self._tell("notice", Phrase("error.report.cancelled"), None)
        else:
            self._fail(error)
