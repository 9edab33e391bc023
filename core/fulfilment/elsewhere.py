"""Orders that somebody else has sent (已在别处发货): closed by a person's word, taken back when that was wrong."""

from enum import StrEnum
from typing import Any

from sqlalchemy import select, update

from core.db.unit_of_work import UnitOfWork
from core.fulfilment.parcels import drop_parcels, has_shipped_parcel, release_ready
from core.fulfilment.resuming import goods_came
from core.inventory.claims import claims_of_lines
from core.inventory.quotas.releasing import SHIPPED_ELSEWHERE
from core.inventory.returning import undo_sale
from core.inventory.service import confirm, consume, release
from core.inventory.states import ClaimState
from core.orders import holds
from core.orders.lifecycle import move_where_possible
from core.orders.lines import claim, current_lines
from core.orders.models import Hold, Order
from core.orders.states import Event, Payment
from core.runtime.errors import NotFound, Refused
from core.runtime.ids import OrderLineId

#: the hold that the platform's word places
REASON = SHIPPED_ELSEWHERE


class SentBy(StrEnum):
    """Who sent it: codes, because what a person writes may be personal and stays out of the journal."""

    OTHER_PROGRAM = "other_program"
    OTHER_WAREHOUSE = "other_warehouse"
    BY_HAND = "by_hand"
    OTHER = "other"


def close_elsewhere(uow: UnitOfWork, order_id: int, sent_by: str, carrier_code: str, *, left_our_shelf: bool) -> None:
    """Close an order that the platform says is sent, although no parcel of ours left.

    Our numbers go back to the carrier. Units that left our shelf leave the books; otherwise they are free for others.

    Raises:
        NotFound: `order.unknown`.
        Refused: `order.not_sent_elsewhere`, the platform does not say so; `elsewhere.reason_unknown`.
    """
    if sent_by not in set(SentBy):
        raise Refused("elsewhere.reason_unknown", f"nobody is called {sent_by}", reason=sent_by)
    holds.lock_orders(uow, [order_id])
    _known(uow, order_id)
    standing = select(Hold.id).where(Hold.order_id == order_id, Hold.reason == REASON, Hold.released_at.is_(None))
    if not uow.rows(standing) or not move_where_possible(uow, [order_id], Event.SHIP_ELSEWHERE):
        raise Refused("order.not_sent_elsewhere", "the platform does not say that this order was sent elsewhere")
    lines = current_lines(uow, order_id)
    line_ids = [OrderLineId(line.id) for line in lines if line.sku_id is not None and line.after_sale != "refunded"]
    if left_our_shelf and line_ids:
        _take_off_the_books(uow, order_id, line_ids)
    release(uow, line_ids, REASON)
    others = drop_parcels(uow, order_id, REASON)
    holds.release(uow, order_id)
    uow.record("order.closed_elsewhere", "orders", order_id, left_our_shelf=left_our_shelf, sent_by=sent_by)
    release_ready(uow, move_where_possible(uow, others, Event.RECALL), carrier_code)
    if not left_our_shelf:
        goods_came(uow, carrier_code, {line.sku_id for line in lines if line.sku_id is not None})


def reopen_elsewhere(uow: UnitOfWork, order_id: int) -> None:
    """Take such a closing back: units return to the books and are claimed again, and the order stands held as before.

    Raises:
        NotFound: `order.unknown`.
        Refused: `order.not_closed_elsewhere`, a parcel of ours left, or nobody closed it.
    """
    holds.lock_orders(uow, [order_id])
    order = _known(uow, order_id)
    was_held = select(Hold.id).where(Hold.order_id == order_id, Hold.reason == REASON).limit(1)
    if order.fulfilment != "shipped" or has_shipped_parcel(uow, order_id) or not uow.rows(was_held):
        raise Refused("order.not_closed_elsewhere", "this order was not closed as sent elsewhere")
    lines = current_lines(uow, order_id)
    undo_sale(uow, [OrderLineId(line.id) for line in lines], REASON)
    move_where_possible(uow, [order_id], Event.REOPEN)
    uow.execute(update(Order).where(Order.id == order_id).values(shipped_at=None))
    holds.place_many(uow, [(order_id, REASON)])
    numbered = [(line.id, line) for line in lines]
    claim(uow, order_id, order.warehouse_id, numbered, is_paid=order.payment != Payment.UNPAID)


def _known(uow: UnitOfWork, order_id: int) -> Any:
    columns = (Order.fulfilment, Order.payment, Order.warehouse_id)
    order = uow.execute(select(*columns).where(Order.id == order_id)).one_or_none()
    if order is None:
        raise NotFound("order.unknown", f"there is no order {order_id}")
    return order


def _take_off_the_books(uow: UnitOfWork, order_id: int, line_ids: list[OrderLineId]) -> None:
    """What the lines hold leaves; what the books never had cannot leave them."""
    confirm(uow, line_ids)
    held = [one for one in claims_of_lines(uow, line_ids) if one.state is ClaimState.CONFIRMED]
    # An order closed, taken back and closed again leaves twice: each under a reference of its own.
    reference = f"elsewhere:{order_id}:{uow.now.isoformat()}"
    if held:
        consume(uow, [(one.order_line_id, one.qty) for one in held], reference)
