"""What runs low: goods that sell and will not last, and goods below the number that somebody set for them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, and_, func, or_, select

from core.catalog.models import Sku
from core.db.limits import limits_of
from core.db.sets import id_set, packed_ids
from core.db.since import first_id_since
from core.inventory.levels import FREE
from core.inventory.models import Movement, StockLevel
from core.inventory.shelves import day_of
from core.runtime.standing import MOST, Severity, Standing

#: what sells is low when it lasts for fewer days than this
COVER_DAYS: Final = 2.0
_SALES: Final = timedelta(days=7)


def stock_low(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Counted goods that are gone, or will be soon, while they sell; more than a person reads are one condition.

    Sold is what left within seven days: it is added up, so this looks less often than `stock_below_floor`, which
    tells of the goods that have a number of their own.
    """
    days = limits_of(connection, "stock.low", COVER_DAYS)
    floors, sold = _floors(connection), _sold(connection, at)
    found = []
    for row in _available(connection, sorted(sold), day_of(at)):
        key, free, a_day = f"sku:{row.id}", int(row.free or 0), sold[row.id] / _SALES.days
        if free >= floors.get(row.id, free) and free < a_day * days.of(key):
            facts = _facts(row, free) | {"days": round(free / a_day, 1)}
            found.append(Standing("stock.low", key, _severity(free), facts))
    if len(found) > MOST:
        gone = sum(one.facts["n"] <= 0 for one in found)
        facts = {"n": len(found), "gone": gone}
        return [Standing("stock.low_many", "all", Severity.WARNING, facts)]
    return found


def stock_below_floor(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Counted goods of which fewer are left than was set for them (`stock.floor`, units), selling or not."""
    floors = _floors(connection)
    if not floors:
        return ()
    rows = [row for row in _available(connection, sorted(floors), day_of(at)) if int(row.free or 0) < floors[row.id]]
    return [
        Standing("stock.floor", f"sku:{row.id}", _severity(free), _facts(row, free) | {"floor": int(floors[row.id])})
        for row in rows[:MOST]
        for free in [int(row.free or 0)]
    ]


def _floors(connection: Connection) -> dict[int, float]:
    own = limits_of(connection, "stock.floor", 0).own
    return {int(key[4:]): units for key, units in own.items() if key.startswith("sku:") and key[4:].isdigit()}


def _facts(row: Any, free: int) -> dict[str, Any]:
    return {"sku": row.code, "name": row.short_name or row.name, "n": free}


def _severity(free: int) -> Severity:
    return Severity.NOTICE if free > 0 else Severity.WARNING


def _sold(connection: Connection, at: datetime) -> dict[int, int]:
    """Units that left lately, by SKU."""
    first = first_id_since(connection, Movement.id.expression, Movement.at.expression, at - _SALES)
    query = (
        select(StockLevel.sku_id, func.sum(-Movement.qty).label("units"))
        .join(StockLevel, StockLevel.id == Movement.level_id)
        .where(Movement.id >= first, Movement.kind == "sale")
        .group_by(StockLevel.sku_id)
    )
    return {row.sku_id: int(row.units) for row in connection.execute(query) if row.units > 0}


def _available(connection: Connection, sku_ids: Sequence[int], today: int) -> Sequence[Any]:
    """What may still be sold of these, over all warehouses; what belongs to shops as quota is for sale too.

    Not goods past their last day, nor those of a blocked batch.
    """
    may_be_sold = and_(
        StockLevel.is_blocked.is_(False), or_(StockLevel.expires_day.is_(None), StockLevel.expires_day >= today)
    )
    query = (
        select(Sku.id, Sku.code, Sku.name, Sku.short_name, func.sum(FREE + StockLevel.allotted_qty).label("free"))
        .outerjoin(StockLevel, and_(StockLevel.sku_id == Sku.id, may_be_sold))
        .where(Sku.id.in_(id_set("ids")), Sku.is_stock_managed, ~Sku.is_bundle)
        .group_by(Sku.id, Sku.code, Sku.name, Sku.short_name)
        .order_by(Sku.id)
    )
    return connection.execute(query, {"ids": packed_ids(sku_ids)}).all()
