"""What the page of replenishment needs from core; core's service satisfies it by shape."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from core.replenish.records import Drafted, ReplenishFilter, ReplenishList, ReplenishRow, Wanted
from core.replenish.rules import Rules, Supplied
from core.runtime.ids import SkuId


class SupplyTaken(Protocol):
    """What came of a table of terms."""

    @property
    def count(self) -> int:
        """Goods whose terms were said."""
        ...

    @property
    def unknown(self) -> tuple[str, ...]:
        """Codes nobody knows."""
        ...


class ReplenishDesk(Protocol):
    """Looking at suggestions, and deciding. Nothing is ordered by it: drafts of purchases are written."""

    def list(self, wanted: ReplenishFilter) -> ReplenishList:
        """What to order, the most pressing first."""
        ...

    def rules(self) -> Rules:
        """What holds where nobody has said otherwise."""
        ...

    def supply(self, sku_id: SkuId) -> Supplied:
        """How a SKU is bought, as somebody has said."""
        ...

    def set_rules(self, rules: Rules) -> None:
        """Decide how long things take and should last."""
        ...

    def set_supply(self, sku_id: SkuId, said: Supplied) -> None:
        """Say how a SKU is bought."""
        ...

    def make_drafts(self, wanted: Sequence[Wanted], key: str) -> tuple[Drafted, ...]:
        """Write drafts of purchases; the same key makes them once."""
        ...

    def export_orders(self, path: Path, rows: Sequence[tuple[ReplenishRow, int, str]]) -> int:
        """Write what was decided to order as a table."""
        ...

    def export_supply(self, path: Path) -> int:
        """Write how every SKU is bought as a table."""
        ...

    def import_supply(self, path: Path) -> SupplyTaken:
        """Take in how goods are bought."""
        ...
