"""What a shop whose sale is capped may still sell: counted from the orders taken in since."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, or_, select

from core.db.sets import id_set, packed_ids
from core.db.types import Instant
from core.inventory.models import Reservation
from core.inventory.pausing import caps_of
from core.orders.models import Order, OrderLine

_IS_HELD = exists().where(
    Reservation.order_line_id == OrderLine.id,
    or_(
        Reservation.state.in_(("confirmed", "consumed")),
        (Reservation.state == "reserved")
        & or_(Reservation.expires_at.is_(None), Reservation.expires_at > bindparam("now", type_=Instant)),
    ),
)
#: lines that count as sold: paid for or still reserved, and neither called off nor refunded; bind `now`
IS_SOLD = (
    Order.fulfilment != "cancelled",
    Order.payment != "refunded",
    OrderLine.is_current,
    OrderLine.after_sale != "refunded",
    or_(Order.payment != "unpaid", _IS_HELD),
)
_SOLD = (
    select(OrderLine.sku_id, func.sum(OrderLine.qty))
    .join(Order, Order.id == OrderLine.order_id)
    .where(
        Order.id > bindparam("after"),
        Order.shop_id == bindparam("shop"),
        OrderLine.sku_id.in_(id_set("skus")),
        *IS_SOLD,
    )
    .group_by(OrderLine.sku_id)
)


def under_caps(connection: Connection, shop_id: int, sku_ids: Collection[int], now: datetime) -> Mapping[int, int]:
    """Units that the shop may still sell of those of the SKUs whose sale is capped there; costs a look where none is.

    What was sold since counts by component, and what was called off or ran out does not.
    """
    caps = caps_of(connection, shop_id, sku_ids)
    left: dict[int, int] = {}
    for after in sorted({cap.after_order_id for several in caps.values() for cap in several}):
        binds = {"after": after, "shop": shop_id, "skus": packed_ids(sorted(caps)), "now": now}
        rows: Sequence[Any] = connection.execute(_SOLD, binds).all()
        sold = {sku: int(qty) for sku, qty in rows}
        for sku_id, several in caps.items():
            for cap in several:
                if cap.after_order_id == after:
                    still = max(cap.qty - sold.get(sku_id, 0), 0)
                    left[sku_id] = min(left.get(sku_id, still), still)
    return left
