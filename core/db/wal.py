"""Keeping SQLite's write-ahead log short without letting a scan wait for it.

By itself SQLite copies the log into the file inside whichever commit makes it longer than 1000 pages: with a million
orders that takes 50 to 200 ms, under the turn of the writer, and every scan meanwhile waits for it. So the writers'
own limit is only a backstop here, and the copying is done on another connection, while others write: by the lanes
between two of their writes, and for desks, whose people wait for an answer, by a thread beside them.
"""

import logging
from threading import Lock, Thread
from typing import Any

from sqlalchemy import Engine

_log = logging.getLogger(__name__)

#: pages not yet copied from which on it is worth copying them (SQLite's own figure)
_WORTH_COPYING = 1000
#: pages at which a commit copies the log after all, so that it cannot grow for ever
BACKSTOP = 16_000
#: writes of people after which somebody looks at the log; one of them fills a dozen pages
_LOOK_EACH = 64


def shorten_log(reader: Engine) -> None:
    """Copy the log into the file when it has grown long; nobody has to wait for it, neither writers nor readers.

    A failure is logged only: the write before has happened, and the next one meets the same disk.
    """
    try:
        connection: Any = reader.raw_connection()
    except reader.dialect.loaded_dbapi.Error as error:
        _log.warning("the log could not be looked at: %s", error)
        return
    try:
        _, length, copied = connection.execute("PRAGMA wal_checkpoint(NOOP)").fetchone()
        if length - copied > _WORTH_COPYING:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    except reader.dialect.loaded_dbapi.Error as error:
        _log.warning("the log could not be copied into the file: %s", error)
    finally:
        connection.close()


class LogKeeper:
    """Copies the log beside the writes of people: eight busy desks fill it faster than any lane comes by."""

    def __init__(self, reader: Engine) -> None:
        self._reader = reader
        self._lock = Lock()
        self._written_count = 0
        self._copying: Thread | None = None

    def note_write(self) -> None:
        """Somebody has written and goes on; every now and then a thread looks at the log after them."""
        with self._lock:
            self._written_count += 1
            is_due = self._written_count % _LOOK_EACH == 0
            if not is_due or (self._copying is not None and self._copying.is_alive()):
                return
            self._copying = Thread(target=shorten_log, args=(self._reader,), name="shorten-log", daemon=True)
            self._copying.start()

    def finish(self) -> None:
        """Wait until nobody copies any more."""
        with self._lock:
            copying = self._copying
        if copying is not None:
            copying.join()
