"""Orders that a shop deleted for good: they are in no list any more, so nothing ever says that they are over.

Only shops that delete orders are looked at (`Capabilities.deletes_orders`): elsewhere silence about an order means
many things. When all open orders were read, those of ours that the reading did not name are asked for one by one.
What the shop does not know then is held, not called off: a person has to say whether the buyer gets the goods.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from core.db.unit_of_work import UnitOfWork
from core.orders import holds
from core.orders.models import Order
from core.orders.states import OPEN_STATES

#: orders that are asked for in one round; those first that were not heard of for the longest
AT_ONCE: Final = 20
_OPEN: Final = tuple(state.value for state in sorted(OPEN_STATES))


def unnamed(connection: Connection, shop_id: int, since: datetime) -> Sequence[str]:
    """Numbers of open orders that were not heard of since a reading of all of them began.

    What is held as gone already is asked for last, in case it comes back: a trash was emptied by mistake and the site
    restored.
    """
    query = (
        select(Order.order_no)
        .where(Order.shop_id == shop_id, Order.fulfilment.in_(_OPEN), Order.seen_at < since)
        .order_by(Order.hold_reason == holds.GONE, Order.seen_at, Order.id)
        .limit(AT_ONCE)
    )
    return list(connection.execute(query).scalars())


def hold(uow: UnitOfWork, shop_id: int, order_no: str) -> None:
    """The shop was asked for this very order and does not know it."""
    query = select(Order.id).where(Order.shop_id == shop_id, Order.order_no == order_no, Order.fulfilment.in_(_OPEN))
    order_id = uow.execute(query).scalar_one_or_none()
    if order_id is not None:
        holds.place_many(uow, [(order_id, holds.GONE)])
