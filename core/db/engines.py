"""Engines: one that writes and one that reads, on the encrypted SQLite file or on PostgreSQL."""

import selectors
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.pool import QueuePool

from core.db.driver import connect_sqlite
from core.db.types import PersonalCipher
from core.db.wal import BACKSTOP

#: pages that one reader keeps in clear. Each has its own, and a desk at work has four: what one list shows fits.
_READER_CACHE_KIB = 8 * 1024


@dataclass(frozen=True, slots=True)
class Engines:
    """`writer` begins IMMEDIATE (SQLite) or READ COMMITTED (PostgreSQL); `reader` sees one stable snapshot."""

    writer: Engine
    reader: Engine

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.writer.dispose()
        self.reader.dispose()


#: seconds for which a connection to the server counts as alive that was used and has said nothing since
_FRESH_S = 5.0
#: a desk that fell asleep inside a transaction must not stop the others for longer than they are patient; texts are
#: texts also where a database without an encoding (SQL_ASCII) would hand out bytes
_POSTGRES_LIMITS = (
    "-c lock_timeout=3000 -c idle_in_transaction_session_timeout=60000 -c timezone=UTC -c client_encoding=UTF8"
)


def sqlite_engines(path: Path, key: bytes, *, must_exist: bool = False) -> Engines:
    """Engines on an encrypted file; `key` is the raw 32-byte key of the file.

    With `must_exist` a file that vanished is an error instead of a new empty database.

    The URL stays plain `sqlite:///` with the module swapped: the pysqlcipher dialect and a creator without `module`
    both give a single-thread pool and unwrapped driver errors.

    Raises:
        ValueError: the key is not 32 bytes.
    """
    if len(key) != 32:
        raise ValueError("the data key must be 32 bytes")
    return Engines(
        writer=_sqlite_engine(path, key, begin="BEGIN IMMEDIATE", must_exist=must_exist, writes=True),
        reader=_sqlite_engine(path, key, begin="BEGIN", must_exist=must_exist, writes=False),
    )


def _sqlite_engine(path: Path, key: bytes, begin: str, *, must_exist: bool, writes: bool) -> Engine:
    from sqlcipher3 import dbapi2

    def connect() -> Any:
        connection = connect_sqlite(path, key, must_exist=must_exist)
        if writes:
            connection.execute(f"PRAGMA wal_autocheckpoint = {BACKSTOP}")
        else:
            # A write through the reader would pass by the queue of writers.
            connection.execute("PRAGMA query_only = ON")
            connection.execute(f"PRAGMA cache_size = -{_READER_CACHE_KIB}")
        return connection

    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        module=dbapi2,
        creator=connect,
        poolclass=QueuePool,
        hide_parameters=True,
        pool_size=4,
        max_overflow=12,
        # The connection used last has the pages in its cache; taking turns would fill a cache in each of them.
        pool_use_lifo=True,
    )
    # The dialect's own begin is a no-op (the driver runs in autocommit); ours is explicit. Not by listening for the
    # event: a single listener lets SQLAlchemy look for listeners before and after every statement.
    engine.dialect.do_begin = _beginner(begin)  # type: ignore[assignment]  # the library has no other hook
    return engine


def _beginner(statement: str) -> Callable[[Any], None]:
    def begin(connection: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(statement)
        cursor.close()

    return begin


def postgres_engines(url: str, cipher: PersonalCipher | None = None) -> Engines:
    """Engines on PostgreSQL through psycopg 3; `url` may name the driver or not.

    The reader never prepares: after five runs of a prepared search the server may switch to a generic plan that is
    fifty times slower. Without `cipher` the personal columns cannot be used.
    """
    address = make_url(url).set(drivername="postgresql+psycopg")
    writer = _postgres_engine(address, "READ COMMITTED", {})
    reader = _postgres_engine(address, "REPEATABLE READ", {"prepare_threshold": None})
    reader = reader.execution_options(postgresql_readonly=True)
    for engine in (writer, reader):
        engine.dialect.personal_cipher = cipher  # type: ignore[attr-defined]  # read back in types.Personal
    return Engines(writer=writer, reader=reader)


def _postgres_engine(address: URL, isolation: Any, arguments: dict[str, Any]) -> Engine:
    engine = create_engine(
        address,
        isolation_level=isolation,
        # An error's text ends in the log; the values of the statement may be somebody's name and address.
        hide_parameters=True,
        pool_size=4,
        max_overflow=12,
        pool_pre_ping=True,
        connect_args={"options": _POSTGRES_LIMITS, "connect_timeout": 10, **arguments},
    )
    engine.dialect.do_ping = _pinger(engine.dialect.do_ping)  # type: ignore[assignment]  # as with do_begin above
    return engine


def _pinger(ask: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """A ping that asks the server only where the connection may have ended since it was taken last.

    A server that ends a connection says so, which can be seen without asking; one that fell silent is found after
    `_FRESH_S`. Asking each time would cost every transaction a round trip more.
    """
    taken_s: WeakKeyDictionary[Any, float] = WeakKeyDictionary()

    def ping(connection: Any) -> bool:
        now_s = time.monotonic()
        is_fresh = now_s - taken_s.get(connection, -_FRESH_S) < _FRESH_S
        taken_s[connection] = now_s
        return (is_fresh and not connection.closed and _is_quiet(connection.fileno())) or ask(connection)

    return ping


def _is_quiet(descriptor: int) -> bool:
    """Whether nothing has come in that nobody has read: not even the word that the other side is gone."""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        return not selector.select(0)


def is_busy(error: BaseException) -> bool:
    """True for errors that another transaction caused and a repeat of the whole operation may not meet."""
    original = getattr(error, "orig", error)
    state = getattr(original, "sqlstate", None)
    if state is not None:
        # serialization_failure, deadlock_detected, lock_not_available
        return state in {"40001", "40P01", "55P03"}
    name = getattr(original, "sqlite_errorname", "") or ""
    if name:
        return name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    return "database is locked" in str(original)
