"""Taking platform orders in: each exactly once, a page at a time, one statement per table."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, bindparam, select, update

from core.catalog.records import Component
from core.catalog.service import ListingKey, match_lines
from core.channels.contract import ChannelOrder
from core.channels.models import HOLD_S
from core.customers.members import note_members
from core.customers.service import Buyer, Digest, Registered, register
from core.db.sets import RowStatement, packed_texts, stored_ms, text_set
from core.db.unit_of_work import UnitOfWork
from core.inventory.quotas.passing import Passed, count_passed
from core.inventory.records import OrderWants
from core.inventory.service import reserve_page
from core.orders.holds import SHORT_LIVED, follow_stop, place_many
from core.orders.limits.flagging import over_limit
from core.orders.lines import FreshLine, Numbered, insert_lines, order_wants
from core.orders.merge_words import note_keys
from core.orders.models import ChannelCopy, Order
from core.orders.search_index import Searchable, index_orders
from core.orders.states import SHIP_WITHIN_HOURS, Fulfilment, OrderType, Payment

# The shop and one set: SQLite would use only the first column of an index for pairs.
_KNOWN = select(Order.order_no, Order.id, Order.channel_version, Order.modified_at).where(
    Order.shop_id == bindparam("shop"), Order.order_no.in_(text_set("nos"))
)
_SEEN = RowStatement(
    lambda row: update(Order).where(Order.id == row.order_id).values(seen_at=row.now),
    {"order_id": BigInteger},
    {"now": BigInteger},
)

#: the one part of a line that nothing of ours matches
_NO_MATCH = ((None, 1, None),)

_VERBATIM = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What intake needs to know of a shop. `accounts` names the space in which its buyer keys are unique.

    Where other software prints the labels, a receiver nobody here knows stops no order. `hold_s`: for how many
    seconds an unpaid order keeps its units; 0 as long as the platform keeps it open. `asked_first`: what is taken
    in was asked for before it was sold, limits of purchase included.
    """

    id: int
    accounts: str
    warehouse_id: int
    prints_elsewhere: bool = False
    hold_s: int = HOLD_S
    asked_first: bool = False


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
        _SEEN.run(uow.connection, [(order_id,) for order_id in seen], now=stored_ms(uow.now))
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


def shown_apart(order: ChannelOrder) -> str | None:
    """The number people see, where it is not the one the platform is asked by."""
    return order.display_no if order.display_no not in ("", order.order_no) else None


def deadline(order: ChannelOrder) -> datetime | None:
    """When the parcel has to leave: the platform's word, else the promise of the order type counted from payment."""
    if order.ship_by_at is not None:
        return order.ship_by_at
    starts = [at for at in (order.paid_at, order.not_before_at) if at is not None]
    return max(starts) + timedelta(hours=SHIP_WITHIN_HOURS[OrderType(order.order_type)]) if starts else None


def has_nothing_to_send(order: ChannelOrder) -> bool:
    """Whether no goods may leave for it (any more): closed, or refunded as a whole or line by line."""
    is_refunded = order.payment == Payment.REFUNDED or all(line.after_sale == "refunded" for line in order.lines)
    return order.is_closed or is_refunded


def cannot_be_labelled(order: ChannelOrder) -> bool:
    """Whether the platform masks the receiver and gave no token either that a waybill service would know it by."""
    return order.consignee.is_masked and not order.consignee.token


def first_state(order: ChannelOrder) -> Fulfilment:
    """Where an order begins that we see for the first time."""
    if order.is_shipped and not order.is_closed:
        # Refunded since or not: it has left.
        return Fulfilment.COMPLETED if order.is_completed else Fulfilment.SHIPPED
    if has_nothing_to_send(order):
        return Fulfilment.CANCELLED
    return Fulfilment.TO_REVIEW


def after_sale_of(order: ChannelOrder) -> str:
    """The order's after-sale state: open requests first, since they need a person."""
    states = {line.after_sale for line in order.lines}
    if "requested" in states:
        return "requested"
    return "settled" if "refunded" in states else "none"


def fresh_lines(
    order: ChannelOrder,
    parts: Mapping[ListingKey, Sequence[Component]],
    kept: Mapping[str, Sequence[Component]] = MappingProxyType({}),
) -> list[FreshLine]:
    """Our lines of an order: one per SKU; a listing nobody matched yet stays one line without SKU.

    `kept` holds, by line number, what lines of it were matched to before.
    """
    return [
        fresh
        for line in order.lines
        for fresh in by_component(line, line.qty, kept.get(line.line_no) or parts[line.item_id, line.channel_sku_id])
    ]


def by_component(line: Any, channel_qty: int, parts: Sequence[Component]) -> list[FreshLine]:
    """The lines to write for one platform line: one per component, or one without SKU where nothing matches.

    `line` is the platform's line, or a row of ours that stands for it.
    """
    return [
        FreshLine(
            line.line_no,
            line.item_id,
            line.channel_sku_id,
            line.title,
            line.spec,
            channel_qty,
            line.unit_price_fen,
            line.is_gift,
            line.after_sale,
            sku_id,
            bundle_sku_id,
            channel_qty * qty,
        )
        for sku_id, qty, bundle_sku_id in parts or _NO_MATCH
    ]


class _New(NamedTuple):
    """A new order with what was worked out for it before anything is written."""

    id: int
    order: ChannelOrder
    state: Fulfilment
    after_sale: str
    lines: Sequence[FreshLine]


def _insert(uow: UnitOfWork, shop: ShopFacts, orders: Sequence[ChannelOrder], digest: Digest) -> Sequence[int]:
    parts = match_lines(uow, shop.id, (line for order in orders for line in order.lines))
    buyers = [Buyer(order.buyer_key, order.buyer_name, order.consignee) for order in orders]
    registered = register(uow, shop.accounts, buyers, digest)
    _note_members(uow, shop, orders, registered)
    ids = list(uow.take_ids(Order, len(orders)))
    new = [
        _New(order_id, order, first_state(order), after_sale_of(order), fresh_lines(order, parts))
        for order_id, order in zip(ids, orders, strict=True)
    ]
    _insert_orders(uow, shop, new, registered)
    lines = [line for one in new for line in one.lines]
    line_ids = insert_lines(uow, [one.id for one in new for _ in one.lines], lines)
    bodies = [compress(order.raw) for order in orders]
    uow.insert_columns(ChannelCopy, {"order_id": ids, "body": bodies}, received_at=uow.now)
    keys = [(one.id, who.consignee_id, one.order.merge_key) for one, who in zip(new, registered, strict=True)]
    note_keys(uow, shop.id, keys, digest)
    index_orders(uow, [_searchable(one) for one in new], digest)
    for one in new:
        uow.record("order.taken", "orders", one.id, shop_id=shop.id, order_no=one.order.order_no)
    _claim_stock(uow, shop, new, line_ids)
    _keep_back(uow, new)
    return ids


def _keep_back(uow: UnitOfWork, new: Sequence[_New]) -> None:
    for one in new:
        if one.order.stopped_for and one.state is Fulfilment.TO_REVIEW:
            follow_stop(uow, one.id, one.order.stopped_for)


def _note_members(
    uow: UnitOfWork, shop: ShopFacts, orders: Sequence[ChannelOrder], registered: Sequence[Registered]
) -> None:
    said = {who.customer_id: order.buyer_is_member for who, order in zip(registered, orders, strict=True)}
    note_members(uow, shop.id, said)


def _insert_orders(uow: UnitOfWork, shop: ShopFacts, new: Sequence[_New], registered: Sequence[Registered]) -> None:
    orders = [one.order for one in new]
    uow.insert_columns(
        Order,
        {
            "id": [one.id for one in new],
            "customer_id": [who.customer_id for who in registered],
            "consignee_id": [who.consignee_id for who in registered],
            "order_no": [order.order_no for order in orders],
            "display_no": [shown_apart(order) for order in orders],
            "order_type": [OrderType(order.order_type).value for order in orders],
            "payment": [Payment(order.payment).value for order in orders],
            "fulfilment": [one.state.value for one in new],
            "after_sale": [one.after_sale for one in new],
            "channel_status": [order.channel_status for order in orders],
            "channel_version": [order.version for order in orders],
            "modified_at": [order.modified_at for order in orders],
            "placed_at": [order.placed_at for order in orders],
            "paid_at": [order.paid_at for order in orders],
            "ship_by_at": [deadline(order) for order in orders],
            "not_before_at": [order.not_before_at for order in orders],
            "amount_fen": [order.amount_fen for order in orders],
            "freight_fen": [order.freight_fen for order in orders],
            "buyer_note": [order.buyer_note for order in orders],
            "seller_note": [order.seller_note for order in orders],
            "seller_flag": [order.seller_flag or "" for order in orders],
            "is_cod": [order.is_cod for order in orders],
        },
        shop_id=shop.id,
        warehouse_id=shop.warehouse_id,
        hold_reason="",
        seen_at=uow.now,
        shipped_at=None,
    )


def _searchable(one: _New) -> Searchable:
    sku_ids = {line.sku_id for line in one.lines} | {line.bundle_sku_id for line in one.lines}
    who = one.order.consignee
    return Searchable(one.id, who.name, who.phone, sorted(filter(None, sku_ids)))


def _claim_stock(uow: UnitOfWork, shop: ShopFacts, new: Sequence[_New], line_ids: Sequence[int]) -> None:
    wants: list[OrderWants] = []
    holds: list[tuple[int, str]] = []
    passed: list[Passed] = []
    place = 0
    for one in new:
        numbered = list(zip(line_ids[place : place + len(one.lines)], one.lines, strict=True))
        place += len(one.lines)
        if one.state is not Fulfilment.TO_REVIEW:
            passed += _passed(shop, one, numbered)
            continue
        if one.after_sale == "requested":
            holds.append((one.id, "refund_requested"))
        if cannot_be_labelled(one.order) and not shop.prints_elsewhere:
            holds.append((one.id, "masked"))
        if any(line.sku_id is None for line in one.lines):
            # Its other lines are sold all the same.
            holds.append((one.id, "unmatched"))
        is_paid = one.order.payment != Payment.UNPAID
        wanted = order_wants(shop.warehouse_id, one.id, numbered, is_paid=is_paid, hold_s=shop.hold_s)
        if wanted.wants:
            wants.append(wanted)
    if passed:
        count_passed(uow, passed)
    if not shop.asked_first:
        holds += over_limit(uow, wants)
    outcomes = reserve_page(uow, wants)
    ending = [(int(order_id), "short") for order_id, outcome in outcomes.items() if outcome.has_short_lived_only]
    holds += [(order_id, "short") for order_id, outcome in outcomes.items() if not outcome.is_reserved]
    place_many(uow, ending, SHORT_LIVED)
    place_many(uow, holds)


def _passed(shop: ShopFacts, one: _New, numbered: Sequence[Numbered]) -> tuple[Passed, ...]:
    """An order that is over already, as far as the shop's quotas are concerned."""
    wants = order_wants(shop.warehouse_id, one.id, numbered, is_paid=True, with_refunded=True).wants
    called_off_at = one.order.modified_at if one.state is Fulfilment.CANCELLED else None
    return (Passed(shop.id, wants, one.order.placed_at, called_off_at),) if wants else ()
