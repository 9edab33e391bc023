"""Whose numbers change by what the journal tells: so that not every number has to be compared all the time."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.engine import Connection

from core.channels.models import Shop
from core.db.journal import Entry
from core.db.sets import id_set, packed_ids
from core.gateway.keys import door_shops
from core.inventory.models import StockLevel
from core.orders.models import OrderLine

#: subjects whose entries change numbers of goods that they do not name
_OTHERS: Final = frozenset({"batch", "count_sheet", "quota", "sku"})

_SKUS_OF_LINES = (
    select(OrderLine.sku_id)
    .where(
        or_(OrderLine.id.in_(id_set("lines")), OrderLine.order_id.in_(id_set("orders"))),
        OrderLine.sku_id.is_not(None),
    )
    .distinct()
)
_PLACES = select(StockLevel.warehouse_id, StockLevel.sku_id).distinct()

#: a warehouse and a SKU
Place = tuple[int, int]


@dataclass(slots=True)
class Touched:
    """What entries of the journal have changed. `is_unsure`: also numbers that they do not name."""

    orders: set[int] = field(default_factory=set)
    lines: set[int] = field(default_factory=set)
    levels: set[int] = field(default_factory=set)
    is_unsure: bool = False

    def places(self, connection: Connection) -> set[Place]:
        """The places where malls sell from."""
        found = places_of_levels(connection, self.levels) if self.levels else set()
        if self.lines or self.orders:
            binds = {"lines": packed_ids(self.lines), "orders": packed_ids(self.orders)}
            skus = connection.execute(_SKUS_OF_LINES, binds).scalars().all()
            found |= _places(connection, StockLevel.sku_id.in_(id_set("ids")), skus)
        return found


def touched_by(entries: Iterable[Entry]) -> Touched:
    """What these entries have changed."""
    touched = Touched()
    for entry in entries:
        if entry.subject == "reservation":
            touched.orders |= set(entry.facts.get("order_ids", ()))
            touched.lines |= _lines(entry.facts)
        elif entry.subject == "stock_level":
            touched.levels |= {entry.subject_id, int(entry.facts.get("to_level_id") or 0)}
        elif entry.subject in _OTHERS or entry.action.startswith("stock."):
            touched.is_unsure = True
    return touched


def _lines(facts: Mapping[str, Any]) -> set[int]:
    """The order lines that a reservation's facts name, alone or with their units."""
    named: Sequence[Any] = [*facts.get("line_ids", ()), *facts.get("lines", ()), facts.get("line_id", 0)]
    return {int(one[0] if isinstance(one, list) else one) for one in named}


def places_of_levels(connection: Connection, level_ids: Collection[int]) -> set[Place]:
    """The places of these levels where malls sell from."""
    return _places(connection, StockLevel.id.in_(id_set("ids")), level_ids)


def _places(connection: Connection, where: Any, ids: Collection[Any]) -> set[Place]:
    warehouses = select(Shop.warehouse_id).where(Shop.id.in_(door_shops(connection)))
    query = _PLACES.where(where, StockLevel.warehouse_id.in_(warehouses))
    return {(row.warehouse_id, row.sku_id) for row in connection.execute(query, {"ids": packed_ids(ids)})}
