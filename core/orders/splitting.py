"""Orders that a platform makes of another one when it is paid (拆单): what the one claimed goes over to them.

The order they were made of is in no list of the platform's any more, so nothing would ever say that it is over:
it would keep its goods reserved, and be packed besides its parts where it had been paid before. Each part takes
its goods off it in the transaction in which it is taken in, before it claims them itself: nobody else gets them
in between. What is left waits, held, for the parts that are still to come; with the last one the order is
called off.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import bindparam, select, update

from core.channels.contract import ChannelOrder, ChannelOrderLine
from core.db.sets import packed_texts, text_set
from core.db.unit_of_work import UnitOfWork
from core.inventory.service import release
from core.orders import holds
from core.orders.intake import by_component, known_orders
from core.orders.lifecycle import move_where_possible
from core.orders.lines import current_lines, has_left, kept_parts, rewrite
from core.orders.models import Order
from core.orders.states import OPEN_STATES, Event, Fulfilment, Payment
from core.runtime.ids import OrderLineId

#: what the journal says of an order of which a part was taken
SPLIT_OFF: Final = "order.split_off"
_PARENTS = (
    select(Order.id, Order.order_no, Order.fulfilment, Order.warehouse_id, Order.payment, Order.modified_at)
    .where(Order.shop_id == bindparam("shop"), Order.order_no.in_(text_set("nos")))
    .order_by(Order.id)
    .with_for_update(key_share=True)
)


def make_room(
    uow: UnitOfWork, shop_id: int, orders: Sequence[ChannelOrder]
) -> tuple[tuple[int, ...], frozenset[str]]:
    """Take the goods of parts that are not here yet off the orders they were made of.

    Returns:
        The ids of those orders, whose parcels do not fit any more; and the numbers of the parts whose goods have
        left with the whole order already.
    """
    parts = [order for order in orders if order.split_from]
    if not parts:
        return (), frozenset()
    known = known_orders(uow, shop_id, [order.order_no for order in parts])
    # A copy of the same part may stand on a page twice.
    fresh = {order.order_no: order for order in parts if order.order_no not in known}
    named = {no for order in fresh.values() for no in order.split_from}
    rows = uow.execute(_PARENTS, {"shop": shop_id, "nos": packed_texts(named)}).all() if named else ()
    parents: dict[str, Any] = {row.order_no: row for row in rows}
    lessened: dict[int, None] = {}
    sent = set()
    for order in fresh.values():
        parent = next((parents[no] for no in order.split_from if no in parents), None)
        if parent is None or parent.fulfilment == Fulfilment.CANCELLED:
            continue
        if parent.fulfilment not in OPEN_STATES or has_left(uow, parent.id):
            sent.add(order.order_no)
            continue
        _take_off(uow, parent, order)
        lessened[parent.id] = None
    return tuple(lessened), frozenset(sent)


def _take_off(uow: UnitOfWork, parent: Any, part: ChannelOrder) -> None:
    rows = current_lines(uow, parent.id)
    left = _left(rows, part.lines)
    uow.record(SPLIT_OFF, "orders", parent.id, part=part.order_no)
    # A copy of the whole order that was read before must not bring it back.
    newer = update(Order).where(Order.id == parent.id, Order.modified_at < part.modified_at)
    uow.execute(newer.values(modified_at=part.modified_at))
    if any(left.values()):
        parts = kept_parts(rows)
        first = {row.line_no: row for row in reversed(rows)}
        lines = [
            fresh for no, qty in left.items() if qty for fresh in by_component(first[no], qty, parts.get(no, ()))
        ]
        is_paid = parent.payment != Payment.UNPAID
        rewrite(uow, parent.id, parent.warehouse_id, lines, is_paid=is_paid)
        holds.place_many(uow, [(parent.id, holds.SPLIT)])
        return
    release(uow, [OrderLineId(row.id) for row in rows], "cancelled")
    move_where_possible(uow, [parent.id], Event.CANCEL)
    holds.release(uow, parent.id)


def _left(rows: Sequence[Any], taken: Sequence[ChannelOrderLine]) -> dict[str, int]:
    """Line number of the whole order -> what of it is in none of its parts yet, as the platform counts."""
    gone = Counter[tuple[str, str]]()
    for line in taken:
        gone[line.item_id, line.channel_sku_id] += line.qty
    left: dict[str, int] = {}
    for row in rows:
        if row.line_no not in left:
            place = (row.item_id, row.channel_sku_id)
            off = min(row.channel_qty, gone[place])
            gone[place] -= off
            left[row.line_no] = row.channel_qty - off
    return left
