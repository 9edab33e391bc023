"""How much of goods is left to be sold (还剩): the one meaning of it wherever a rule asks.

Left is what is sellable in a warehouse: on hand, less what orders hold and what is set aside, less the safety stock;
units allotted to shops count, because they are still for sale, and claims whose time has run out count as given back.
Expired and blocked batches do not count.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, or_, select, text

from core.catalog.models import Sku
from core.db.sets import id_set, packed_ids
from core.db.types import Instant
from core.inventory.models import Reservation, StockLevel
from core.inventory.quotas.safety import safety_of
from core.inventory.shelves import day_of
from core.runtime.ids import SkuId, WarehouseId

_PROMISED = StockLevel.reserved_qty + StockLevel.confirmed_qty + StockLevel.quarantined_qty
_LASTS = and_(
    StockLevel.is_blocked.is_(False),
    or_(StockLevel.expires_day.is_(None), StockLevel.expires_day >= bindparam("today")),
)
_HERE = (StockLevel.warehouse_id == bindparam("warehouse"), _LASTS, StockLevel.sku_id.in_(id_set("ids")))
_AVAILABLE: Select[*tuple[Any, ...]] = (
    select(StockLevel.sku_id, func.sum(StockLevel.on_hand_qty - _PROMISED)).where(*_HERE).group_by(StockLevel.sku_id)
)
_DUE: Select[*tuple[Any, ...]] = (
    select(Reservation.sku_id, func.sum(Reservation.qty))
    .join(StockLevel, StockLevel.id == Reservation.level_id)
    .where(*_HERE, text("reservation.state = 'reserved'"), Reservation.expires_at <= bindparam("now", type_=Instant))
    .group_by(Reservation.sku_id)
)
_MANAGED = select(Sku.id).where(Sku.id.in_(id_set("ids")), Sku.is_stock_managed, Sku.is_bundle.is_(False))


def available_of(
    connection: Connection, warehouse_id: WarehouseId, sku_ids: Collection[SkuId], now: datetime
) -> Mapping[SkuId, int]:
    """Units of each SKU that are available in a warehouse, the safety stock among them.

    Goods that nobody counts are left out, and bundles, which are what is in them.
    """
    if not sku_ids:
        return {}
    ids = packed_ids(sorted(sku_ids))
    free = {SkuId(sku): 0 for sku in connection.execute(_MANAGED, {"ids": ids}).scalars()}
    binds = {"ids": ids, "warehouse": warehouse_id, "today": day_of(now), "now": now}
    for query in (_AVAILABLE, _DUE):
        for sku, qty in connection.execute(query, binds):
            if sku in free:
                free[SkuId(sku)] += int(qty)
    return free


def left_of(
    connection: Connection, warehouse_id: WarehouseId, sku_ids: Collection[SkuId], now: datetime
) -> Mapping[SkuId, int]:
    """Units of each SKU that are left to be sold from a warehouse; goods that nobody counts are left out."""
    free = available_of(connection, warehouse_id, sku_ids, now)
    kept = safety_of(connection, free)
    return {sku: max(qty - kept.get((warehouse_id, sku), 0), 0) for sku, qty in free.items()}
