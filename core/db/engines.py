"""Engines: one that writes and one that reads, on the encrypted SQLite file or on PostgreSQL."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool

#: the WAL-reset defect can drop commits in older libraries (sqlite.org/wal.html#walresetbug)
OLDEST_SAFE_SQLITE = (3, 51, 3)


@dataclass(frozen=True, slots=True)
class Engines:
    """`writer` begins IMMEDIATE (SQLite) or READ COMMITTED (PostgreSQL); `reader` sees one stable snapshot."""

    writer: Engine
    reader: Engine

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.writer.dispose()
        self.reader.dispose()


def sqlite_engines(path: Path, key: bytes) -> Engines:
    """Engines on an encrypted file; `key` is the raw 32-byte data key.

    The URL stays plain `sqlite:///` with the module swapped: the pysqlcipher dialect and a creator without `module`
    both give a single-thread pool and unwrapped driver errors.

    Raises:
        ValueError: the key is not 32 bytes.
    """
    if len(key) != 32:
        raise ValueError("the data key must be 32 bytes")
    return Engines(
        writer=_sqlite_engine(path, key, begin="BEGIN IMMEDIATE"),
        reader=_sqlite_engine(path, key, begin="BEGIN"),
    )


def connect_sqlite(path: Path, key: bytes) -> Any:
    """A bare driver connection with the pragmas every connection of ours has."""
    from sqlcipher3 import dbapi2

    connection = dbapi2.connect(
        str(path), isolation_level=None, check_same_thread=False, timeout=0, cached_statements=256
    )
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    # FULL: with NORMAL a power cut loses acknowledged commits in WAL mode.
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "cache_size = -65536",
        "temp_store = MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    return connection


def _sqlite_engine(path: Path, key: bytes, begin: str) -> Engine:
    from sqlcipher3 import dbapi2

    engine = create_engine(
        f"sqlite:///{path}",
        module=dbapi2,
        creator=lambda: connect_sqlite(path, key),
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=12,
    )
    # The dialect's own begin is a no-op (the driver runs in autocommit); ours is explicit.
    event.listen(engine, "begin", _beginner(begin))
    return engine


def _beginner(statement: str) -> Callable[[Any], None]:
    def begin(connection: Any) -> None:
        connection.exec_driver_sql(statement)

    return begin


def postgres_engines(url: str) -> Engines:
    """Engines on PostgreSQL through psycopg 3.

    The reader never prepares: after five runs of a prepared search the server may switch to a generic plan that is
    fifty times slower.
    """
    writer = create_engine(url, isolation_level="READ COMMITTED", pool_size=4, max_overflow=12, pool_pre_ping=True)
    reader = create_engine(
        url,
        isolation_level="REPEATABLE READ",
        pool_size=4,
        max_overflow=12,
        pool_pre_ping=True,
        connect_args={"prepare_threshold": None},
    )
    return Engines(writer=writer, reader=reader)


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


def sqlite_library_is_safe() -> bool:
    """Whether the encrypted library is newer than the defect named above (or has its backport)."""
    from sqlcipher3 import dbapi2

    version: tuple[int, ...] = tuple(int(part) for part in dbapi2.sqlite_version.split("."))
    return version >= OLDEST_SAFE_SQLITE or (
        version[:2] in {(3, 44), (3, 50)} and version[2] >= {44: 6, 50: 7}[version[1]]
    )
