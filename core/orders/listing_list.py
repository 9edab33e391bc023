"""The list of listings as its page shows it, page by page, with what waits for each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    type_coerce,
)

from core.catalog.models import Listing, Sku
from core.catalog.proposals import Asked, Proposal, proposals
from core.channels.models import Shop
from core.db.letters import contains, without_case
from core.db.sets import id_set, packed_ids
from core.orders.models import SHOWN_NO, Hold, Order, OrderLine
from core.orders.states import OPEN_STATES

#: orders wait for them; without a SKU; with one; another merchant code than their SKU; not in the shop's list any
#: more; all
LISTING_PILES: Final = ("waiting", "unmatched", "matched", "differs", "vanished", "all")
#: in these the most urgent stand on top, in the others the newest
_BY_URGENCY: Final = frozenset({"waiting", "unmatched"})
#: behind every deadline, and behind what waits without one
_NO_DEADLINE: Final = 2**61
_NOTHING_WAITS: Final = 2**62
#: nobody types it, so that no find reaches from one column into the next
_DIVIDER: Final = "\x1f"
_MOST_ORDERS: Final = 50


@dataclass(frozen=True, slots=True)
class ListingFilter:
    """What is listed: one of `LISTING_PILES`, a piece of title, spec, code or number, one shop or all (None)."""

    pile: str = "unmatched"
    search: str = ""
    shop_id: int | None = None


@dataclass(frozen=True, slots=True)
class ListingCursor:
    """The place of the last row."""

    urgency: int
    id: int


@dataclass(frozen=True, slots=True)
class ListingRow:
    """One listing.

    Attributes:
        is_by_hand: a person has decided about its match.
        seen_at: when its platform's list last named it; None: only orders did.
        waiting_count: orders that wait for its match; `ship_by_at` is the earliest deadline among them.
        proposal: the SKU it most likely is, where it has none.
    """

    id: int
    shop_id: int
    shop_name: str
    item_id: str
    channel_sku_id: str
    title: str
    spec: str
    merchant_code: str
    barcode: str
    sku_id: int | None
    sku_code: str
    sku_name: str
    sku_spec: str
    is_bundle: bool
    is_by_hand: bool
    price_fen: int | None
    listed_qty: int | None
    is_on_sale: bool | None
    picture_url: str
    seen_at: datetime | None
    vanished_at: datetime | None
    waiting_count: int
    ship_by_at: datetime | None
    proposal: Proposal | None = None

    @property
    def differs(self) -> bool:
        """Whether its platform names it by another code than its SKU has."""
        return self.sku_id is not None and bool(self.merchant_code) and self.merchant_code != self.sku_code


@dataclass(frozen=True, slots=True)
class ListingPage:
    """Rows, and where the next page starts (None at the end)."""

    rows: tuple[ListingRow, ...]
    next_after: ListingCursor | None


@dataclass(frozen=True, slots=True)
class WaitingOrder:
    """An order that waits for a listing."""

    id: int
    order_no: str
    ship_by_at: datetime | None
    qty: int


_WAITING = (
    select(
        Order.shop_id,
        OrderLine.item_id,
        OrderLine.channel_sku_id,
        func.count(func.distinct(Order.id)).label("n"),
        func.min(Order.ship_by_at).label("due"),
    )
    .select_from(Hold)
    .join(Order, Order.id == Hold.order_id)
    .join(OrderLine, OrderLine.order_id == Order.id)
    .where(
        Hold.reason == "unmatched",
        Hold.released_at.is_(None),
        Order.fulfilment.in_([state.value for state in OPEN_STATES]),
        OrderLine.is_current,
        OrderLine.sku_id.is_(None),
    )
    .group_by(Order.shop_id, OrderLine.item_id, OrderLine.channel_sku_id)
    .subquery("waiting")
)
_HERE = and_(
    _WAITING.c.shop_id == Listing.shop_id,
    _WAITING.c.item_id == Listing.item_id,
    _WAITING.c.channel_sku_id == Listing.channel_sku_id,
)
_URGENCY = case(
    (_WAITING.c.n.is_(None), literal(_NOTHING_WAITS, BigInteger)),
    else_=func.coalesce(type_coerce(_WAITING.c.due, BigInteger), literal(_NO_DEADLINE, BigInteger)),
)
_COLUMNS = (
    Listing.id,
    Listing.shop_id,
    Shop.name.label("shop_name"),
    Listing.item_id,
    Listing.channel_sku_id,
    Listing.title,
    Listing.spec,
    Listing.merchant_code,
    Listing.barcode,
    Listing.sku_id,
    func.coalesce(Sku.code, "").label("sku_code"),
    func.coalesce(Sku.name, "").label("sku_name"),
    func.coalesce(Sku.spec, "").label("sku_spec"),
    func.coalesce(Sku.is_bundle, False).label("is_bundle"),
    Listing.is_by_hand,
    Listing.price_fen,
    Listing.listed_qty,
    Listing.is_on_sale,
    Listing.picture_url,
    Listing.seen_at,
    Listing.vanished_at,
    func.coalesce(_WAITING.c.n, 0).label("waiting_count"),
    _WAITING.c.due.label("ship_by_at"),
)
_ROWS = (
    select(*_COLUMNS)
    .select_from(Listing)
    .join(Shop, Shop.id == Listing.shop_id)
    .outerjoin(Sku, Sku.id == Listing.sku_id)
    .outerjoin(_WAITING, _HERE)
)
#: listings that orders wait for: few, so that they are found from the orders' side
_WAITED = select(Listing.id).join(_WAITING, _HERE).scalar_subquery()
_DIFFERS = select(Sku.id).where(Sku.id == Listing.sku_id, Sku.code != Listing.merchant_code).exists()
_IN_PILE: Final[Mapping[str, ColumnElement[bool]]] = {
    "waiting": Listing.id.in_(_WAITED),
    # What is gone from its platform and waited for by nobody need not be matched.
    "unmatched": and_(Listing.sku_id.is_(None), or_(Listing.vanished_at.is_(None), Listing.id.in_(_WAITED))),
    "matched": Listing.sku_id.is_not(None),
    "differs": and_(Listing.merchant_code != "", _DIFFERS),
    "vanished": Listing.vanished_at.is_not(None),
}
_WORDS = (
    Listing.title
    + _DIVIDER
    + Listing.spec
    + _DIVIDER
    + Listing.merchant_code
    + _DIVIDER
    + Listing.item_id
    + _DIVIDER
    + Listing.channel_sku_id
    + _DIVIDER
    + Listing.barcode
)
# Once over the SKUs, instead of one look for each listing.
_NAMED_SKUS = select(Sku.id).where(contains(Sku.code, bindparam("piece"))).scalar_subquery()


def listing_page(
    connection: Connection, wanted: ListingFilter, after: ListingCursor | None, limit: int
) -> ListingPage:
    """One page: what orders wait for by its deadline where that matters, else the newest listings first.

    First which rows, from the listings alone; then what is to be said of these.
    """
    found = _page_ids(connection, wanted, after, limit + 1)
    shown = dict(found[:limit])
    rows = with_proposals(connection, _rows_of(connection, list(shown)))
    cursor = ListingCursor(shown[rows[-1].id], rows[-1].id) if len(found) > limit else None
    return ListingPage(rows, cursor)


def _page_ids(
    connection: Connection, wanted: ListingFilter, after: ListingCursor | None, limit: int
) -> list[tuple[int, int]]:
    """(listing id, urgency) in the order of the page."""
    found: list[tuple[int, int]] = []
    is_urgent = wanted.pile in _BY_URGENCY
    if is_urgent and (after is None or after.urgency < _NOTHING_WAITS):
        query, binds = _filtered(select(Listing.id, _URGENCY).join(_WAITING, _HERE), wanted)
        if after is not None:
            behind = and_(_URGENCY.in_((after.urgency,)), Listing.id < after.id)
            query = query.where(or_(after.urgency < _URGENCY, behind))
            after = None
        rows = connection.execute(query.order_by(_URGENCY, Listing.id.desc()).limit(limit), binds)
        found += [(row[0], int(row[1])) for row in rows]
    if len(found) < limit and wanted.pile != "waiting":
        query, binds = _filtered(select(Listing.id), wanted)
        if is_urgent:
            query = query.where(Listing.id.not_in(_WAITED))
        if after is not None:
            query = query.where(Listing.id < after.id)
        ids = connection.execute(query.order_by(Listing.id.desc()).limit(limit - len(found)), binds).scalars()
        found += [(listing_id, _NOTHING_WAITS) for listing_id in ids]
    return found


def _rows_of(connection: Connection, ids: Sequence[int]) -> tuple[ListingRow, ...]:
    query = _ROWS.where(Listing.id.in_(id_set("ids")))
    rows = {row.id: ListingRow(*row) for row in connection.execute(query, {"ids": packed_ids(ids)})}
    return tuple(rows[listing_id] for listing_id in ids if listing_id in rows)


def with_proposals(connection: Connection, rows: Sequence[ListingRow]) -> tuple[ListingRow, ...]:
    """The rows, those without a SKU with the one they most likely are."""
    asked = [asked_of(row) for row in rows if row.sku_id is None]
    found = proposals(connection, asked) if asked else {}
    return tuple(replace(row, proposal=found[row.id][0]) if found.get(row.id) else row for row in rows)


def asked_of(row: ListingRow) -> Asked:
    """What is known of a listing for proposing."""
    return Asked(row.id, row.merchant_code, row.barcode, row.title, row.spec)


def listing_rows(connection: Connection, wanted: ListingFilter) -> Any:
    """Every row of a list, one after the other, for a table."""
    query, binds = _filtered(_ROWS, wanted)
    for row in connection.execute(query.order_by(Listing.id), binds):
        yield ListingRow(*row)


def listing_row(connection: Connection, listing_id: int) -> ListingRow | None:
    """One listing; None where there is none of that number."""
    row = connection.execute(_ROWS.where(Listing.id == listing_id)).one_or_none()
    return None if row is None else ListingRow(*row)


def listing_counts(connection: Connection, wanted: ListingFilter) -> Mapping[str, int]:
    """How many listings each pile holds of the shop and of what is searched."""
    counted = select(*(func.count().filter(_IN_PILE[pile]).label(pile) for pile in _IN_PILE), func.count())
    query, binds = _filtered(counted.select_from(Listing), ListingFilter("all", wanted.search, wanted.shop_id))
    *piles, every = connection.execute(query, binds).one()
    return dict(zip((*_IN_PILE, "all"), (*piles, every), strict=True))


def orders_waiting_for(connection: Connection, listing_id: int) -> tuple[WaitingOrder, ...]:
    """The most urgent orders that wait for a listing, with the units they want of it."""
    query = (
        select(Order.id, SHOWN_NO, Order.ship_by_at, func.sum(OrderLine.channel_qty))
        .select_from(Hold)
        .join(Order, Order.id == Hold.order_id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(
            Listing,
            and_(
                Listing.shop_id == Order.shop_id,
                Listing.item_id == OrderLine.item_id,
                Listing.channel_sku_id == OrderLine.channel_sku_id,
            ),
        )
        .where(
            Hold.reason == "unmatched",
            Hold.released_at.is_(None),
            Order.fulfilment.in_([state.value for state in OPEN_STATES]),
            OrderLine.is_current,
            OrderLine.sku_id.is_(None),
            Listing.id == listing_id,
        )
        .group_by(Order.id, SHOWN_NO.element, Order.ship_by_at)
        .order_by(Order.ship_by_at.is_(None), Order.ship_by_at, Order.id)
        .limit(_MOST_ORDERS)
    )
    return tuple(WaitingOrder(row[0], row[1], row[2], int(row[3])) for row in connection.execute(query))


def _filtered(query: Any, wanted: ListingFilter) -> tuple[Any, dict[str, object]]:
    binds: dict[str, object] = {}
    if wanted.pile in _IN_PILE:
        query = query.where(_IN_PILE[wanted.pile])
    if wanted.shop_id is not None:
        # By an index of the shop's the rows would not come in their order, and all of them would be sorted.
        query = query.where(Listing.shop_id + 0 == wanted.shop_id)
    piece = wanted.search.strip()
    if piece:
        query = query.where(or_(contains(_WORDS, bindparam("piece")), Listing.sku_id.in_(_NAMED_SKUS)))
        binds["piece"] = without_case(piece)
    return query, binds
