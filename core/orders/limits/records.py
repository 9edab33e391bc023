"""What is said about purchase limits: plain frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from core.runtime.ids import SkuId, WarehouseId


@dataclass(frozen=True, slots=True)
class Step:
    """At `left_qty` units left and fewer, one customer may buy `most_qty` in the window; perhaps members alone."""

    left_qty: int
    most_qty: int
    members_only: bool = False


@dataclass(frozen=True, slots=True)
class LimitRule:
    """A rule as the owner set it; without a SKU it holds for all that have none of their own."""

    id: int
    sku_id: int | None
    sku_code: str
    sku_name: str
    window_days: int
    steps: tuple[Step, ...]
    is_active: bool
    changed_at: datetime
    changed_by: str

    def step_at(self, left_qty: int) -> Step | None:
        """The step that counts while so many units are left; None while there is plenty."""
        reached = [step for step in self.steps if left_qty <= step.left_qty]
        return min(reached, key=lambda step: step.left_qty, default=None)


class Wanted(NamedTuple):
    """What one customer wants of one warehouse; None is a buyer nobody has named."""

    customer_id: int | None
    warehouse_id: WarehouseId
    units: Mapping[SkuId, int]
    is_member: bool = False


@dataclass(frozen=True, slots=True)
class Excess:
    """Goods of which more is wanted than may be bought.

    Attributes:
        may_qty: units that may still be bought.
        bought_qty: units bought within the window before.
        left_qty: units left when it was looked.
        is_unknown: nobody has said who buys, so nothing can be counted.
        needs_member: only members may buy, and this is none.
    """

    sku_id: SkuId
    wanted_qty: int
    may_qty: int
    bought_qty: int
    left_qty: int
    step: Step
    window_days: int
    is_unknown: bool = False
    needs_member: bool = False
