"""What is said about orders without goods: plain frozen values."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from core.runtime.ids import SkuId


class Outcome(StrEnum):
    """What becomes of an order without goods."""

    #: nobody has decided; the buyer may have been told
    OPEN = "open"
    #: the buyer waits for the goods
    WAITS = "waits"
    REFUNDED = "refunded"
    #: other goods are sent instead
    REPLACED = "replaced"
    #: the buyer got something for the trouble
    COMPENSATED = "compensated"


#: nothing is left to be done
FINAL = frozenset({Outcome.REFUNDED, Outcome.REPLACED, Outcome.COMPENSATED})
#: no goods are to be sent any more
WANTS_NO_GOODS = frozenset({Outcome.REFUNDED, Outcome.REPLACED})
#: the piles of the page
PILES = ("open", "waits", "settled")


@dataclass(frozen=True, slots=True)
class Supply:
    """Units on their way, by the document that brings them; the day is None where nobody has said it."""

    sku_id: SkuId
    document_id: int
    number: str
    kind: str
    day: date | None
    qty: int


@dataclass(frozen=True, slots=True)
class Cure:
    """What of a missing line a document brings. `number` empty: nothing is on its way for these units."""

    qty: int
    document_id: int = 0
    number: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class MissingLine:
    """Units of a SKU that an order lacks, with what would bring them."""

    sku_id: SkuId
    code: str
    name: str
    qty: int
    cures: tuple[Cure, ...] = ()


@dataclass(frozen=True, slots=True)
class AffectedOrder:
    """One order, in order of promise.

    Attributes:
        reason: oversold | paid_no_stock | short.
        is_missing: goods are still missing; False once they came or the order was called off.
        comes_on: the day on which all of it would be there; None where something is not on its way, or nobody knows
            when.
        amount_fen: the order's; `given_fen` is what the buyer got for the trouble.
    """

    order_id: int
    order_no: str
    shop_name: str
    reason: str
    is_paid: bool
    is_cancelled: bool
    is_missing: bool
    placed_at: datetime
    paid_at: datetime | None
    ship_by_at: datetime | None
    amount_fen: int
    missing: tuple[MissingLine, ...]
    comes_on: date | None
    outcome: Outcome
    given_fen: int
    note: str
    told_at: datetime | None
    settled_at: datetime | None
    settled_by: str

    @property
    def wants_goods(self) -> bool:
        """Whether goods are still to be sent for it, whatever its buyer got for the trouble."""
        return self.is_missing and self.outcome not in WANTS_NO_GOODS

    @property
    def pile(self) -> str:
        """Where it stands on the page."""
        if self.outcome in FINAL or not self.is_missing:
            return "settled"
        return "waits" if self.outcome is Outcome.WAITS else "open"


@dataclass(frozen=True, slots=True)
class MissingSku:
    """What all orders together lack of a SKU, and what is on its way."""

    sku_id: SkuId
    code: str
    name: str
    qty: int
    order_count: int
    supplies: tuple[Supply, ...]
    uncured_qty: int


@dataclass(frozen=True, slots=True)
class AccidentPage:
    """Everything of one moment.

    Attributes:
        orders: every order that still lacks goods, and those settled since the day asked for; by promise.
        skus: what is missing, the most first.
        given_fen: what buyers got since that day; `given_count` of them.
        is_cut: there are more orders than are shown; `hidden` are those, by pile, the settled ones first.
    """

    orders: tuple[AffectedOrder, ...]
    skus: tuple[MissingSku, ...]
    given_fen: int
    given_count: int
    is_cut: bool = False
    hidden: Mapping[str, int] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """How many orders each pile holds."""
        shown = Counter(order.pile for order in self.orders)
        return {pile: shown[pile] + self.hidden.get(pile, 0) for pile in PILES}
