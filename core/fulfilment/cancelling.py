"""Calling an order off at the word of its shop, outside of a copy of the order."""

from sqlalchemy import select, update

from core.db.unit_of_work import UnitOfWork
from core.fulfilment.parcels import drop_parcels
from core.inventory.service import release
from core.orders import holds
from core.orders.lifecycle import move_where_possible
from core.orders.lines import current_lines, has_left
from core.orders.models import Order
from core.orders.states import OPEN_STATES, Event, Fulfilment, Payment
from core.runtime.errors import Refused
from core.runtime.ids import OrderLineId


def cancel_order(uow: UnitOfWork, order_id: int, reason: str, *, is_refunded: bool) -> None:
    """Give the goods back, drop the parcels and close the order; one that is closed already stays as it is.

    Args:
        uow: the open transaction.
        order_id: the order.
        reason: why, as the stock's records name it.
        is_refunded: the money has gone back.

    Raises:
        Refused: `order.has_left`, goods of it are with the courier; nothing has changed.
    """
    state = Fulfilment(uow.execute(select(Order.fulfilment).where(Order.id == order_id)).scalar_one())
    if state is Fulfilment.CANCELLED:
        return
    if state not in OPEN_STATES or has_left(uow, order_id):
        raise Refused("order.has_left", "goods of this order have left already")
    # No copy of the order says so yet: the shop did it now.
    lines = [OrderLineId(row.id) for row in current_lines(uow, order_id)]
    release(uow, lines, reason, called_off_at=uow.now)
    if is_refunded:
        uow.execute(update(Order).where(Order.id == order_id).values(payment=Payment.REFUNDED.value))
    move_where_possible(uow, [order_id], Event.CANCEL)
    holds.release(uow, order_id)
    others = drop_parcels(uow, order_id, reason)
    move_where_possible(uow, others, Event.RECALL)
