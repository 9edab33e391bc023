"""Orders over a limit that wait for a person's word, with the reason in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select, text

from core.channels.models import Shop
from core.db.counting import first_rows
from core.db.models import Journal
from core.db.sets import id_set, packed_ids
from core.orders.holds import OVER_LIMIT
from core.orders.limits.flagging import FLAGGED
from core.orders.models import SHOWN_NO, Hold, Order
from core.runtime.first_of import FirstOf

_MOST: Final = 200
_ORDERS = (
    select(Order.id, SHOWN_NO, Order.placed_at, Shop.name)
    .join(Hold, Hold.order_id == Order.id)
    .join(Shop, Shop.id == Order.shop_id)
    .where(text("hold.released_at IS NULL"), Hold.reason == OVER_LIMIT)
    .order_by(Order.id)
)
_WHY = (
    select(Journal.subject_id, Journal.facts)
    .where(Journal.subject == "orders", Journal.subject_id.in_(id_set("ids")), Journal.action == FLAGGED)
    .order_by(Journal.id)
)


@dataclass(frozen=True, slots=True)
class FlaggedOrder:
    """One order. `facts` are the numbers of what was too much, as the journal's words want them."""

    order_id: int
    order_no: str
    shop_name: str
    placed_at: datetime
    facts: Mapping[str, Any]


def flagged_orders(connection: Connection) -> FirstOf[FlaggedOrder]:
    """The oldest of them, some hundreds at most."""
    rows, of_all = first_rows(connection, _ORDERS, _MOST)
    if not rows:
        return FirstOf(())
    told = connection.execute(_WHY, {"ids": packed_ids([row.id for row in rows])})
    why: dict[int, Mapping[str, Any]] = {row.subject_id: row.facts for row in told}
    found = (FlaggedOrder(row.id, row.order_no, row.name, row.placed_at, why.get(row.id, {})) for row in rows)
    return FirstOf(found, of_all)
