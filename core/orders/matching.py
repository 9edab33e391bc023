"""Orders that wait for a listing to be matched go on as soon as it is."""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from core.catalog.models import Listing, Sku
from core.catalog.records import AT_THE_DOOR, Component
from core.catalog.service import expand_listings, match_by_code
from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork
from core.orders.intake import by_component
from core.orders.lines import current_lines, kept_parts, note_refund_requests, rewrite
from core.orders.models import Hold, Order, OrderLine
from core.orders.search_index import Digest, reindex
from core.orders.states import OPEN_STATES, Payment

_OPEN = [state.value for state in OPEN_STATES]
#: orders that stand under the hold
_WAITING = select(Hold.order_id).where(Hold.reason == "unmatched", Hold.released_at.is_(None))
_LISTED = and_(
    Listing.shop_id == Order.shop_id,
    Listing.item_id == OrderLine.item_id,
    Listing.channel_sku_id == OrderLine.channel_sku_id,
)
_UNMATCHED_LINE = (OrderLine.order_id == Order.id, OrderLine.is_current, OrderLine.sku_id.is_(None))
_HAS_UNMATCHED = select(OrderLine.id).where(*_UNMATCHED_LINE).correlate(Order).exists()
#: a line that can be matched by now: by its listing, or by our own code where it was asked for at the door
_HAS_MATCHED_SINCE = (
    select(OrderLine.id)
    .where(
        *_UNMATCHED_LINE,
        or_(
            select(Listing.id).where(_LISTED, Listing.sku_id.is_not(None)).correlate(Order, OrderLine).exists(),
            and_(
                OrderLine.item_id == AT_THE_DOOR,
                select(Sku.id).where(Sku.code == OrderLine.channel_sku_id).correlate(OrderLine).exists(),
            ),
        ),
    )
    .correlate(Order)
    .exists()
)


def rematch(
    uow: UnitOfWork, digest: Digest, order_ids: Sequence[int] | None = None, limit: int = 200, *, by_code: bool = True
) -> tuple[int, ...]:
    """Look again at orders that stand under the hold `unmatched`, oldest first; gives those that are whole now.

    `order_ids` None means all. Listings are first matched by merchant code with SKUs added since, unless `by_code`
    says that this was done. Orders of which no
    line can be matched by now are not looked at, so that many of them keep no others waiting. A line that can be is
    sold, whether the others can or not; what was matched before stays with the SKU it was matched to.
    """
    if by_code:
        match_by_code(uow)
    query = select(Order.id, Order.shop_id, Order.warehouse_id, Order.payment)
    query = query.where(Order.id.in_(_WAITING), Order.fulfilment.in_(_OPEN), or_(_HAS_MATCHED_SINCE, ~_HAS_UNMATCHED))
    if order_ids is not None:
        query = query.where(Order.id.in_(order_ids))
    orders = uow.rows(query.order_by(Order.id).limit(limit))
    return tuple(order.id for order in orders if _rematch(uow, order, digest))


def _rematch(uow: UnitOfWork, order: Any, digest: Digest) -> bool:
    rows = current_lines(uow, order.id)
    by_line_no = {row.line_no: row for row in reversed(rows)}
    kept = kept_parts(rows)
    open_keys = [(row.item_id, row.channel_sku_id) for no, row in by_line_no.items() if no not in kept]
    parts: Mapping[tuple[str, str], Sequence[Component]] = expand_listings(uow, order.shop_id, open_keys)
    fresh = [
        line
        for no, row in by_line_no.items()
        for line in by_component(
            row, row.channel_qty, kept.get(no) or parts.get((row.item_id, row.channel_sku_id), ())
        )
    ]
    fresh.sort(key=attrgetter("line_no"))
    rewrite(uow, order.id, order.warehouse_id, fresh, is_paid=order.payment != Payment.UNPAID)
    note_refund_requests(uow, order.id, [line.after_sale for line in fresh])
    reindex(uow, order.id, digest)
    return all(line.sku_id is not None for line in fresh)


# --- which orders a match is about ----------------------------------------------------------------------------------


def waiting_for(connection: Connection, listing_ids: Iterable[int]) -> tuple[int, ...]:
    """Orders that wait for one of these listings, the most urgent first."""
    query = (
        select(Order.id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Listing, _LISTED)
        .where(
            Order.id.in_(_WAITING),
            Order.fulfilment.in_(_OPEN),
            OrderLine.is_current,
            OrderLine.sku_id.is_(None),
            Listing.id.in_(id_set("ids")),
        )
        .group_by(Order.id, Order.ship_by_at)
        .order_by(Order.ship_by_at.is_(None), Order.ship_by_at, Order.id)
    )
    return tuple(connection.execute(query, {"ids": packed_ids(listing_ids)}).scalars())


def standing_with(connection: Connection, wanted: Mapping[int, int | None]) -> Mapping[int, int]:
    """Open orders that hold another SKU than these listings are to lead to: listing id -> how many, none left out.

    They keep that SKU, and their reservations with it.
    """
    holds = func.coalesce(OrderLine.bundle_sku_id, OrderLine.sku_id)
    query = (
        select(Listing.id, holds.label("holds"), func.count(func.distinct(Order.id)).label("n"))
        .select_from(Order)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Listing, _LISTED)
        .where(
            Order.fulfilment.in_(_OPEN),
            OrderLine.is_current,
            OrderLine.sku_id.is_not(None),
            OrderLine.after_sale != "refunded",
            Listing.id.in_(id_set("ids")),
        )
        .group_by(Listing.id, holds)
    )
    found: dict[int, int] = {}
    for row in connection.execute(query, {"ids": packed_ids(wanted)}):
        if row.holds != wanted[row.id]:
            found[row.id] = found.get(row.id, 0) + row.n
    return found
