"""Every number of one SKU with as many statements whatever it has: places, batches, shops, documents."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select, text

from core.inventory.documents.pending import pending
from core.inventory.figures.records import FLOWS, OF_LEVELS, Name, Place, SkuFigures
from core.inventory.models import Reservation, StockLevel, Warehouse
from core.inventory.quotas.queries import quotas_of
from core.inventory.quotas.safety import safety_of
from core.inventory.shelves import day_of
from core.runtime.ids import SkuId, WarehouseId

# The literal state lets both engines use the partial index.
_FIRST_UNTIL = (
    select(func.min(Reservation.expires_at))
    .where(Reservation.level_id == StockLevel.id, text("reservation.state = 'reserved'"))
    .correlate(StockLevel)
    .scalar_subquery()
)
_LEVELS = select(
    StockLevel.warehouse_id,
    StockLevel.batch,
    StockLevel.expires_day,
    StockLevel.is_blocked,
    StockLevel.on_hand_qty,
    StockLevel.reserved_qty,
    StockLevel.confirmed_qty,
    StockLevel.quarantined_qty,
    StockLevel.allotted_qty,
    _FIRST_UNTIL.label("first_until"),
).order_by(StockLevel.warehouse_id, StockLevel.expires_day.is_(None), StockLevel.expires_day, StockLevel.batch)
_WAREHOUSES = select(Warehouse.id, Warehouse.name).order_by(Warehouse.id)


@dataclass(slots=True)
class _Sums:
    """The numbers of one place while they are added up."""

    expires_day: int | None = None
    is_blocked: bool = False
    first_until: datetime | None = None
    quantities: dict[Name, int] = field(default_factory=lambda: dict.fromkeys((*OF_LEVELS, *FLOWS), 0))

    def add(self, other: "_Sums") -> None:
        for name, qty in other.quantities.items():
            self.quantities[name] = self.quantities.get(name, 0) + qty
        times = [one for one in (self.first_until, other.first_until) if one is not None]
        self.first_until = min(times, default=None)


def sku_figures(connection: Connection, sku_id: SkuId, now: datetime) -> SkuFigures | None:
    """Every number of a SKU; None where there is no such SKU. Call it in one read."""
    quotas = next(iter(quotas_of(connection, [sku_id], now)), None)
    if quotas is None:
        return None
    names: dict[WarehouseId, str] = {row.id: row.name for row in connection.execute(_WAREHOUSES)}
    places = _places(connection, sku_id, now)
    safety = {warehouse: qty for (warehouse, _), qty in safety_of(connection, [sku_id]).items()}
    here = [warehouse for warehouse in names if safety.get(warehouse) or any(one[0] == warehouse for one in places)]
    sums = {warehouse: _sum(one for place, one in places.items() if place[0] == warehouse) for warehouse in here}
    for warehouse, one in sums.items():
        _keep(one, safety.get(warehouse, 0))
    batches = [
        _place(warehouse, names[warehouse], batch, one)
        for (warehouse, batch), one in places.items()
        if sum(place[0] == warehouse for place in places) > 1 or batch
    ]
    whole = _sum(sums.values())
    return SkuFigures(
        sku_id=sku_id,
        total=_place(None, "", None, whole),
        warehouses=tuple(_place(warehouse, names[warehouse], None, one) for warehouse, one in sums.items()),
        batches=tuple(batches),
        quotas=quotas,
    )


def is_dead(expires_day: int | None, is_blocked: bool, now: datetime) -> bool:
    """Whether goods of this batch may be promised to nobody."""
    return bool(is_blocked) or (expires_day is not None and expires_day < day_of(now))


def sellable_of(available_qty: int, allotted_qty: int, ended_qty: int, safety_qty: int) -> int:
    """What shops and buyers may have: `available - ended - what safety keeps`; what is shops' own is theirs."""
    return available_qty - ended_qty - kept_of(available_qty, allotted_qty, ended_qty, safety_qty)


def kept_of(available_qty: int, allotted_qty: int, ended_qty: int, safety_qty: int) -> int:
    """Units that safety keeps: it cannot keep more than is free."""
    return min(max(available_qty - allotted_qty - ended_qty, 0), safety_qty)


def _places(connection: Connection, sku_id: SkuId, now: datetime) -> Mapping[tuple[WarehouseId, str], _Sums]:
    found: defaultdict[tuple[WarehouseId, str], _Sums] = defaultdict(_Sums)
    rows: Sequence[Any] = connection.execute(_LEVELS.where(StockLevel.sku_id == sku_id)).all()
    for row in rows:
        one = found[row.warehouse_id, row.batch]
        one.expires_day, one.is_blocked, one.first_until = row.expires_day, bool(row.is_blocked), row.first_until
        available = row.on_hand_qty - row.reserved_qty - row.confirmed_qty - row.quarantined_qty
        dead = is_dead(row.expires_day, row.is_blocked, now)
        one.quantities |= {
            Name.ON_HAND: row.on_hand_qty,
            Name.RESERVED: row.reserved_qty,
            Name.CONFIRMED: row.confirmed_qty,
            Name.QUARANTINED: row.quarantined_qty,
            Name.AVAILABLE: available,
            Name.ALLOTTED: row.allotted_qty,
            Name.ENDED: available - row.allotted_qty if dead else 0,
        }
    for wait in pending(connection, [sku_id]):
        found[wait.warehouse_id, wait.batch].quantities[Name(wait.flow)] += wait.qty
    return found


def _sum(places: Iterable[_Sums]) -> _Sums:
    whole = _Sums()
    for one in places:
        whole.add(one)
    return whole


def _keep(place: _Sums, safety_qty: int) -> None:
    """Say what safety keeps of a warehouse."""
    have = place.quantities
    ended = have.setdefault(Name.ENDED, 0)
    have[Name.SAFETY] = safety_qty
    have[Name.SELLABLE] = sellable_of(have[Name.AVAILABLE], have[Name.ALLOTTED], ended, safety_qty)


def _place(warehouse_id: WarehouseId | None, name: str, batch: str | None, sums: _Sums) -> Place:
    have = sums.quantities
    if batch is None:
        have = dict.fromkeys((Name.ENDED, Name.SAFETY, Name.SELLABLE), 0) | have
    last = None if sums.expires_day is None else date.fromordinal(sums.expires_day)
    return Place(warehouse_id, name, batch, last, sums.is_blocked, sums.first_until, have)
