"""Parcels for one receiver in one box: found when one opens, joined by a key, parted again before they leave.

The same receiver is one row of the customer master: the same customer at the very same address. Masked receivers of
two shops may be two people, and each platform wants its own number for its own: those never travel together.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from core.customers.models import ConsigneeRow
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.batching import forget
from core.fulfilment.foreign import live_waybill, number_rest_of
from core.fulfilment.models import Parcel, ParcelLine
from core.fulfilment.packing import Act, answer, lost, orders_in, repeated, settle_parcel
from core.fulfilment.records import Companion, Tone, Verdict
from core.orders.holds import lock_orders
from core.orders.lifecycle import move_where_possible
from core.orders.models import SHOWN_NO, Order
from core.orders.states import Event
from core.waybills.models import PrintJob, Waybill
from core.waybills.numbers import void_numbers

#: of a customer's orders so many lines are looked through, the newest first
_NEWEST_LINES = 500


def companions(connection: Connection, parcel_id: int) -> tuple[Companion, ...]:
    """Parcels that could go into the same box as this one, the oldest first; none where this one cannot take more.

    They wait untouched: nothing verified, nothing printed, no hold, one box only.
    """
    mine = connection.execute(select(*Parcel.__table__.c).where(Parcel.id == parcel_id)).one()
    if mine.state not in ("to_pack", "packing") or mine.box_count != 1 or _has_paper(connection, parcel_id):
        return ()
    whose = select(ConsigneeRow.customer_id, ConsigneeRow.is_masked).where(ConsigneeRow.id == mine.consignee_id)
    receiver = connection.execute(whose).one()
    theirs = _parcels_of_customer(connection, receiver.customer_id, parcel_id)
    if not theirs:
        return ()
    here = [
        Parcel.id.in_(theirs),
        Parcel.state == "to_pack",
        Parcel.consignee_id == mine.consignee_id,
        Parcel.warehouse_id == mine.warehouse_id,
        Parcel.carrier_code == mine.carrier_code,
        Parcel.box_count == 1,
        Parcel.opened_by == "",
        ~_lines_of_parcel(ParcelLine.verified_qty > 0),
        ~_lines_of_parcel(Order.hold_reason != ""),
        ~select(PrintJob.id)
        .join(Waybill, Waybill.id == PrintJob.waybill_id)
        .where(Waybill.parcel_id == Parcel.id)
        .correlate(Parcel)
        .exists(),
        ~select(Waybill.id)
        .where(Waybill.parcel_id == Parcel.id, Waybill.is_foreign, Waybill.state == "obtained")
        .correlate(Parcel)
        .exists(),
    ]
    if receiver.is_masked:
        here.append(Parcel.shop_id == mine.shop_id)
    rows = connection.execute(select(Parcel.id, Parcel.fence).where(*here).order_by(Parcel.id)).all()
    numbers = _order_numbers(connection, [row.id for row in rows])
    return tuple(Companion(row.id, row.fence, numbers[row.id]) for row in rows if row.id in numbers)


def _parcels_of_customer(connection: Connection, customer_id: int, other_than: int) -> Sequence[int]:
    """Other parcels of a customer, of their newest orders: no index finds a receiver among all open parcels.

    Which of them wait is not asked here: SQLite would walk through all orders that do.
    """
    query = (
        select(ParcelLine.parcel_id)
        .join(Order, Order.id == ParcelLine.order_id)
        .where(Order.customer_id == customer_id)
        .order_by(Order.id.desc())
        .limit(_NEWEST_LINES)
    )
    return sorted(set(connection.execute(query).scalars()) - {other_than})


def _lines_of_parcel(condition: Any) -> Any:
    lines = select(ParcelLine.id).join(Order, Order.id == ParcelLine.order_id)
    return lines.where(ParcelLine.parcel_id == Parcel.id, condition).correlate(Parcel).exists()


def _has_paper(connection: Connection, parcel_id: int) -> bool:
    jobs = select(PrintJob.id).join(Waybill, Waybill.id == PrintJob.waybill_id)
    if connection.execute(jobs.where(Waybill.parcel_id == parcel_id).limit(1)).first() is not None:
        return True
    # What other software has printed is paper too, though nobody here has seen it.
    waybill = live_waybill(connection, parcel_id)
    return waybill is not None and waybill.is_foreign


def _order_numbers(connection: Connection, parcel_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    query = (
        select(ParcelLine.parcel_id, SHOWN_NO)
        .join(Order, Order.id == ParcelLine.order_id)
        .where(ParcelLine.parcel_id.in_(parcel_ids))
        .distinct()
        .order_by(ParcelLine.parcel_id, SHOWN_NO)
    )
    found: dict[int, tuple[str, ...]] = {}
    for row in connection.execute(query):
        found[row.parcel_id] = (*found.get(row.parcel_id, ()), row.order_no)
    return found


def merge(uow: UnitOfWork, parcel_id: int, fence: int, act: Act) -> Verdict:
    """Put what its companions hold into this parcel: one box, one number, and theirs go back to the carrier."""
    seen = repeated(uow, act) or lost(uow, act, parcel_id, fence)
    if seen is not None:
        return seen
    found = companions(uow.connection, parcel_id)
    # A refund or a hold that is being stored right now is waited for, and the parcels are looked at again.
    lock_orders(uow, sorted({one for each in found for one in orders_in(uow, each.parcel_id)}))
    taken = [each for each in companions(uow.connection, parcel_id) if _is_taken_in(uow, each, parcel_id)]
    if not taken:
        return answer(uow, act, "merge.nothing", Tone.NOTICE, parcel_id=parcel_id)
    void_numbers(uow, [each.parcel_id for each in taken], "merged")
    for each in taken:
        uow.record("parcel.merged", "parcel", each.parcel_id, into=parcel_id)
    uow.record("parcel.took_in", "parcel", parcel_id, parcel_ids=[each.parcel_id for each in taken])
    _set_deadline(uow, parcel_id)
    move_where_possible(uow, orders_in(uow, parcel_id), Event.OPEN)
    uow.changed("parcel", parcel_id)
    orders = sum(len(each.order_nos) for each in taken)
    return answer(uow, act, "merge.done", Tone.NOTICE, parcel_id=parcel_id, n=len(taken), orders=orders)


def _is_taken_in(uow: UnitOfWork, companion: Companion, parcel_id: int) -> bool:
    """The row count decides: a desk that opened it at the same moment keeps it."""
    here = (Parcel.id == companion.parcel_id, Parcel.fence == companion.fence, Parcel.state == "to_pack")
    gone = {"state": "cancelled", "fence": companion.fence + 1}
    if uow.count(update(Parcel).where(*here, Parcel.opened_by == "").values(**gone)) != 1:
        return False
    uow.execute(update(ParcelLine).where(ParcelLine.parcel_id == companion.parcel_id).values(parcel_id=parcel_id))
    return True


def _set_deadline(uow: UnitOfWork, parcel_id: int) -> None:
    due = select(func.min(Order.ship_by_at)).where(Order.id.in_(orders_in(uow, parcel_id)))
    ship_by_at = uow.execute(due).scalar_one_or_none()
    uow.execute(update(Parcel).where(Parcel.id == parcel_id).values(ship_by_at=ship_by_at))


def unmerge(uow: UnitOfWork, parcel_id: int, fence: int, act: Act) -> Verdict:
    """Part the orders of this parcel again: the first stays, each other gets a parcel and a number of its own.

    What was verified of the others lies in the box and has to come out: they begin anew.
    """
    seen = repeated(uow, act) or lost(uow, act, parcel_id, fence)
    if seen is not None:
        return seen
    box = uow.execute(select(*Parcel.__table__.c).where(Parcel.id == parcel_id)).one()
    orders = orders_in(uow, parcel_id)
    others = orders[1:]
    if not others or box.box_count != 1 or _share_other_boxes(uow, parcel_id, orders):
        return answer(uow, act, "merge.nothing_to_part", Tone.NOTICE, parcel_id=parcel_id)
    lock_orders(uow, orders)
    inside = select(func.coalesce(func.sum(ParcelLine.verified_qty), 0))
    units = int(
        uow.execute(inside.where(ParcelLine.parcel_id == parcel_id, ParcelLine.order_id.in_(others))).scalar_one()
    )
    parcels = [_part(uow, box, order_id) for order_id in others]
    number_rest_of(uow, box, parcels)
    for event in (Event.UNPACK, Event.LEAVE):
        move_where_possible(uow, others, event)
    uow.record("parcel.parted", "parcel", parcel_id, parcel_ids=parcels)
    _set_deadline(uow, parcel_id)
    settle_parcel(uow, parcel_id)
    uow.changed("parcel", parcel_id, *parcels)
    return answer(uow, act, "merge.undone", Tone.NOTICE, parcel_id=parcel_id, n=len(parcels), units=units)


def _part(uow: UnitOfWork, box: Any, order_id: int) -> int:
    order = uow.execute(select(Order.shop_id, Order.ship_by_at).where(Order.id == order_id)).one()
    row = {
        "state": "to_pack",
        "warehouse_id": box.warehouse_id,
        "shop_id": order.shop_id,
        "consignee_id": box.consignee_id,
        "carrier_code": box.carrier_code,
        "ship_by_at": order.ship_by_at,
        "created_at": uow.now,
    }
    own = uow.insert(Parcel, row)
    mine = (ParcelLine.parcel_id == box.id, ParcelLine.order_id == order_id)
    forget(uow, *mine)
    uow.execute(update(ParcelLine).where(*mine).values(parcel_id=own, verified_qty=0))
    return own


def _share_other_boxes(uow: UnitOfWork, parcel_id: int, orders: Sequence[int]) -> bool:
    """Whether part of these orders travels in another box, which parting would tear up."""
    other = aliased(Parcel)
    query = select(ParcelLine.id).join(other, other.id == ParcelLine.parcel_id)
    here = (ParcelLine.order_id.in_(orders), other.id != parcel_id, other.state != "cancelled")
    return bool(uow.rows(query.where(*here).limit(1)))
