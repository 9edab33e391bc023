"""The records of one shop without widgets: its rounds of pulling, its comparisons, its last calls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from core.desk.shop_history import Report, Reports
from core.runtime.http_trace import TracedCall
from core.sync.history import RoundRow
from core.sync.shop_views import ShopView
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.shops.ports import HistoryDesk
from desktop.pages.shops.records_words import is_comparing
from desktop.texts import Phrase

R = TypeVar("R")

TABS: Final = ("rounds", "reports", "calls")
#: rounds that are read at once
_ROUNDS: Final = 100


@dataclass(frozen=True, slots=True)
class RecordsScreen:
    """What the records show.

    Attributes:
        shop: whose; None while they are closed.
        tab: one of `TABS`.
        rounds, reports, calls: what is listed; None until it is known.
        report: the opened report with its lines.
        call: the call whose shape is shown.
    """

    shop: ShopView | None = None
    tab: str = "rounds"
    rounds: Sequence[RoundRow] | None = None
    has_more: bool = False
    reports: Reports | None = None
    report: Report | None = None
    calls: Sequence[TracedCall] | None = None
    call: TracedCall | None = None

    @property
    def is_comparing(self) -> bool:
        """Whether a comparison runs or waits."""
        return is_comparing(self.reports)


class RecordsPresenter(ScreenPresenter[RecordsScreen]):
    """Reads in the lane of reads; what a newer look wishes makes an older answer worthless."""

    def __init__(self, history: HistoryDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(RecordsScreen(), tell)
        self._history = history
        self._tasks = tasks

    def open(self, shop: ShopView, tab: str = "rounds") -> None:
        """Show the records of a shop."""
        self._show_whole(RecordsScreen(shop, tab))
        self.look()

    def close(self) -> None:
        """Show the shops again."""
        self._show_whole(RecordsScreen())

    def put_away(self) -> bool:
        """Close the innermost of what stands open; whether there was something."""
        if self._screen.report is not None:
            self._show(report=None)
        elif self._screen.shop is not None:
            self.close()
        else:
            return False
        return True

    def choose(self, tab: str) -> None:
        """Show another kind of record."""
        self._show(tab=tab, report=None)
        self.look()

    def look(self) -> None:
        """Read again what is shown."""
        shop = self._screen.shop
        if shop is None:
            return
        history, shop_id, count = self._history, shop.id, _ROUNDS + 1
        if self._screen.tab == "rounds":
            self._read(lambda: history.rounds(shop_id, None, count), self._on_rounds)
        elif self._screen.tab == "reports":
            self._read(lambda: history.reports(shop_id), self._on_reports)
        else:
            self._read(lambda: history.calls(shop_id), self._on_calls)

    def _read(self, work: Callable[[], R], on_result: Callable[[R], None]) -> None:
        asked = (self._screen.shop, self._screen.tab)

        def known(found: R) -> None:
            if asked == (self._screen.shop, self._screen.tab):
                on_result(found)

        self._tasks.submit(work, known, self._fail, owner=self, key="look")

    def _on_rounds(self, rows: Sequence[RoundRow]) -> None:
        self._show(rounds=tuple(rows[:_ROUNDS]), has_more=len(rows) > _ROUNDS)

    def _on_reports(self, found: Reports) -> None:
        self._show(reports=replace(found, rows=tuple(found.rows)))

    def _on_calls(self, found: Sequence[TracedCall]) -> None:
        self._show(calls=tuple(found), call=self._screen.call if self._screen.call in found else None)

    # --- comparing ----------------------------------------------------------------------------------------------

    def compare(self, days: str) -> None:
        """Have the orders of the last days compared, or stop that."""
        shop = self._screen.shop
        if shop is None:
            return
        if self._screen.is_comparing:
            self._act(lambda: self._history.stop_reconciling(shop.id), "shops.comparing_stopped", shop)
        else:
            self._act(lambda: self._history.reconcile_now(shop.id, int(days)), "shops.comparing_asked", shop)

    def open_report(self, report_id: int) -> None:
        """Show what a report found."""
        is_wanted = self._wish("report")

        def known(found: Report) -> None:
            if is_wanted() and self._screen.shop is not None and self._screen.tab == "reports":
                self._show(report=replace(found, lines=tuple(found.lines)))

        self._tasks.submit(lambda: self._history.report(report_id), known, self._fail, owner=self)

    def close_report(self) -> None:
        """Show the list of reports again."""
        self._unwish("report")
        self._show(report=None)

    def mark_seen(self) -> None:
        """Somebody has seen which orders were missing."""
        shop = self._screen.shop
        if shop is not None:
            self._act(lambda: self._history.mark_seen(shop.id), "shops.report_seen", shop)

    def export(self, path: Path) -> None:
        """Write the opened report as a table."""
        report = self._screen.report
        if report is None:
            return

        def written(rows: int) -> None:
            self._tell("good", Phrase("shops.report_written", {"n": rows, "file": path.name}), None)

        self._tasks.submit(
            lambda: self._history.export_report(path, report.row.id),
            written,
            self._fail,
            owner=self,
            lane=Lane.FILES,
        )

    def _act(self, work: Callable[[], object], code: str, shop: ShopView) -> None:
        def finished(_result: object) -> None:
            self._tell("good", Phrase(code, {"name": shop.name}), None)
            self.look()

        self._tasks.submit(work, finished, self._fail, owner=self, lane=Lane.ACTS)

    # --- calls --------------------------------------------------------------------------------------------------

    def show_call(self, call: TracedCall | None) -> None:
        """Show the shape of a call and of its answer."""
        self._show(call=call)

    def with_support_text(self, put: Callable[[str], object]) -> None:
        """Give the calls as text to `put`, for whoever helps."""
        shop = self._screen.shop
        if shop is None:
            return

        def known(text: str) -> None:
            put(text)
            self._tell("good", Phrase("shops.calls_copied", {"name": shop.name}), None)

        self._tasks.submit(lambda: self._history.support_text(shop.id), known, self._fail, owner=self)
