"""What channels that let us write stock speak in addition; separate because many cannot.

A listing's number on a platform is the store of rights to sell: what we add there may be sold without asking us, and
what we take away is ours again only as far as the platform said that it is gone. `StockRules` says how a platform's
writes behave, so that nobody above has to know its name.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable


class WriteKind(StrEnum):
    """How a platform lets its number be changed, the safest first."""

    #: a difference under a key of ours: the platform applies the same key once, so a lost answer may be asked again
    KEYED_DELTA = "keyed_delta"
    #: the number itself, only over the version that was read: a sale in between makes the write fail
    COMPARE_AND_SET = "compare_and_set"
    #: a difference without a key: never sent twice; after a lost answer the number is read back
    PLAIN_DELTA = "plain_delta"
    #: the number itself, over whatever was sold meanwhile: only while the listing is paused, or with a risk reserve
    ABSOLUTE = "absolute"


class BelowZero(StrEnum):
    """What the platform does with a difference that asks for more than is left."""

    REFUSES = "refuses"
    CLAMPS = "clamps"


class CancelledUnit(StrEnum):
    """Who has the unit of an order that is cancelled before it is sent."""

    #: the platform's number rises by itself
    PLATFORM = "platform"
    #: the number stays; the unit is ours to grant again
    CENTRE = "centre"
    #: not known: it is counted at the platform until the number has been read
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StockRules:
    """The facts about one platform's stock writes; where one is not known, the careful side.

    Attributes:
        write: how the number is changed.
        below_zero: what becomes of a difference that asks for too much.
        cancelled_unit: who has the unit of a cancelled order.
        reads_back: whether the number can be read.
        pauses_sale: whether a single listing can be taken off sale and put back.
        may_refuse_decrease: whether goods in a promotion keep their number (Pinduoduo).
        calls_per_minute: how often its stock may be written, all listings together.
        orders_lag_s: how long an order may still be missing in the platform's list after it was placed: so much later
            than an order window reaches, everything in it is known.
        source: where the facts are from: the platform's document, or `unverified`.
    """

    write: WriteKind
    below_zero: BelowZero
    cancelled_unit: CancelledUnit
    reads_back: bool
    pauses_sale: bool
    may_refuse_decrease: bool = False
    calls_per_minute: int = 60
    orders_lag_s: int = 60
    source: str = "unverified"


@dataclass(frozen=True, slots=True)
class ListedSku:
    """A listing as its platform names it; each platform uses the names it knows."""

    item_id: str
    channel_sku_id: str
    merchant_code: str


@dataclass(frozen=True, slots=True)
class ListedStock:
    """What a platform says about a listing: the units it may still sell, and its version where it has one.

    `at` is what the platform's own clock said when it answered, where it tells: the number was so then, or at some
    moment since it was asked.
    """

    qty: int
    version: int | None = None
    is_on_sale: bool | None = None
    at: datetime | None = None


@runtime_checkable
class StockChannel(Protocol):
    """A shop whose stock and sale we may set.

    Every method may raise the errors of `core.runtime.remote_errors` and nothing else expected. `Rejected` means that
    nothing was changed; every other error leaves it open whether the platform has changed its number.
    """

    @property
    def stock_rules(self) -> StockRules:
        """How this platform's writes behave."""
        ...

    def read_stock(self, listed: ListedSku) -> ListedStock:
        """The platform's own number; only where `reads_back`."""
        ...

    def change_stock(self, listed: ListedSku, delta: int, key: str) -> ListedStock:
        """Change the number by a difference and give what it is then; only where the platform takes differences.

        Where the platform clamps, the caller finds out by the answer how much was really taken away.
        """
        ...

    def set_stock(self, listed: ListedSku, qty: int, if_version: int | None = None) -> ListedStock:
        """Set the number and give what it is then.

        Raises:
            Rejected: `version_conflict`; the platform has sold or changed meanwhile (COMPARE_AND_SET).
        """
        ...

    def pause_sale(self, listed: ListedSku) -> None:
        """Take the listing off sale; whether full carts can still be paid is up to the platform."""
        ...

    def resume_sale(self, listed: ListedSku) -> None:
        """Put the listing back on sale."""
        ...
