"""The feed of events: what happened to a mall's orders and to the goods it sells.

Rows are written by one transaction at a time (`door.events` is a turn, and always the last one that is taken), so ids
appear in their order and a cursor passes nothing by. Most events are made of the journal, which every part of the
program writes anyway, followed by its tail, because its own ids do commit out of order; and each row makes its event
once for ever (`source`), whichever nodes follow it and from where they begin.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.engine import Connection

from core.catalog.models import Sku
from core.db.forgetting import forget_some
from core.db.journal import Entry, newest_id
from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.fulfilment.models import Parcel, ParcelLine
from core.gateway.keys import door_shops
from core.gateway.models import DoorEvent, DoorMark
from core.gateway.problems import Answer, Problem
from core.orders.models import Order

#: how long events are kept for a mall that does not ask
KEEP: Final = timedelta(days=14)
#: events of one answer
MOST: Final = 500
_JOURNAL: Final = "journal"

_CANCELLED = ("order.cancel", "order.cancelled")
_ELSEWHERE = ("order.ship_elsewhere",)
_SALES = {"sale.paused": "sale.paused", "sale.still_paused": "sale.paused", "sale.resumed": "sale.resumed"}
_ACTIONS = frozenset({"parcel.shipped", *_CANCELLED, *_ELSEWHERE, *_SALES})


def page(connection: Connection, shop_id: int, warehouse_id: int, after: str, limit: int) -> Answer:
    """Events behind a cursor, oldest first.

    Args:
        connection: to the records.
        shop_id: who asks.
        warehouse_id: from where it sells.
        after: the cursor of the last event it knows; `0` for the oldest kept, `latest` to begin now.
        limit: at most so many.

    Raises:
        Problem: `bad_cursor`.
    """
    newest = newest_event(connection)
    if after == "latest":
        return Answer(200, {"events": [], "next_cursor": str(newest)})
    place = int(after)
    if place > newest:
        raise Problem("bad_cursor")
    mine = or_(
        DoorEvent.shop_id == shop_id,
        and_(
            DoorEvent.shop_id.is_(None), or_(DoorEvent.warehouse_id.is_(None), DoorEvent.warehouse_id == warehouse_id)
        ),
    )
    columns = (DoorEvent.id, DoorEvent.at, DoorEvent.kind, DoorEvent.facts)
    query = select(*columns).where(DoorEvent.id > place, DoorEvent.id <= newest, mine).order_by(DoorEvent.id)
    rows = connection.execute(query.limit(limit)).all()
    found = [
        {"cursor": str(row.id), "type": row.kind, "at": row.at.isoformat(timespec="milliseconds"), **row.facts}
        for row in rows
    ]
    # A whole page may be followed by more; else everything up to the newest is known, whosever it is.
    reached = rows[-1].id if len(rows) == limit else max(newest, place)
    return Answer(200, {"events": found, "next_cursor": str(reached)})


def newest_event(connection: Connection) -> int:
    """The id of the newest event."""
    return int(connection.execute(select(func.coalesce(func.max(DoorEvent.id), 0))).scalar_one())


def write_events(uow: UnitOfWork, rows: Iterable[Mapping[str, Any]]) -> int:
    """Append events; gives how many were new. Call it as the last thing of a transaction.

    A row has `kind` and `facts`, and `shop_id`, `warehouse_id` and `source` where they apply.
    """
    rows = list(rows)
    if not rows:
        return 0
    take_turn(uow, "door.events")
    blank = {"shop_id": None, "warehouse_id": None, "source": None, "at": uow.now}
    written = sum(uow.count(insert_or_ignore(uow.connection, DoorEvent), blank | dict(row)) for row in rows)
    if written:
        uow.changed(DoorEvent.__tablename__)
    return written


def mark_of(uow: UnitOfWork, name: str) -> int | None:
    """How far something has been read."""
    found: int | None = uow.execute(select(DoorMark.number).where(DoorMark.name == name)).scalar_one_or_none()
    return found


def set_mark(uow: UnitOfWork, name: str, number: int) -> None:
    """Move the mark."""
    if not uow.count(update(DoorMark).where(DoorMark.name == name).values(number=number)):
        uow.count(insert_or_ignore(uow.connection, DoorMark), {"name": name, "number": number})


def begin_to_follow(uow: UnitOfWork) -> int:
    """From which row of the journal on events are made: where it was left, or now, if nobody ever did."""
    take_turn(uow, "door.events")
    mark = mark_of(uow, _JOURNAL)
    if mark is None:
        mark = newest_id(uow.connection)
        set_mark(uow, _JOURNAL, mark)
    return mark


def is_told(entry: Entry) -> bool:
    """Whether an entry makes an event."""
    return entry.action in _ACTIONS


def make_events(uow: UnitOfWork, entries: Sequence[Entry], reached: int) -> None:
    """Make the events of what the journal has told, up to the row `reached`."""
    take_turn(uow, "door.events")
    shops = door_shops(uow.connection)
    rows = [entry for entry in entries if is_told(entry)]
    if shops and rows:
        write_events(uow, [*_parcel_events(uow, rows, shops), *_order_events(uow, rows, shops), *_sale_events(rows)])
    set_mark(uow, _JOURNAL, reached)


def _order_events(uow: UnitOfWork, rows: Sequence[Any], shops: Collection[int]) -> list[Mapping[str, Any]]:
    mine = [row for row in rows if row.action in _CANCELLED or row.action in _ELSEWHERE]
    columns = (Order.id, Order.shop_id, Order.order_no)
    found = uow.rows(select(*columns).where(Order.id.in_({row.subject_id for row in mine}), Order.shop_id.in_(shops)))
    orders = {order.id: order for order in found}
    return [
        {
            "shop_id": orders[row.subject_id].shop_id,
            "kind": "cancelled" if row.action in _CANCELLED else "shipped",
            "facts": {"ref": orders[row.subject_id].order_no},
            "source": f"journal:{row.id}",
        }
        for row in mine
        if row.subject_id in orders
    ]


def _parcel_events(uow: UnitOfWork, rows: Sequence[Any], shops: Collection[int]) -> list[Mapping[str, Any]]:
    """One event for each order with goods in a parcel that left."""
    shipped = {row.subject_id: row for row in rows if row.action == "parcel.shipped"}
    query = (
        select(
            ParcelLine.parcel_id,
            Order.id,
            Order.shop_id,
            Order.order_no,
            Parcel.carrier_code,
            Sku.code,
            ParcelLine.qty,
        )
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .join(Order, Order.id == ParcelLine.order_id)
        .join(Sku, Sku.id == ParcelLine.sku_id)
        .where(ParcelLine.parcel_id.in_(shipped), ParcelLine.is_withdrawn.is_(False), Order.shop_id.in_(shops))
        .order_by(ParcelLine.id)
    )
    events: dict[tuple[int, int], dict[str, Any]] = {}
    for line in uow.rows(query):
        row = shipped[line.parcel_id]
        event = events.setdefault(
            (row.id, line.id),
            {
                "shop_id": line.shop_id,
                "kind": "shipped",
                "facts": {
                    "ref": line.order_no,
                    "carrier": line.carrier_code,
                    "no": str(row.facts.get("number", "")),
                    "lines": [],
                },
                "source": f"journal:{row.id}:{line.id}",
            },
        )
        event["facts"]["lines"].append({"sku": line.code, "qty": line.qty})
    return list(events.values())


def _sale_events(rows: Sequence[Any]) -> list[Mapping[str, Any]]:
    return [
        {
            "shop_id": row.subject_id or None,
            "kind": _SALES[row.action],
            "facts": {"sku": row.facts.get("sku")},
            "source": f"journal:{row.id}",
        }
        for row in rows
        if row.action in _SALES
    ]


def forget_events(uow: UnitOfWork) -> int:
    """Forget some of what no mall asked for in a fortnight; gives how many.

    The newest stays, or its number would be given again.
    """
    take_turn(uow, "door.events")
    return forget_some(uow, DoorEvent, DoorEvent.at, uow.now - KEEP, DoorEvent.id < newest_event(uow.connection))
