"""Safety stock: what is given to no shop, and to nobody who asks before anything is sold."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, delete, select

from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork
from core.inventory.quotas.models import SafetyStock
from core.inventory.shelves import Floors
from core.runtime.errors import Refused
from core.runtime.ids import SkuId, WarehouseId

_MOST: int = 1_000_000_000
_SAFETY = select(SafetyStock.warehouse_id, SafetyStock.sku_id, SafetyStock.qty).where(
    SafetyStock.sku_id.in_(id_set("sku_ids"))
)


def safety_of(connection: Connection, sku_ids: Collection[int]) -> Floors:
    """Units that safety keeps, by warehouse and SKU."""
    rows: Sequence[Any] = connection.execute(_SAFETY, {"sku_ids": packed_ids(set(sku_ids))}).all()
    return {(warehouse, sku): qty for warehouse, sku, qty in rows}


def set_safety(uow: UnitOfWork, sku_id: SkuId, warehouse_id: WarehouseId, qty: int) -> None:
    """Keep so many units from now on; what is granted already stays until the planner takes it back.

    Raises:
        Refused: `stock.qty_out_of_range`.
    """
    if not 0 <= qty <= _MOST:
        raise Refused("stock.qty_out_of_range", f"{qty} is no quantity of goods", qty=qty, most_qty=_MOST)
    here = (SafetyStock.sku_id == sku_id, SafetyStock.warehouse_id == warehouse_id)
    before = uow.execute(select(SafetyStock.qty).where(*here)).scalar_one_or_none()
    uow.execute(delete(SafetyStock).where(*here))
    if qty:
        uow.insert_many(SafetyStock, [{"sku_id": sku_id, "warehouse_id": warehouse_id, "qty": qty}])
    uow.changed("sku_plan", sku_id)
    uow.record("stock.safety_set", "sku", sku_id, warehouse_id=warehouse_id, qty=qty, before_qty=before or 0)
