"""Taking platform orders in: each exactly once, a page at a time, one statement per table."""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from core.catalog.records import Component
from core.catalog.service import match_lines
from core.channels.contract import ChannelOrder
from core.customers.service import Buyer, Digest, Registered, register
from core.db.sets import id_set, packed_ids, packed_texts, text_set
from core.db.types import Instant
from core.db.unit_of_work import UnitOfWork
from core.inventory.records import OrderWants, Want
from core.inventory.service import reserve_page
from core.orders.holds import place_many
from core.orders.models import ChannelCopy, Order, OrderLine
from core.orders.search_index import Searchable, index_orders
from core.orders.states import SHIP_WITHIN_HOURS, Fulfilment, OrderType, Payment
from core.runtime.ids import OrderId, OrderLineId, SkuId, WarehouseId

# The shop and one set: SQLite would use only the first column of an index for pairs.
_KNOWN = select(Order.order_no, Order.id, Order.channel_version, Order.modified_at).where(
    Order.shop_id == bindparam("shop"), Order.order_no.in_(text_set("nos"))
)
_SEEN = update(Order).where(Order.id.in_(id_set("ids"))).values(seen_at=bindparam("now", type_=Instant))


_VERBATIM = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What intake needs to know of a shop. `accounts` names the space in which its buyer keys are unique."""

    id: int
    accounts: str
    warehouse_id: int


@dataclass(frozen=True, slots=True)
class Known:
    """An order we have, with what decides whether the platform's copy is newer."""

    id: int
    version: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What a page did: ids of new orders, and the newer copies of known ones still to be applied."""

    new_ids: tuple[int, ...]
    newer: tuple[tuple[int, ChannelOrder], ...]
    seen_ids: tuple[int, ...]


def take_new(uow: UnitOfWork, shop: ShopFacts, orders: Sequence[ChannelOrder], digest: Digest) -> Taken:
    """Insert the orders of a page that are not here yet, reserve their stock, and point out newer copies.

    The same page again changes nothing but the age of our knowledge.
    """
    page = _newest_of_each(orders)
    known = known_orders(uow, shop.id, list(page))
    new = [order for no, order in page.items() if no not in known]
    ids = _insert(uow, shop, new, digest) if new else ()
    newer = [(known[no].id, order) for no, order in page.items() if no in known and is_newer(order, known[no])]
    seen = [known[no].id for no in page if no in known]
    if seen:
        uow.execute(_SEEN, {"ids": packed_ids(seen), "now": uow.now})
    return Taken(tuple(ids), tuple(newer), tuple(seen))


def _newest_of_each(orders: Sequence[ChannelOrder]) -> dict[str, ChannelOrder]:
    page: dict[str, ChannelOrder] = {}
    for order in orders:
        other = page.get(order.order_no)
        if other is None or (order.version, order.modified_at) >= (other.version, other.modified_at):
            page[order.order_no] = order
    return page


def known_orders(uow: UnitOfWork, shop_id: int, order_nos: Sequence[str]) -> dict[str, Known]:
    """Which of these we have."""
    rows: Sequence[Any] = uow.execute(_KNOWN, {"shop": shop_id, "nos": packed_texts(order_nos)}).all()
    return {no: Known(order_id, version, modified_at) for no, order_id, version, modified_at in rows}


def is_newer(order: ChannelOrder, known: Known) -> bool:
    """Whether the copy says something newer: by the platform's version where it has one, else by modified time.

    An equal time counts as newer, because several changes fit into one second; applying the same copy twice changes
    nothing.
    """
    if order.version or known.version:
        return order.version > known.version
    return order.modified_at >= known.modified_at


def compress(raw: Mapping[str, object]) -> bytes:
    """The verbatim copy as stored."""
    return zlib.compress(_VERBATIM.encode(raw).encode(), 1)


def deadline(order: ChannelOrder) -> datetime | None:
    """When the parcel has to leave: the platform's word, else the promise of the order type counted from payment."""
    if order.ship_by_at is not None:
        return order.ship_by_at
    start = max(filter(None, (order.paid_at, order.not_before_at)), default=None)
    if start is None:
        return None
    return start + timedelta(hours=SHIP_WITHIN_HOURS[OrderType(order.order_type)])


def first_state(order: ChannelOrder) -> Fulfilment:
    """Where an order begins that we see for the first time."""
    if order.is_closed:
        return Fulfilment.CANCELLED
    return Fulfilment.SHIPPED if order.is_shipped else Fulfilment.TO_REVIEW


def after_sale_of(order: ChannelOrder) -> str:
    """The order's after-sale state: open requests first, since they need a person."""
    states = {line.after_sale for line in order.lines}
    if "requested" in states:
        return "requested"
    return "settled" if "refunded" in states else "none"


def line_rows(order: ChannelOrder, parts: Mapping[tuple[str, str], Sequence[Component]]) -> list[dict[str, Any]]:
    """Our lines of an order: one per SKU; a listing nobody matched yet stays one line without SKU."""
    rows: list[dict[str, Any]] = []
    for line in order.lines:
        shared = {
            "line_no": line.line_no,
            "title": line.title,
            "spec": line.spec,
            "channel_qty": line.qty,
            "unit_price_fen": line.unit_price_fen,
            "is_gift": line.is_gift,
            "after_sale": line.after_sale,
        }
        components = parts[line.item_id, line.channel_sku_id]
        if not components:
            rows.append(shared | {"sku_id": None, "bundle_sku_id": None, "qty": line.qty})
        rows.extend(
            {**shared, "sku_id": part.sku_id, "bundle_sku_id": part.bundle_sku_id, "qty": line.qty * part.qty}
            for part in components
        )
    return rows


def _insert(uow: UnitOfWork, shop: ShopFacts, orders: Sequence[ChannelOrder], digest: Digest) -> Sequence[int]:
    parts = match_lines(uow, shop.id, (line for order in orders for line in order.lines))
    buyers = [Buyer(order.buyer_key, order.buyer_name, order.consignee) for order in orders]
    registered = register(uow, shop.accounts, buyers, digest)
    ids = list(uow.take_ids(Order, len(orders)))
    uow.insert_many(
        Order,
        [
            _order_row(uow, shop, order_id, order, who)
            for order_id, order, who in zip(ids, orders, registered, strict=True)
        ],
    )
    lines = _insert_lines(uow, ids, orders, parts)
    copies = [
        {"order_id": order_id, "received_at": uow.now, "body": compress(order.raw)}
        for order_id, order in zip(ids, orders, strict=True)
    ]
    uow.insert_many(ChannelCopy, copies)
    index_orders(uow, [_searchable(i, o, lines[i]) for i, o in zip(ids, orders, strict=True)], digest)
    for order_id, order in zip(ids, orders, strict=True):
        uow.record("order.taken", "orders", order_id, shop_id=shop.id, order_no=order.order_no)
    _claim_stock(uow, shop, ids, orders, lines)
    return ids


def _order_row(
    uow: UnitOfWork, shop: ShopFacts, order_id: int, order: ChannelOrder, who: Registered
) -> dict[str, Any]:
    return {
        "id": order_id,
        "customer_id": who.customer_id,
        "consignee_id": who.consignee_id,
        "shop_id": shop.id,
        "order_no": order.order_no,
        "order_type": OrderType(order.order_type).value,
        "payment": Payment(order.payment).value,
        "fulfilment": first_state(order).value,
        "after_sale": after_sale_of(order),
        "channel_status": order.channel_status,
        "hold_reason": "",
        "channel_version": order.version,
        "modified_at": order.modified_at,
        "seen_at": uow.now,
        "placed_at": order.placed_at,
        "paid_at": order.paid_at,
        "ship_by_at": deadline(order),
        "not_before_at": order.not_before_at,
        "shipped_at": None,
        "amount_fen": order.amount_fen,
        "freight_fen": order.freight_fen,
        "buyer_note": order.buyer_note,
        "seller_note": order.seller_note,
        "warehouse_id": shop.warehouse_id,
    }


def _insert_lines(
    uow: UnitOfWork,
    ids: Sequence[int],
    orders: Sequence[ChannelOrder],
    parts: Mapping[tuple[str, str], Sequence[Component]],
) -> dict[int, list[dict[str, Any]]]:
    by_order = {order_id: line_rows(order, parts) for order_id, order in zip(ids, orders, strict=True)}
    total = sum(len(rows) for rows in by_order.values())
    line_ids = iter(uow.take_ids(OrderLine, total))
    for order_id, rows in by_order.items():
        for row in rows:
            row["id"] = next(line_ids)
            row["order_id"] = order_id
    uow.insert_many(OrderLine, [row for rows in by_order.values() for row in rows])
    return by_order


def _searchable(order_id: int, order: ChannelOrder, lines: Sequence[Mapping[str, Any]]) -> Searchable:
    sku_ids = {row[column] for row in lines for column in ("sku_id", "bundle_sku_id") if row[column] is not None}
    return Searchable(order_id, order.consignee.name, order.consignee.phone, sorted(sku_ids))


def order_wants(shop: ShopFacts, order_id: int, lines: Iterable[Mapping[str, Any]], *, is_paid: bool) -> OrderWants:
    """What an order wants of its warehouse: every line that is not refunded."""
    wants = tuple(
        Want(OrderLineId(row["id"]), SkuId(row["sku_id"]), row["qty"])
        for row in lines
        if row["after_sale"] != "refunded"
    )
    return OrderWants(OrderId(order_id), WarehouseId(shop.warehouse_id), wants, is_paid)


def _claim_stock(
    uow: UnitOfWork,
    shop: ShopFacts,
    ids: Sequence[int],
    orders: Sequence[ChannelOrder],
    lines: Mapping[int, Sequence[Mapping[str, Any]]],
) -> None:
    wants: list[OrderWants] = []
    holds: list[tuple[int, str]] = []
    for order_id, order in zip(ids, orders, strict=True):
        if first_state(order) is not Fulfilment.TO_REVIEW:
            continue
        if any(row["sku_id"] is None for row in lines[order_id]):
            holds.append((order_id, "unmatched"))
            continue
        if after_sale_of(order) == "requested":
            holds.append((order_id, "refund_requested"))
        wanted = lines[order_id]
        is_paid = order.payment != Payment.UNPAID
        wants.append(order_wants(shop, order_id, wanted, is_paid=is_paid))
    outcomes = reserve_page(uow, wants)
    holds += [(order_id, "short") for order_id, outcome in outcomes.items() if not outcome.is_reserved]
    place_many(uow, holds)
