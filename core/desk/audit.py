"""The auditor's page: who looked at, exported, erased what; who came and went; who changed people."""

from collections.abc import Mapping
from datetime import datetime

from core.access.gate import needs
from core.access.log import log_page
from core.access.records import LogFilter, LogPage
from core.access.rights import Right
from core.access.unmasking import looks
from core.db.unit_of_work import Store


class Audit:
    """Reading the log; nothing here changes anything."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @needs(Right.SEE_LOG)
    def page(self, wanted: LogFilter, after: tuple[datetime, int] | None, limit: int) -> LogPage:
        """One page, newest first."""
        return self._store.read(lambda connection: log_page(connection, wanted, after, limit))

    @needs(Right.SEE_LOG)
    def looks(self, since: datetime, until: datetime) -> Mapping[str, int]:
        """How often each person looked at a receiver in clear between two times."""
        return self._store.read(lambda connection: looks(connection, since, until))
