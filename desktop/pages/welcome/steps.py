"""The steps, what each of them is to the others, and what may come of one."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, Protocol

from core.access.rights import Right
from desktop.first_start import Scope


class Step(StrEnum):
    """In their order."""

    LANGUAGE = "language"
    OWNER = "owner"
    RECOVERY = "recovery"
    SOURCE = "source"
    PRINTER = "printer"
    SCANNER = "scanner"
    READY = "ready"


class Outcome(StrEnum):
    """What came of a step."""

    DONE = "done"
    SKIPPED = "skipped"


#: what is decided once for a whole shop
_OF_THE_SHOP: Final = frozenset({Step.OWNER, Step.RECOVERY, Step.SOURCE})
_RIGHTS: Final[Mapping[Step, Right]] = {
    Step.OWNER: Right.MANAGE_PEOPLE,
    Step.RECOVERY: Right.MANAGE_PEOPLE,
    Step.SOURCE: Right.CHANGE_SETTINGS,
    Step.PRINTER: Right.CHANGE_SETTINGS,
}


class StepPresenter(Protocol):
    """What the frame around the steps knows of one."""

    def enter(self) -> None:
        """The step comes into sight."""
        ...

    def finish(self, on_done: Callable[[], None]) -> None:
        """The clerk wants to go on: keep what was entered, then call; a step that is not done says why instead."""
        ...

    def leave(self) -> None:
        """The step goes out of sight, whatever came of it."""
        ...


def steps_of(
    scope: Scope, may: Callable[[Right], bool], wants_recovery: bool, outcomes: Mapping[str, str]
) -> tuple[Step, ...]:
    """The steps that whoever is here goes through."""

    def belongs(step: Step) -> bool:
        if step in _OF_THE_SHOP and scope is Scope.DESK:
            return False
        if step is Step.RECOVERY and not wants_recovery and step not in outcomes:
            return False
        right = _RIGHTS.get(step)
        return right is None or may(right)

    return tuple(step for step in Step if belongs(step))
