"""What the top strip is told about shops and the queue to the outside."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ShopLight:
    """One shop's light: `state` is good | notice | stop | off; the age of the last good pull is its story."""

    shop_id: int
    name: str
    state: str
    last_good_pull_at: datetime | None
    last_error: str


@dataclass(frozen=True, slots=True)
class StatusView:
    """The strip: shops, what waits for the outside, what failed for good."""

    shops: tuple[ShopLight, ...]
    outbox_waiting: int
    outbox_failed: int
    unknown_prints: int
    at: datetime
