"""What goes into the stock's operations and what comes out of them: plain frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from core.channels.models import HOLD_S
from core.runtime.ids import LevelId, OrderId, OrderLineId, SkuId, WarehouseId


class Want(NamedTuple):
    """So many units, one at least, of one SKU for one order line; bundles are expanded before, a line per component.

    A tuple, because hundreds are made for each page of orders.
    """

    order_line_id: OrderLineId
    sku_id: SkuId
    qty: int
    #: the bundle it was sold in
    bundle_sku_id: SkuId | None = None


@dataclass(frozen=True, slots=True)
class OrderWants:
    """All lines of one order that want stock from one warehouse.

    `priority` decides who gets scarce units within a page: the smallest first, then the smallest order id. Whole
    numbers, for example (deadline in ms, placed in ms). `min_life_days` is how long its goods have to last still,
    where that is longer than what its shop promises anyway. `hold_s` is for how many seconds its units are kept while
    it is unpaid; 0 for as long as nobody gives them back.
    """

    order_id: OrderId
    warehouse_id: WarehouseId
    wants: tuple[Want, ...]
    is_paid: bool
    priority: tuple[int, ...] = ()
    min_life_days: int = 0
    hold_s: float = HOLD_S


@dataclass(frozen=True, slots=True)
class Shortage:
    """A line that lacks units. `available_qty` is what was left for it when it was refused.

    `short_lived_qty` was left besides, and does not last as long as the order's shop promises.
    """

    order_line_id: OrderLineId
    sku_id: SkuId
    wanted_qty: int
    available_qty: int
    short_lived_qty: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether everything asked about holds its units.

    `shortages` names the lines that lack stock. `unclaimed_ids` names lines that neither hold nor want anything
    (released earlier, or never asked for): nothing is revived for them.
    """

    is_reserved: bool
    shortages: tuple[Shortage, ...] = ()
    unclaimed_ids: tuple[OrderLineId, ...] = ()

    @property
    def has_short_lived_only(self) -> bool:
        """Whether it is short although there are goods enough: what is left ends too soon for its shop."""
        enough = (one.available_qty + one.short_lived_qty >= one.wanted_qty for one in self.shortages)
        return bool(self.shortages) and all(enough)


@dataclass(frozen=True, slots=True)
class Released:
    """What a release gave back: units per line, only units that were held (not those merely wanted)."""

    qty_by_line: Mapping[OrderLineId, int]

    @property
    def qty(self) -> int:
        """Units given back in all."""
        return sum(self.qty_by_line.values())


@dataclass(frozen=True, slots=True)
class Consumed:
    """What left with one reference. `is_repeat` is True where the reference had been booked before."""

    reference: str
    qty_by_line: Mapping[OrderLineId, int]
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class Booked:
    """A change of one level and what the level held right after it.

    `is_repeat` is True where the key had been booked before: nothing happened, and the figures are those of then.
    """

    level_id: LevelId
    qty: int
    on_hand_qty: int
    quarantined_qty: int
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class Transferred:
    """Both ends of a transfer."""

    source: Booked
    target: Booked


@dataclass(frozen=True, slots=True)
class CountResult:
    """A stocktake of one level: `variance_qty` is counted minus booked.

    `deficits` is the shortage list when less was counted than is promised: the least important claim first, each with
    the units taken from it (`wanted_qty` is what it held, `available_qty` what it still holds).
    """

    level_id: LevelId
    counted_qty: int
    variance_qty: int
    deficits: tuple[Shortage, ...]
    is_repeat: bool
