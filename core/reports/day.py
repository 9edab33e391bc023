"""Every order of a day in one explained pile, and the day's work by shop and clerk."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.engine import Connection

from core.channels.models import Shop
from core.db.models import Journal
from core.db.sets import id_set, packed_ids
from core.db.since import first_id_since
from core.fulfilment.models import Parcel, ParcelLine
from core.orders.models import Order
from core.orders.states import OPEN_STATES, Fulfilment
from core.reports.records import ClerkDay, DayPile, DayReport, ShopDay
from core.waybills.models import PrintJob, Waybill

_CHINA = timezone(timedelta(hours=8))
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
    return now.astimezone(_CHINA).replace(hour=0, minute=0, second=0, microsecond=0)


def day_report(connection: Connection, now: datetime) -> DayReport:
    """The day so far.

    An order of the day came today, or was still open when it began, or left or ended today.
    """
    begins_at = day_begins(now)
    acts = _acts(connection, begins_at)
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
        shops=_shops(connection, begins_at, taken, stuck),
        clerks=_clerks(acts),
    )


def _pile_of(order: Any) -> str:
    state = order.fulfilment
    if state == Fulfilment.CANCELLED:
        return "cancelled"
    if state in {Fulfilment.SHIPPED, Fulfilment.COMPLETED}:
        if not order.is_ours:
            return "elsewhere"
        return "awaits_courier" if order.awaits else "handed_over"
    if order.hold_reason:
        return "short" if order.hold_reason == "short" else "held"
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
        "parcel.packed",
        "parcel.shipped",
    )
    query = select(Journal.action, Journal.subject_id, Journal.operator)
    return connection.execute(query.where(Journal.id >= first, Journal.action.in_(wanted))).all()


def _open(connection: Connection) -> Iterable[int]:
    states = [state.value for state in OPEN_STATES]
    return connection.execute(select(Order.id).where(Order.fulfilment.in_(states))).scalars()


def _left(connection: Connection, since: datetime) -> Iterable[int]:
    query = select(ParcelLine.order_id).join(Parcel, Parcel.id == ParcelLine.parcel_id).distinct()
    return connection.execute(query.where(Parcel.shipped_at >= since)).scalars()


def _orders(connection: Connection, ids: Sequence[int]) -> Iterable[Any]:
    for place in range(0, len(ids), _CHUNK):
        yield from connection.execute(_OF_ORDERS, {"ids": packed_ids(ids[place : place + _CHUNK])})


def _shops(
    connection: Connection, since: datetime, taken_ids: Sequence[int], stuck: Mapping[int, int]
) -> tuple[ShopDay, ...]:
    taken: Counter[int] = Counter()
    for place in range(0, len(taken_ids), _CHUNK):
        query = select(Order.shop_id, func.count()).where(Order.id.in_(id_set("ids"))).group_by(Order.shop_id)
        ids = {"ids": packed_ids(taken_ids[place : place + _CHUNK])}
        taken.update(dict(connection.execute(query, ids).all()))
    # One that was scanned out and then kept here has not left.
    here = (Parcel.shipped_at >= bindparam("since"), Parcel.state == "shipped")
    left = select(Parcel.shop_id, func.count()).where(*here).group_by(Parcel.shop_id)
    shipped: Mapping[int, int] = dict(connection.execute(left, {"since": since}).all())
    first = first_id_since(connection, PrintJob.id.expression, PrintJob.created_at.expression, since)
    papers = (
        select(Parcel.shop_id, func.count())
        .join(Waybill, Waybill.parcel_id == Parcel.id)
        .join(PrintJob, PrintJob.waybill_id == Waybill.id)
        .where(PrintJob.id >= first, PrintJob.copy_no == 0, PrintJob.state.in_(("sent", "confirmed")))
        .group_by(Parcel.shop_id)
    )
    printed: Mapping[int, int] = dict(connection.execute(papers).all())
    names = connection.execute(select(Shop.id, Shop.name).order_by(Shop.id)).all()
    days = (
        ShopDay(name, taken[shop_id], printed.get(shop_id, 0), shipped.get(shop_id, 0), stuck.get(shop_id, 0))
        for shop_id, name in names
    )
    return tuple(day for day in days if day.taken or day.printed or day.shipped or day.stuck)


def _clerks(acts: Sequence[Any]) -> tuple[ClerkDay, ...]:
    packed = Counter(row.operator for row in acts if row.action == "parcel.packed")
    shipped = Counter(row.operator for row in acts if row.action == "parcel.shipped")
    return tuple(ClerkDay(name, packed[name], shipped[name]) for name in sorted(packed.keys() | shipped.keys()))
