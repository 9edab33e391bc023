"""The encrypted SQLite file through its bare driver, for a start that looks before SQLAlchemy is loaded."""

import hashlib
from pathlib import Path
from typing import Any

DATABASE_FILE = "packdesk.db"
#: the WAL-reset defect can drop commits in older libraries (sqlite.org/wal.html#walresetbug)
OLDEST_SAFE_SQLITE = (3, 51, 3)
#: another program may hold the file for a moment while it recovers the log
_LOOK_PATIENCE_S = 0.2
#: the last of another program's connections copies the log and holds the file alone while it closes
_OPEN_PATIENCE_S = 5.0


def connect_sqlite(path: Path, key: bytes, *, must_exist: bool = False) -> Any:
    """A bare driver connection with the pragmas every connection of ours has.

    Raises:
        sqlcipher3.dbapi2.DatabaseError: the key does not open the file, or its first page is damaged.
        sqlcipher3.dbapi2.OperationalError: the file is not there (with `must_exist`) or cannot be read.
    """
    connection = _unlocked(path, key, "rw" if must_exist else "rwc", _OPEN_PATIENCE_S)
    try:
        # FULL: with NORMAL a power cut loses acknowledged commits in WAL mode.
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "cache_size = -65536",
            "temp_store = MEMORY",
            # Once open nothing waits in the driver: writers queue in the store, which knows what each may wait.
            "busy_timeout = 0",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_sqlite_to_look(path: Path, key: bytes) -> Any:
    """A connection that cannot change the file: the operating system opens it for reading alone.

    A log that a kill left behind is read as it lies; it is neither copied into the file nor deleted at the end.

    Raises:
        sqlcipher3.dbapi2.DatabaseError: as `connect_sqlite`, and where reading would need a repair first.
    """
    connection = _unlocked(path, key, "ro", _LOOK_PATIENCE_S)
    try:
        connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _unlocked(path: Path, key: bytes, mode: str, timeout_s: float) -> Any:
    from sqlcipher3 import dbapi2

    connection = dbapi2.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=timeout_s,
        cached_statements=256,
    )
    try:
        # The library would write its own lines to stderr; our sentences say the same.
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(key_pragma(key))
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


def sqlite_library_is_safe() -> bool:
    """Whether the encrypted library is newer than the defect named above (or has its backport)."""
    from sqlcipher3 import dbapi2

    version: tuple[int, ...] = tuple(int(part) for part in dbapi2.sqlite_version.split("."))
    return version >= OLDEST_SAFE_SQLITE or (
        version[:2] in {(3, 44), (3, 50)} and version[2] >= {44: 6, 50: 7}[version[1]]
    )
