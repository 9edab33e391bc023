"""What the top strip is told about shops, the queue to the outside, and what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ShopLight:
    """One shop's light: `state` is good | notice | stop | off | waits (for its owner).

    The age of the last good pull is its story.
    """

    shop_id: int
    name: str
    state: str
    last_good_pull_at: datetime | None
    last_error: str


@dataclass(frozen=True, slots=True)
class AlertGlimpse:
    """One alert, enough for a sentence; nothing personal."""

    id: int
    rule: str
    key: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AlertLights:
    """Alerts that nobody has answered or keeps quiet: how many, how many critical, the newest of those."""

    open: int = 0
    critical: int = 0
    newest: AlertGlimpse | None = None


@dataclass(frozen=True, slots=True)
class StatusView:
    """The strip: shops, what waits for the outside, what failed for good."""

    shops: tuple[ShopLight, ...]
    outbox_waiting: int
    outbox_failed: int
    unknown_prints: int
    at: datetime
    alerts: AlertLights = field(default_factory=AlertLights)
    #: sales that are stopped or capped now, by a person or by the breaker
    stopped: int = 0
