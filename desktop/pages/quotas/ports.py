"""What the page of quotas needs from core; core's service satisfies it by shape."""

from collections.abc import Mapping
from typing import Protocol

from core.channels.stock_table import PlatformRules
from core.desk.quotas import QuotaDetail
from core.inventory.quotas.listing import QuotaFilter, QuotaPage
from core.inventory.quotas.plans import PlanDraft
from core.runtime.ids import SkuId, WarehouseId


class QuotaDesk(Protocol):
    """Looking at quotas, and deciding. Acts upon a platform go out behind the desk."""

    def page(self, wanted: QuotaFilter, after: str | None, limit: int) -> QuotaPage:
        """One page of the list, by code."""
        ...

    def counts(self, search: str) -> Mapping[str, int]:
        """How many SKUs the piles hold."""
        ...

    def detail(self, sku_id: SkuId) -> QuotaDetail | None:
        """Everything about one SKU."""
        ...

    def rule_table(self) -> tuple[PlatformRules, ...]:
        """How every platform's numbers behave."""
        ...

    def set_plan(self, sku_id: SkuId, draft: PlanDraft, safety: Mapping[WarehouseId, int] = ...) -> None:
        """Decide how a SKU is told to the shops."""
        ...

    def set_weight(self, quota_id: int, weight: int | None) -> None:
        """Give a shop a share of its own."""
        ...

    def grant(self, quota_id: int, qty: int) -> int:
        """Give a shop the right to sell more."""
        ...

    def withdraw(self, quota_id: int, qty: int) -> int:
        """Ask a shop for units back."""
        ...

    def read_number(self, quota_id: int) -> int:
        """Have the platform's number read."""
        ...

    def take_theirs(self, quota_id: int) -> int:
        """Drift: the platform's number becomes the right."""
        ...

    def put_ours(self, quota_id: int) -> int:
        """Drift: the platform's number is brought back to the right."""
        ...

    def stop_writing(self, shop_id: int) -> None:
        """Write none of a shop's numbers any more."""
        ...
