"""The page of people: who works here, as what, and how they get in."""

from collections.abc import Sequence

from core.access import people
from core.access.badges import new_badge
from core.access.gate import LOCK_MINUTES, needs
from core.access.pins import Digest, check_pin, hash_pin
from core.access.records import NewBadge, OperatorRow
from core.access.rights import Right, Role
from core.access.sessions import badge_digest
from core.access.tries import key_of_name
from core.db.unit_of_work import Store
from core.desk.settings import put_setting
from core.runtime.errors import Refused

#: minutes; a desk that is left for longer is left
_LONGEST_UNLOCKED = 240


class People:
    """Operators. Nobody is deleted: who has gone cannot sign in, and what they did keeps its author."""

    def __init__(self, store: Store, digest: Digest) -> None:
        self._store = store
        self._digest = digest

    @needs(Right.MANAGE_PEOPLE)
    def everybody(self) -> tuple[OperatorRow, ...]:
        """All operators, those who may sign in first."""
        return self._store.read(people.everybody)

    @needs(Right.MANAGE_PEOPLE)
    def find(self, name: str) -> OperatorRow:
        """The operator of a name.

        Raises:
            NotFound: `people.unknown`.
        """
        return self._store.read(lambda connection: people.find(connection, name))

    @needs(Right.MANAGE_PEOPLE)
    def add(self, name: str, roles: Sequence[Role], pin: str) -> OperatorRow:
        """Take somebody in. With the first one, who has to be an admin, signing in begins.

        Raises:
            Refused: `pin.shape`, `pin.too_simple`; as `core.access.people.add`.
        """
        check_pin(pin)
        hashed = hash_pin(pin, self._digest)
        return self._row(self._store.write(lambda uow: people.add(uow, name, roles, hashed)))

    @needs(Right.MANAGE_PEOPLE)
    def set_roles(self, operator_id: int, roles: Sequence[Role]) -> OperatorRow:
        """Give somebody these roles and no others.

        Raises:
            NotFound: `people.unknown`. Refused: `people.no_role`, `people.last_admin`.
        """
        self._store.write(lambda uow: people.set_roles(uow, operator_id, roles))
        return self._row(operator_id)

    @needs(Right.MANAGE_PEOPLE)
    def set_pin(self, operator_id: int, pin: str) -> OperatorRow:
        """Another PIN; pauses after failed tries end.

        Raises:
            NotFound: `people.unknown`. Refused: `pin.shape`, `pin.too_simple`.
        """
        check_pin(pin)
        hashed = hash_pin(pin, self._digest)
        tries_key = key_of_name(self._row(operator_id).name, self._digest)
        self._store.write(lambda uow: people.set_pin(uow, operator_id, hashed, tries_key))
        return self._row(operator_id)

    @needs(Right.MANAGE_PEOPLE)
    def make_badge(self, operator_id: int) -> NewBadge:
        """A new badge, given once; the old one opens nothing any more.

        Raises:
            NotFound: `people.unknown`.
        """
        code = new_badge()
        kept = badge_digest(code, self._digest)
        self._store.write(lambda uow: people.set_badge(uow, operator_id, kept))
        return NewBadge(self._row(operator_id).name, code)

    @needs(Right.MANAGE_PEOPLE)
    def take_badge(self, operator_id: int) -> OperatorRow:
        """A lost badge opens nothing any more.

        Raises:
            NotFound: `people.unknown`.
        """
        self._store.write(lambda uow: people.set_badge(uow, operator_id, None))
        return self._row(operator_id)

    @needs(Right.MANAGE_PEOPLE)
    def set_active(self, operator_id: int, is_active: bool) -> OperatorRow:
        """Let somebody sign in, or no longer.

        Raises:
            NotFound: `people.unknown`. Refused: `people.last_admin`.
        """
        self._store.write(lambda uow: people.set_active(uow, operator_id, is_active=is_active))
        return self._row(operator_id)

    @needs(Right.MANAGE_PEOPLE)
    def set_lock_minutes(self, minutes: int) -> None:
        """Lock every desk that nobody has touched for so long.

        Raises:
            Refused: `people.lock_minutes`, not 1 to 240.
        """
        if not 1 <= minutes <= _LONGEST_UNLOCKED:
            raise Refused("people.lock_minutes", f"1 to {_LONGEST_UNLOCKED} minutes", longest=_LONGEST_UNLOCKED)
        self._store.write(lambda uow: put_setting(uow, LOCK_MINUTES, minutes))

    def _row(self, operator_id: int) -> OperatorRow:
        return self._store.read(lambda connection: people.of_id(connection, operator_id))
