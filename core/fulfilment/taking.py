"""A page of platform orders from start to parcels, in one transaction."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from core.channels.contract import ChannelOrder
from core.customers.service import Digest
from core.db.turn import take_turn
from core.db.unit_of_work import Store, UnitOfWork
from core.fulfilment.noticing import note_changed
from core.fulfilment.parcels import drop_parcels, has_shipped_parcel, release_ready, withdraw_lines
from core.fulfilment.part_sent import note_strangers
from core.fulfilment.starting import follow, keep_off, start_of
from core.fulfilment.telling import was_told
from core.orders import holds, splitting
from core.orders.holds import PART_SENT
from core.orders.intake import ShopFacts, cannot_be_labelled, known_orders, take_new
from core.orders.lifecycle import move_where_possible
from core.orders.models import Order
from core.orders.states import OPEN_STATES, Event, Payment
from core.orders.updates import Reaction, apply_newer

#: orders taken in one transaction while somebody scans, at most and at least
_SLICE, _LEAST = 25, 5
#: how long a scan that comes meanwhile may have to wait for one of them, in seconds
_PATIENCE_S = 0.020


def slices(store: Store, orders: Sequence[ChannelOrder]) -> Iterator[Sequence[ChannelOrder]]:
    """The page in parts, each a transaction: whole, which is cheapest, or small while a clerk scans.

    Looked at before each part, because the clerk may begin in the middle of a page. A part that took too long, as on
    an old or busy PC, makes the next one half as large.
    """
    place, largest = 0, _SLICE
    while place < len(orders):
        size = largest if store.is_scanning else len(orders)
        began_s = store.clock.monotonic()
        yield orders[place : place + size]
        place += size
        if store.clock.monotonic() - began_s > _PATIENCE_S:
            largest = max(_LEAST, largest // 2)


@dataclass(frozen=True, slots=True)
class PageResult:
    """What a page did."""

    #: of the orders that were not here yet, in the order they were given
    new_ids: tuple[int, ...]
    updated_count: int
    released_count: int

    @property
    def new_count(self) -> int:
        """Orders that were not here yet."""
        return len(self.new_ids)


def take_page(
    uow: UnitOfWork,
    shop: ShopFacts,
    orders: Sequence[ChannelOrder],
    digest: Digest,
    carrier_code: str,
    before_release: Callable[[UnitOfWork], None] = lambda _uow: None,
) -> PageResult:
    """Take new orders in, apply newer copies of known ones, and release what is ready to be packed.

    `before_release` is called when the orders are there and have no parcels yet: numbers that came with them are
    theirs from the start.
    """
    take_turn(uow, "intake")
    # Read behind the turn, not with the shop's record, which is as old as the pull.
    start = start_of(uow.connection, shop.id)
    lessened, sent = splitting.make_room(uow, shop.id, orders)
    others = [other for order_id in lessened for other in _react(uow, Reaction(order_id, drops_parcels=True))]
    taken = take_new(uow, shop, orders, digest)
    if sent:
        _hold_sent(uow, shop.id, sent)
    keep_off(uow, shop, start, taken.new_ids, orders)
    touched = [*taken.new_ids, *others]
    updated = 0
    for order_id, order in taken.newer:
        reaction = apply_newer(uow, shop, order_id, order, digest)
        _stop_part_sent(uow, shop, order_id, order)
        if reaction is not None:
            updated += 1
            if follow(uow, start, order_id, order, carrier_code):
                continue
            touched += [order_id, *_react(uow, reaction)]
            if reaction.has_new_note:
                note_changed(uow, order_id)
    before_release(uow)
    # Nobody has paid for any of them, as for what is reserved at the door: nothing of it can be sent yet.
    is_unpaid = not taken.newer and all(order.payment == Payment.UNPAID for order in orders)
    released = release_ready(uow, touched, carrier_code) if touched and not is_unpaid else ()
    return PageResult(taken.new_ids, updated, len(released))


def _stop_part_sent(uow: UnitOfWork, shop: ShopFacts, order_id: int, order: ChannelOrder) -> None:
    """Hold an order of which others have begun to send a part while it is here: all of it must not go twice.

    Where other software prints the labels, numbers that are not ours are what is expected.
    """
    if not order.shipped or order.is_shipped or shop.prints_elsewhere or cannot_be_labelled(order):
        return
    if note_strangers(uow, order_id, order.shipped):
        state = uow.execute(select(Order.fulfilment).where(Order.id == order_id)).scalar_one()
        holds.place_many(uow, [(order_id, PART_SENT)] if state in OPEN_STATES else [])


def _hold_sent(uow: UnitOfWork, shop_id: int, numbers: frozenset[str]) -> None:
    """Parts of an order that left as a whole: to send them would send the goods twice."""
    known = known_orders(uow, shop_id, sorted(numbers))
    holds.place_many(uow, [(one.id, holds.SPLIT) for one in known.values()])


def _react(uow: UnitOfWork, reaction: Reaction) -> tuple[int, ...]:
    # A platform that counts our own first box as the whole order must not stop the second one.
    # So must one that was told of a label that came out.
    is_ours = has_shipped_parcel(uow, reaction.order_id) or (reaction.is_shipped and was_told(uow, reaction.order_id))
    if reaction.is_shipped and not is_ours:
        holds.place_many(uow, [(reaction.order_id, "shipped_elsewhere")])
    elif not reaction.is_shipped:
        holds.release(uow, reaction.order_id, ["shipped_elsewhere"])
    if reaction.drops_parcels:
        others = drop_parcels(uow, reaction.order_id, "order_changed")
        return move_where_possible(uow, others, Event.RECALL)
    if reaction.withdrawn_line_ids:
        withdraw_lines(uow, reaction.order_id, reaction.withdrawn_line_ids)
    return ()
