"""The day page's service."""

from collections.abc import Callable, Sequence
from datetime import date

from core.access.gate import needs
from core.access.rights import Right
from core.db.backup import Newest
from core.db.unit_of_work import Store
from core.reports.day import day_report
from core.reports.preflight import balance_checks, preflight
from core.reports.range import Watched, range_report
from core.reports.records import Check, DayReport, RangeReport
from core.waybills.balances import Balance


class Day:
    """What is to be looked at in the morning, and where every order stands in the evening."""

    def __init__(
        self,
        store: Store,
        newest_backup: Callable[[], Newest | None],
        balances: Callable[[], Sequence[Balance]] = tuple,
    ) -> None:
        """Neither is called in a transaction.

        Args:
            store: the database.
            newest_backup: says when the newest backup was made; reads the disk, or a server.
            balances: asks carriers how many numbers are left; waits for the network.
        """
        self._store = store
        self._newest_backup = newest_backup
        self._balances = balances

    @needs(Right.SEE_ORDERS)
    def checks(self) -> tuple[Check, ...]:
        """Everything looked at before work begins."""
        newest, now = self._newest_backup(), self._store.clock.now()
        return self._store.read(lambda connection: preflight(connection, now, newest))

    @needs(Right.SEE_ORDERS)
    def carriers(self) -> tuple[Check, ...]:
        """How many numbers are left, by carrier, where the carrier says; waits for its answer."""
        return balance_checks(self._balances())

    @needs(Right.SEE_ORDERS)
    def report(self) -> DayReport:
        """The day so far: each order in one pile, the work by shop and clerk."""
        now = self._store.clock.now()
        return self._store.read(lambda connection: day_report(connection, now))

    @needs(Right.SEE_ORDERS)
    def work(self, first: date, last: date, progress: Watched | None = None) -> RangeReport:
        """The work of several days by day, shop and clerk. Takes seconds over many days: it can be stopped.

        Raises:
            Refused: as `core.reports.range.range_report`.
        """
        return range_report(self._store, first, last, progress)
