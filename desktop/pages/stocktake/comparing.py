"""The nightly comparison without widgets: reports, their rows, and the word of whoever looked into them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.counting.reports import DifferenceRow, ReportRow
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.stocktake.ports import ReportDesk
from desktop.texts import Phrase

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class CompareScreen:
    """What is shown of the reports.

    Attributes:
        report_id: the chosen report, 0 for none.
        done: SKUs compared so far by the report that is being made, None where none is.
    """

    reports: tuple[ReportRow, ...] = ()
    report_id: int = 0
    rows: tuple[DifferenceRow, ...] = ()
    is_known: bool = False
    done: int | None = None

    @property
    def report(self) -> ReportRow | None:
        """The chosen report."""
        return next((one for one in self.reports if one.id == self.report_id), None)


class ComparePresenter(ScreenPresenter[CompareScreen]):
    """A report is made in the lane of files: 100,000 SKUs take seconds."""

    def __init__(self, desk: ReportDesk, tasks: Tasks, tell: Tell, nonce: Callable[[], str]) -> None:
        super().__init__(CompareScreen(), tell)
        self._desk = desk
        self._tasks = tasks
        self._nonce = nonce
        self._is_given_up = False
        #: told by the lane; the page's timer shows it
        self.compared = 0

    def look(self) -> None:
        """Read the reports, and the rows of the chosen one (the newest at first)."""
        wanted = self._screen.report_id

        def read() -> tuple[tuple[ReportRow, ...], int, tuple[DifferenceRow, ...]]:
            reports = self._desk.reports()
            chosen = wanted if any(one.id == wanted for one in reports) else (reports[0].id if reports else 0)
            return reports, chosen, self._desk.differences(chosen, 0, _PAGE) if chosen else ()

        def show(found: tuple[tuple[ReportRow, ...], int, tuple[DifferenceRow, ...]]) -> None:
            reports, chosen, rows = found
            self._show(reports=reports, report_id=chosen, rows=rows, is_known=True)

        self._tasks.submit(read, show, self._fail, owner=self, key="reports")

    def choose(self, report_id: int) -> None:
        """Show another report."""
        if report_id != self._screen.report_id:
            self._show(report_id=report_id, rows=())
            self.look()

    def compare(self) -> None:
        """Make a report now."""
        if self._screen.done is not None:
            return
        key = self._nonce()
        self._is_given_up = False
        self.compared = 0
        self._show(done=0)

        def progress(done: int) -> bool:
            self.compared = done
            return not self._is_given_up

        def made(report_id: int | None) -> None:
            self._show(done=None)
            if report_id is None:
                self._tell("notice", Phrase("count.compare.stopped"), None)
            else:
                self._show(report_id=report_id)
            self.look()

        self._tasks.submit(
            lambda: self._desk.compare_now(key, progress), made, self._on_error, owner=self, lane=Lane.FILES
        )

    def cancel(self) -> bool:
        """Stop the report that is being made; whether one was."""
        self._is_given_up = True
        return self._screen.done is not None

    def confirm(self, row: DifferenceRow | None, note: str) -> None:
        """One row (None: all of the report) was looked into."""
        report_id = self._screen.report_id
        if not report_id:
            return
        ids = None if row is None else [row.id]

        def done(count: int) -> None:
            self._tell("good", Phrase("count.compare.confirmed", {"n": count}), None)
            self.look()

        self._tasks.submit(
            lambda: self._desk.confirm(report_id, ids, note), done, self._on_error, owner=self, lane=Lane.ACTS
        )

    def save(self, path: Path) -> None:
        """Write the report as a table."""
        report_id = self._screen.report_id
        if not report_id:
            return

        def written(rows: int) -> None:
            self._tell("good", Phrase("files.written", {"name": path.name, "n": rows}), None)

        self._tasks.submit(
            lambda: self._desk.save_report(report_id, path), written, self._fail, owner=self, lane=Lane.FILES
        )

    def _on_error(self, error: Exception) -> None:
        self._show(done=None)
        self._fail(error)
