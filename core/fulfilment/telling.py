"""When a shop is told that a parcel leaves: once for each parcel and order, at the moment its owner chose.

`print`: a label of ours came out, which a shop wants whose buyers look for a number early. A number that other
software printed is told with the outbound scan there: its paper was not seen coming out, and it can still be taken
off. What is told at an early moment is not told again at a later one; where a number is called off after it was told,
the next one is told as its replacement, with its label.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, exists, or_, select, update
from sqlalchemy.engine import Connection

from core.channels.models import Shop
from core.db.models import Journal, Outbox
from core.db.sets import packed_texts, text_set
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.models import Parcel, ParcelLine
from core.fulfilment.states import OPEN
from core.orders.models import Order
from core.waybills.models import PrintJob, Waybill

#: outbox kind: tell a shop that a parcel of one of its orders left
CONFIRM = "confirm_shipment"
#: journal: a shop was told a number
TOLD = "order.shop_told"
#: journal: a shop that takes one number for an order has that of another parcel of ours; this one stays untold
KEPT_HERE = "order.number_kept_here"
#: journal: its shop's owner left a parcel out when the telling began
LEFT_OUT = "order.left_out"
#: code of the refusal of a shop that knows a number of ours and takes no new one for it
TOLD_OTHER = "told_other"
#: how far back a shop can still be told of what left
UNTOLD = timedelta(days=30)
#: code of why a notice waits: its shop's owner has switched the telling off
SWITCHED_OFF = "switched_off"
#: when a shop may be told: the label came out, it was scanned out, the courier signed
MOMENTS = ("print", "outbound", "handover")

#: what is told at a moment, and what should have been told before it
_DUE = {"print": ("print",), "outbound": ("print", "outbound"), "handover": ("handover",)}
_ROWS = select(Outbox.id, Outbox.key, Outbox.payload).where(Outbox.kind == CONFIRM, Outbox.key.in_(text_set("keys")))


def tell(uow: UnitOfWork, parcel_ids: Sequence[int], moment: str) -> None:
    """Queue one notice per parcel and order for the shops that are told at this moment, in each shop's lane."""
    query = (
        select(ParcelLine.parcel_id, Order.id, Order.shop_id, Waybill.id.label("waybill_id"), Waybill.attempt)
        .join(Order, Order.id == ParcelLine.order_id)
        .join(Shop, Shop.id == Order.shop_id)
        .join(Waybill, (Waybill.parcel_id == ParcelLine.parcel_id) & (Waybill.state == "obtained"))
        .where(ParcelLine.parcel_id.in_(parcel_ids), Shop.confirms_shipments, Shop.confirm_at.in_(_DUE[moment]))
        .distinct()
        .order_by(ParcelLine.parcel_id, Order.id)
    )
    if moment == "print":
        # What is held may never leave; scanned out later, it is told then.
        query = query.where(Waybill.is_foreign.is_(False), Order.hold_reason == "")
    rows = uow.rows(query)
    _queue(uow, rows)


def tell_these(uow: UnitOfWork, shop_id: int, pairs: Collection[tuple[int, int]]) -> int:
    """Tell a shop of parcels that left while it was not told, by (parcel, order); gives how many are queued.

    What has not left, was told, or is not this shop's is passed over. What waits since the telling was switched off
    is due at once.
    """
    found = untold(uow.connection, shop_id, uow.now)
    rows = [row for row in found if (row.parcel_id, row.id) in pairs]
    _queue(uow, rows)
    for row in found:
        if (row.parcel_id, row.id) not in pairs:
            uow.record(LEFT_OUT, "orders", row.id, parcel_id=row.parcel_id)
    late = (Outbox.kind == CONFIRM, Outbox.lane == f"shop:{shop_id}", Outbox.state == "waiting")
    uow.execute(
        update(Outbox).where(*late, Outbox.last_error.contains(f"[{SWITCHED_OFF}]")).values(not_before_at=uow.now)
    )
    uow.changed("outbox")
    return len(rows)


def untold(connection: Connection, shop_id: int, now: datetime) -> Sequence[Any]:
    """(parcel_id, order id, order_no, waybill_id, attempt, number, carrier_code, shipped_at) of what left untold.

    What left longer ago than `UNTOLD` is no news to any platform. What is told anyway at a later moment is left out,
    where the courier's signature counts: what waits for a courier.
    """
    key = cast(ParcelLine.parcel_id, Text) + ":" + cast(ParcelLine.order_id, Text)
    columns = (ParcelLine.parcel_id, Order.id, Order.order_no, Order.shop_id, Waybill.id.label("waybill_id"))
    more = (Waybill.attempt, Waybill.number, Waybill.carrier_code, Parcel.shipped_at)
    query = (
        select(*columns, *more)
        .join(Order, Order.id == ParcelLine.order_id)
        .join(Shop, Shop.id == Order.shop_id)
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .join(Waybill, (Waybill.parcel_id == ParcelLine.parcel_id) & (Waybill.state == "obtained"))
        .where(Order.shop_id == shop_id, Parcel.state == "shipped", ParcelLine.is_withdrawn.is_(False))
        .where(Parcel.shipped_at >= now - UNTOLD)
        .where(or_(Shop.confirm_at != "handover", Parcel.awaits_courier.is_(False)))
        .where(~exists(select(Outbox.id).where(Outbox.kind == CONFIRM, Outbox.key == key)))
        # Rows of the outbox are forgotten one day, the journal is not.
        .where(~exists(select(Journal.id).where(*_journalled(TOLD))))
        .distinct()
        .order_by(ParcelLine.parcel_id, Order.id)
    )
    return connection.execute(query).all()


def _journalled(action: str) -> tuple[ColumnElement[bool], ...]:
    """That the journal has this of an order and the parcel of its line."""
    is_order = (Journal.subject == "orders", Journal.subject_id == Order.id, Journal.action == action)
    return (*is_order, Journal.facts["parcel_id"].as_integer() == ParcelLine.parcel_id)


def _queue(uow: UnitOfWork, rows: Sequence[Any]) -> None:
    renumbered = [_key(row.parcel_id, row.id) for row in rows if row.attempt > 1]
    queued = _queued(uow.connection, renumbered) if renumbered else {}
    for row in rows:
        payload = {"parcel_id": row.parcel_id, "order_id": row.id, "waybill_id": row.waybill_id}
        key = _key(row.parcel_id, row.id)
        if key in queued and queued[key].payload.get("waybill_id") != row.waybill_id:
            # The row before speaks of the number that this one replaces.
            key = f"{key}:{row.waybill_id}"
        uow.enqueue(CONFIRM, key, payload, lane=f"shop:{row.shop_id}")


def _key(parcel_id: int, order_id: int) -> str:
    return f"{parcel_id}:{order_id}"


def _queued(connection: Connection, keys: Sequence[str]) -> dict[str, Any]:
    return {row.key: row for row in connection.execute(_ROWS, {"keys": packed_texts(keys)})}


def label_is_out(uow: UnitOfWork, job_id: int) -> None:
    """A label of ours came out: shops that want to know then are told."""
    # What came out after its number was called off says nothing of the number that came instead.
    query = select(Waybill.parcel_id).join(PrintJob, PrintJob.waybill_id == Waybill.id)
    valid = query.where(PrintJob.id == job_id, Waybill.state == "obtained")
    parcel_id = uow.execute(valid).scalar_one_or_none()
    if parcel_id is not None:
        tell(uow, [int(parcel_id)], "print")


def tell_at_last(uow: UnitOfWork, shop_id: int, moment: str, waits_for_courier: Any) -> None:
    """A shop wants to know earlier from now on: what has passed that moment already is told at once."""
    # What its owner left out when the telling began is not told for that.
    is_meant = ~exists(select(Journal.id).where(*_journalled(LEFT_OUT)))
    is_its = (ParcelLine.order_id == Order.id, Order.shop_id == shop_id)
    of_shop = (*is_its, ParcelLine.parcel_id == Parcel.id, is_meant)
    if moment != "handover":
        tell(uow, _ids(uow, select(Parcel.id).where(waits_for_courier, *of_shop)), "outbound")
    if moment == "print":
        out = select(PrintJob.id).where(
            PrintJob.waybill_id == Waybill.id, PrintJob.state.in_(("sent", "confirmed")), Waybill.state == "obtained"
        )
        here = (Parcel.state.in_(OPEN), Waybill.parcel_id == Parcel.id, exists(out))
        tell(uow, _ids(uow, select(Parcel.id).where(*here, *of_shop)), "print")


def _ids(uow: UnitOfWork, query: Any) -> list[int]:
    return [row.id for row in uow.rows(query.distinct().order_by(Parcel.id))]


def was_told(uow: UnitOfWork, order_id: int) -> bool:
    """Whether the shop heard from us that a parcel of this order leaves: that it says so is no news then."""
    inside = select(ParcelLine.parcel_id).where(ParcelLine.order_id == order_id).distinct()
    keys = [_key(row.parcel_id, order_id) for row in uow.rows(inside)]
    return bool(_queued(uow.connection, keys))


@dataclass(frozen=True, slots=True)
class Told:
    """What a shop knows of an order, by our own journal. `replaces`: a number it knows that is no good any more."""

    is_known: bool
    replaces: str


def told_of(connection: Connection, order_id: int, parcel_id: int, number: str) -> Told:
    """Whether the shop knows this number of the order, and which number it stands for now."""
    query = select(Journal.facts).where(
        Journal.subject == "orders", Journal.subject_id == order_id, Journal.action == TOLD
    )
    facts = [row.facts for row in connection.execute(query.order_by(Journal.id)) if row.facts.get("lines")]
    replaced = {str(one.get("replaces", "")) for one in facts}
    known = {str(one["number"]): int(one["parcel_id"]) for one in facts if str(one["number"]) not in replaced}
    if number in known:
        return Told(is_known=True, replaces="")
    gone = select(Parcel.id).where(Parcel.id.in_(set(known.values())), Parcel.state == "cancelled")
    no_good = {parcel_id, *connection.execute(gone).scalars()}
    return Told(is_known=False, replaces=next((no for no, where in known.items() if where in no_good), ""))


def shop_knows(uow: UnitOfWork, parcel_id: int) -> bool:
    """Whether a shop was told the number that a parcel has now."""
    carried = (Waybill.parcel_id == ParcelLine.parcel_id) & (Waybill.state == "obtained")
    query = select(ParcelLine.order_id, Waybill.number).join(Waybill, carried).distinct()
    query = query.where(ParcelLine.parcel_id == parcel_id)
    return any(told_of(uow.connection, row.order_id, parcel_id, row.number or "").is_known for row in uow.rows(query))


def in_order_of_telling(connection: Connection, order_id: int, parcel_ids: Sequence[int]) -> list[int]:
    """Those of an order's parcels that its shop is told of, the first told first."""
    keys = {_key(parcel_id, order_id): parcel_id for parcel_id in parcel_ids}
    queued = _queued(connection, list(keys))
    return [keys[key] for key in sorted(queued, key=lambda key: queued[key].id)]
