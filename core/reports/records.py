"""What the day page is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


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
class ShopWork:
    """One shop's work in a time.

    Attributes:
        taken: orders that came.
        printed: labels printed for the first time.
        shipped: parcels scanned out.
        handed_over: parcels on sheets that couriers signed.
        pulled_out: parcels kept here after the scan-out, because something inside was refunded.
        stuck: its orders that should have left by now.
    """

    shop_name: str
    taken: int
    printed: int
    shipped: int
    handed_over: int
    pulled_out: int
    stuck: int

    @property
    def is_any(self) -> bool:
        """Whether anything is to be told of it."""
        return any((self.taken, self.printed, self.shipped, self.handed_over, self.pulled_out, self.stuck))


@dataclass(frozen=True, slots=True)
class ClerkWork:
    """One clerk's work in a time: parcels; `hours` are those in which at least one was packed or scanned out."""

    operator: str
    packed: int
    shipped: int
    handed_over: int
    pulled_out: int
    hours: int

    @property
    def per_hour(self) -> float:
        """Parcels scanned out in a worked hour; 0 where none was worked."""
        return self.shipped / self.hours if self.hours else 0.0


@dataclass(frozen=True, slots=True)
class DayReport:
    """One day in China, from midnight to now. `total` is the sum of the piles."""

    begins_at: datetime
    at: datetime
    piles: tuple[DayPile, ...]
    total: int
    shops: tuple[ShopWork, ...]
    clerks: tuple[ClerkWork, ...]


@dataclass(frozen=True, slots=True)
class WorkDay:
    """One day's figures over all shops, as in `ShopWork`."""

    day: date
    taken: int
    printed: int
    shipped: int
    handed_over: int
    pulled_out: int


@dataclass(frozen=True, slots=True)
class RangeReport:
    """Days in China from `first` to `last`, both included; the sums of days and shops agree.

    Attributes:
        at: when it was read.
        stuck: stage and how many orders stand in it that should have left by `at`, the longest way to go first.
    """

    first: date
    last: date
    at: datetime
    days: tuple[WorkDay, ...]
    shops: tuple[ShopWork, ...]
    clerks: tuple[ClerkWork, ...]
    stuck: tuple[tuple[str, int], ...]
