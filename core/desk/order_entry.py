"""Entering orders by hand: for what was sold by telephone or chat, and for what has to be sent once more."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, func, select

from core.access.gate import needs
from core.access.rights import Right
from core.catalog import queries as catalogue
from core.catalog.models import Sku
from core.channels.by_hand import BY_HAND, NAME
from core.channels.contract import Consignee
from core.channels.models import Shop
from core.customers.address_parsing import ParsedReceiver, parse_receiver
from core.customers.masking import masked_address, masked_name, masked_phone
from core.customers.queries import consignees, customer_of_phone, last_change, newest_consignee
from core.customers.regions import RegionTable
from core.customers.service import Digest
from core.db.turn import take_turn
from core.db.unit_of_work import Store, UnitOfWork
from core.fulfilment.taking import take_page
from core.inventory.models import Warehouse
from core.inventory.queries import availability
from core.orders.entering import as_channel_order, as_consignee, check_draft, day_prefix, order_no_of
from core.orders.entry_records import (
    CopiedOrder,
    EnteredLine,
    EnteredOrder,
    EnteredReceiver,
    OrderDraft,
    ReceiverOnFile,
    SkuChoice,
)
from core.orders.holds import MISSING_GOODS
from core.orders.intake import ShopFacts
from core.orders.models import Order, OrderLine
from core.orders.states import Fulfilment
from core.runtime.errors import NotFound, Refused
from core.runtime.ids import SkuId

#: a like order within this time is asked about
_TWICE_WITHIN = timedelta(hours=24)
_MOST_CHOICES = 20


class OrderEntry:
    """The form's questions, and saving. Receivers that the clerk did not type are never shown in clear here."""

    def __init__(self, store: Store, digest: Digest, carrier_code: str, regions: Callable[[], RegionTable]) -> None:
        """`regions` reads the table of regions, once, when the first address is taken apart."""
        self._store = store
        self._digest = digest
        self._carrier_code = carrier_code
        self._regions = cache(regions)

    @needs(Right.ENTER_ORDER)
    def parse(self, text: str) -> ParsedReceiver:
        """Take a pasted receiver apart."""
        return parse_receiver(text, self._regions())

    @needs(Right.ENTER_ORDER)
    def goods(self, piece: str) -> Sequence[SkuChoice]:
        """Goods whose code, name, spec or barcode holds the piece, by code; the first few."""
        piece = piece.strip()
        if not piece:
            return ()
        return self._store.read(lambda connection: _goods(connection, piece))

    @needs(Right.ENTER_ORDER)
    def on_file(self, receiver: EnteredReceiver) -> ReceiverOnFile | None:
        """What is known of who buys under this phone number; None for a new customer."""
        return self._store.read(lambda connection: _on_file(connection, as_consignee(receiver), self._digest))

    @needs(Right.ENTER_ORDER)
    def copy(self, order_id: int) -> CopiedOrder:
        """An old order as the beginning of a new one.

        Raises:
            NotFound: `order.unknown`.
            Refused: `entry.receiver_masked`, its platform gave no clear receiver; `entry.receiver_erased`.
        """
        return self._store.read(lambda connection: _copied(connection, order_id, self._digest))

    @needs(Right.ENTER_ORDER)
    def save(self, draft: OrderDraft) -> EnteredOrder:
        """Store the order, reserve its goods and send it on its way like any other.

        Raises:
            Refused: what `check_draft` says; `entry.sku_unknown`; `entry.address_unconfirmed`, this customer is known
                and nobody has said which address is right; `entry.twice`, a like order was entered lately, facts hold
                `order_no`; `entry.receiver_masked`, `entry.receiver_erased`; `entry.no_warehouse`.
            NotFound: `order.unknown`.
        """
        check_draft(draft)
        return self._store.write(lambda uow: _save(uow, draft, self._digest, self._carrier_code))


def _goods(connection: Connection, piece: str) -> Sequence[SkuChoice]:
    scanned = catalogue.by_scan(connection, piece)
    if scanned is not None:
        return _choices(connection, [scanned.sku_id], {scanned.sku_id: scanned.unit_qty})
    return _choices(connection, catalogue.sku_ids_called(connection, piece))


def _choices(
    connection: Connection, sku_ids: Sequence[int], unit_qty: Mapping[int, int] | None = None
) -> tuple[SkuChoice, ...]:
    columns = (Sku.id, Sku.code, Sku.name, Sku.spec, Sku.is_bundle, Sku.is_stock_managed)
    query = select(*columns).where(Sku.id.in_(sku_ids)).order_by(Sku.code).limit(_MOST_CHOICES)
    rows = connection.execute(query).all()
    levels = availability(connection, [SkuId(row.id) for row in rows])
    return tuple(
        SkuChoice(
            sku_id=row.id,
            code=row.code,
            name=row.name,
            spec=row.spec,
            available_qty=sum(level.available_qty for level in levels.get(row.id, {}).values())
            if row.is_stock_managed and not row.is_bundle
            else None,
            unit_qty=(unit_qty or {}).get(row.id, 1),
        )
        for row in rows
    )


def _on_file(connection: Connection, entered: Consignee, digest: Digest) -> ReceiverOnFile | None:
    customer_id = customer_of_phone(connection, entered.phone, digest)
    if customer_id is None:
        return None
    here = Order.customer_id == customer_id
    newest = connection.execute(
        select(Order.order_no, Order.placed_at, Order.consignee_id).where(here).order_by(Order.id.desc()).limit(1)
    ).one_or_none()
    consignee_id = newest_consignee(connection, customer_id) if newest is None else newest.consignee_id
    if consignee_id is None:
        return None
    who = consignees(connection, [consignee_id])[consignee_id]
    if not who.address:
        return None
    changed = last_change(connection, customer_id)
    return ReceiverOnFile(
        customer_id=customer_id,
        name=masked_name(who.name),
        phone=masked_phone(who.phone),
        address=masked_address(who.province, who.city, who.district, who.address),
        used_at=None if newest is None else newest.placed_at,
        order_no="" if newest is None else newest.order_no,
        changed_at=None if changed is None else changed[0],
        changed_by="" if changed is None else changed[1],
        order_count=int(connection.execute(select(func.count()).select_from(Order).where(here)).scalar_one()),
        is_same=who == entered,
    )


def _receiver_of(connection: Connection, order_id: int) -> tuple[Any, Consignee]:
    query = select(Order.id, Order.order_no, Order.consignee_id).where(Order.id == order_id)
    order = connection.execute(query).one_or_none()
    if order is None:
        raise NotFound("order.unknown", f"there is no order {order_id}")
    who = consignees(connection, [order.consignee_id])[order.consignee_id]
    if who.is_masked:
        raise Refused("entry.receiver_masked", "the platform masks this receiver; it has to be asked and entered")
    if not who.address:
        raise Refused("entry.receiver_erased", "nothing is stored of this receiver any more")
    return order, who


def _copied(connection: Connection, order_id: int, digest: Digest) -> CopiedOrder:
    order, who = _receiver_of(connection, order_id)
    current = (OrderLine.order_id == order_id, OrderLine.is_current)
    lines = connection.execute(select(*OrderLine.__table__.c).where(*current).order_by(OrderLine.id)).all()
    # A bundle's components are one line of the bundle again.
    wanted: dict[str, EnteredLine] = {}
    unmatched = []
    for line in lines:
        if line.sku_id is None:
            unmatched.append(f"{line.title} {line.spec} x {line.channel_qty}".replace("  ", " "))
        elif line.line_no not in wanted:
            sku_id, qty = (line.bundle_sku_id, line.channel_qty) if line.bundle_sku_id else (line.sku_id, line.qty)
            price = 0 if line.is_gift else line.unit_price_fen
            wanted[line.line_no] = EnteredLine(sku_id, qty, is_gift=line.is_gift, unit_price_fen=price)
    choices = {choice.sku_id: choice for choice in _choices(connection, [one.sku_id for one in wanted.values()])}
    return CopiedOrder(
        order_id=order.id,
        order_no=order.order_no,
        name=masked_name(who.name),
        phone=masked_phone(who.phone),
        address=masked_address(who.province, who.city, who.district, who.address),
        lines=tuple((choices[line.sku_id], line) for line in wanted.values()),
        unmatched=tuple(unmatched),
        on_file=_on_file(connection, who, digest),
    )


def _save(uow: UnitOfWork, draft: OrderDraft, digest: Digest, carrier_code: str) -> EnteredOrder:
    # One number after another, also where two desks save at the same moment.
    take_turn(uow, "order_entry")
    entered = _receiver(uow, draft, digest)
    shop = _shop(uow)
    skus = _skus(uow, [line.sku_id for line in draft.lines])
    if not draft.is_meant_twice:
        _refuse_twin(uow, shop, draft, entered, digest)
    order_no = _next_no(uow, shop.id)
    order = as_channel_order(draft, order_no, entered, skus, uow.now)
    take_page(uow, shop, [order], digest, carrier_code)
    query = select(Order.id, Order.hold_reason).where(Order.shop_id == shop.id, Order.order_no == order_no)
    row = uow.execute(query).one()
    facts = {"copied_from": draft.copied_from} if draft.copied_from is not None else {}
    word = {"address": draft.address_word} if draft.address_word else {}
    uow.record("order.entered", "orders", row.id, type=draft.order_type, **facts, **word)
    if draft.copied_from is not None:
        uow.record(f"order.{draft.order_type}_entered", "orders", draft.copied_from, order_no=order_no)
    return EnteredOrder(row.id, order_no, is_short=row.hold_reason in MISSING_GOODS)


def _receiver(uow: UnitOfWork, draft: OrderDraft, digest: Digest) -> Consignee:
    """Who the parcel goes to, once somebody has looked at what is on file."""
    if draft.receiver_of is not None:
        entered = _receiver_of(uow.connection, draft.receiver_of)[1]
    else:
        entered = as_consignee(draft.receiver)
    known = _on_file(uow.connection, entered, digest)
    if known is None:
        return entered
    if not draft.address_word:
        raise Refused("entry.address_unconfirmed", "nobody has said yet which of the customer's addresses is right")
    if draft.address_word == "on_file":
        return _consignee_on_file(uow.connection, known)
    return entered


def _consignee_on_file(connection: Connection, known: ReceiverOnFile) -> Consignee:
    query = select(Order.consignee_id).where(Order.customer_id == known.customer_id).order_by(Order.id.desc())
    consignee_id = connection.execute(query.limit(1)).scalar_one_or_none()
    if consignee_id is None:
        consignee_id = newest_consignee(connection, known.customer_id)
    if consignee_id is None:
        raise Refused("entry.receiver_erased", "nothing is stored of this receiver any more")
    who = consignees(connection, [consignee_id])[consignee_id]
    if who.is_masked:
        raise Refused("entry.receiver_masked", "the platform masks this receiver; it has to be asked and entered")
    return who


def _shop(uow: UnitOfWork) -> ShopFacts:
    query = select(Shop.id, Shop.warehouse_id).where(Shop.channel == BY_HAND).order_by(Shop.id)
    row = uow.execute(query.limit(1)).one_or_none()
    if row is not None:
        return ShopFacts(row.id, f"{BY_HAND}:{row.id}", row.warehouse_id)
    warehouse_id = uow.execute(select(Warehouse.id).order_by(Warehouse.id).limit(1)).scalar_one_or_none()
    if warehouse_id is None:
        raise Refused("entry.no_warehouse", "there is no warehouse yet; bring in products and stock first")
    # Not active: there is nothing to pull.
    row_of_shop = {
        "channel": BY_HAND,
        "name": NAME,
        "settings": {},
        "secret": "{}",
        "is_active": False,
        "warehouse_id": warehouse_id,
        "created_at": uow.now,
    }
    shop_id = uow.insert(Shop, row_of_shop)
    uow.record("shop.added", "shop", shop_id, channel=BY_HAND)
    return ShopFacts(shop_id, f"{BY_HAND}:{shop_id}", warehouse_id)


def _skus(uow: UnitOfWork, sku_ids: Sequence[int]) -> Mapping[int, tuple[str, str, str]]:
    query = select(Sku.id, Sku.code, Sku.name, Sku.spec).where(Sku.id.in_(set(sku_ids)))
    found = {row.id: (row.code, row.name, row.spec) for row in uow.rows(query)}
    for sku_id in sku_ids:
        if sku_id not in found:
            raise Refused("entry.sku_unknown", "these goods are not in the catalogue (any more)")
    return found


def _refuse_twin(uow: UnitOfWork, shop: ShopFacts, draft: OrderDraft, entered: Consignee, digest: Digest) -> None:
    """The same goods for the same customer within a day is mostly a second press, or a second clerk."""
    customer_id = customer_of_phone(uow.connection, entered.phone, digest)
    if customer_id is None:
        return
    query = select(Order.id, Order.order_no).where(
        Order.customer_id == customer_id,
        Order.shop_id == shop.id,
        Order.placed_at > uow.now - _TWICE_WITHIN,
        Order.fulfilment != Fulfilment.CANCELLED.value,
    )
    orders = {row.id: row.order_no for row in uow.rows(query)}
    wanted = _counted((line.sku_id, line.qty) for line in draft.lines)
    for order_id, order_no in orders.items():
        copied = _copied(uow.connection, order_id, digest)
        if wanted == _counted((line.sku_id, line.qty) for _, line in copied.lines):
            raise Refused("entry.twice", "a like order was entered lately", order_no=order_no)


def _counted(lines: Any) -> Mapping[int, int]:
    units: dict[int, int] = {}
    for sku_id, qty in lines:
        units[sku_id] = units.get(sku_id, 0) + qty
    return units


def _next_no(uow: UnitOfWork, shop_id: int) -> str:
    prefix = day_prefix(uow.now)
    today = (Order.shop_id == shop_id, Order.order_no >= prefix, Order.order_no < prefix + "~")
    # The newest, not the largest text: 10000 comes after 9999.
    query = select(Order.order_no).where(*today).order_by(Order.id.desc()).limit(1)
    last = uow.execute(query).scalar_one_or_none()
    return order_no_of(uow.now, 1 if last is None else int(last.removeprefix(prefix)) + 1)
