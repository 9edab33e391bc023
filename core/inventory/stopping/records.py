"""What is said about stopped sales: plain frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from core.runtime.ids import SkuId


class Cause(StrEnum):
    """What a rule of the breaker looks for."""

    #: less is available than the safety stock
    LOW = "low"
    #: a shop was not pulled well for so many minutes
    SILENT = "silent"


class Act(StrEnum):
    """What a rule of the breaker does."""

    STOP = "stop"
    CAP = "cap"


class TripState(StrEnum):
    """How far one trip of the breaker is."""

    #: a person is asked
    PROPOSED = "proposed"
    #: the sale is stopped or capped because of it
    ACTED = "acted"
    #: a person has said no, or has let it be sold again; it is asked again only after the cause was over
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A rule of the breaker as its owner wants it; see `models.BreakerRule` for the fields.

    `sku_code` empty: every SKU with a safety stock. `shop_id` None: every shop.
    """

    cause: Cause
    sku_code: str = ""
    shop_id: int | None = None
    minutes: int = 10
    target_shop_ids: tuple[int, ...] = ()
    act: Act = Act.STOP
    cap_qty: int | None = None
    is_automatic: bool = False
    resumes: bool = False
    margin_qty: int = 0
    calm_minutes: int = 5
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class BreakerRuleRow:
    """A rule as it stands, with names for its ids."""

    id: int
    draft: RuleDraft
    sku_id: int | None
    shop_name: str
    target_names: tuple[str, ...]
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class TripRow:
    """A trip that is not over.

    Attributes:
        is_calm: its cause is gone, and only a person's word or some minutes are missing.
        by_hand: names of the shops where somebody has to see to what it does, as long as it stops or caps a sale.
    """

    id: int
    rule_id: int
    key: str
    cause: Cause
    act: Act
    cap_qty: int | None
    target_names: tuple[str, ...]
    state: TripState
    at: datetime
    acted_at: datetime | None
    acted_by: str
    is_calm: bool
    resumes: bool
    facts: Mapping[str, Any]
    by_hand: tuple[str, ...] = ()


class Way(StrEnum):
    """How a shop hears that its sale is stopped."""

    #: it asks us before it sells, and is refused from the first moment
    ASKS = "asks"
    #: its listings are told through the platform
    TOLD = "told"
    #: nothing of ours reaches its numbers: somebody has to do it there
    BY_HAND = "by_hand"
    #: it sells nothing of this
    NOTHING = "nothing"


class Progress(StrEnum):
    """How far a shop has come."""

    DONE = "done"
    WAITING = "waiting"
    #: somebody has to do it at the platform
    TO_DO = "to_do"


@dataclass(frozen=True, slots=True)
class LinkText:
    """A listing as a person finds it at the platform."""

    item_id: str
    title: str
    spec: str


@dataclass(frozen=True, slots=True)
class ShopStop:
    """One shop's part in a stop.

    Attributes:
        told_count: listings that are told through the platform; `waiting_count` of them have not said it back yet.
        by_hand_count: listings that somebody has to take off sale, or put back, because nothing of ours reaches them
            or the platform refused; the first of them in `links`.
    """

    shop_id: int
    shop_name: str
    channel: str
    way: Way
    progress: Progress
    told_count: int
    waiting_count: int
    by_hand_count: int
    links: tuple[LinkText, ...]


@dataclass(frozen=True, slots=True)
class StopRow:
    """One stop that is not over, with how far each shop is; lifted: how far each is on its way back."""

    id: int
    sku_id: SkuId | None
    sku_code: str
    sku_name: str
    is_everywhere: bool
    reason: str
    at: datetime
    by: str
    lifted_at: datetime | None
    shops: tuple[ShopStop, ...]

    @property
    def is_done(self) -> bool:
        """Whether every shop has followed."""
        return all(shop.progress is Progress.DONE for shop in self.shops)
