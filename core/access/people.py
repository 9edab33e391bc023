"""Operators: adding, roles, PINs, badges, going. Whatever happens, somebody who may manage people stays."""

import unicodedata
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, select, update

from core.access.gate import SYSTEM, confirm
from core.access.models import Operator, SignInTry
from core.access.records import OperatorRow
from core.access.rights import Right, Role, known_roles, rights_of
from core.db.letters import without_case
from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.runtime.errors import NotFound, Refused

SUBJECT = "operator"
_LONGEST_NAME = 40


def name_key(name: str) -> str:
    """A name as it is compared: width and case of letters do not matter, nor do signs that cannot be seen."""
    seen = "".join(ch for ch in unicodedata.normalize("NFKC", name) if ch.isprintable())
    return without_case(seen.strip())


def everybody(connection: Connection) -> tuple[OperatorRow, ...]:
    """All operators, those who may sign in first, by name."""
    columns = (Operator.id, Operator.name, Operator.roles, Operator.is_active, Operator.badge_digest)
    query = select(*columns, Operator.created_at).order_by(Operator.is_active.desc(), Operator.key)
    return tuple(
        OperatorRow(
            row.id, row.name, known_roles(row.roles), row.is_active, row.badge_digest is not None, row.created_at
        )
        for row in connection.execute(query)
    )


def of_id(connection: Connection, operator_id: int) -> OperatorRow:
    """The operator with an id.

    Raises:
        NotFound: `people.unknown`.
    """
    found = next((row for row in everybody(connection) if row.id == operator_id), None)
    if found is None:
        raise NotFound("people.unknown", f"there is no operator {operator_id}")
    return found


def find(connection: Connection, name: str) -> OperatorRow:
    """The operator of a name.

    Raises:
        NotFound: `people.unknown`.
    """
    wanted = name_key(name)
    found = next((row for row in everybody(connection) if name_key(row.name) == wanted), None)
    if found is None:
        raise NotFound("people.unknown", "there is no operator of this name")
    return found


def add(uow: UnitOfWork, name: str, roles: Sequence[Role], pin_hash: str) -> int:
    """Take somebody in; gives the id. The first one has to be an admin.

    Raises:
        Refused: `people.name_missing`, `people.name_taken`; `people.no_role`; `people.last_admin`.
    """
    _take_turn(uow)
    shown = unicodedata.normalize("NFKC", name).strip()
    if not 0 < len(shown) <= _LONGEST_NAME or not shown.isprintable():
        raise Refused("people.name_missing", f"a name has 1 to {_LONGEST_NAME} characters", longest=_LONGEST_NAME)
    key = name_key(shown)
    if key == SYSTEM or uow.execute(select(Operator.id).where(Operator.key == key)).first() is not None:
        raise Refused("people.name_taken", "somebody has this name already", name=shown)
    row = {
        "name": shown,
        "key": key,
        "roles": _checked(roles),
        "is_active": True,
        "pin_hash": pin_hash,
        "badge_digest": None,
        "created_at": uow.now,
    }
    operator_id = uow.insert(Operator, row)
    _keep_an_admin(uow)
    uow.record("operator.added", SUBJECT, operator_id, name=shown, roles=row["roles"])
    return operator_id


def set_roles(uow: UnitOfWork, operator_id: int, roles: Sequence[Role]) -> None:
    """Give somebody these roles and no others.

    Raises:
        NotFound: `people.unknown`. Refused: `people.no_role`, `people.last_admin`.
    """
    _take_turn(uow)
    named = _checked(roles)
    row = _row(uow, operator_id)
    _change(uow, operator_id, roles=named)
    _keep_an_admin(uow)
    uow.record("operator.roles", SUBJECT, operator_id, name=row.name, before=row.roles, roles=named)


def set_pin(uow: UnitOfWork, operator_id: int, pin_hash: str, tries_key: str) -> None:
    """Another PIN; tries that failed before are forgotten. `tries_key` as in `tries.key_of_name`."""
    _take_turn(uow)
    row = _row(uow, operator_id)
    _change(uow, operator_id, pin_hash=pin_hash)
    uow.execute(delete(SignInTry).where(SignInTry.key == tries_key))
    uow.record("operator.pin", SUBJECT, operator_id, name=row.name)


def set_badge(uow: UnitOfWork, operator_id: int, badge_digest: str | None) -> None:
    """Another badge, the old one opens nothing any more; None takes it away."""
    _take_turn(uow)
    row = _row(uow, operator_id)
    _change(uow, operator_id, badge_digest=badge_digest)
    uow.record("operator.badge", SUBJECT, operator_id, name=row.name, given=badge_digest is not None)


def set_active(uow: UnitOfWork, operator_id: int, *, is_active: bool) -> None:
    """Let somebody sign in, or no longer. A badge does not come back with its owner.

    Raises:
        NotFound: `people.unknown`. Refused: `people.last_admin`.
    """
    _take_turn(uow)
    row = _row(uow, operator_id)
    if row.is_active == is_active:
        return
    _change(uow, operator_id, is_active=is_active, badge_digest=None)
    _keep_an_admin(uow)
    uow.record("operator.on" if is_active else "operator.off", SUBJECT, operator_id, name=row.name)


def _take_turn(uow: UnitOfWork) -> None:
    """One change of people at a time, by somebody who still may when the turn comes."""
    take_turn(uow, "people")
    confirm(uow, Right.MANAGE_PEOPLE)


def _keep_an_admin(uow: UnitOfWork) -> None:
    rows = uow.rows(select(Operator.roles).where(Operator.is_active))
    if not any(Right.MANAGE_PEOPLE in rights_of(known_roles(row.roles)) for row in rows):
        raise Refused("people.last_admin", "somebody has to be left who may manage people")


def _checked(roles: Sequence[Role]) -> list[str]:
    named = [role.value for role in known_roles(roles)]
    if not named:
        raise Refused("people.no_role", "a person needs at least one role")
    return named


def _row(uow: UnitOfWork, operator_id: int) -> Any:
    columns = (Operator.name, Operator.roles, Operator.is_active)
    row = uow.execute(select(*columns).where(Operator.id == operator_id)).one_or_none()
    if row is None:
        raise NotFound("people.unknown", f"there is no operator {operator_id}")
    return row


def _change(uow: UnitOfWork, operator_id: int, **values: object) -> None:
    uow.execute(update(Operator).where(Operator.id == operator_id).values(**values))
    uow.changed(Operator.__tablename__, operator_id)
