"""One operation, one short transaction; everything a write must leave behind goes through here."""

import logging
import random
import threading
import time
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import CursorResult, Executable, insert, literal_column, select
from sqlalchemy.engine import Connection, Result
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import Select

from core.db.base import Base
from core.db.bulk import insert_on_sqlite
from core.db.engines import Engines, is_busy
from core.db.failures import as_domain_error
from core.db.line import Line
from core.db.models import Journal, Outbox
from core.db.types import Instant
from core.db.wal import LogKeeper, shorten_log
from core.runtime.clock import Clock, SystemClock
from core.runtime.errors import DomainError, Unavailable

_log = logging.getLogger(__name__)

T = TypeVar("T")
Row = Mapping[str, Any]

#: how long one write may wait for its turn before the clerk is told
_PATIENCE_S = 15.0
#: how long writes stand back while the file is being checked
_HOLD_PATIENCE_S = 300.0
#: for so long after a scan the next one is expected
_SCANNING_S = 60.0
#: PostgreSQL: each attempt may itself wait for a row lock (see engines)
_ATTEMPTS = 5
#: how much later than now a write of each urgency counts as having come: a scan goes before everything younger than
#: these seconds, and the one that has waited longer than that is no longer passed, so that nothing starves
_SLACK_S = (0.0, 1.0, 2.0, 3.0)


class Urgency(IntEnum):
    """Who goes first when several threads want to write: a scan never waits for an import."""

    SCAN = 0
    CLERK = 1
    LANE = 2
    BULK = 3


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, at which desk: written into every journal row.

    Attributes:
        person_id: the operator who signed in; 0 where it is the program itself or a verb, -1 for whoever is there
            before anybody has to sign in.
        rights: what this actor may do; None for everything.
    """

    operator: str
    desk: str
    person_id: int = 0
    rights: frozenset[str] | None = field(default=None, compare=False, repr=False)


class Guard(Protocol):
    """Decides who acts and whether they may (`core.access.gate`)."""

    def admit(self, right: str, held: Actor | None) -> Actor:
        """Who acts now, if they have the right; `held` is who acts in this thread already."""
        ...


@dataclass(frozen=True, slots=True)
class Changes:
    """What a committed write touched: table name -> ids. Screens decide by it what to refresh."""

    tables: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def touches(self, *names: str) -> bool:
        """Whether any of these tables was written."""
        return any(name in self.tables for name in names)


def shared_now(connection: Connection, clock: Clock) -> datetime:
    """The time all desks of a database agree on: the server's on PostgreSQL, the injected clock's elsewhere."""
    if connection.dialect.name == "sqlite" or not isinstance(clock, SystemClock):
        return clock.now()
    text = "(extract(epoch from clock_timestamp()) * 1000)::bigint"
    at: datetime = connection.execute(select(literal_column(text, Instant()))).scalar_one()
    return at


class UnitOfWork:
    """An open transaction. Operations take it first, never open their own, and may be run again from the start."""

    def __init__(self, connection: Connection, actor: Actor, clock: Clock) -> None:
        self.connection = connection
        self.actor = actor
        self._clock = clock
        self._now: datetime | None = None
        self._journal: list[tuple[str, str, int, Mapping[str, object]]] = []
        self._changed: defaultdict[str, set[int]] = defaultdict(set)
        self._turns: frozenset[str] = frozenset()

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
            self._now = shared_now(self.connection, self._clock)
        return self._now

    @property
    def now_as_known(self) -> datetime | None:
        """As `now`; None where the server would have to be asked first: a statement can bring it for `learn_now`."""
        if self._now is None and not self.is_sqlite and isinstance(self._clock, SystemClock):
            return None
        return self.now

    def learn_now(self, at: datetime) -> None:
        """The server's time, as a statement brought it along; what is known already stays."""
        self._now = self._now or at

    def execute(self, statement: Executable, rows: Row | Sequence[Row] | None = None) -> Result[Any]:
        """Run any statement."""
        return self.connection.execute(statement, rows)

    def rows(self, statement: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        """All rows of a query."""
        return self.connection.execute(statement).all()

    def count(self, statement: Executable, rows: Row | Sequence[Row] | None = None) -> int:
        """Run an UPDATE, DELETE or INSERT and say how many rows it met: the number decides, never an earlier read."""
        # After an INSERT the number is dropped unless asked for (psycopg then says -1).
        result = self.connection.execute(statement, rows, execution_options={"preserve_rowcount": True})
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
        if self.is_sqlite:
            # Plain text: building the statement costs several times what running it does.
            last = self.connection.exec_driver_sql(
                f"SELECT max(id) FROM {table.__tablename__}"  # noqa: S608 - a table of ours
            ).scalar_one()
            first = (last or 0) + 1
            return range(first, first + how_many)
        drawn = self.connection.exec_driver_sql(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            (table.__tablename__, how_many),
        )
        return sorted(int(row[0]) for row in drawn)

    def insert_many(self, table: type[Base], rows: Sequence[Row]) -> None:
        """Insert all rows, which bring the same columns, with one statement for the driver."""
        if rows:
            self.insert_columns(table, {name: [row[name] for row in rows] for name in rows[0]})

    def insert_columns(self, table: type[Base], columns: Mapping[str, Sequence[Any]], **shared: Any) -> None:
        """As `insert_many`, with the values column by column, which is quicker to make for a page of rows.

        `columns` gives one value for each row, `shared` what is the same in all of them.
        """
        self._insert_columns(table, columns, shared)
        self.changed(table.__tablename__)

    def _insert_columns(
        self, table: type[Base], columns: Mapping[str, Sequence[Any]], shared: Row, *, is_lenient: bool = False
    ) -> None:
        count = len(next(iter(columns.values())))
        if count == 0:
            return
        if self.is_sqlite:
            same = {name: (value,) * count for name, value in shared.items()}
            insert_on_sqlite(self.connection, table, {**columns, **same}, is_lenient=is_lenient)
            return
        statement = insert_or_ignore(self.connection, table) if is_lenient else insert(table)
        rows = [{**dict(zip(columns, row, strict=True)), **shared} for row in zip(*columns.values(), strict=True)]
        self.connection.execute(statement, rows)

    def record(self, action: str, subject: str, subject_id: int, **facts: object) -> None:
        """Append to the journal, in this transaction; `facts` hold nothing personal."""
        self._journal.append((action, subject, subject_id, facts))
        self._changed[subject].add(subject_id)

    @property
    def has_recorded(self) -> bool:
        """Whether journal rows wait to be written: one that a statement writes by itself would go before them."""
        return bool(self._journal)

    def enqueue(self, kind: str, key: str, payload: Mapping[str, Any], *, lane: str, delay_s: float = 0) -> None:
        """Put something for the outside into the outbox; the same kind and key once for ever."""
        self.enqueue_many(kind, [(key, payload)], lane=lane, delay_s=delay_s)

    def enqueue_many(
        self, kind: str, items: Sequence[tuple[str, Mapping[str, Any]]], *, lane: str, delay_s: float = 0
    ) -> None:
        """Several at once, with one statement."""
        if not items:
            return
        self._insert_columns(
            Outbox,
            {"key": [key for key, _ in items], "payload": [dict(payload) for _, payload in items]},
            {
                "kind": kind,
                "lane": lane,
                "state": "waiting",
                "attempts": 0,
                "created_at": self.now,
                "not_before_at": self.now + timedelta(seconds=delay_s),
            },
            is_lenient=True,
        )
        self.changed("outbox", 0)

    def changed(self, table: str, *ids: int) -> None:
        """Name rows whose readers should look again."""
        self._changed[table].update(ids)

    def is_new_turn(self, subject: str) -> bool:
        """Whether this transaction takes a turn for the first time: it keeps it until its end (`turn.take_turn`)."""
        is_new = subject not in self._turns
        self._turns |= {subject}
        return is_new

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Part of a transaction that may fail by itself: an error takes back what the block wrote and is raised.

        What was read and locked in it stays locked. Not for errors of the database: those end the transaction.
        """
        written, changed = len(self._journal), {name: set(ids) for name, ids in self._changed.items()}
        turns = self._turns
        try:
            with self.connection.begin_nested():
                yield
        except BaseException:
            del self._journal[written:]
            self._changed = defaultdict(set, changed)
            # The server lets go of turns that were taken in the part.
            self._turns = turns
            raise

    def flush_journal(self) -> None:
        """Write the journal rows gathered so far; called once before commit."""
        if self._journal:
            names = ("action", "subject", "subject_id", "facts")
            columns: dict[str, Sequence[Any]] = dict(zip(names, zip(*self._journal, strict=True), strict=True))
            stamp = {"at": self.now, "operator": self.actor.operator, "desk": self.actor.desk}
            self._insert_columns(Journal, columns, stamp)
            self._journal = []

    def changes(self) -> Changes:
        """What was touched."""
        return Changes({name: frozenset(ids) for name, ids in self._changed.items()})


def insert_or_ignore(connection: Connection, table: type[Base]) -> Any:
    """INSERT that leaves an existing row with the same unique key alone; `UnitOfWork.count` says whether it took."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table).on_conflict_do_nothing()


class _OthersFirstError(Exception):
    """Other programs came before us."""


def _file_of(engines: Engines) -> Path | None:
    """The SQLite file below; None on a server."""
    url = engines.writer.url
    return Path(url.database) if engines.writer.dialect.name == "sqlite" and url.database else None


class _Gate:
    """Lets one thread of this process write at a time, the most urgent first, and starves nobody."""

    def __init__(self, elapsed: Callable[[], float], patience_s: float) -> None:
        self._elapsed = elapsed
        self._patience_s = patience_s
        self._condition = threading.Condition()
        self._waiting: list[tuple[float, int]] = []
        self._arrivals = 0
        self._holds = 0
        self._owner: int | None = None

    def enter(self, urgency: Urgency) -> None:
        me = threading.get_ident()
        with self._condition:
            if self._owner == me:
                raise RuntimeError("a write inside a write: pass the unit of work on instead")
            if not self._condition.wait_for(lambda: self._holds == 0, _HOLD_PATIENCE_S):
                raise Unavailable("db.checking", "the database is still being checked; nothing was changed")
            self._arrivals += 1
            ticket = (self._elapsed() + _SLACK_S[urgency], self._arrivals)
            insort(self._waiting, ticket)
            try:
                is_mine = self._condition.wait_for(lambda: self._is_turn_of(ticket), self._patience_s)
                if not is_mine:
                    raise Unavailable("db.busy", "the database was busy for too long; nothing was changed")
                self._owner = me
            finally:
                # Also when the waiting was broken off by any other error: a dead ticket would block all behind it.
                self._waiting.remove(ticket)
                self._condition.notify_all()

    def _is_turn_of(self, ticket: tuple[float, int]) -> bool:
        return self._owner is None and self._holds == 0 and self._waiting[0] == ticket

    def leave(self) -> None:
        with self._condition:
            self._owner = None
            self._condition.notify_all()

    def waiting(self) -> int:
        """How many threads stand in line."""
        with self._condition:
            return len(self._waiting)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Let nobody in until the block ends; the write that is in already finishes."""
        with self._condition:
            self._holds += 1
        try:
            yield
        finally:
            with self._condition:
                self._holds -= 1
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
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self.engines = engines
        self.clock = clock
        #: who acts where nobody in particular does: the program's own lanes, a verb
        self.actor = actor
        #: asked before each method of a service that needs a right; None where everybody may do everything
        self.guard: Guard | None = None
        self._acting = threading.local()
        self._pause = pause
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, protects nothing
        self._patience_s = patience_s
        self._gate = _Gate(clock.monotonic, patience_s)
        self._line = Line(_file_of(engines))
        self._log_keeper = LogKeeper(engines.reader)
        self._frozen: DomainError | None = None
        self._last_scan_s: float | None = None
        self._listeners: tuple[Callable[[Changes], None], ...] = ()

    @property
    def is_sqlite(self) -> bool:
        """Whether the encrypted file is below."""
        return self.engines.writer.dialect.name == "sqlite"

    @property
    def is_scanning(self) -> bool:
        """Whether somebody scanned at this desk a moment ago: long writes are then cut, so that no scan waits."""
        return self._last_scan_s is not None and self.clock.monotonic() - self._last_scan_s < _SCANNING_S

    @property
    def acting(self) -> Actor | None:
        """Who acts in this thread, None where nobody in particular does."""
        actor: Actor | None = getattr(self._acting, "actor", None)
        return actor

    def act_as(self, actor: Actor | None) -> None:
        """From now on this one acts in this thread; what began before keeps its actor."""
        self._acting.actor = actor

    def subscribe(self, listener: Callable[[Changes], None]) -> Callable[[], None]:
        """Call `listener` after each commit of this process, on the thread that wrote; gives the way to stop it.

        A listener that raises is logged and forgotten: the write it heard of has happened.
        """
        self._listeners = (*self._listeners, listener)

        def stop() -> None:
            self._listeners = tuple(one for one in self._listeners if one is not listener)

        return stop

    def freeze(self, reason: DomainError) -> None:
        """Refuse every write with `reason` from now on (damaged file, full disk); reading goes on."""
        self._frozen = reason

    def thaw(self) -> None:
        """Allow writing again."""
        self._frozen = None

    @contextmanager
    def hold_writes(self) -> Iterator[None]:
        """Let writes of this process wait while the block runs (the check of the file after the start)."""
        with self._gate.hold():
            yield

    def close(self) -> None:
        """Close every connection."""
        self._log_keeper.finish()
        self.engines.dispose()
        self._line.close()

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
            Unavailable: `db.busy`, others wrote for too long; `db.full`, `db.io`, `db.damaged`, `db.unreachable`:
                nothing was changed; `db.outcome_unknown`: the answer to the commit was lost, look before repeating.
            DomainError: whatever the operation raises, or the reason of `freeze`.
        """
        if urgency is Urgency.SCAN:
            self._last_scan_s = self.clock.monotonic()
        # Once for all attempts: whoever signs in meanwhile did not do this.
        who = actor or self.acting or self.actor
        try:
            result, changes = self._at_last(operation, urgency, who)
        except BaseException:
            # Whoever gives up may not stand in the way of those behind.
            self._line.leave()
            raise
        self._tell(changes)
        if self.is_sqlite:
            if urgency >= Urgency.LANE:
                shorten_log(self.engines.reader)
            else:
                # After a scan or a click somebody waits for the answer.
                self._log_keeper.note_write()
        return result

    def _at_last(self, operation: Callable[[UnitOfWork], T], urgency: Urgency, actor: Actor) -> tuple[T, Changes]:
        """Try until no other transaction is in the way, or patience ends."""
        attempt = 0
        waited_s = 0.0
        while True:
            attempt += 1
            try:
                return self._once(operation, urgency, actor)
            except (DBAPIError, _OthersFirstError) as error:
                is_first = isinstance(error, DBAPIError)
                if is_first and not is_busy(error):
                    raise
                if waited_s >= self._patience_s or (attempt >= _ATTEMPTS and not self.is_sqlite):
                    raise Unavailable("db.busy", "the database was busy for too long; nothing was changed") from error
                if is_first:
                    self._line.queue_up()
                waited_s += self._wait_a_little(is_first=is_first)

    def _wait_a_little(self, *, is_first: bool = False) -> float:
        # Short and random: SQLite's own busy handler starves the unlucky one for seconds. Shortest for whoever stands
        # in front, since the file lies idle meanwhile.
        longest = (0.0003 if is_first else 0.001) if self.is_sqlite else 0.05
        nap = self._rng.uniform(0.0001, longest)
        self._pause(nap)
        return nap

    def _tell(self, changes: Changes) -> None:
        for listener in self._listeners:
            try:
                listener(changes)
            except Exception:  # noqa: BLE001 - whatever a listener does, the write has happened
                _log.exception("a listener failed after a commit")

    def _once(self, operation: Callable[[UnitOfWork], T], urgency: Urgency, actor: Actor) -> tuple[T, Changes]:
        if not self.is_sqlite:
            return self._transact(operation, actor)
        # The gate orders the threads of this program, the line the programs: whoever of us is let through uses our
        # place in it.
        self._gate.enter(urgency)
        try:
            if not self._line.is_our_turn():
                raise _OthersFirstError
            return self._transact(operation, actor)
        finally:
            self._gate.leave()

    def _transact(self, operation: Callable[[UnitOfWork], T], actor: Actor) -> tuple[T, Changes]:
        reason = self._frozen
        if reason is not None:
            raise type(reason)(reason.code, str(reason), **reason.facts)
        is_committing = False
        try:
            with self.engines.writer.begin() as connection:
                self._line.leave()
                uow = UnitOfWork(connection, actor, self.clock)
                result = operation(uow)
                uow.flush_journal()
                is_committing = True
            return result, uow.changes()
        except DBAPIError as error:
            known = as_domain_error(error, is_committing=is_committing)
            if known is None:
                raise
            raise known from error

    def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` against one stable snapshot; it may be run again when the file was locked for a moment.

        Raises:
            Unavailable: `db.busy`, `db.io`, `db.damaged`, `db.unreachable`.
        """
        waited_s = 0.0
        while True:
            try:
                with self.engines.reader.begin() as connection:
                    return query(connection)
            except DBAPIError as error:
                if is_busy(error) and waited_s < self._patience_s:
                    # A reader meets a lock only while another process recovers or closes the file.
                    waited_s += self._wait_a_little()
                    continue
                if is_busy(error):
                    raise Unavailable("db.busy", "the database was busy for too long") from error
                known = as_domain_error(error, is_committing=False)
                if known is None:
                    raise
                raise known from error
