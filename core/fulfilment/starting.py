"""Starting with a shop: what keeps its orders off the desk until its owner says so, and what lets them through.

Another program has sent for this shop so far. Until the owner starts it, and for all that was paid before the
cut-over, that one goes on: such orders are known here and stand under the hold `not_started`, so that they get no
parcel, and with it no number, label, wave or shipment. Their units are claimed all the same: they are promised to a
buyer, whoever packs them, and must not be sold a second time. When the platform says that one was sent, it is closed
here as sent elsewhere and its units leave the books.

Switching and taking in wait for each other (the turn `intake`): no order slips between the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.engine import Connection

from core.channels.contract import ChannelOrder
from core.channels.models import Shop
from core.db.sets import id_set, packed_ids
from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.elsewhere import REASON, SentBy, close_elsewhere
from core.fulfilment.parcels import release_ready
from core.fulfilment.part_sent import note_strangers
from core.orders import holds
from core.orders.holds import NOT_STARTED, PART_SENT
from core.orders.intake import ShopFacts
from core.orders.models import Hold, Order
from core.orders.states import Fulfilment
from core.runtime.errors import NotFound

#: when an order began to be somebody's to send: nobody says of every order when it was paid
SINCE: ColumnElement[datetime] = func.coalesce(Order.paid_at, Order.placed_at)
_TO_REVIEW = Order.fulfilment == Fulfilment.TO_REVIEW.value


@dataclass(frozen=True, slots=True)
class Start:
    """How far a shop has come. `cut_over_at` None with `on_desk`: all its orders are ours."""

    on_desk: bool
    cut_over_at: datetime | None

    @property
    def takes_all(self) -> bool:
        """Whether no order of it is kept off the desk."""
        return self.on_desk and self.cut_over_at is None

    def is_ours(self, order: ChannelOrder) -> bool:
        """Whether this order is ours to send."""
        return self.on_desk and not self.is_before(order)

    def is_before(self, order: ChannelOrder) -> bool:
        """Whether this order is from before the cut-over; no order is where there was none."""
        since = order.paid_at or order.placed_at
        return self.cut_over_at is not None and since < self.cut_over_at


def start_of(connection: Connection, shop_id: int) -> Start:
    """How far a shop has come.

    Raises:
        NotFound: `shop.unknown`.
    """
    row = connection.execute(select(Shop.on_desk, Shop.cut_over_at).where(Shop.id == shop_id)).one_or_none()
    if row is None:
        raise NotFound("shop.unknown", f"there is no shop {shop_id}")
    return Start(row.on_desk, row.cut_over_at)


# --- taking in --------------------------------------------------------------------------------------------------


def keep_off(
    uow: UnitOfWork, shop: ShopFacts, start: Start, new_ids: Sequence[int], orders: Sequence[ChannelOrder]
) -> None:
    """Keep those new orders off the desk that are not ours, or that somebody has begun to send.

    Args:
        uow: the open transaction, which has the turn `intake`.
        shop: whose they are. Where other software prints its labels, a number that is there stops nothing.
        start: how far it has come, read in this transaction.
        new_ids: the orders that were just taken in.
        orders: the page they came with.
    """
    if not new_ids:
        return
    strange = {one.order_no for one in orders if not start.is_ours(one)}
    begun = {
        one.order_no: one.shipped
        for one in orders
        if one.shipped and not one.is_shipped and not shop.prints_elsewhere
    }
    if not strange and not begun:
        return
    query = select(Order.id, Order.order_no).where(Order.id.in_(id_set("ids")), _TO_REVIEW).order_by(Order.id)
    rows = uow.execute(query, {"ids": packed_ids(new_ids)}).all()
    found = [(row.id, NOT_STARTED) for row in rows if row.order_no in strange]
    holds.place_many(uow, found + [(row.id, PART_SENT) for row in rows if row.order_no in begun])
    for row in rows:
        note_strangers(uow, row.id, begun.get(row.order_no, ()))


def follow(uow: UnitOfWork, start: Start, order_id: int, order: ChannelOrder, carrier_code: str) -> bool:
    """Follow the newer copy of an order that is kept off the desk; True where it is closed now as sent elsewhere."""
    may_be_ours = start.is_ours(order) and order.paid_at is not None and order.placed_at < order.paid_at
    if not (order.shipped or order.is_shipped or may_be_ours) or not holds.stands(uow, order_id, NOT_STARTED):
        return False
    if order.is_shipped:
        holds.place_many(uow, [(order_id, REASON)])
        close_elsewhere(uow, order_id, SentBy.OTHER_PROGRAM, carrier_code, left_our_shelf=True)
        return True
    if order.shipped:
        holds.place_many(uow, [(order_id, PART_SENT)])
    elif may_be_ours:
        # Placed before the cut-over and paid after it: the program before has never seen it as one to send.
        holds.release(uow, order_id, [NOT_STARTED])
    return False


# --- the owner's word -------------------------------------------------------------------------------------------


def begin(uow: UnitOfWork, shop_id: int, cut_over_at: datetime) -> None:
    """From now on orders paid since the cut-over go to the desk; `bring` lets those through that are here already.

    Raises:
        NotFound: `shop.unknown`.
    """
    _switch(uow, shop_id, on_desk=True, cut_over_at=cut_over_at)
    uow.record("shop.started", "shop", shop_id, cut_over_at=cut_over_at.isoformat())


def stop(uow: UnitOfWork, shop_id: int) -> None:
    """Orders that have no parcel yet stay off the desk from now on; what lies on the desk is sent to its end.

    Raises:
        NotFound: `shop.unknown`.
    """
    _switch(uow, shop_id, on_desk=False)
    uow.record("shop.start_stopped", "shop", shop_id)


def _switch(uow: UnitOfWork, shop_id: int, **values: Any) -> None:
    take_turn(uow, "intake")
    if not uow.count(update(Shop).where(Shop.id == shop_id).values(**values)):
        raise NotFound("shop.unknown", f"there is no shop {shop_id}")


def kept_off(connection: Connection, shop_id: int, since: datetime | None = None) -> tuple[int, ...]:
    """Orders of a shop that stand under the hold, the oldest first; `since`: only those that are ours with it."""
    query = (
        select(Order.id)
        .join(Hold, Hold.order_id == Order.id)
        .where(Order.shop_id == shop_id, Hold.reason == NOT_STARTED, Hold.released_at.is_(None), _TO_REVIEW)
        .order_by(Order.id)
    )
    if since is not None:
        query = query.where(since <= SINCE)
    return tuple(connection.execute(query).scalars())


def bring(uow: UnitOfWork, shop_id: int, order_ids: Sequence[int], carrier_code: str) -> int:
    """Let these orders through to the desk; gives how many of them have a parcel now.

    What is not this shop's, not kept off or gone meanwhile is passed over; all of it where the shop was stopped.
    """
    take_turn(uow, "intake")
    if not start_of(uow.connection, shop_id).on_desk:
        return 0
    query = (
        select(Order.id)
        .join(Hold, Hold.order_id == Order.id)
        .where(Order.id.in_(id_set("ids")), Order.shop_id == shop_id, _TO_REVIEW)
        .where(Hold.reason == NOT_STARTED, Hold.released_at.is_(None))
        .order_by(Order.id)
    )
    ids = [int(row.id) for row in uow.execute(query, {"ids": packed_ids(order_ids)})]
    for order_id in ids:
        holds.release(uow, order_id, [NOT_STARTED])
        uow.record("order.brought_in", "orders", order_id)
    return len(release_ready(uow, ids, carrier_code)) if ids else 0
