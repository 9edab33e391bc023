"""What the log page needs from core; core's service satisfies it by shape."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from core.access.records import LogFilter, LogPage


class AuditDesk(Protocol):
    """Reading the log."""

    def page(self, wanted: LogFilter, after: tuple[datetime, int] | None, limit: int) -> LogPage:
        """One page, newest first."""
        ...

    def looks(self, since: datetime, until: datetime) -> Mapping[str, int]:
        """How often each person looked at a receiver in clear between two times."""
        ...
