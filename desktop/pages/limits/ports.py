"""What the page of limits needs from core; core's service satisfies it by shape."""

from collections.abc import Sequence
from typing import Protocol

from core.desk.low_stock import LowStockView, StopPreview
from core.inventory.stopping.records import RuleDraft
from core.orders.limits.records import Step


class LowStockDesk(Protocol):
    """Rules when stock runs low, and the button that stops a sale."""

    def view(self) -> LowStockView:
        """What the page shows."""
        ...

    def by_hand(self) -> tuple[str, ...]:
        """Names of the shops where somebody has to see to what is stopped now."""
        ...

    def preview(self, sku_code: str, shop_ids: Sequence[int]) -> StopPreview:
        """What a stop would do at which shop."""
        ...

    def stop(self, sku_code: str, shop_ids: Sequence[int], reason: str) -> int:
        """Stop a sale; gives the stop's id."""
        ...

    def lift(self, stop_id: int) -> None:
        """Let it be sold again."""
        ...

    def mark_shop(self, stop_id: int, shop_id: int, *, is_done: bool) -> None:
        """A shop was seen to by hand, or was not after all."""
        ...

    def close(self, stop_id: int) -> None:
        """Put a lifted stop away."""
        ...

    def accept(self, trip_id: int) -> None:
        """Do what the breaker proposes."""
        ...

    def let_go(self, trip_id: int) -> None:
        """Say no to the breaker, or let it be sold again."""
        ...

    def put_breaker_rule(self, rule_id: int | None, draft: RuleDraft) -> int:
        """Write a rule of the breaker."""
        ...

    def drop_breaker_rule(self, rule_id: int) -> None:
        """Take a rule of the breaker away."""
        ...

    def put_limit(self, sku_code: str, window_days: int, steps: Sequence[Step], *, is_active: bool) -> int:
        """Write a purchase limit."""
        ...

    def drop_limit(self, rule_id: int) -> None:
        """Take a purchase limit away."""
        ...
