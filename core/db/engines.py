"""Engines: one that writes and one that reads, on the encrypted SQLite file or on PostgreSQL."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.pool import QueuePool

from core.db.types import PersonalCipher
from core.db.wal import BACKSTOP

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


#: a desk that fell asleep inside a transaction must not stop the others for longer than they are patient
_POSTGRES_LIMITS = "-c lock_timeout=3000 -c idle_in_transaction_session_timeout=60000 -c timezone=UTC"


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


def connect_sqlite(path: Path, key: bytes, *, must_exist: bool = False) -> Any:
    """A bare driver connection with the pragmas every connection of ours has.

    Raises:
        sqlcipher3.dbapi2.DatabaseError: the key does not open the file, or its first page is damaged.
        sqlcipher3.dbapi2.OperationalError: the file is not there (with `must_exist`) or cannot be read.
    """
    from sqlcipher3 import dbapi2

    mode = "rw" if must_exist else "rwc"
    connection = dbapi2.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=0,
        cached_statements=256,
    )
    try:
        cursor = connection.cursor()
        # The library would write its own lines to stderr; our sentences say the same.
        cursor.execute("PRAGMA cipher_log_level = NONE")
        cursor.execute(key_pragma(key))
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
    except BaseException:
        connection.close()
        raise
    return connection


def key_pragma(key: bytes) -> str:
    """The statement that gives an encrypted file its raw key, and its salt.

    Without a salt of ours the library takes the first 16 bytes of the file for it. When a power cut spoils the first
    page while it is copied from the log, nothing would open any more although the log holds that page whole.
    """
    salt = hashlib.sha256(b"packdesk file salt" + key).digest()[:16]
    return f"PRAGMA key = \"x'{key.hex()}{salt.hex()}'\""


def _sqlite_engine(path: Path, key: bytes, begin: str, *, must_exist: bool, writes: bool) -> Engine:
    from sqlcipher3 import dbapi2

    def connect() -> Any:
        connection = connect_sqlite(path, key, must_exist=must_exist)
        if writes:
            connection.execute(f"PRAGMA wal_autocheckpoint = {BACKSTOP}")
        else:
            # A write through the reader would pass by the queue of writers.
            connection.execute("PRAGMA query_only = ON")
        return connection

    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        module=dbapi2,
        creator=connect,
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=12,
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
    return create_engine(
        address,
        isolation_level=isolation,
        pool_size=4,
        max_overflow=12,
        pool_pre_ping=True,
        connect_args={"options": _POSTGRES_LIMITS, "connect_timeout": 10, **arguments},
    )


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
