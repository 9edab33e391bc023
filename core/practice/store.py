"""The practice shop's own memory: one SQLite file, apart from the centre's database; survives a restart.

It stands for the outside world: nothing in the centre reads it.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: JSON object of the open mall contract, as kept and as sent
Json = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS shop_order (
    no TEXT PRIMARY KEY, updated_ms INTEGER NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS shop_order_changed ON shop_order (updated_ms, no);
CREATE INDEX IF NOT EXISTS shop_order_state ON shop_order (state, no);
CREATE TABLE IF NOT EXISTS stock (
    sku TEXT PRIMARY KEY, qty INTEGER NOT NULL, version INTEGER NOT NULL, is_on INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answered (
    scope TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, status INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS nonce (
    realm TEXT NOT NULL, nonce TEXT NOT NULL, seen_s INTEGER NOT NULL, PRIMARY KEY (realm, nonce)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS waybill (
    number TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, state TEXT NOT NULL,
    body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS number (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""


class Store:
    """One connection behind one lock; `write()` is a transaction, reads outside it are single statements."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file; it can be opened again."""
        with self._lock:
            self._db.close()

    @contextmanager
    def write(self) -> Iterator[None]:
        """All of the block or nothing of it; may be nested, the outermost commits."""
        with self._lock:
            self._depth += 1
            try:
                if self._depth > 1:
                    yield
                    return
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield
                except BaseException:
                    self._db.execute("ROLLBACK")
                    raise
                self._db.execute("COMMIT")
            finally:
                self._depth -= 1

    def rows(self, sql: str, *values: object) -> Sequence[tuple[Any, ...]]:
        """All rows of one statement."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        """The first row, None without one."""
        with self._lock:
            found: tuple[Any, ...] | None = self._db.execute(sql, values).fetchone()
            return found

    def run(self, sql: str, *values: object) -> int:
        """Run one change; how many rows it touched."""
        with self._lock:
            return self._db.execute(sql, values).rowcount

    def number(self, name: str, default: int) -> int:
        """A kept number."""
        found = self.row("SELECT value FROM number WHERE name = ?", name)
        return default if found is None else int(found[0])

    def set_number(self, name: str, value: int) -> None:
        """Keep a number."""
        self.run("INSERT OR REPLACE INTO number (name, value) VALUES (?, ?)", name, value)


def packed(value: Mapping[str, object]) -> str:
    """JSON text with a fixed key order, so that equal content has equal text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def unpacked(text: str) -> Json:
    """What `packed` made."""
    value: Json = json.loads(text)
    return value
