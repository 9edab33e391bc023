"""Reading the journal: the tail that tells what other desks did, and the time line of one subject."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from core.db.models import Journal

#: how many ids a reader looks back; a transaction would have to stay open while this many rows are written by others
OVERLAP = 500
_PAGE = 2000

_COLUMNS = (
    Journal.id,
    Journal.at,
    Journal.operator,
    Journal.desk,
    Journal.action,
    Journal.subject,
    Journal.subject_id,
    Journal.facts,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One journal row."""

    id: int
    at: datetime
    operator: str
    desk: str
    action: str
    subject: str
    subject_id: int
    facts: Mapping[str, Any]


def newest_id(connection: Connection) -> int:
    """The largest journal id there is, 0 in an empty journal."""
    return int(connection.execute(select(func.coalesce(func.max(Journal.id), 0))).scalar_one())


def tail(connection: Connection, after_id: int, overlap: int = OVERLAP) -> Sequence[Entry]:
    """Up to 2,000 entries behind `after_id - overlap`, oldest first.

    On PostgreSQL ids are drawn before the commit, so a smaller one may appear after a larger one; that is what the
    overlap is for. `JournalTail` drops what was seen before.
    """
    query = select(*_COLUMNS).where(Journal.id > after_id - overlap).order_by(Journal.id).limit(_PAGE + overlap)
    return [Entry(*row) for row in connection.execute(query)]


def timeline(connection: Connection, subjects: Sequence[str], subject_id: int, limit: int = 500) -> Sequence[Entry]:
    """The newest `limit` entries of one id under these subjects, oldest first."""
    query = (
        select(*_COLUMNS)
        .where(Journal.subject.in_(subjects), Journal.subject_id == subject_id)
        .order_by(Journal.id.desc())
        .limit(limit)
    )
    return [Entry(*row) for row in connection.execute(query)][::-1]


class JournalTail:
    """Follows the journal and gives every entry exactly once, also those that committed out of order.

    Not for several threads at once: each follower has its own.
    """

    def __init__(self, after_id: int, overlap: int = OVERLAP) -> None:
        self._after_id = after_id
        self._overlap = overlap
        self._seen: OrderedDict[int, None] = OrderedDict()

    @classmethod
    def from_now(cls, connection: Connection, overlap: int = OVERLAP) -> "JournalTail":
        """Follow from the newest entry on."""
        follower = cls(newest_id(connection), overlap)
        follower.new_entries(connection)
        return follower

    def new_entries(self, connection: Connection) -> Sequence[Entry]:
        """What has come since the last call, oldest first; at most 2,000 at a time."""
        found = tail(connection, self._after_id, self._overlap)
        fresh = [entry for entry in found if entry.id not in self._seen]
        self._seen.update((entry.id, None) for entry in fresh)
        self._after_id = max([self._after_id, *(entry.id for entry in fresh)])
        for known in [known for known in self._seen if known <= self._after_id - self._overlap]:
            del self._seen[known]
        return fresh
