"""What the page of several desks needs from core; core's service satisfies it by shape."""

from typing import Protocol

from core.desk.several import Invitation, ServerLook, ServerWords, Together


class SeveralDesk(Protocol):
    """How this desk works with others."""

    def standing(self) -> Together:
        """How it works now."""
        ...

    def try_server(self, words: ServerWords) -> ServerLook:
        """See whether a server can be worked with; waits for the network. Raises `Refused`, `Unavailable`."""
        ...

    def make_database(self, words: ServerWords) -> ServerLook:
        """Make the empty database that is named there; waits for the network. Raises `Refused`, `Unavailable`."""
        ...

    def become_host(self, words: ServerWords) -> None:
        """Move the records there at the next start. Raises `Refused`, `Unavailable`."""
        ...

    def invite(self) -> Invitation:
        """A joining code and its PIN. Raises `Refused`."""
        ...

    def join(self, code: str, pin: str, *, leaves_records: bool = False) -> None:
        """Join other desks at the next start. Raises `Refused`, `Unavailable`."""
        ...

    def watch_over(self, node: str, *, is_always_on: bool) -> None:
        """Whether the others are to tell when it falls silent."""
        ...

    def forget(self, node: str) -> None:
        """Take a program out of the list."""
        ...
