"""When the goods do not fit: what is verified stays in this box, the rest goes into a next one."""

from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from core.channels.models import Shop
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.foreign import number_rest_of
from core.fulfilment.models import Parcel, ParcelLine
from core.fulfilment.packing import (
    Act,
    answer,
    lines_left,
    lost,
    orders_in,
    refunded_inside,
    repeated,
    want_label_of,
    without_other_boxes,
)
from core.fulfilment.records import Tone, Verdict
from core.orders.lifecycle import move_where_possible
from core.orders.models import Order
from core.orders.states import Event


def add_box(uow: UnitOfWork, parcel_id: int, fence: int, act: Act) -> Verdict:
    """Close this box with what is in it and make a parcel of the rest, with a number of its own.

    Where other software prints the labels the rest gets the next number it has printed, or waits for one.
    """
    seen = repeated(uow, act) or lost(uow, act, parcel_id, fence)
    if seen is not None:
        return seen
    left = lines_left(uow, parcel_id)
    if uow.rows(select(ParcelLine.id).where(*refunded_inside(parcel_id)).limit(1)):
        return answer(uow, act, "line.refunded", Tone.STOP, parcel_id=parcel_id, whole=False)
    inside = select(func.coalesce(func.sum(ParcelLine.verified_qty), 0)).where(ParcelLine.parcel_id == parcel_id)
    if not left or uow.execute(inside).scalar_one() == 0:
        return answer(uow, act, "box.nothing_to_split", Tone.NOTICE, parcel_id=parcel_id)
    box = uow.execute(select(*Parcel.__table__.c).where(Parcel.id == parcel_id)).one()
    row = {
        "state": "to_pack",
        "warehouse_id": box.warehouse_id,
        "shop_id": box.shop_id,
        "consignee_id": box.consignee_id,
        "carrier_code": box.carrier_code,
        "wave_id": box.wave_id,
        "wave_seq": box.wave_seq,
        "box_no": box.box_no + 1,
        "box_count": box.box_no + 1,
        "ship_by_at": box.ship_by_at,
        "created_at": uow.now,
        "note_changed_at": box.note_changed_at,
    }
    next_id = uow.insert(Parcel, row)
    _renumber(uow, parcel_id, box.box_no + 1)
    for line in left:
        here = update(ParcelLine).where(ParcelLine.id == line.id)
        if line.verified_qty == 0:
            # It moves as it is: scans that were taken back refer to it.
            uow.execute(here.values(parcel_id=next_id))
            continue
        shared = {"order_line_id": line.order_line_id, "order_id": line.order_id, "sku_id": line.sku_id}
        uow.insert(ParcelLine, shared | {"parcel_id": next_id, "qty": line.qty - line.verified_qty})
        uow.execute(here.values(qty=line.verified_qty))
    number_rest_of(uow, box, [next_id])
    uow.execute(update(Parcel).where(Parcel.id == parcel_id).values(state="packed", packed_at=uow.now))
    # An order that is whole in this box is packed; one of which nothing is in it waits with the rest.
    move_where_possible(uow, without_other_boxes(uow, parcel_id, ("to_pack", "packing")), Event.PACK)
    in_this = set(orders_in(uow, parcel_id))
    move_where_possible(uow, [one for one in orders_in(uow, next_id) if one not in in_this], Event.LEAVE)
    uow.record("parcel.box_added", "parcel", parcel_id, next_parcel_id=next_id)
    want_label_of(uow, parcel_id)
    facts = {"box": box.box_no, "next_parcel_id": next_id}
    return answer(uow, act, "box.added", Tone.COMPLETE, parcel_id=parcel_id, **facts)


def kinds_in_both(connection: Connection, parcel_id: int, next_id: int) -> frozenset[str]:
    """The channels of the shops whose orders lie in both of these boxes."""
    here, there = aliased(ParcelLine), aliased(ParcelLine)
    query = (
        select(Shop.channel)
        .join(Order, Order.shop_id == Shop.id)
        .join(here, (here.order_id == Order.id) & (here.parcel_id == parcel_id))
        .join(there, (there.order_id == Order.id) & (there.parcel_id == next_id))
    )
    return frozenset(connection.execute(query.distinct()).scalars())


def _renumber(uow: UnitOfWork, parcel_id: int, count: int) -> None:
    """All boxes of these orders that are still here say how many there are."""
    orders = select(ParcelLine.order_id).where(ParcelLine.parcel_id == parcel_id)
    boxes = select(ParcelLine.parcel_id).where(ParcelLine.order_id.in_(orders))
    here = (Parcel.id.in_(boxes), Parcel.state.not_in(("shipped", "cancelled")))
    uow.execute(update(Parcel).where(*here).values(box_count=count))
