"""The top strip: is all well outside, and what waits."""

from core.access.gate import OPEN, declares
from core.db.plain import ask_connection
from core.db.unit_of_work import Store
from core.desk import first_page
from core.sync.records import StatusView


class Status:
    """Lights and counts for the strip."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @declares(OPEN)
    def status(self) -> StatusView:
        """All of it, in one snapshot."""
        now = self._store.clock.now()
        return self._store.read(lambda connection: first_page.status(ask_connection(connection), now))
