"""What the steps need from whoever loads the program, beside the desks of other pages."""

from dataclasses import dataclass
from typing import Protocol

from core.waybills.contract import Sender
from desktop.first_start import FirstStart


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known when the steps begin.

    Attributes:
        state: where an unfinished first start stands, None where there is none.
        wants_recovery: nobody has proved yet to have the recovery code, and whoever is here may see it.
        has_practice: there can be a practice shop here.
    """

    state: FirstStart | None
    wants_recovery: bool
    has_practice: bool


class WelcomeDesk(Protocol):
    """Each call reads or writes files or records: call it in a lane."""

    def standing(self) -> Standing:
        """Where the first start stands."""
        ...

    def keep(self, state: FirstStart) -> None:
        """Remember it."""
        ...

    def end(self) -> None:
        """All steps are through."""
        ...

    def recovery_code(self) -> str | None:
        """The code to be written down, None when that is done. Asking again makes another one."""
        ...

    def confirm_recovery_code(self, typed: str) -> None:
        """Note that the owner has it. Raises `Refused` when it is not the code."""
        ...

    def open_practice(self) -> None:
        """Open the practice shop now and at each start; it takes seconds. Raises when it cannot be opened."""
        ...

    def leave_practice(self) -> None:
        """From the next start on the practice shop stays closed."""
        ...

    def sender(self) -> Sender | None:
        """Who sends, None while nobody has said it."""
        ...

    def keep_sender(self, sender: Sender) -> None:
        """Print this as the sender. Raises `Refused`."""
        ...
