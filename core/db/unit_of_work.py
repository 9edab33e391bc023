"""One operation, one short transaction; everything a write must leave behind goes through here."""

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from heapq import heappop, heappush
from typing import Any, TypeVar

from sqlalchemy import CursorResult, Executable, func, insert, literal_column, select
from sqlalchemy.engine import Connection, Result
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import Select

from core.db.base import Base
from core.db.engines import Engines, is_busy
from core.db.models import Journal, Outbox
from core.db.types import Instant
from core.runtime.clock import Clock, SystemClock
from core.runtime.errors import Unavailable

T = TypeVar("T")
Row = Mapping[str, Any]

#: how long one write may wait for its turn before the clerk is told
_PATIENCE_S = 15.0
_ATTEMPTS = 5


class Urgency(IntEnum):
    """Who goes first when several threads want to write: a scan never waits for an import."""

    SCAN = 0
    CLERK = 1
    LANE = 2
    BULK = 3


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, at which desk: written into every journal row."""

    operator: str
    desk: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What a committed write touched: table name -> ids. Screens decide by it what to refresh."""

    tables: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def touches(self, *names: str) -> bool:
        """Whether any of these tables was written."""
        return any(name in self.tables for name in names)


class UnitOfWork:
    """An open transaction. Operations take it first, never open their own, and may be run again from the start."""

    def __init__(self, connection: Connection, actor: Actor, clock: Clock) -> None:
        self.connection = connection
        self.actor = actor
        self._clock = clock
        self._now: datetime | None = None
        self._journal: list[dict[str, Any]] = []
        self._changed: dict[str, set[int]] = {}

    @property
    def is_sqlite(self) -> bool:
        """Whether the encrypted file is below; only dialect seams ask."""
        return self.connection.dialect.name == "sqlite"

    @property
    def now(self) -> datetime:
        """The time of this transaction: the server's on PostgreSQL, the injected clock's elsewhere.

        A desk's own clock may be wrong; expiry and leases must agree between desks.
        """
        if self._now is None:
            if self.is_sqlite or not isinstance(self._clock, SystemClock):
                self._now = self._clock.now()
            else:
                text = "(extract(epoch from clock_timestamp()) * 1000)::bigint"
                self._now = self.connection.execute(select(literal_column(text, Instant()))).scalar_one()
        return self._now

    def execute(self, statement: Executable, rows: Row | Sequence[Row] | None = None) -> Result[Any]:
        """Run any statement."""
        return self.connection.execute(statement, rows)

    def rows(self, statement: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        """All rows of a query."""
        return self.connection.execute(statement).all()

    def count(self, statement: Executable, rows: Row | Sequence[Row] | None = None) -> int:
        """Run an UPDATE or DELETE and say how many rows it met: the number decides, never an earlier read."""
        result = self.connection.execute(statement, rows)
        if not isinstance(result, CursorResult):
            raise TypeError("not a statement that counts rows")
        return int(result.rowcount)

    def insert(self, table: type[Base], row: Row) -> int:
        """Insert one row and give its id."""
        result = self.connection.execute(insert(table), row)
        if not isinstance(result, CursorResult) or result.inserted_primary_key is None:
            raise TypeError("the insert gave no key")
        key = result.inserted_primary_key[0]
        new = int(key) if isinstance(key, int) else 0
        self.changed(table.__tablename__, new)
        return new

    def take_ids(self, table: type[Base], how_many: int) -> range | list[int]:
        """Ids for rows about to be inserted in one statement, in ascending order.

        SQLite has one writer, so the largest id plus one is ours; PostgreSQL asks the sequence once.
        """
        if how_many <= 0:
            return range(0)
        column = table.__table__.c["id"]
        if self.is_sqlite:
            first = int(self.connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one()) + 1
            return range(first, first + how_many)
        drawn = self.connection.exec_driver_sql(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            (table.__tablename__, how_many),
        )
        return sorted(int(row[0]) for row in drawn)

    def insert_many(self, table: type[Base], rows: Sequence[Row]) -> None:
        """Insert all rows with one statement for the driver."""
        if rows:
            self.connection.execute(insert(table), rows)

    def record(self, action: str, subject: str, subject_id: int, **facts: object) -> None:
        """Append to the journal, in this transaction; `facts` hold nothing personal."""
        self._journal.append({"action": action, "subject": subject, "subject_id": subject_id, "facts": facts})
        self.changed(subject, subject_id)

    def enqueue(self, kind: str, key: str, payload: Mapping[str, Any], *, lane: str, delay_s: float = 0) -> None:
        """Put something for the outside into the outbox; the same kind and key once for ever."""
        self.enqueue_many(kind, [(key, payload)], lane=lane, delay_s=delay_s)

    def enqueue_many(
        self, kind: str, items: Sequence[tuple[str, Mapping[str, Any]]], *, lane: str, delay_s: float = 0
    ) -> None:
        """Several at once, with one statement."""
        if not items:
            return
        shared = {
            "kind": kind,
            "lane": lane,
            "state": "waiting",
            "attempts": 0,
            "created_at": self.now,
            "not_before_at": self.now + timedelta(seconds=delay_s),
        }
        rows = [shared | {"key": key, "payload": dict(payload)} for key, payload in items]
        self.connection.execute(insert_or_ignore(self.connection, Outbox), rows)
        self.changed("outbox", 0)

    def changed(self, table: str, *ids: int) -> None:
        """Name rows whose readers should look again."""
        self._changed.setdefault(table, set()).update(ids)

    def flush_journal(self) -> None:
        """Write the journal rows gathered so far; called once before commit."""
        if self._journal:
            stamp = {"at": self.now, "operator": self.actor.operator, "desk": self.actor.desk}
            self.connection.execute(insert(Journal), [stamp | row for row in self._journal])
            self._journal = []

    def changes(self) -> Changes:
        """What was touched."""
        return Changes({name: frozenset(ids) for name, ids in self._changed.items()})


def insert_or_ignore(connection: Connection, table: type[Base]) -> Any:
    """INSERT that leaves an existing row with the same unique key alone."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table).on_conflict_do_nothing()


class _Gate:
    """Lets one thread of this process write at a time, the most urgent first; equals in order of arrival."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._waiting: list[tuple[int, int]] = []
        self._arrivals = 0
        self._is_taken = False

    def enter(self, urgency: Urgency) -> None:
        with self._condition:
            self._arrivals += 1
            ticket = (int(urgency), self._arrivals)
            heappush(self._waiting, ticket)
            if not self._condition.wait_for(lambda: not self._is_taken and self._waiting[0] == ticket, _PATIENCE_S):
                self._waiting.remove(ticket)
                self._waiting.sort()
                self._condition.notify_all()
                raise Unavailable("db.busy", "the database was busy for too long; nothing was changed")
            heappop(self._waiting)
            self._is_taken = True

    def leave(self) -> None:
        with self._condition:
            self._is_taken = False
            self._condition.notify_all()


class Store:
    """The door to the database: `write` runs an operation in a transaction, `read` a query in a snapshot."""

    def __init__(
        self,
        engines: Engines,
        clock: Clock,
        actor: Actor,
        *,
        pause: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self.engines = engines
        self.clock = clock
        self.actor = actor
        self._pause = pause
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, protects nothing
        self._gate = _Gate()
        self._listeners: list[Callable[[Changes], None]] = []

    @property
    def is_sqlite(self) -> bool:
        """Whether the encrypted file is below."""
        return self.engines.writer.dialect.name == "sqlite"

    def subscribe(self, listener: Callable[[Changes], None]) -> None:
        """Call `listener` after each commit of this process, on the thread that wrote."""
        self._listeners.append(listener)

    def write(
        self,
        operation: Callable[[UnitOfWork], T],
        *,
        urgency: Urgency = Urgency.CLERK,
        actor: Actor | None = None,
    ) -> T:
        """Run `operation` in one transaction and commit it; an exception rolls everything back.

        The operation is repeated from its start when another transaction was in the way, so it must depend on
        nothing but its arguments and the database.

        Raises:
            Unavailable: `db.busy`, others wrote for too long.
        """
        deadline = self.clock.monotonic() + _PATIENCE_S
        attempt = 0
        while True:
            attempt += 1
            try:
                result, changes = self._once(operation, urgency, actor or self.actor)
            except DBAPIError as error:
                if not is_busy(error):
                    raise
                if attempt >= _ATTEMPTS and (not self.is_sqlite or self.clock.monotonic() > deadline):
                    raise Unavailable("db.busy", "the database was busy for too long; nothing was changed") from error
                # Short and random: SQLite's own busy handler starves the unlucky one for seconds.
                self._pause(self._rng.uniform(0.0002, 0.001 if self.is_sqlite else 0.05))
            else:
                for listener in self._listeners:
                    listener(changes)
                return result

    def _once(self, operation: Callable[[UnitOfWork], T], urgency: Urgency, actor: Actor) -> tuple[T, Changes]:
        if self.is_sqlite:
            self._gate.enter(urgency)
        try:
            with self.engines.writer.begin() as connection:
                uow = UnitOfWork(connection, actor, self.clock)
                result = operation(uow)
                uow.flush_journal()
                return result, uow.changes()
        finally:
            if self.is_sqlite:
                self._gate.leave()

    def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` against one stable snapshot."""
        with self.engines.reader.begin() as connection:
            return query(connection)
