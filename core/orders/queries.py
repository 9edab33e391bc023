"""Reads of orders: the list by piles, the drawer, the time line. Plain selects, keyset pages."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    text,
    type_coerce,
)
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from core.catalog.models import Sku
from core.channels.by_hand import BY_HAND
from core.channels.models import Shop
from core.customers.masking import masked_address, masked_name, masked_phone
from core.customers.queries import consignees
from core.db.journal import timeline
from core.inventory.models import Reservation
from core.orders.holds import MISSING_GOODS, PAID_NO_STOCK, SHORT, SHORT_LIVED, STOPPED
from core.orders.models import SHOWN_NO, Hold, Order, OrderLine
from core.orders.noting import notes_of, shown
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
from core.orders.search import NEWEST, PLAIN_ID, OrdersOfWaybill, search
from core.orders.search_index import Digest
from core.orders.states import Fulfilment

#: numbers and label states of orders, given by the subject that owns waybills: order id -> (number of its newest)
WaybillsOf = Callable[[Connection, Sequence[int]], Mapping[int, str]]
#: a chip that says "1 000+" is as good as one that counts a million
COUNT_CAP = 1000

_HELD = text("hold_reason <> ''")
_FREE = Order.hold_reason == ""


def _state(*states: Fulfilment) -> ColumnElement[bool]:
    # As words of the statement: a list of binds is spelt out anew at each call, which costs more than the query.
    words: list[ColumnElement[str]] = [literal_column(f"'{state.value}'") for state in states]
    return Order.fulfilment == words[0] if len(states) == 1 else Order.fulfilment.in_(words)


_OPEN = _state(Fulfilment.TO_REVIEW, Fulfilment.TO_PACK, Fulfilment.PACKING, Fulfilment.PACKED)

#: what stands in each pile
_PILE: Mapping[str, Sequence[Any]] = {
    "open": (_OPEN,),
    "unpaid": (_state(Fulfilment.TO_REVIEW), Order.payment == "unpaid", _FREE),
    "waiting": (_state(Fulfilment.TO_REVIEW), Order.payment != "unpaid", _FREE),
    "held": (_HELD, *(Order.hold_reason != reason for reason in MISSING_GOODS), _OPEN),
    "paid_no_stock": (_HELD, Order.hold_reason == PAID_NO_STOCK, _OPEN),
    "short": (_HELD, Order.hold_reason == "short", _OPEN),
    "to_pack": (_state(Fulfilment.TO_PACK), _FREE),
    "packing": (_state(Fulfilment.PACKING), _FREE),
    "packed": (_state(Fulfilment.PACKED), _FREE),
    "shipped": (_state(Fulfilment.SHIPPED),),
    "closed": (_state(Fulfilment.COMPLETED, Fulfilment.CANCELLED),),
    "all": (),
}


def _page_of(pile: str) -> Select[int]:
    # Few orders stand under a hold: they are all looked at and sorted.
    place: ColumnElement[int] = PLAIN_ID if pile in {"held", "paid_no_stock", "short"} else Order.id.expression
    here = select(Order.id).where(*_PILE[pile], place < bindparam("before"))
    return here.order_by(place.desc()).limit(bindparam("many"))


def _by_promise(pile: str) -> Select[int]:
    """The earliest promise first; `before` is the order after which a page begins."""
    last = literal_column(str(2**62), BigInteger())
    promise = func.coalesce(type_coerce(Order.ship_by_at, BigInteger), last)
    other = aliased(Order)
    reached = select(func.coalesce(type_coerce(other.ship_by_at, BigInteger), last))
    begin = func.coalesce(
        reached.where(other.id == bindparam("before")).scalar_subquery(), literal_column("-1", BigInteger())
    )
    after = or_(promise > begin, and_(promise == begin, bindparam("before") < PLAIN_ID))
    return select(Order.id).where(*_PILE[pile], after).order_by(promise, PLAIN_ID).limit(bindparam("many"))


def _count_of(pile: str) -> Select[int]:
    return select(func.count()).select_from(select(Order.id).where(*_PILE[pile]).limit(COUNT_CAP).subquery())


#: built once: building them costs more than running them
PILE_PAGES = {pile: _page_of(pile) for pile in PILES} | {PAID_NO_STOCK: _by_promise(PAID_NO_STOCK)}
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
    """Orders of a pile after `after`: newest first, and by promise those that are paid for without goods."""
    return list(connection.execute(PILE_PAGES[pile], {"before": after or NEWEST, "many": limit}).scalars())


def order_rows(connection: Connection, ids: Sequence[int], waybills_of: WaybillsOf) -> tuple[OrderRow, ...]:
    """Rows of these orders in the order of the ids."""
    if not ids:
        return ()
    o = Order
    columns = (o.id, SHOWN_NO, o.placed_at, o.ship_by_at, o.amount_fen, o.payment, o.fulfilment, o.after_sale)
    more = (o.hold_reason, o.consignee_id, o.buyer_note, o.is_cod, Shop.name.label("shop"))
    query = select(*columns, *more).join(Shop, Shop.id == o.shop_id)
    rows = {row.id: row for row in connection.execute(query.where(o.id.in_(ids)))}
    people = consignees(connection, [row.consignee_id for row in rows.values()])
    goods = _goods(connection, ids)
    held_until = _held_until(connection, [row.id for row in rows.values() if row.payment == "unpaid"])
    numbers = waybills_of(connection, ids)
    notes = {order_id: shown(wish) for order_id, wish in notes_of(connection, ids).items()}
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
            held_until=held_until.get(row.id),
            flag=notes[row.id].flag or "",
            has_note=bool(row.buyer_note or notes[row.id].text),
            is_cod=row.is_cod,
        )
        for row in (rows[order_id] for order_id in ids if order_id in rows)
    )


def _held_until(connection: Connection, order_ids: Sequence[int]) -> Mapping[int, datetime]:
    """When the first of an unpaid order's claims runs out; nothing where none does."""
    if not order_ids:
        return {}
    first = select(OrderLine.order_id, func.min(Reservation.expires_at).label("until")).join(
        Reservation, Reservation.order_line_id == OrderLine.id
    )
    here = (OrderLine.order_id.in_(order_ids), OrderLine.is_current, Reservation.state == "reserved")
    rows = connection.execute(first.where(*here, Reservation.expires_at.is_not(None)).group_by(OrderLine.order_id))
    return {row.order_id: row.until for row in rows}


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
    columns = (o.consignee_id, o.buyer_note, o.channel_status, o.seen_at, Shop.channel)
    query = select(*columns).join(Shop, Shop.id == o.shop_id).where(o.id == order_id)
    order = connection.execute(query).one()
    who = consignees(connection, [order.consignee_id])[order.consignee_id]
    standing = (
        select(Hold.reason, Hold.note).where(Hold.order_id == order_id, Hold.released_at.is_(None)).order_by(Hold.id)
    )
    stand = connection.execute(standing).all()
    return OrderDetail(
        row=rows[0],
        consignee_name=who.name if who.is_masked else masked_name(who.name),
        consignee_phone=who.phone if who.is_masked else masked_phone(who.phone),
        consignee_address=masked_address(who.province, who.city, who.district, who.address),
        buyer_note=order.buyer_note,
        seller_note=shown(notes_of(connection, [order_id])[order_id]).text,
        channel_status=order.channel_status,
        seen_at=None if order.channel == BY_HAND else order.seen_at,
        holds=tuple(one for reason, note in stand for one in _reasons(reason, note)),
        stopped_for=next((note for reason, note in stand if reason == STOPPED), ""),
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
    columns = (
        o.id,
        o.title,
        o.spec,
        o.qty,
        o.unit_price_fen,
        o.is_gift,
        o.after_sale,
        o.channel_qty,
        Sku.code,
        Sku.name,
    )
    bundle = aliased(Sku)
    query = select(*columns, bundle.code.label("bundle_code")).outerjoin(Sku, Sku.id == o.sku_id)
    query = query.outerjoin(bundle, bundle.id == o.bundle_sku_id).where(o.order_id == order_id, o.is_current)
    lines = connection.execute(query.order_by(o.id)).all()
    claims = select(Reservation.order_line_id, Reservation.state, Reservation.expires_at).where(
        Reservation.order_line_id.in_([line.id for line in lines])
    )
    newest: dict[int, str] = {}
    until: dict[int, datetime | None] = {}
    for row in connection.execute(claims.order_by(Reservation.id)):
        newest[row.order_line_id] = row.state
        until[row.order_line_id] = row.expires_at if row.state == "reserved" else None
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
            held_until=until.get(line.id),
            bundle_code=line.bundle_code or "",
            bundle_qty=line.channel_qty if line.bundle_code else 0,
            sku_name=line.name or "",
        )
        for line in lines
    )


def _reasons(reason: str, note: str) -> tuple[str, ...]:
    """What a hold is shown as: goods that are there and end too soon are told apart from none."""
    if note != SHORT_LIVED or reason not in MISSING_GOODS:
        return (reason,)
    return (note,) if reason == SHORT else (reason, note)
