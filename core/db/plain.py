"""Statements as plain SQL, run by whoever has a connection: what is read before SQLAlchemy is loaded is said once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Ask(Protocol):
    """Runs one statement of portable SQL with `:named` values and gives its rows."""

    def __call__(self, statement: str, /, **values: object) -> Sequence[Sequence[Any]]:
        """All rows. Times come as the whole milliseconds that are stored: see `instant`."""
        ...


def ask_driver(connection: Any) -> Ask:
    """Ask through a bare connection of `core.db.driver`."""

    def ask(statement: str, /, **values: object) -> Sequence[Sequence[Any]]:
        rows: Sequence[Sequence[Any]] = connection.execute(statement, values).fetchall()
        return rows

    return ask


def instant(milliseconds: int) -> datetime:
    """The time in UTC of what `core.db.types.Instant` stores."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def milliseconds(at: datetime) -> int:
    """How a time is stored, for a statement that compares with one."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def instant_or_none(milliseconds: int | None) -> datetime | None:
    """The same where there may be none."""
    return None if milliseconds is None else instant(milliseconds)


def ask_connection(connection: "Connection") -> Ask:
    """Ask within a transaction of the unit of work or of a reader."""
    from sqlalchemy import text

    def ask(statement: str, /, **values: object) -> Sequence[Sequence[Any]]:
        return connection.execute(text(statement), values).all()

    return ask
