"""Orders that wait for a listing to be matched go on as soon as it is."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from core.catalog.service import expand_listings, match_by_code
from core.db.unit_of_work import UnitOfWork
from core.orders.intake import component_rows
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
    by_line_no = {row.line_no: row._asdict() for row in reversed(current_lines(uow, order.id))}
    keys = [(row["item_id"], row["channel_sku_id"]) for row in by_line_no.values()]
    parts = expand_listings(uow, order.shop_id, keys)
    if not all(parts.get(key) for key in keys):
        return False
    fresh: list[dict[str, Any]] = []
    for row, key in zip(by_line_no.values(), keys, strict=True):
        shared = {name: row[name] for name in row if name not in ("id", "order_id", "sku_id", "bundle_sku_id", "qty")}
        fresh += component_rows(shared, row["channel_qty"], parts[key])
    fresh.sort(key=lambda row: str(row["line_no"]))
    rewrite(uow, order.id, order.warehouse_id, fresh, is_paid=order.payment != Payment.UNPAID)
    note_refund_requests(uow, order.id, [row["after_sale"] for row in fresh])
    reindex(uow, order.id, digest)
    return True
