"""How far each feed of a shop has been read, and since when it cannot be."""

from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.engine import Connection

from core.db.types import Instant
from core.db.unit_of_work import UnitOfWork
from core.sync.models import Cursor

#: changed orders; after-sale cases (the feed of `core.sync.open_rounds` says until when a reading is good)
CHANGED, CASES = "changed", "cases"
_LONGEST = 300

# Made once: a channel that cuts time into windows moves it with each of them.
_MOVE = (
    update(Cursor)
    .where(Cursor.shop_id == bindparam("shop"), Cursor.feed == bindparam("of"))
    .values(until_at=bindparam("reached", type_=Instant))
)


def reached_until(connection: Connection, shop_id: int, feed: str) -> datetime | None:
    """Up to when a feed was read whole; None where it never was."""
    query = select(Cursor.until_at).where(Cursor.shop_id == shop_id, Cursor.feed == feed)
    return connection.execute(query).scalar_one_or_none()


def move(uow: UnitOfWork, shop_id: int, feed: str, reached: datetime) -> None:
    """A whole window is stored."""
    if not uow.count(_MOVE, {"shop": shop_id, "of": feed, "reached": reached}):
        uow.insert_many(Cursor, [{"shop_id": shop_id, "feed": feed, "until_at": reached}])


def is_failing(connection: Connection, shop_id: int, feed: str) -> bool:
    """Whether a feed could not be read when it was tried last."""
    here = (Cursor.shop_id == shop_id, Cursor.feed == feed, Cursor.failing_since.is_not(None))
    return connection.execute(select(Cursor.shop_id).where(*here)).first() is not None


def note_read(uow: UnitOfWork, shop_id: int, feed: str) -> None:
    """It can be read again."""
    here = (Cursor.shop_id == shop_id, Cursor.feed == feed, Cursor.failing_since.is_not(None))
    if uow.count(update(Cursor).where(*here).values(failing_since=None, error="")):
        uow.changed("cursor")


def note_unread(uow: UnitOfWork, shop_id: int, feed: str, error: Exception, begins_at: datetime) -> None:
    """It cannot be read; `begins_at` is where the first reading begins, should there have been none yet."""
    if reached_until(uow.connection, shop_id, feed) is None:
        move(uow, shop_id, feed, begins_at)
    here = (Cursor.shop_id == shop_id, Cursor.feed == feed)
    said = f"{type(error).__name__}: {error}"[:_LONGEST]
    if uow.count(update(Cursor).where(*here, Cursor.failing_since.is_(None)).values(failing_since=uow.now)):
        uow.changed("cursor")
    uow.execute(update(Cursor).where(*here).values(error=said))
