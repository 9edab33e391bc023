"""How often the open orders of a shop are read again by state, where the time they are listed by does not tell all.

All of them each minute would cost a shop with thousands more calls than its platform grants (the limits of
`channels_other.md` are per app and day): the next reading comes the later, the more asking the last one took. Between
two of them the orders that press are asked for one by one: those just placed, which change most, and those whose
promised time is near, which are packed next.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.engine import Connection

from core.db.unit_of_work import UnitOfWork
from core.orders.models import Order
from core.orders.states import OPEN_STATES
from core.sync import cursors

#: the feed whose cursor says until when the last reading is good enough
OPEN: Final = "open"
#: a reading earns this rest with each call it took: three calls a minute
_REST: Final = timedelta(seconds=20)
#: but no less than this, and no more than that
_SHORTEST: Final = timedelta(minutes=2)
_LONGEST: Final = timedelta(minutes=15)
#: orders that are asked for by themselves in one round, of which there are six a minute
_AT_ONCE: Final = 1
#: not again before this
_HEARD: Final = timedelta(seconds=60)
#: so old an order is new, and so near its end one presses
_NEW: Final = timedelta(minutes=30)
_NEAR: Final = timedelta(hours=2)


def is_due(connection: Connection, shop_id: int, now: datetime) -> bool:
    """Whether all open orders are to be read again."""
    good_until = cursors.reached_until(connection, shop_id, OPEN)
    # A clock that was ahead must not stop the readings.
    return good_until is None or not now < good_until <= now + _LONGEST


def note_read(uow: UnitOfWork, shop_id: int, calls: int, now: datetime) -> None:
    """All open orders were read, in so many calls."""
    cursors.move(uow, shop_id, OPEN, now + min(max(calls * _REST, _SHORTEST), _LONGEST))


def pressing(connection: Connection, shop_id: int, now: datetime, without: Collection[str]) -> Sequence[str]:
    """Numbers of the open orders to ask for one by one now, those first that were not heard of for the longest."""
    query = (
        select(Order.order_no)
        .where(
            Order.shop_id == shop_id,
            Order.fulfilment.in_([state.value for state in OPEN_STATES]),
            or_(Order.placed_at >= now - _NEW, Order.ship_by_at <= now + _NEAR),
            Order.seen_at <= now - _HEARD,
        )
        .order_by(Order.seen_at, Order.id)
        .limit(_AT_ONCE + len(without))
    )
    found = [no for no in connection.execute(query).scalars() if no not in without]
    return found[:_AT_ONCE]
