"""Signing in: who a badge or a name with a PIN is, and what the journal keeps of coming and going."""

from typing import Any

from sqlalchemy import Connection, select

from core.access.badges import plain_badge
from core.access.models import Operator
from core.access.people import SUBJECT, name_key
from core.access.pins import Digest
from core.access.tries import forget_tries
from core.db.unit_of_work import Actor, UnitOfWork
from core.runtime.errors import Refused

_COLUMNS = (Operator.id, Operator.name, Operator.roles, Operator.is_active, Operator.pin_hash)


def badge_digest(code: str, digest: Digest) -> str:
    """What is stored of a badge."""
    return digest("badge", plain_badge(code).encode("utf-8", "replace").decode("utf-8"))


def by_name(connection: Connection, name: str) -> Any:
    """The operator's row (id, name, roles, is_active, pin_hash), None where there is nobody."""
    return connection.execute(select(*_COLUMNS).where(Operator.key == name_key(name))).one_or_none()


def by_badge(connection: Connection, badge: str) -> Any:
    """The same, by the digest of a badge."""
    return connection.execute(select(*_COLUMNS).where(Operator.badge_digest == badge)).one_or_none()


def note_arrival(uow: UnitOfWork, row: Any, way: str, tries_key: str) -> None:
    """Somebody has shown who they are, by `badge` or `pin`: write it down as their own act.

    Raises:
        Refused: `signin.wrong`, they have gone or changed their PIN since the row was read.
    """
    held = Operator.is_active & (Operator.pin_hash == row.pin_hash)
    if uow.execute(select(Operator.id).where(Operator.id == row.id, held)).first() is None:
        raise wrong()
    forget_tries(uow, tries_key)
    uow.actor = Actor(row.name, uow.actor.desk, row.id)
    uow.record("signin.done", SUBJECT, row.id, way=way)


def note_failure(uow: UnitOfWork, row: Any, way: str, count: int) -> None:
    """Somebody tried to be this operator, or nobody (None). What was typed is not kept."""
    operator_id, name = (0, "") if row is None else (row.id, row.name)
    uow.record("signin.refused", SUBJECT, operator_id, name=name, way=way, tries=count)


def wrong(pause_s: int = 0) -> Refused:
    """The one answer to whatever was wrong."""
    return Refused("signin.wrong_wait" if pause_s else "signin.wrong", "that opens nothing here", seconds=pause_s)
