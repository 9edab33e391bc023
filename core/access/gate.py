"""The seam in front of every service: who acts here, and may they?

A check reads one attribute, because a scan passes it. What other desks change about people is read anew every few
seconds (`Gate.refresh`); acts on personal data and on people look again within their own transaction (`confirm`).
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar, cast

from sqlalchemy import Connection, select

from core.access.models import Operator
from core.access.records import Person
from core.access.rights import Right, known_roles, rights_of
from core.db.models import Setting
from core.db.settings import kept_setting
from core.db.unit_of_work import Actor, Changes, Store, UnitOfWork
from core.runtime.errors import DomainError, Refused

_log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

#: who the journal names where the program works by itself, once people sign in
SYSTEM: Final = "system"
#: person id of whoever is there while nobody has to sign in
_OWNER: Final = -1

#: setting: after how many minutes without a touch a desk is locked
LOCK_MINUTES: Final = "people.lock_minutes"
#: where nobody has chosen
_USUAL_MINUTES: Final = 10

#: what a method declares that needs no right: a locked desk needs it, and it names no person
OPEN: Final = "open"
#: what a method declares that only the program's own lanes call
LANES: Final = "lanes"


class _Service(Protocol):
    @property
    def _store(self) -> Store: ...


S = TypeVar("S", bound=_Service)


def needs(
    right: Right, less: Callable[..., Right] | None = None
) -> Callable[[Callable[Concatenate[S, P], R]], Callable[Concatenate[S, P], R]]:
    """Declare the right that a method of a service needs; without it nothing of the method runs.

    Whoever acts when the method begins is who acted in all it writes, whoever signs in meanwhile.

    Args:
        right: the right.
        less: gives the right for these very arguments, where some of them need a lesser one.
    """

    def declare(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
        @wraps(method)
        def guarded(self: S, *arguments: P.args, **named: P.kwargs) -> R:
            store = self._store
            if store.guard is None:
                return method(self, *arguments, **named)
            held = store.acting
            wanted = right if less is None else less(*arguments, **named)
            store.act_as(store.guard.admit(wanted, held))
            try:
                return method(self, *arguments, **named)
            finally:
                store.act_as(held)

        guarded.declared = right  # type: ignore[attr-defined]  # read by the test that looks for undeclared methods
        return cast("Callable[Concatenate[S, P], R]", guarded)

    return declare


def declares(what: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare that a method needs no right: `OPEN` or `LANES`."""

    def declare(method: Callable[P, R]) -> Callable[P, R]:
        method.declared = what  # type: ignore[attr-defined]  # as above
        return method

    return declare


class Gate:
    """Who is signed in at this desk. Nobody has to be while there are no operators: then the owner is here."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._person: Person | None = None
        self._has_people = False
        self._known: tuple[Actor | None, Person | None, Actor] = (None, None, store.actor)
        self._lock_minutes = _USUAL_MINUTES

    def close_to_strangers(self) -> None:
        """Check rights from now on."""
        self.refresh()
        self._store.guard = self
        self._store.subscribe(self._on_changes)

    @property
    def has_people(self) -> bool:
        """Whether somebody has to sign in."""
        return self._has_people

    @property
    def person(self) -> Person | None:
        """Who is signed in."""
        return self._person

    @property
    def lock_minutes(self) -> int:
        """After how many minutes without a touch the desk is to be locked."""
        return self._lock_minutes

    def put(self, person: Person | None) -> None:
        """This person is here now, or nobody."""
        with self._lock:
            self._person = person

    def admit(self, right: str, held: Actor | None) -> Actor:
        """Who acts now, if they have the right.

        Raises:
            Refused: `signin.needed`, nobody is signed in; `right.missing`.
        """
        actor = held or self._actor()
        if actor.rights is not None and right not in actor.rights:
            raise _missing(right)
        return actor

    def _actor(self) -> Actor:
        base = self._store.actor
        person = self._person
        known = self._known
        # Made once for each person and desk: a scan comes through here.
        if known[0] is base and known[1] is person:
            return known[2]
        if not self._has_people:
            return Actor(base.operator, base.desk, _OWNER)
        if person is None:
            raise Refused("signin.needed", "nobody is signed in at this desk")
        made = Actor(person.name, base.desk, person.id, person.rights)
        self._known = (base, person, made)
        return made

    @contextmanager
    def as_system(self) -> Iterator[None]:
        """The program itself acts in this thread while the block runs: it may do everything."""
        held = self._store.acting
        self._store.act_as(Actor(self._store.actor.operator, self._store.actor.desk))
        try:
            yield
        finally:
            self._store.act_as(held)

    def refresh(self) -> None:
        """Look who works here: other desks may have changed it."""
        with self._lock:
            # Within the lock: whoever signs in meanwhile must not be measured by an older look.
            people, self._lock_minutes = self._store.read(_seen)
            self._has_people = bool(people)
            if people:
                self._store.actor = Actor(SYSTEM, self._store.actor.desk)
            if self._person is not None:
                self._person = people.get(self._person.id)

    def _on_changes(self, changes: Changes) -> None:
        if changes.touches(Operator.__tablename__, Setting.__tablename__):
            try:
                self.refresh()
            except DomainError as error:
                _log.warning("who works here could not be read: %s", error)


def _seen(connection: Connection) -> tuple[dict[int, Person], int]:
    minutes = kept_setting(connection, LOCK_MINUTES)
    return active_people(connection), minutes if isinstance(minutes, int) else _USUAL_MINUTES


def active_people(connection: Connection) -> dict[int, Person]:
    """Everybody who may sign in, by id."""
    columns = (Operator.id, Operator.name, Operator.roles)
    query = select(*columns).where(Operator.is_active)
    return {row.id: person_of(row) for row in connection.execute(query)}


def person_of(row: Any) -> Person:
    """A person of a row with id, name and roles."""
    roles = known_roles(row.roles)
    return Person(row.id, row.name, roles, rights_of(roles))


def confirm(uow: UnitOfWork, right: Right) -> None:
    """Within the transaction: has whoever acts this right at this moment, whatever this desk read before?

    Raises:
        Refused: `signin.needed`, `right.missing`.
    """
    actor = uow.actor
    if actor.person_id == 0:
        return
    if actor.person_id == _OWNER:
        if uow.execute(select(Operator.id).where(Operator.is_active).limit(1)).first() is not None:
            raise Refused("signin.needed", "somebody has to sign in from now on")
        return
    query = select(Operator.roles).where(Operator.id == actor.person_id, Operator.is_active)
    roles = uow.execute(query).scalar_one_or_none()
    if roles is None or right not in rights_of(known_roles(roles)):
        raise _missing(right)


def has_now(store: Store, right: Right) -> bool:
    """Whether whoever acts in this thread has a further right, for acts that are wider with it."""
    actor = store.acting or store.actor
    return actor.rights is None or right in actor.rights


def _missing(right: str) -> Refused:
    return Refused("right.missing", f"this needs the right {right}", right=str(right))
