"""What the page of the drill needs from core; core's service satisfies it by shape."""

from typing import Protocol

from core.practice.drill.records import Goods, Listening, Mode, Plan, Result


class DrillDesk(Protocol):
    """Plays sales that never were."""

    def goods(self, code: str) -> Goods | None:
        """A SKU as it stands now."""
        ...

    def play(self, plan: Plan, mode: Mode, listening: Listening | None = None) -> Result:
        """Play one sale; takes seconds. Raises `Refused`."""
        ...
