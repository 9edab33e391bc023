"""What the page of accidents needs from core; core's service satisfies it by shape."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from core.orders.settling.records import AccidentPage, Outcome


class AccidentDesk(Protocol):
    """Orders without goods, and what becomes of each."""

    def page(self, days: int) -> AccidentPage:
        """What lacks goods now, and what was settled in the last days."""
        ...

    def decide(self, order_id: int, outcome: Outcome, given_fen: int, note: str) -> None:
        """Write down what becomes of an order."""
        ...

    def note_told(self, order_id: int) -> None:
        """The buyer's message was copied."""
        ...

    def messages(self) -> Mapping[str, str]:
        """The owner's words for buyers."""
        ...

    def put_messages(self, words: Mapping[str, str]) -> None:
        """Keep the owner's words."""
        ...

    def export(self, path: Path, days: int) -> int:
        """Write the page as a table; gives its rows."""
        ...
