"""What can be wrong with orders: paid and no goods, money that came too late for its goods, not sent in time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, text

from core.channels.models import Shop
from core.orders.holds import NOT_STARTED
from core.orders.models import Order
from core.orders.states import OPEN_STATES
from core.runtime.standing import MOST, Severity, Standing

# The words of the partial index, so that both engines use it.
_IS_HELD = text("orders.hold_reason <> ''")
_PAID_NO_STOCK = (
    select(Order.id, Order.order_no, Order.amount_fen, Order.ship_by_at, Shop.name)
    .join(Shop, Shop.id == Order.shop_id)
    .where(
        _IS_HELD,
        Order.hold_reason == "paid_no_stock",
        Order.fulfilment.in_([state.value for state in sorted(OPEN_STATES)]),
    )
    .order_by(Order.id)
    .limit(MOST)
)


def paid_no_stock(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Orders whose money came when there were no goods (已付无货)."""
    rows: Sequence[Any] = connection.execute(_PAID_NO_STOCK).all()
    return [
        Standing(
            "order.paid_no_stock",
            f"order:{row.id}",
            Severity.CRITICAL,
            {
                "order_no": row.order_no,
                "shop": row.name,
                "amount_fen": row.amount_fen,
                "is_late": row.ship_by_at is not None and row.ship_by_at <= at,
            },
        )
        for row in rows
    ]


def orders_short(connection: Connection, _at: datetime) -> Sequence[Standing]:
    """Paid orders for which there are no goods, by shop: sold twice, or counted wrongly."""
    query = (
        select(Order.shop_id, Shop.name, func.count().label("n"))
        .join(Shop, Shop.id == Order.shop_id)
        .where(_IS_HELD, Order.hold_reason == "short", Order.payment == "paid")
        .group_by(Order.shop_id, Shop.name)
        .order_by(Order.shop_id)
    )
    return [
        Standing("order.short", f"shop:{row.shop_id}", Severity.CRITICAL, {"shop": row.name, "n": row.n})
        for row in connection.execute(query)
    ]


def orders_late(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Orders that should have left by now."""
    states = [state.value for state in OPEN_STATES]
    # What another program sends is not late here.
    ours = (Order.fulfilment.in_(states), Order.hold_reason != NOT_STARTED)
    query = select(func.count()).select_from(Order).where(*ours, Order.ship_by_at < at)
    late = int(connection.execute(query).scalar_one())
    return [Standing("order.late", "all", Severity.WARNING, {"n": late})] if late else []
