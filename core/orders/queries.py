"""Reads of orders: the list by piles and search, the drawer, the time line. Plain selects, keyset pages."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select, text
from sqlalchemy.engine import Connection

from core.catalog.models import Sku
from core.catalog.queries import sku_ids_like, skus_like
from core.channels.models import Shop
from core.customers.masking import masked_address, masked_name, masked_phone
from core.customers.models import Identity
from core.customers.queries import consignees
from core.customers.service import account_key
from core.db.journal import timeline
from core.inventory.models import Reservation
from core.orders import search_index
from core.orders.models import Hold, Order, OrderLine
from core.orders.records import (
    PILES,
    OrderDetail,
    OrderFilter,
    OrderLineView,
    OrderPageView,
    OrderParcelView,
    OrderRow,
    TimelineEntry,
)
from core.orders.states import Fulfilment

Digest = Callable[[str, str], str]
#: numbers and label states of orders, given by the subject that owns waybills: order id -> (number of its newest)
WaybillsOf = Callable[[Connection, Sequence[int]], Mapping[int, str]]
#: orders that a waybill number belongs to
OrdersOfWaybill = Callable[[Connection, str], Sequence[int]]

#: an id above every order's: where the first page begins
NEWEST = 1 << 62
#: a chip that says "1 000+" is as good as one that counts a million
COUNT_CAP = 1000
#: nobody types more; an order number has up to 64 characters
_LONGEST_SEARCH = 100
#: shorter beginnings of order numbers mean nothing
_SHORTEST_PREFIX = 3
#: more SKUs than this are not looked up one by one
_MANY_SKUS = 200

_HELD = text("hold_reason <> ''")
_FREE = Order.hold_reason == ""


def _state(*states: Fulfilment) -> ColumnElement[bool]:
    return Order.fulfilment == states[0] if len(states) == 1 else Order.fulfilment.in_(states)


_OPEN = _state(Fulfilment.TO_REVIEW, Fulfilment.TO_PACK, Fulfilment.PACKING, Fulfilment.PACKED)

#: what stands in each pile
_PILE: Mapping[str, Sequence[Any]] = {
    "open": (_OPEN,),
    "unpaid": (_state(Fulfilment.TO_REVIEW), Order.payment == "unpaid", _FREE),
    "waiting": (_state(Fulfilment.TO_REVIEW), Order.payment != "unpaid", _FREE),
    "held": (_HELD, Order.hold_reason != "short", _OPEN),
    "short": (_HELD, Order.hold_reason == "short", _OPEN),
    "to_pack": (_state(Fulfilment.TO_PACK), _FREE),
    "packing": (_state(Fulfilment.PACKING), _FREE),
    "packed": (_state(Fulfilment.PACKED), _FREE),
    "shipped": (_state(Fulfilment.SHIPPED),),
    "closed": (_state(Fulfilment.COMPLETED, Fulfilment.CANCELLED),),
    "all": (),
}


def _page_of(pile: str) -> Select[int]:
    # Few orders stand under a hold: they are all looked at and sorted. By the bare id all orders would be walked from
    # the newest down, through everybody's history, in search of them.
    place: ColumnElement[int] = Order.id + 0 if pile in {"held", "short"} else Order.id.expression
    here = select(Order.id).where(*_PILE[pile], place < bindparam("before"))
    return here.order_by(place.desc()).limit(bindparam("many"))


def _count_of(pile: str) -> Select[int]:
    return select(func.count()).select_from(select(Order.id).where(*_PILE[pile]).limit(COUNT_CAP).subquery())


#: built once: building them costs more than running them
PILE_PAGES = {pile: _page_of(pile) for pile in PILES}
_COUNTS = select(*(_count_of(pile).scalar_subquery().label(pile) for pile in PILES))


def pile_counts(connection: Connection) -> Mapping[str, int]:
    """How many orders each pile holds, counted up to COUNT_CAP."""
    return dict(connection.execute(_COUNTS).one()._mapping)  # noqa: SLF001 - the library's public name for it


def order_page(
    connection: Connection,
    wanted: OrderFilter,
    after: int | None,
    limit: int,
    digest: Digest,
    waybills_of: WaybillsOf,
    orders_of_waybill: OrdersOfWaybill,
) -> OrderPageView:
    """One page, newest first. A search looks through all orders, whatever the pile."""
    if wanted.search.strip():
        ids = search(connection, wanted.search, digest, after or NEWEST, limit, orders_of_waybill)
    else:
        ids = page_ids(connection, wanted.pile, after, limit)
    rows = order_rows(connection, ids, waybills_of)
    return OrderPageView(rows, ids[-1] if len(ids) == limit else None)


def page_ids(connection: Connection, pile: str, after: int | None, limit: int) -> list[int]:
    """Orders of a pile below `after`, newest first."""
    return list(connection.execute(PILE_PAGES[pile], {"before": after or NEWEST, "many": limit}).scalars())


def search(
    connection: Connection,
    typed: str,
    digest: Digest,
    before: int,
    limit: int,
    orders_of_waybill: OrdersOfWaybill,
) -> list[int]:
    """Ids of orders that the typed text means: number, waybill, buyer id, phone tail, name or goods."""
    words = _searchable(typed)
    if not words:
        return []
    found: set[int] = set(orders_of_waybill(connection, words.upper()))
    found.update(orders_of_waybill(connection, words))
    found.update(_by_order_no(connection, words, before, limit))
    found.update(_by_buyer(connection, words, digest, before, limit))
    if len(words) == 4 and words.isascii() and words.isdigit():
        found.update(search_index.ids_by_tail(connection, words, digest, before, limit))
    found.update(search_index.ids_by_name(connection, words, digest, before, limit))
    found.update(_by_goods(connection, words, digest, before, limit))
    return sorted((order_id for order_id in found if order_id < before), reverse=True)[:limit]


def _searchable(typed: str) -> str:
    """What was typed, at the length of a search; no database takes NUL or half a surrogate pair."""
    plain = "".join(ch for ch in typed if ch != "\0" and not 0xD800 <= ord(ch) <= 0xDFFF)
    return plain.strip()[:_LONGEST_SEARCH]


def _by_goods(connection: Connection, words: str, digest: Digest, before: int, limit: int) -> Sequence[int]:
    found = _by_unmatched_title(connection, words, before, limit)
    sku_ids = sku_ids_like(connection, words, _MANY_SKUS + 1)
    if len(sku_ids) <= _MANY_SKUS:
        return [*found, *search_index.ids_by_skus(connection, sku_ids, digest, before, limit)]
    # So common a word is in nearly every order: walking back from the newest fills the page at once.
    skus = skus_like(words)
    has_goods = select(OrderLine.id).where(
        OrderLine.order_id == Order.id, or_(OrderLine.sku_id.in_(skus), OrderLine.bundle_sku_id.in_(skus))
    )
    walk = select(Order.id).where(Order.id < before, has_goods.exists()).order_by(Order.id.desc()).limit(limit)
    return [*found, *connection.execute(walk).scalars()]


def _by_unmatched_title(connection: Connection, words: str, before: int, limit: int) -> list[int]:
    """Orders whose listing matches no SKU yet: few, and their goods have no name but the platform's."""
    waiting = select(Hold.order_id).where(Hold.reason == "unmatched", Hold.released_at.is_(None))
    like = or_(OrderLine.title.contains(words, autoescape=True), OrderLine.spec.contains(words, autoescape=True))
    query = select(OrderLine.order_id).where(OrderLine.order_id.in_(waiting), OrderLine.is_current, like)
    query = query.where(OrderLine.order_id < before).distinct().order_by(OrderLine.order_id.desc()).limit(limit)
    return list(connection.execute(query).scalars())


def _by_order_no(connection: Connection, words: str, before: int, limit: int) -> Sequence[int]:
    if connection.dialect.name == "sqlite":
        # A range, because LIKE does not use the index here.
        starts = and_(Order.order_no >= words, Order.order_no < words + "\U0010ffff")
    else:
        # The server sorts by its own language, so a range would miss; the pattern index answers this.
        starts = Order.order_no.startswith(words, autoescape=True)
    here = starts if len(words) >= _SHORTEST_PREFIX else Order.order_no == words
    found: list[int] = []
    for shop_id in list(connection.execute(select(Shop.id)).scalars()):
        query = select(Order.id).where(Order.shop_id == shop_id, here, Order.id < before)
        # By id, as the pages go: a page by number would leave out what the next one skips.
        found += connection.execute(query.order_by(Order.id.desc()).limit(limit)).scalars()
    return found


def _by_buyer(connection: Connection, words: str, digest: Digest, before: int, limit: int) -> Sequence[int]:
    here = Identity.buyer_key == account_key(connection, words, digest)
    customers = list(connection.execute(select(Identity.customer_id).where(here)).scalars())
    if not customers:
        return ()
    query = select(Order.id).where(Order.customer_id.in_(customers), Order.id < before)
    return list(connection.execute(query.order_by(Order.id.desc()).limit(limit)).scalars())


def order_rows(connection: Connection, ids: Sequence[int], waybills_of: WaybillsOf) -> tuple[OrderRow, ...]:
    """Rows of these orders in the order of the ids."""
    if not ids:
        return ()
    o = Order
    columns = (o.id, o.order_no, o.placed_at, o.ship_by_at, o.amount_fen, o.payment, o.fulfilment, o.after_sale)
    query = select(*columns, o.hold_reason, o.consignee_id, Shop.name.label("shop")).join(Shop, Shop.id == o.shop_id)
    rows = {row.id: row for row in connection.execute(query.where(o.id.in_(ids)))}
    people = consignees(connection, [row.consignee_id for row in rows.values()])
    goods = _goods(connection, ids)
    numbers = waybills_of(connection, ids)
    return tuple(
        OrderRow(
            id=row.id,
            order_no=row.order_no,
            shop_name=row.shop,
            placed_at=row.placed_at,
            ship_by_at=row.ship_by_at,
            consignee=_who(people[row.consignee_id]),
            goods=goods.get(row.id, ("", 0))[0],
            total_qty=goods.get(row.id, ("", 0))[1],
            amount_fen=row.amount_fen,
            payment=row.payment,
            fulfilment=row.fulfilment,
            after_sale=row.after_sale,
            hold_reason=row.hold_reason,
            waybill_no=numbers.get(row.id, ""),
        )
        for row in (rows[order_id] for order_id in ids if order_id in rows)
    )


def _who(who: Any) -> str:
    name = who.name if who.is_masked else masked_name(who.name)
    phone = who.phone if who.is_masked else masked_phone(who.phone)
    return " ".join(part for part in (name, phone) if part)


def _goods(connection: Connection, ids: Sequence[int]) -> Mapping[int, tuple[str, int]]:
    columns = (OrderLine.order_id, OrderLine.qty, OrderLine.title, Sku.short_name)
    query = select(*columns).outerjoin(Sku, Sku.id == OrderLine.sku_id)
    here = (OrderLine.order_id.in_(ids), OrderLine.is_current)
    found: dict[int, tuple[str, int]] = {}
    for row in connection.execute(query.where(*here).order_by(OrderLine.order_id, OrderLine.id)):
        words, total = found.get(row.order_id, ("", 0))
        part = f"{row.short_name or row.title}×{row.qty}"
        found[row.order_id] = (f"{words}，{part}" if words else part, total + row.qty)
    return found


def order_detail(
    connection: Connection,
    order_id: int,
    waybills_of: WaybillsOf,
    parcels: Callable[[Connection, int], tuple[OrderParcelView, ...]],
) -> OrderDetail | None:
    """Everything the drawer shows; None where there is no such order."""
    rows = order_rows(connection, [order_id], waybills_of)
    if not rows:
        return None
    o = Order
    columns = (o.consignee_id, o.buyer_note, o.seller_note, o.channel_status, o.seen_at)
    order = connection.execute(select(*columns).where(o.id == order_id)).one()
    who = consignees(connection, [order.consignee_id])[order.consignee_id]
    standing = select(Hold.reason).where(Hold.order_id == order_id, Hold.released_at.is_(None)).order_by(Hold.id)
    return OrderDetail(
        row=rows[0],
        consignee_name=who.name if who.is_masked else masked_name(who.name),
        consignee_phone=who.phone if who.is_masked else masked_phone(who.phone),
        consignee_address=masked_address(who.province, who.city, who.district, who.address),
        buyer_note=order.buyer_note,
        seller_note=order.seller_note,
        channel_status=order.channel_status,
        seen_at=order.seen_at,
        holds=tuple(connection.execute(standing).scalars()),
        lines=_line_views(connection, order_id),
        parcels=parcels(connection, order_id),
        timeline=tuple(
            TimelineEntry(entry.at, entry.operator, entry.desk, entry.action, entry.facts)
            for entry in timeline(connection, ("orders", "access"), order_id)
        ),
        is_masked_by_platform=who.is_masked,
    )


def _line_views(connection: Connection, order_id: int) -> tuple[OrderLineView, ...]:
    o = OrderLine
    columns = (o.id, o.title, o.spec, o.qty, o.unit_price_fen, o.is_gift, o.after_sale, Sku.code)
    here = and_(o.order_id == order_id, o.is_current)
    lines = connection.execute(select(*columns).outerjoin(Sku, Sku.id == o.sku_id).where(here).order_by(o.id)).all()
    claims = select(Reservation.order_line_id, Reservation.state).where(
        Reservation.order_line_id.in_([line.id for line in lines])
    )
    newest = {row.order_line_id: row.state for row in connection.execute(claims.order_by(Reservation.id))}
    return tuple(
        OrderLineView(
            id=line.id,
            title=line.title,
            spec=line.spec,
            sku_code=line.code or "",
            qty=line.qty,
            unit_price_fen=line.unit_price_fen,
            is_gift=line.is_gift,
            after_sale=line.after_sale,
            reservation=newest.get(line.id, "none"),
        )
        for line in lines
    )
