"""How the pulls of a shop went, what its calls were, and whether its orders here are those of its platform."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from core.access.gate import confirm, needs
from core.access.rights import Right
from core.channels.by_hand import UNCALLED
from core.db.unit_of_work import Store, UnitOfWork
from core.desk.writing_out import write_out
from core.runtime.errors import Refused
from core.runtime.http_trace import TracedCall
from core.sync import reconciliations
from core.sync.history import RoundRow, rounds
from core.sync.reconciliations import ReportLine, ReportRow
from core.sync.reconciling import DAYS
from core.sync.shops import shop_of
from core.sync.traces import support_text

if TYPE_CHECKING:
    from core.channels.registry import ChannelRegistry
    from core.files.writing import Sheet
    from core.sync.reconciling import Progress, Reconciler
    from core.sync.traces import Traces


@dataclass(frozen=True, slots=True)
class Report:
    """A report with what it found."""

    row: ReportRow
    lines: Sequence[ReportLine]


@dataclass(frozen=True, slots=True)
class Reports:
    """A shop's reports, the newest first, and how far one is that runs or waits in this program."""

    rows: Sequence[ReportRow]
    progress: "Progress | None" = None


class ShopHistory:
    """Looking at it. Nothing here waits for the network; comparing is done behind the desk."""

    def __init__(
        self,
        store: Store,
        channels: "Callable[[], ChannelRegistry]",
        reconciler: "Reconciler",
        traces: "Traces",
        on_asked: Callable[[], None] = lambda: None,
    ) -> None:
        """Make the service.

        Args:
            store: the records.
            channels: the kinds of shops, for what their codes mean.
            reconciler: what compares a shop's orders with ours.
            traces: the last calls of each shop.
            on_asked: wakes the lane that compares.
        """
        self._store = store
        self._channels = channels
        self._reconciler = reconciler
        self._traces = traces
        self._on_asked = on_asked

    @needs(Right.SEE_ORDERS)
    def rounds(self, shop_id: int, before_id: int | None = None, limit: int = 50) -> Sequence[RoundRow]:
        """A shop's rounds of pulling, the newest first.

        Raises:
            NotFound: `shop.unknown`.
        """
        shop = self._store.read(lambda connection: shop_of(connection, shop_id))
        plugin = self._channels().get(shop.channel)
        found = self._store.read(lambda connection: rounds(connection, shop_id, before_id, limit))

        def topic(row: RoundRow) -> str:
            if row.trouble is None:
                return ""
            return ("" if plugin is None else plugin.meaning_of(row.trouble.code)) or row.trouble.topic

        return [replace(row, topic=topic(row)) for row in found]

    @needs(Right.SEE_ORDERS)
    def calls(self, shop_id: int) -> Sequence[TracedCall]:
        """The last calls that this program made to a shop, masked, the newest first."""
        return self._traces.calls(shop_id)

    @needs(Right.SEE_ORDERS)
    def support_text(self, shop_id: int) -> str:
        """The same as text for support; nothing personal and no secret stands in it."""
        return support_text(self._traces.calls(shop_id))

    @needs(Right.SEE_ORDERS)
    def reports(self, shop_id: int) -> Reports:
        """A shop's reports of comparing its orders with ours."""
        rows = self._store.read(lambda connection: reconciliations.reports(connection, shop_id))
        return Reports(rows, self._reconciler.progress(shop_id))

    @needs(Right.SEE_ORDERS)
    def report(self, report_id: int) -> Report:
        """One report.

        Raises:
            NotFound: `reconcile.unknown`.
        """
        return self._store.read(
            lambda connection: Report(
                reconciliations.report(connection, report_id), reconciliations.lines(connection, report_id)
            )
        )

    @needs(Right.SEE_ORDERS)
    def reconcile_now(self, shop_id: int, days: int) -> None:
        """Have a shop's orders of the last days compared behind the desk.

        Raises:
            NotFound: `shop.unknown`.
            Refused: `shop.not_asked`; `reconcile.days`, nobody offers so many; `reconcile.paused`, it is not pulled.
        """
        shop = self._store.read(lambda connection: shop_of(connection, shop_id))
        if shop.channel in UNCALLED:
            raise Refused("shop.not_asked", "nobody calls this shop; its orders come by hand or in files")
        if days not in DAYS:
            raise Refused("reconcile.days", f"orders of {days} days are not compared")
        if not self._reconciler.serves(shop_id):
            raise Refused("reconcile.paused", "a shop that is not pulled is not compared")
        self._reconciler.ask(shop_id, days)
        self._on_asked()

    @needs(Right.SEE_ORDERS)
    def stop_reconciling(self, shop_id: int) -> None:
        """Stop the comparison that runs or waits; what it took in stays."""
        self._reconciler.cancel(shop_id)

    @needs(Right.SEE_ORDERS)
    def mark_seen(self, shop_id: int) -> int:
        """Somebody has seen which orders were missing: the alert ends. Gives how many reports that settles."""

        def put(uow: UnitOfWork) -> int:
            confirm(uow, Right.SEE_ORDERS)
            return reconciliations.mark_seen(uow, shop_id)

        return self._store.write(put)

    @needs(Right.SEE_ORDERS)
    @needs(Right.USE_FILES)
    def export_report(self, path: Path, report_id: int) -> int:
        """Write a report as a table, nothing personal in it; gives its rows.

        Raises:
            NotFound: `reconcile.unknown`.
            Refused: `files.name`.
            Unavailable: `files.cannot_write`.
        """
        from core.files.reconcile_sheet import reconcile_sheet

        def make(connection: Connection) -> "Sheet":
            row = reconciliations.report(connection, report_id)
            return reconcile_sheet(row, reconciliations.lines(connection, report_id))

        return write_out(self._store, path, "reconciliation", make)
