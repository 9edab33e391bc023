"""What can be wrong with orders: paid and no goods, money that came too late for its goods, not sent in time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, select, text

from core.channels.models import Shop
from core.db.limits import limits_of
from core.orders.holds import NOT_STARTED
from core.orders.models import SHOWN_NO, Order
from core.orders.states import OPEN_STATES, Payment
from core.runtime.standing import MOST, Severity, Standing

#: the promised ship time is near, and how many hours before somebody is told
SHIP_NEAR: Final = "order.ship_near"
SHIP_NEAR_HOURS: Final = 2.0
_PAID: Final = (Payment.PAID.value, Payment.PARTLY_REFUNDED.value)
# The words of the partial index, so that both engines use it.
_IS_HELD = text("orders.hold_reason <> ''")
_PAID_NO_STOCK = (
    select(Order.id, SHOWN_NO, Order.amount_fen, Order.ship_by_at, Shop.name)
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


def ship_times_near(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Paid orders whose promised time is near: told once for those of a shop that end within the same hour.

    An hour's group stands until it is sent; what of it is late by then is `orders_late`'s.
    """
    early = limits_of(connection, SHIP_NEAR, SHIP_NEAR_HOURS)
    longest = timedelta(hours=max((early.usual, *early.own.values())))
    states = [state.value for state in sorted(OPEN_STATES)]
    query = (
        select(Order.shop_id, Shop.name, Order.ship_by_at)
        .join(Shop, Shop.id == Order.shop_id)
        .where(
            Order.fulfilment.in_(states),
            Order.ship_by_at >= at,
            # What another program sends is not ours to hurry.
            Order.hold_reason != NOT_STARTED,
            Order.ship_by_at <= at + longest,
            Order.payment.in_(_PAID),
        )
    )
    groups: dict[tuple[int, str, datetime], list[datetime]] = {}
    for row in connection.execute(query):
        if row.ship_by_at <= at + timedelta(hours=early.of(f"shop:{row.shop_id}")):
            hour = row.ship_by_at.replace(minute=0, second=0, microsecond=0)
            groups.setdefault((row.shop_id, row.name, hour), []).append(row.ship_by_at)
    return [
        Standing(
            SHIP_NEAR,
            f"shop:{shop_id}:{hour:%Y%m%d%H}",
            Severity.WARNING,
            {"shop": name, "n": len(ends), "minutes": int((min(ends) - at).total_seconds() // 60)},
        )
        for (shop_id, name, hour), ends in sorted(groups.items())
    ]


def orders_late(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Orders that should have left by now."""
    states = [state.value for state in OPEN_STATES]
    # What another program sends is not late here.
    ours = (Order.fulfilment.in_(states), Order.hold_reason != NOT_STARTED)
    query = select(func.count()).select_from(Order).where(*ours, Order.ship_by_at < at)
    late = int(connection.execute(query).scalar_one())
    return [Standing("order.late", "all", Severity.WARNING, {"n": late})] if late else []
