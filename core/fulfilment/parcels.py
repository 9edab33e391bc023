"""Making parcels: releasing orders that are ready, planning boxes and their numbers, dropping what was called off."""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, or_, select, union_all, update

from core.channels.models import Shop
from core.db.sets import id_set, packed_ids
from core.db.types import Instant
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.foreign import give, labelled_elsewhere
from core.fulfilment.models import Parcel, ParcelLine
from core.fulfilment.packing import settle_parcel
from core.fulfilment.states import OPEN
from core.orders.lifecycle import move_where_possible
from core.orders.models import Order, OrderLine, SentElsewhere
from core.orders.states import Event, Fulfilment, Payment, next_state
from core.waybills.numbers import plan_numbers, void_numbers

#: the first column of a row, which is its id in every query here
_ID: Callable[[Any], int] = itemgetter(0)

_RELEASE = (
    update(Order)
    .where(
        Order.fulfilment == Fulfilment.TO_REVIEW.value,
        Order.hold_reason == "",
        Order.payment.in_((Payment.PAID.value, Payment.PARTLY_REFUNDED.value)),
        or_(Order.not_before_at.is_(None), Order.not_before_at <= bindparam("now", type_=Instant)),
        # Whatever lifted a hold: a shop that has not started gets no parcel, so no number, label, wave or shipment.
        Order.shop_id.in_(select(Shop.id).where(Shop.on_desk)),
    )
    .values(fulfilment=bindparam("target"))
    .returning(Order.id, Order.shop_id, Order.consignee_id, Order.warehouse_id, Order.ship_by_at)
)
_RELEASE_THESE = _RELEASE.where(Order.id.in_(id_set("ids")))
_TO_SEND = (
    select(OrderLine.id, OrderLine.order_id, OrderLine.sku_id, OrderLine.qty)
    .where(OrderLine.order_id.in_(id_set("ids")), OrderLine.is_current, OrderLine.after_sale != "refunded")
    .order_by(OrderLine.id)
)
_BOXED = union_all(
    select(ParcelLine.order_line_id, ParcelLine.qty)
    .join(Parcel, Parcel.id == ParcelLine.parcel_id)
    .where(ParcelLine.order_id.in_(id_set("ids")), Parcel.state != "cancelled", ParcelLine.is_withdrawn.is_(False)),
    select(SentElsewhere.order_line_id, SentElsewhere.qty).where(SentElsewhere.order_id.in_(id_set("ids"))),
)


def release_ready(uow: UnitOfWork, order_ids: Sequence[int] | None, carrier_code: str) -> tuple[int, ...]:
    """Release those orders that are paid, stand under no hold and may be sent now, and plan a parcel for each.

    `order_ids` None means all: run after the clock passed somebody's "not before". Gives the ids released.
    """
    target = next_state(Fulfilment.TO_REVIEW, Event.RELEASE)
    binds = {"target": target.value, "now": uow.now}
    if order_ids is None:
        rows = uow.execute(_RELEASE, binds).all()
    else:
        rows = uow.execute(_RELEASE_THESE, binds | {"ids": packed_ids(order_ids)}).all()
    if not rows:
        return ()
    _plan(uow, sorted(rows, key=_ID), carrier_code)
    ids = tuple(map(_ID, rows))
    uow.changed("orders", *ids)
    return tuple(sorted(ids))


def _plan(uow: UnitOfWork, orders: Sequence[Any], carrier_code: str) -> None:
    """Plan a parcel for each of these orders that has something to send, as `_RELEASE` gives them.

    Those whose labels are printed elsewhere get no number of ours, but the one that is known already.
    """
    lines = lines_to_send(uow, list(map(_ID, orders)))
    if not lines:
        return
    line_ids, orders_of_lines, skus, quantities = zip(*lines, strict=True)
    sending = set(orders_of_lines)
    order_ids, shops, consignees, warehouses, deadlines = zip(
        *(order for order in orders if _ID(order) in sending), strict=True
    )
    ids = uow.take_ids(Parcel, len(order_ids))
    uow.insert_columns(
        Parcel,
        {
            "id": ids,
            "warehouse_id": warehouses,
            "shop_id": shops,
            "consignee_id": consignees,
            "ship_by_at": deadlines,
        },
        state="to_pack",
        carrier_code=carrier_code,
        created_at=uow.now,
    )
    parcel_of = dict(zip(order_ids, ids, strict=True))
    uow.insert_columns(
        ParcelLine,
        {
            "parcel_id": [parcel_of[order_id] for order_id in orders_of_lines],
            "order_line_id": line_ids,
            "order_id": orders_of_lines,
            "sku_id": skus,
            "qty": quantities,
        },
    )
    elsewhere = labelled_elsewhere(uow, order_ids)
    ours = zip(order_ids, ids, consignees, strict=True)
    plan_numbers(uow, [(to, who) for order_id, to, who in ours if order_id not in elsewhere], carrier_code)
    for order_id, numbers in elsewhere.items():
        give(uow, parcel_of[order_id], numbers)
    uow.changed("parcel", *ids)


def lines_to_send(uow: UnitOfWork, order_ids: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """Line, order, SKU and units of what no parcel holds or has carried away yet, here or elsewhere."""
    ids = {"ids": packed_ids(order_ids)}
    boxed: Sequence[Any] = uow.execute(_BOXED, ids).all()
    rows: Sequence[Any] = uow.execute(_TO_SEND, ids).all()
    inside: dict[int, int] = {}
    for line_id, qty in boxed:
        inside[line_id] = inside.get(line_id, 0) + qty
    return [
        (line_id, order_id, sku_id, left)
        for line_id, order_id, sku_id, qty in rows
        if (left := qty - inside.get(line_id, 0)) > 0
    ]


def open_parcels_of(uow: UnitOfWork, order_id: int) -> tuple[int, ...]:
    """Parcels of the order that have not left and are not cancelled."""
    query = select(Parcel.id).join(ParcelLine, ParcelLine.parcel_id == Parcel.id).distinct()
    rows = uow.rows(query.where(ParcelLine.order_id == order_id, Parcel.state.in_(OPEN)).order_by(Parcel.id))
    return tuple(row.id for row in rows)


def has_shipped_parcel(uow: UnitOfWork, order_id: int) -> bool:
    """Whether a box of the order has left from here."""
    query = select(Parcel.id).join(ParcelLine, ParcelLine.parcel_id == Parcel.id)
    return uow.rows(query.where(ParcelLine.order_id == order_id, Parcel.state == "shipped").limit(1)) != []


def drop_parcels(uow: UnitOfWork, order_id: int, reason: str) -> tuple[int, ...]:
    """Call off the open parcels of an order.

    A parcel shared with other orders is dropped as a whole; gives those orders, which have to be planned anew.
    """
    ids = open_parcels_of(uow, order_id)
    others = uow.rows(select(ParcelLine.order_id).where(ParcelLine.parcel_id.in_(ids)).distinct())
    cancel_parcels(uow, ids, reason)
    return tuple(row.order_id for row in others if row.order_id != order_id)


def cancel_parcels(uow: UnitOfWork, parcel_ids: Sequence[int], reason: str) -> None:
    """Their numbers go back to the carrier, and a later scan of their labels is stopped."""
    if not parcel_ids:
        return
    gone = {"state": "cancelled", "opened_by": "", "fence": Parcel.fence + 1}
    uow.execute(update(Parcel).where(Parcel.id.in_(parcel_ids)).values(**gone))
    void_numbers(uow, parcel_ids, reason)
    for parcel_id in parcel_ids:
        uow.record("parcel.cancelled", "parcel", parcel_id, reason=reason)


def withdraw_lines(uow: UnitOfWork, order_id: int, order_line_ids: Sequence[int]) -> None:
    """Refunded while waiting or packing: the lines have to stay out of (or come out of) their boxes."""
    for parcel_id in open_parcels_of(uow, order_id):
        mine = ParcelLine.parcel_id == parcel_id
        out = uow.count(
            update(ParcelLine).where(mine, ParcelLine.order_line_id.in_(order_line_ids)).values(is_withdrawn=True)
        )
        if not out:
            continue
        uow.record("parcel.line_withdrawn", "parcel", parcel_id, order_id=order_id)
        if uow.rows(select(ParcelLine.id).where(mine, ParcelLine.is_withdrawn.is_(False)).limit(1)):
            settle_parcel(uow, parcel_id)
        else:
            cancel_parcels(uow, [parcel_id], "refunded")
    if not open_parcels_of(uow, order_id) and has_shipped_parcel(uow, order_id):
        # The box that was still missing will never come: the order has left with the others.
        move_where_possible(uow, [order_id], Event.SHIP)
