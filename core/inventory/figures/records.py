"""What is said about a SKU's numbers and about what makes them: plain frozen values of one consistent read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from core.inventory.queries import Explanation
from core.inventory.quotas.records import SkuQuotas
from core.inventory.stock_list import StockRow
from core.runtime.ids import SkuId, WarehouseId


class Name(StrEnum):
    """The numbers, in the order in which they are read; units of one SKU each."""

    ON_HAND = "on_hand"
    RESERVED = "reserved"
    CONFIRMED = "confirmed"
    QUARANTINED = "quarantined"
    AVAILABLE = "available"
    #: free, but past its last day or of a blocked batch
    ENDED = "ended"
    SAFETY = "safety"
    #: what shops have as their own, and what of the rest safety does not keep
    SELLABLE = "sellable"
    #: of what is available, units that stand behind shops' rights
    ALLOTTED = "allotted"
    INCOMING = "incoming"
    IN_TRANSIT = "in_transit"
    TO_PUT_AWAY = "to_put_away"
    TO_INSPECT = "to_inspect"
    #: the movements of one kind
    MOVED = "moved"
    #: of one shop
    RIGHT = "right"
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    SOLD = "sold"
    RESTORED = "restored"
    LISTED = "listed"


#: what is on its way, or waits
FLOWS = (Name.INCOMING, Name.IN_TRANSIT, Name.TO_PUT_AWAY, Name.TO_INSPECT)
#: what safety decides about: it is kept for a warehouse as a whole, not for a batch
OF_WAREHOUSES = (Name.ENDED, Name.SAFETY, Name.SELLABLE)
#: what the levels themselves hold
OF_LEVELS = (Name.ON_HAND, Name.RESERVED, Name.CONFIRMED, Name.QUARANTINED, Name.AVAILABLE, Name.ALLOTTED)


@dataclass(frozen=True, slots=True)
class Figure:
    """Which number is meant. A warehouse, a batch that is None: of all of them; `kind` is of movements."""

    name: Name
    sku_id: SkuId
    warehouse_id: WarehouseId | None = None
    batch: str | None = None
    quota_id: int | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One addend of a number.

    Attributes:
        code: what it is: a number's name, a kind of movement, the state of a claim, a kind of document or act.
        qty: units, signed as they count in the sum.
        figure: the number that it is itself, where it can be opened further.
        reason: as somebody has written it (`core.inventory.reasons`), or a code of an act upon a shop's number.
        until: when it is given back by itself.
        order_id, order_no, document_id, document_no: doors.
        shop_name, warehouse_name, batch: whose, where.
    """

    code: str
    qty: int
    figure: Figure | None = None
    at: datetime | None = None
    by: str = ""
    reason: str = ""
    until: datetime | None = None
    order_id: int | None = None
    order_no: str = ""
    document_id: int | None = None
    document_no: str = ""
    shop_name: str = ""
    warehouse_name: str = ""
    batch: str | None = None
    #: day of a purchase or transfer that is expected
    expected_on: date | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A number with what makes it: the parts of all pages add up to `qty`."""

    figure: Figure
    qty: int
    parts: tuple[Part, ...]
    #: where the next page begins, None at the end
    next_after: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The numbers of a SKU in one batch of a warehouse, in a warehouse, or in all of them.

    Attributes:
        first_until: when the first of its unpaid claims is given back; None where none ever is.
        quantities: units by the numbers' names; a batch has none of `OF_WAREHOUSES`.
    """

    warehouse_id: WarehouseId | None
    warehouse_name: str
    batch: str | None
    expires_on: date | None
    is_blocked: bool
    first_until: datetime | None
    quantities: Mapping[Name, int]


@dataclass(frozen=True, slots=True)
class SkuFigures:
    """Every number of one SKU, of one moment.

    `warehouses` are all that have anything of it or wait for it; `batches` stands for those with several batches.
    """

    sku_id: SkuId
    total: Place
    warehouses: tuple[Place, ...]
    batches: tuple[Place, ...]
    #: each shop's part, and the one sentence
    quotas: SkuQuotas | None


@dataclass(frozen=True, slots=True)
class StockDetail:
    """A row, and what makes its numbers; `why` is None for goods that were never booked in.

    `figures` are the numbers of these goods in every place, and what each shop may sell of them.
    """

    row: StockRow
    why: Explanation | None
    figures: SkuFigures | None = None
