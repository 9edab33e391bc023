"""What is said about replenishment: plain frozen values of one consistent read."""

from dataclasses import dataclass
from typing import Final

from core.replenish.suggesting import Situation, Suggestion, Terms, Why
from core.runtime.ids import SkuId, WarehouseId

#: filters of the list: what is to be ordered now; what is enough or on its way; everything that sells or is to stay
PILES: Final = ("to_order", "coming", "all")
#: rows of the list a person reads; the counts beside it cover everything
MOST_ROWS: Final = 2_000


@dataclass(frozen=True, slots=True)
class ReplenishFilter:
    """What is listed: one of `PILES`, of a supplier, for a warehouse; a piece of code or name, or a barcode.

    `supplier` None: of everybody; empty: goods of which nobody has said who sells them.
    """

    pile: str = "to_order"
    supplier: str | None = None
    warehouse_id: WarehouseId | None = None
    search: str = ""


@dataclass(frozen=True, slots=True)
class ReplenishRow:
    """One SKU in one warehouse, with what is suggested."""

    sku_id: SkuId
    code: str
    name: str
    spec: str
    warehouse_id: WarehouseId
    warehouse_name: str
    supplier: str
    #: somebody said so for these goods; else it is who sold them last
    is_supplier_said: bool
    lead_is_own: bool
    have: Situation
    terms: Terms
    suggestion: Suggestion
    #: what a unit cost last, None where nobody has written it down
    unit_cost_fen: int | None = None

    @property
    def urgency(self) -> tuple[int, int, str]:
        """Sorts the most pressing first."""
        said = self.suggestion
        spare = said.spare_days if said.spare_days is not None else 10**6
        return (_RANKS[said.why], spare, self.code)


_RANKS: Final = {why: rank for rank, why in enumerate((Why.SHORT, Why.GONE, Why.LOW))} | {
    Why.SAFETY: 3,
    Why.COMING: 4,
    Why.ENOUGH: 5,
    Why.NO_SALES: 6,
}


@dataclass(frozen=True, slots=True)
class ReplenishList:
    """The rows, the most pressing first, how many each pile holds, and what may be filtered by.

    `rolled_day`: the day up to which sales are counted, as `date.toordinal()`; None before the first round.
    """

    rows: tuple[ReplenishRow, ...]
    counts: tuple[tuple[str, int], ...]
    suppliers: tuple[str, ...]
    warehouses: tuple[tuple[WarehouseId, str], ...]
    rolled_day: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many units that somebody has decided to order."""

    sku_id: SkuId
    warehouse_id: WarehouseId
    supplier: str
    qty: int
    lead_days: int
    unit_cost_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft of a purchase that was made."""

    document_id: int
    number: str
    supplier: str
    warehouse_id: WarehouseId
    lines: int
