"""What the day page is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at before work begins: `day.check.<code>` says it with `facts`.

    `tone` is good | notice | stop; `page` leads to where it is mended, empty where nothing is to be done.
    """

    code: str
    tone: str
    facts: Mapping[str, object] = field(default_factory=dict)
    page: str = ""


@dataclass(frozen=True, slots=True)
class DayPile:
    """Orders of the day that stand in one place; each order of the day is in exactly one pile.

    `late` of them should have left by now; `door` is the pile of the order list that shows them, or a page.
    """

    name: str
    orders: int
    late: int
    door: str


@dataclass(frozen=True, slots=True)
class ShopDay:
    """One shop's day: orders that came, labels printed first, parcels that left, orders that should have left."""

    shop_name: str
    taken: int
    printed: int
    shipped: int
    stuck: int


@dataclass(frozen=True, slots=True)
class ClerkDay:
    """One clerk's day: parcels packed and scanned out."""

    operator: str
    packed: int
    shipped: int


@dataclass(frozen=True, slots=True)
class DayReport:
    """One day in China, from midnight to now. `total` is the sum of the piles."""

    begins_at: datetime
    at: datetime
    piles: tuple[DayPile, ...]
    total: int
    shops: tuple[ShopDay, ...]
    clerks: tuple[ClerkDay, ...]
