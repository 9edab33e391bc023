"""The first page before the program behind it is loaded: read from the encrypted file by its bare driver.

Importing SQLAlchemy and the rest takes about a second; the clerk sees waves, questions and lights long before. A
glance looks only where nothing has to be decided, made or repaired first; everything else is left to `core.db.open`,
which says what is wrong in its own words.
"""

import logging
from datetime import datetime
from pathlib import Path

from core.db.driver import DATABASE_FILE, connect_sqlite_to_look, sqlite_library_is_safe
from core.db.keys import KeySource, load_key
from core.db.lock import alone
from core.db.migrations.versions import known_revisions
from core.db.places import refuse_unsafe_folder
from core.db.plain import Ask, ask_driver
from core.desk import first_page
from core.desk.first_page import FirstLook
from core.runtime.errors import DomainError

_log = logging.getLogger(__name__)


def glance(folder: Path, source: KeySource, now: datetime) -> FirstLook | None:
    """Look at the SQLite database of `folder`; nothing in it can be changed by that.

    None where the way in is not plain: no database yet, a schema that is not exactly this program's, a key that has
    to be asked for, a damaged file, another program that prepares or restores it. Never call it on the thread of the
    window: a keyring may ask its owner first.
    """
    try:
        refuse_unsafe_folder(folder)
        path = folder / DATABASE_FILE
        if not path.exists() or not sqlite_library_is_safe():
            return None
        with alone(folder, patience_s=0):
            return _look(path, load_key(folder, source).file_key, now)
    except DomainError as error:
        _log.info("no first look at %s: %s", folder, error)
    return None


def _look(path: Path, file_key: bytes, now: datetime) -> FirstLook | None:
    from sqlcipher3 import dbapi2

    try:
        connection = connect_sqlite_to_look(path, file_key)
        try:
            connection.execute("BEGIN")
            return _read(ask_driver(connection), now)
        finally:
            connection.close()
    except dbapi2.Error as error:
        _log.info("no first look at %s: %s", path, error)
    return None


def _read(ask: Ask, now: datetime) -> FirstLook | None:
    if ask("PRAGMA journal_mode")[0][0] != "wal":
        return None
    if [tuple(row) for row in ask("SELECT version_num FROM alembic_version")] != [(known_revisions()[-1],)]:
        return None
    if ask("SELECT 1 FROM operator WHERE is_active LIMIT 1"):
        # Somebody has to sign in before anything is shown.
        return None
    return first_page.first_look(ask, now)
