"""Orders that wait for a listing to be matched go on as soon as it is."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import select

from core.catalog.service import expand_listings, match_by_code
from core.db.unit_of_work import UnitOfWork
from core.orders.intake import by_component
from core.orders.lines import current_lines, note_refund_requests, rewrite
from core.orders.models import Hold, Order
from core.orders.search_index import Digest, reindex
from core.orders.states import OPEN_STATES, Payment


def rematch(
    uow: UnitOfWork, digest: Digest, order_ids: Sequence[int] | None = None, limit: int = 200
) -> tuple[int, ...]:
    """Look again at orders that stand under the hold `unmatched`, oldest first; gives those that are whole now.

    `order_ids` None means all. Listings are first matched by merchant code with SKUs added since.
    """
    match_by_code(uow)
    waiting = select(Hold.order_id).where(Hold.reason == "unmatched", Hold.released_at.is_(None))
    query = select(Order.id, Order.shop_id, Order.warehouse_id, Order.payment)
    query = query.where(Order.id.in_(waiting), Order.fulfilment.in_(OPEN_STATES))
    if order_ids is not None:
        query = query.where(Order.id.in_(order_ids))
    orders = uow.rows(query.order_by(Order.id).limit(limit))
    return tuple(order.id for order in orders if _rematch(uow, order, digest))


def _rematch(uow: UnitOfWork, order: Any, digest: Digest) -> bool:
    by_line_no = {row.line_no: row for row in reversed(current_lines(uow, order.id))}
    keys = [(row.item_id, row.channel_sku_id) for row in by_line_no.values()]
    parts = expand_listings(uow, order.shop_id, keys)
    if not all(parts.get(key) for key in keys):
        return False
    fresh = [
        line
        for row, key in zip(by_line_no.values(), keys, strict=True)
        for line in by_component(row, row.channel_qty, parts[key])
    ]
    fresh.sort(key=attrgetter("line_no"))
    rewrite(uow, order.id, order.warehouse_id, fresh, is_paid=order.payment != Payment.UNPAID)
    note_refund_requests(uow, order.id, [line.after_sale for line in fresh])
    reindex(uow, order.id, digest)
    return True
