"""Which mode the program would choose for a SKU, and why."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select

from core.db.sets import id_set, packed_ids
from core.db.types import Instant
from core.inventory.models import Movement, StockLevel
from core.inventory.quotas.records import SkuQuotas
from core.inventory.quotas.states import Mode
from core.inventory.states import MovementKind

#: sales are looked at over so many days
DAYS: Final = 14
#: plenty: goods for so many days at the pace of these weeks, and so many units for each shop
_PLENTY_DAYS: Final = 30
_PLENTY_UNITS: Final = 50

_SHIPPED = (
    select(StockLevel.sku_id, -func.sum(Movement.qty))
    .join(Movement, Movement.level_id == StockLevel.id)
    .where(
        StockLevel.sku_id.in_(id_set("sku_ids")),
        Movement.kind == MovementKind.SALE.value,
        Movement.at >= bindparam("since", type_=Instant),
    )
    .group_by(StockLevel.sku_id)
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mode and its reason: `plenty`, `scarce`, or `no_shop`; `days` of cover, None where nothing was sold."""

    mode: Mode
    reason: str
    days: float | None
    per_day: float


def shipped(connection: Connection, sku_ids: Collection[int], now: datetime) -> Mapping[int, int]:
    """Units of each SKU that left in the last `DAYS` days."""
    binds = {"sku_ids": packed_ids(set(sku_ids)), "since": now - timedelta(days=DAYS)}
    rows: Sequence[Any] = connection.execute(_SHIPPED, binds).all()
    return {sku: int(qty) for sku, qty in rows}


def propose(sku: SkuQuotas, shipped_qty: int, shop_count: int) -> Proposal:
    """Quota where goods are scarce or hot, shared where there is plenty for every shop."""
    per_day = shipped_qty / DAYS
    units = sum(sku.pool_by_warehouse.values()) + sum(one.covered_qty for one in sku.quotas)
    days = units / per_day if per_day else None
    if not shop_count:
        return Proposal(Mode.OFF, "no_shop", days, per_day)
    is_plenty = units >= _PLENTY_UNITS * shop_count and (days is None or days >= _PLENTY_DAYS)
    return Proposal(Mode.SHARED if is_plenty else Mode.QUOTA, "plenty" if is_plenty else "scarce", days, per_day)
