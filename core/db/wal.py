"""Keeping SQLite's write-ahead log short without letting a scan wait for it.

By itself SQLite copies the log into the file inside whichever commit makes it longer than 1000 pages: with a million
orders that takes 50 to 200 ms, under the turn of the writer, and every scan meanwhile waits for it. So the writers'
own limit is only a backstop here, and the copying is done between two writes of the work that fills the log, on
another connection, while others write.
"""

import logging
from typing import Any

from sqlalchemy import Engine

_log = logging.getLogger(__name__)

#: pages not yet copied from which on it is worth copying them (SQLite's own figure)
_WORTH_COPYING = 1000
#: pages at which a commit copies the log after all, so that it cannot grow for ever
BACKSTOP = 16_000


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
