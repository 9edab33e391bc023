"""What the stocktake page needs from core; core's services satisfy it by shape."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.counting.queries import LineCursor
from core.counting.records import (
    CountView,
    Decision,
    FindRow,
    LineRow,
    LineStory,
    Scanned,
    Scope,
    Settled,
    SheetRow,
    ShortRow,
)
from core.counting.reports import DifferenceRow, ReportRow
from core.counting.suggesting import Suggestion
from core.inventory.stock_list import WarehouseRow
from core.runtime.first_of import FirstOf

if TYPE_CHECKING:
    from core.files.counting import CountedTable
    from core.files.progress import Progress
    from core.files.records import Counts, Rejected


class SheetDesk(Protocol):
    """Sheets: listed, made, begun."""

    def sheets(self, pile: str) -> tuple[SheetRow, ...]:
        """The sheets of a pile."""
        ...

    def sheet_counts(self) -> tuple[tuple[str, int], ...]:
        """How many sheets each pile holds."""
        ...

    def sheet(self, sheet_id: int) -> SheetRow:
        """One sheet."""
        ...

    def warehouses(self) -> tuple[WarehouseRow, ...]:
        """Where goods may be counted."""
        ...

    def suggestions(self, warehouse_id: int, how_many: int) -> tuple[Suggestion, ...]:
        """What to count today."""
        ...

    def make(self, warehouse_id: int, scope: Scope, key: str, note: str, *, is_blind: bool) -> SheetRow:
        """A new sheet without lines."""
        ...

    def fill(self, sheet_id: int) -> int | None:
        """Make the next lines; None when there are no more."""
        ...

    def begin(self, sheet_id: int) -> None:
        """Begin, or go on."""
        ...

    def pause(self, sheet_id: int) -> None:
        """Stop for now."""
        ...

    def throw_away(self, sheet_id: int) -> None:
        """End without booking."""
        ...


class ScanDesk(Protocol):
    """Counting with the scanner."""

    def count_view(self, sheet_id: int, pass_id: int = 0, seen: CountView | None = None) -> CountView:
        """The sheet as whoever is here counts on it; after `seen` only their own place is read anew."""
        ...

    def begin(self, sheet_id: int) -> None:
        """Begin, or go on."""
        ...

    def pause(self, sheet_id: int) -> None:
        """Stop for now."""
        ...

    def scan(self, pass_id: int, raw: str, key: str, qty: int = 1, batch: str | None = None) -> Scanned:
        """Goods or a bin were scanned."""
        ...

    def first_scan(self, sheet_id: int, raw: str, key: str, qty: int = 1, batch: str | None = None) -> Scanned:
        """The first scan of somebody who has no place yet."""
        ...

    def undo_last(self, pass_id: int, key: str) -> Scanned:
        """Take back the last scan."""
        ...

    def finish_place(self, pass_id: int, key: str, missing: str) -> int:
        """Everything here is counted."""
        ...

    def drop_place(self, pass_id: int) -> None:
        """What was counted here just now was a mistake."""
        ...

    def add_goods(self, sheet_id: int, sku_id: int, batch: str = "") -> int:
        """Put found goods onto the sheet."""
        ...

    def submit(self, sheet_id: int, *, leave_open: bool = False, end_places: bool = False) -> SheetRow:
        """Hand the sheet in."""
        ...


class DecisionDesk(Protocol):
    """Differences and what becomes of them."""

    def sheet(self, sheet_id: int) -> SheetRow:
        """One sheet."""
        ...

    def lines(
        self, sheet_id: int, pile: str = "all", after: LineCursor | None = None, limit: int = 100
    ) -> tuple[tuple[LineRow, ...], LineCursor | None]:
        """A page of lines."""
        ...

    def line_counts(self, sheet_id: int) -> tuple[tuple[str, int], ...]:
        """How many lines each pile holds."""
        ...

    def story(self, line_id: int) -> LineStory:
        """What explains a difference."""
        ...

    def shortage(self, sheet_id: int) -> tuple[ShortRow, ...]:
        """Orders that lack goods because of the sheet."""
        ...

    def finds(self, sheet_id: int) -> FirstOf[FindRow]:
        """What is not on the sheet."""
        ...

    def settle(self, sheet_id: int, decisions: Sequence[Decision]) -> Settled:
        """Decide about lines."""
        ...


class CountingDesk(SheetDesk, ScanDesk, DecisionDesk, Protocol):
    """All of it."""


class ReportDesk(Protocol):
    """The nightly comparison, and tables."""

    def reports(self) -> tuple[ReportRow, ...]:
        """The reports, the newest first."""
        ...

    def differences(
        self, report_id: int, after: int = 0, limit: int = 200, *, only_open: bool = False
    ) -> tuple[DifferenceRow, ...]:
        """A page of a report's rows."""
        ...

    def compare_now(self, key: str, progress: Callable[[int], bool]) -> int | None:
        """Make a report now."""
        ...

    def confirm(self, report_id: int, line_ids: Sequence[int] | None, note: str = "") -> int:
        """Rows were looked into."""
        ...

    def save_report(self, report_id: int, path: Path) -> int:
        """Write a report as a table."""
        ...

    def save_paper(self, sheet_id: int, path: Path) -> int:
        """Write a sheet to count on paper."""
        ...

    def save_differences(self, sheet_id: int, path: Path) -> int:
        """Write what a sheet found."""
        ...

    def save_shortage(self, sheet_id: int, path: Path) -> int:
        """Write which orders lack goods because of a sheet."""
        ...

    def read_counted(
        self, sheet_id: int, path: Path, progress: "Progress | None" = None
    ) -> "tuple[CountedTable, Counts]":
        """What a table of counted numbers would do."""
        ...

    def take_counted(
        self, sheet_id: int, table: "CountedTable", progress: "Progress"
    ) -> "tuple[Counts, Sequence[Rejected]]":
        """Take a table's numbers in."""
        ...
