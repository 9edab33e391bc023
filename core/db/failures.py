"""What the database's own errors mean for the person at the desk."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from core.runtime.errors import DomainError, Unavailable

_UNKNOWN = "whether the last step was saved is not certain; look before repeating it"

#: SQLite result name (its beginning) -> our code and sentence
_SQLITE = (
    ("SQLITE_FULL", "db.full", "the disk is full; nothing was changed"),
    ("SQLITE_IOERR", "db.io", "the disk reported an error; nothing was changed"),
    ("SQLITE_CORRUPT", "db.damaged", "the database file is damaged; restore the newest backup"),
    ("SQLITE_NOTADB", "db.damaged", "the database file is damaged, or the key does not belong to it"),
    ("SQLITE_CANTOPEN", "db.unreachable", "the database file cannot be opened"),
    ("SQLITE_READONLY", "db.unreachable", "the database file cannot be written"),
)
#: PostgreSQL: connection_exception, admin_shutdown, crash_shutdown, cannot_connect_now, idle transaction ended
_LOST = ("08", "57P01", "57P02", "57P03", "25P03")


def as_domain_error(error: DBAPIError, *, is_committing: bool) -> DomainError | None:
    """The expected error behind a driver error, None when it is a defect of ours or a broken rule of the tables.

    `is_committing` says that the error came from COMMIT itself. Then a disk error or a lost connection leaves the
    outcome open: the log may hold the commit although its flush failed, the server may have committed and the answer
    been lost.
    """
    original = error.orig
    name = getattr(original, "sqlite_errorname", "") or ""
    for beginning, code, sentence in _SQLITE:
        if name.startswith(beginning):
            if is_committing and code == "db.io":
                return Unavailable("db.outcome_unknown", f"the disk reported an error; {_UNKNOWN}")
            return Unavailable(code, sentence)
    if name:
        return None
    state = getattr(original, "sqlstate", None)
    if state == "53100":
        return Unavailable("db.full", "the disk of the database server is full; nothing was changed")
    is_lost = error.connection_invalidated or (state or "").startswith(_LOST)
    is_refused = state is None and type(original).__name__ == "OperationalError"
    if not is_lost and not is_refused:
        return None
    if is_committing:
        return Unavailable("db.outcome_unknown", f"the connection to the database server was lost; {_UNKNOWN}")
    return Unavailable("db.unreachable", "the database server does not answer; nothing was changed")


@contextmanager
def told_plainly() -> Iterator[None]:
    """Raise the expected error where the driver's own means one; a defect of ours stays what it is.

    Around what does not commit by itself, or where an open outcome is looked at afterwards.
    """
    try:
        yield
    except DBAPIError as error:
        known = as_domain_error(error, is_committing=False)
        if known is None:
            raise
        raise known from error
