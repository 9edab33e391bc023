"""Every order of a day in one explained pile, and the day's work by shop and clerk."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.engine import Connection

from core.db.models import Journal
from core.db.sets import id_set, packed_ids
from core.db.since import first_id_since
from core.fulfilment.models import Parcel, ParcelLine
from core.orders.holds import MISSING_GOODS
from core.orders.models import Order
from core.orders.states import OPEN_STATES, Fulfilment
from core.reports.records import DayPile, DayReport
from core.reports.work import clerk_works, shop_works, work_between
from core.runtime.china import CHINA

_CHUNK = 5000
#: the piles in the order of the way, each with the door that leads to its orders
PILES: Mapping[str, str] = {
    "unpaid": "unpaid",
    "waiting": "waiting",
    "held": "held",
    "short": "short",
    "to_pack": "to_pack",
    "packing": "packing",
    "packed": "packed",
    "awaits_courier": "handover",
    "handed_over": "shipped",
    "elsewhere": "shipped",
    "cancelled": "closed",
}
#: what stands in these should have left where its deadline is over
_OPEN_PILES = frozenset({"waiting", "held", "short", "to_pack", "packing", "packed"})

_OF_ORDERS = select(
    Order.id,
    Order.shop_id,
    Order.fulfilment,
    Order.payment,
    Order.hold_reason,
    Order.ship_by_at,
    exists(
        select(ParcelLine.id)
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .where(ParcelLine.order_id == Order.id, Parcel.state == "shipped")
    ).label("is_ours"),
    exists(
        select(ParcelLine.id)
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .where(ParcelLine.order_id == Order.id, Parcel.awaits_courier)
    ).label("awaits"),
).where(Order.id.in_(id_set("ids")))


def day_begins(now: datetime) -> datetime:
    """Midnight in China before `now`."""
    return now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)


def day_report(connection: Connection, now: datetime) -> DayReport:
    """The day so far.

    An order of the day came today, or was still open when it began, or left or ended today.
    """
    begins_at = day_begins(now)
    acts = _acts(connection, begins_at)
    work = work_between(connection, begins_at, None)
    taken = [row.subject_id for row in acts if row.action == "order.taken"]
    ended = [
        row.subject_id for row in acts if row.action in {"order.cancel", "order.cancelled", "order.ship_elsewhere"}
    ]
    ids = {*taken, *ended, *_open(connection), *_left(connection, begins_at)}
    orders = list(_orders(connection, sorted(ids)))
    counted: Counter[str] = Counter()
    late: Counter[str] = Counter()
    stuck: Counter[int] = Counter()
    for order in orders:
        pile = _pile_of(order)
        counted[pile] += 1
        if pile in _OPEN_PILES and order.ship_by_at is not None and order.ship_by_at < now:
            late[pile] += 1
            stuck[order.shop_id] += 1
    piles = tuple(DayPile(name, counted[name], late[name], door) for name, door in PILES.items())
    return DayReport(
        begins_at=begins_at,
        at=now,
        piles=piles,
        total=len(orders),
        shops=shop_works(connection, work, stuck),
        clerks=clerk_works(work),
    )


def late_orders(connection: Connection, now: datetime) -> Sequence[tuple[int, str]]:
    """Shop and pile of every order that should have left by now, in the order of the way."""
    orders = _orders(connection, sorted(_open(connection, before=now)))
    late = [(order.shop_id, _pile_of(order)) for order in orders]
    place = list(PILES).index
    return sorted((one for one in late if one[1] in _OPEN_PILES), key=lambda one: place(one[1]))


def _pile_of(order: Any) -> str:
    state = order.fulfilment
    if state == Fulfilment.CANCELLED:
        return "cancelled"
    if state in {Fulfilment.SHIPPED, Fulfilment.COMPLETED}:
        if not order.is_ours:
            return "elsewhere"
        return "awaits_courier" if order.awaits else "handed_over"
    if order.hold_reason:
        return "short" if order.hold_reason in MISSING_GOODS else "held"
    if state == Fulfilment.TO_REVIEW:
        return "unpaid" if order.payment == "unpaid" else "waiting"
    return str(state)


def _acts(connection: Connection, since: datetime) -> Sequence[Any]:
    first = first_id_since(connection, Journal.id.expression, Journal.at.expression, since)
    wanted = (
        "order.taken",
        "order.cancel",
        "order.cancelled",
        "order.ship_elsewhere",
    )
    query = select(Journal.action, Journal.subject_id)
    return connection.execute(query.where(Journal.id >= first, Journal.action.in_(wanted))).all()


def _open(connection: Connection, before: datetime | None = None) -> Iterable[int]:
    """Orders that are not over; with `before`, those that should have left by then."""
    query = select(Order.id).where(Order.fulfilment.in_([state.value for state in OPEN_STATES]))
    if before is not None:
        query = query.where(Order.ship_by_at < before)
    return connection.execute(query).scalars()


def _left(connection: Connection, since: datetime) -> Iterable[int]:
    # Without DISTINCT: for its sake SQLite would walk through the lines of every parcel there ever was.
    query = select(ParcelLine.order_id).join(Parcel, Parcel.id == ParcelLine.parcel_id)
    return connection.execute(query.where(Parcel.shipped_at >= since)).scalars()


def _orders(connection: Connection, ids: Sequence[int]) -> Iterable[Any]:
    for place in range(0, len(ids), _CHUNK):
        yield from connection.execute(_OF_ORDERS, {"ids": packed_ids(ids[place : place + _CHUNK])})
