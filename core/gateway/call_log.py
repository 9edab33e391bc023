"""What the last calls were answered: kept for the owner's screen and for the watches, written in batches."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from core.channels.models import Shop
from core.db.unit_of_work import UnitOfWork
from core.gateway.models import DoorCall

#: calls of a mall that were answered alike and are written one by one between two writes; more are counted
_EACH: Final = 20


@dataclass(frozen=True, slots=True)
class CallView:
    """One call as a screen shows it, or `calls` that were answered alike: `at` is the last, `took_ms` the most."""

    at: datetime
    shop_name: str
    operation: str
    status: int
    code: str
    took_ms: int
    calls: int = 1


@dataclass(frozen=True, slots=True)
class CallCounts:
    """How the calls of the last hour were answered; `codes` are the refusals, the most frequent first."""

    calls: int
    refused: int
    codes: tuple[tuple[str, int], ...]


class CallLog:
    """Calls on their way into the table; safe for threads.

    Of strangers each kind of answer is one row, however often they call: nobody fills the file from outside.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: defaultdict[tuple[int | None, str, int, str], list[dict[str, Any]]] = defaultdict(list)

    def note(self, at: datetime, shop_id: int | None, operation: str, status: int, code: str, took_ms: int) -> None:
        """Remember a call."""
        with self._lock:
            alike = self._waiting[shop_id, operation, status, code]
            if len(alike) < (1 if shop_id is None else _EACH):
                row = {"at": at, "shop_id": shop_id, "operation": operation, "status": status, "code": code}
                alike.append(row | {"took_ms": took_ms, "calls": 1})
            else:
                last = alike[-1]
                last |= {"at": at, "took_ms": max(last["took_ms"], took_ms), "calls": last["calls"] + 1}

    def take(self) -> list[dict[str, Any]]:
        """Everything that waits, in the order of time, no longer waiting."""
        with self._lock:
            rows = [row for alike in self._waiting.values() for row in alike]
            self._waiting.clear()
        return sorted(rows, key=itemgetter("at"))


def write_calls(uow: UnitOfWork, rows: Sequence[dict[str, Any]]) -> None:
    """Write calls that waited."""
    uow.insert_many(DoorCall, rows)


def last_calls(connection: Connection, limit: int = 100) -> tuple[CallView, ...]:
    """The newest calls."""
    columns = (DoorCall.at, func.coalesce(Shop.name, ""), DoorCall.operation, DoorCall.status, DoorCall.code)
    query = select(*columns, DoorCall.took_ms, DoorCall.calls).outerjoin(Shop, Shop.id == DoorCall.shop_id)
    return tuple(CallView(*row) for row in connection.execute(query.order_by(DoorCall.id.desc()).limit(limit)))


def counts(connection: Connection, at: datetime) -> CallCounts:
    """How the last hour went."""
    query = (
        select(DoorCall.code, func.sum(DoorCall.calls))
        .where(DoorCall.at > at - timedelta(hours=1))
        .group_by(DoorCall.code)
    )
    found: dict[str, int] = {row[0]: int(row[1]) for row in connection.execute(query)}
    refused = {code: number for code, number in found.items() if code}
    ordered = sorted(refused.items(), key=lambda pair: (-pair[1], pair[0]))
    return CallCounts(sum(found.values()), sum(refused.values()), tuple(ordered))
