"""Erasing a person: everything personal of a customer, wherever the orders keep it, in one transaction."""

from sqlalchemy import func, select, update

from core.customers.models import Customer
from core.customers.service import erase
from core.db.unit_of_work import UnitOfWork
from core.orders.intake import compress
from core.orders.models import ChannelCopy, Hold, Order
from core.orders.search_index import forget_people
from core.orders.states import OPEN_STATES
from core.runtime.errors import NotFound, Refused


def erase_customer(uow: UnitOfWork, customer_id: int) -> int:
    """Erase receivers, accounts, notes, raw copies and search terms of a customer; gives the number of orders left.

    Orders, sums and movements stay and refer to nobody. A later copy of an old order does not bring the person back;
    a new purchase makes a new customer.

    Raises:
        NotFound: `customer.unknown`.
        Refused: `customer.open_orders`, something is still to be sent to this person.
    """
    if uow.execute(select(Customer.id).where(Customer.id == customer_id)).first() is None:
        raise NotFound("customer.unknown", f"there is no customer {customer_id}")
    mine = Order.customer_id == customer_id
    waiting = select(func.count()).select_from(Order).where(mine, Order.fulfilment.in_(OPEN_STATES))
    count = int(uow.execute(waiting).scalar_one())
    if count:
        raise Refused("customer.open_orders", f"{count} orders of this person are still to be sent", count=count)
    order_ids = [row.id for row in uow.rows(select(Order.id).where(mine))]
    own = select(Order.id).where(mine)
    uow.execute(update(ChannelCopy).where(ChannelCopy.order_id.in_(own)).values(body=compress({})))
    uow.execute(update(Order).where(mine).values(buyer_note="", seller_note=""))
    uow.execute(update(Hold).where(Hold.order_id.in_(own)).values(note=""))
    forget_people(uow, order_ids)
    erase(uow, customer_id)
    uow.changed("orders", *order_ids)
    return len(order_ids)
