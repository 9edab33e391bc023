"""The nightly comparison as screens ask for it, and counting on paper: tables out and numbers in."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.access.gate import needs
from core.access.rights import Right
from core.counting import reports
from core.counting.comparing import ListedNumbers
from core.counting.reports import DifferenceRow, ReportRow
from core.db.unit_of_work import Store
from core.desk.writing_out import write_out

if TYPE_CHECKING:
    from core.files.counting import CountedTable
    from core.files.progress import Progress
    from core.files.records import Counts, Rejected


class CountReports:
    """Reports to be read and confirmed. Whatever handles files is loaded when it is first asked for."""

    def __init__(self, store: Store, listed: ListedNumbers) -> None:
        """`listed` says what platforms list of goods."""
        self._store = store
        self._listed = listed

    # --- the comparison -----------------------------------------------------------------------------------------

    @needs(Right.SEE_STOCK)
    def reports(self) -> tuple[ReportRow, ...]:
        """The reports of the comparison, the newest first."""
        return self._store.read(reports.reports)

    @needs(Right.SEE_STOCK)
    def differences(
        self, report_id: int, after: int = 0, limit: int = 200, *, only_open: bool = False
    ) -> tuple[DifferenceRow, ...]:
        """A page of a report's rows."""
        return self._store.read(
            lambda connection: reports.differences(connection, report_id, after, limit, only_open=only_open)
        )

    @needs(Right.ADJUST_STOCK)
    def compare_now(self, key: str, progress: Callable[[int], bool]) -> int | None:
        """Make a report now; None when `progress`, which is told how many SKUs are done, says no."""
        return reports.make_now(self._store, key, self._listed, progress)

    @needs(Right.ADJUST_STOCK)
    def confirm(self, report_id: int, line_ids: Sequence[int] | None, note: str = "") -> int:
        """Say that rows were looked into; None is all that are open.

        Raises:
            NotFound, Refused: as `core.counting.reports.confirm`.
        """
        return self._store.write(lambda uow: reports.confirm(uow, report_id, line_ids, note))

    # --- tables -------------------------------------------------------------------------------------------------

    @needs(Right.SEE_STOCK)
    @needs(Right.USE_FILES)
    def save_report(self, report_id: int, path: Path) -> int:
        """Write a report as a table; gives its rows.

        Raises:
            Refused: `files.name`.
            Unavailable: `files.cannot_write`.
        """
        from core.files.counting import comparison_sheet

        return write_out(self._store, path, "comparison", lambda connection: comparison_sheet(connection, report_id))

    @needs(Right.COUNT_STOCK)
    def save_paper(self, sheet_id: int, path: Path) -> int:
        """Write a sheet as a table to count on paper.

        Raises:
            Refused, Unavailable: as `save_report`.
        """
        from core.files.counting import paper_sheet

        return write_out(self._store, path, "count_paper", lambda connection: paper_sheet(connection, sheet_id))

    @needs(Right.SEE_STOCK)
    @needs(Right.USE_FILES)
    def save_differences(self, sheet_id: int, path: Path) -> int:
        """Write what a sheet found.

        Raises:
            Refused, Unavailable: as `save_report`.
        """
        from core.files.counting import differences_sheet

        return write_out(
            self._store, path, "count_differences", lambda connection: differences_sheet(connection, sheet_id)
        )

    @needs(Right.SEE_STOCK)
    @needs(Right.USE_FILES)
    def save_shortage(self, sheet_id: int, path: Path) -> int:
        """Write which orders lack goods because of a sheet.

        Raises:
            Refused, Unavailable: as `save_report`.
        """
        from core.files.counting import shortage_sheet

        return write_out(self._store, path, "count_shortage", lambda found: shortage_sheet(found, sheet_id))

    @needs(Right.COUNT_STOCK)
    def read_counted(
        self, sheet_id: int, path: Path, progress: "Progress | None" = None
    ) -> "tuple[CountedTable, Counts]":
        """What a table with counted numbers says about a sheet, and what taking it in would do.

        Raises:
            Refused, NotFound: as `core.files.reading.read_table` and `core.files.counting.counted_of`.
        """
        from core.files.counting import counted_of, preview_counted
        from core.files.reading import read_table

        now = self._store.clock.now()
        table = read_table(path, now, progress)
        counted = self._store.read(lambda connection: counted_of(connection, sheet_id, table, now))
        return counted, preview_counted(self._store, counted)

    @needs(Right.COUNT_STOCK)
    def take_counted(
        self, sheet_id: int, table: "CountedTable", progress: "Progress"
    ) -> "tuple[Counts, Sequence[Rejected]]":
        """Take the numbers of a table in; also gives the rows that were refused."""
        from core.files.counting import import_counted

        return import_counted(self._store, sheet_id, table, progress)
