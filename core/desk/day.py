"""The day page's service."""

from collections.abc import Callable
from datetime import datetime

from core.access.gate import needs
from core.access.rights import Right
from core.db.unit_of_work import Store
from core.reports.day import day_report
from core.reports.preflight import preflight
from core.reports.records import Check, DayReport


class Day:
    """What is to be looked at in the morning, and where every order stands in the evening."""

    def __init__(self, store: Store, backup_at: Callable[[], datetime | None]) -> None:
        """`backup_at` says when the newest backup was made; it reads the disk and is called in no transaction."""
        self._store = store
        self._backup_at = backup_at

    @needs(Right.SEE_ORDERS)
    def checks(self) -> tuple[Check, ...]:
        """Everything looked at before work begins."""
        backup_at, now = self._backup_at(), self._store.clock.now()
        return self._store.read(lambda connection: preflight(connection, now, backup_at))

    @needs(Right.SEE_ORDERS)
    def report(self) -> DayReport:
        """The day so far: each order in one pile, the work by shop and clerk."""
        now = self._store.clock.now()
        return self._store.read(lambda connection: day_report(connection, now))
