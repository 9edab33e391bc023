"""What the page of people needs from core; core's service satisfies it by shape."""

from collections.abc import Callable, Sequence
from typing import Protocol

from core.access.records import NewBadge, OperatorRow
from core.access.rights import Role

#: prints a badge on this desk's printer: name, code, caption. Raises `Refused`
PrintBadge = Callable[[str, str, str], None]


class PeopleDesk(Protocol):
    """Operators. Each act raises `Refused` where the rules say no."""

    def everybody(self) -> tuple[OperatorRow, ...]:
        """All operators, those who may sign in first."""
        ...

    def add(self, name: str, roles: Sequence[Role], pin: str) -> OperatorRow:
        """Take somebody in; takes a tenth of a second and more."""
        ...

    def set_roles(self, operator_id: int, roles: Sequence[Role]) -> OperatorRow:
        """These roles and no others."""
        ...

    def set_pin(self, operator_id: int, pin: str) -> OperatorRow:
        """Another PIN; takes a tenth of a second and more."""
        ...

    def make_badge(self, operator_id: int) -> NewBadge:
        """A new badge; the old one opens nothing any more."""
        ...

    def take_badge(self, operator_id: int) -> OperatorRow:
        """A lost badge opens nothing any more."""
        ...

    def set_active(self, operator_id: int, is_active: bool) -> OperatorRow:
        """Let somebody sign in, or no longer."""
        ...

    def set_lock_minutes(self, minutes: int) -> None:
        """After how many minutes without a touch every desk locks itself."""
        ...
