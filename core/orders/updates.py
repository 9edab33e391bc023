"""Applying a newer copy of a known order: paid, cancelled, refunded, changed, in any order, any number of times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update

from core.catalog.service import match_lines
from core.channels.contract import ChannelOrder
from core.customers.models import Customer
from core.customers.service import Buyer, Digest, register
from core.db.unit_of_work import UnitOfWork
from core.inventory.service import confirm, release, reserve_page
from core.orders import holds
from core.orders.intake import ShopFacts, after_sale_of, compress, deadline, line_rows, order_wants
from core.orders.lifecycle import move_where_possible
from core.orders.models import ChannelCopy, Order, OrderLine
from core.orders.search_index import Searchable, drop_orders, index_orders
from core.orders.states import OPEN_STATES, Event, Fulfilment, Payment
from core.runtime.ids import OrderLineId


@dataclass(frozen=True, slots=True)
class Reaction:
    """What the newer copy means for parcels: drop them all, or take single lines out of them."""

    order_id: int
    drops_parcels: bool = False
    withdrawn_line_ids: tuple[int, ...] = ()


def apply_newer(
    uow: UnitOfWork, shop: ShopFacts, order_id: int, order: ChannelOrder, digest: Digest
) -> Reaction | None:
    """Bring one order to the platform's newest word; None when another desk has stored something newer meanwhile."""
    before = uow.execute(select(Order).with_only_columns(*Order.__table__.c).where(Order.id == order_id)).one()
    if not _store_facts(uow, order_id, order):
        return None
    if Fulfilment(before.fulfilment) not in OPEN_STATES:
        return Reaction(order_id)
    if order.is_closed:
        return _cancel(uow, order_id)
    if order.is_shipped:
        holds.place_many(uow, [(order_id, "shipped_elsewhere")])
    moved = _move_consignee(uow, shop, before, order, digest)
    changed, withdrawn = _apply_lines(uow, shop, order_id, order)
    if before.payment == Payment.UNPAID and order.payment != Payment.UNPAID and not changed:
        _pay(uow, order_id)
    if (changed or moved) and before.fulfilment != Fulfilment.TO_REVIEW:
        move_where_possible(uow, [order_id], Event.RECALL)
        return Reaction(order_id, drops_parcels=True)
    return Reaction(order_id, withdrawn_line_ids=withdrawn)


def _store_facts(uow: UnitOfWork, order_id: int, order: ChannelOrder) -> bool:
    newer = (
        Order.channel_version < order.version
        if order.version
        else (Order.channel_version == 0) & (Order.modified_at <= order.modified_at)
    )
    met = uow.count(
        update(Order)
        .where(Order.id == order_id, newer)
        .values(
            payment=Payment(order.payment),
            after_sale=after_sale_of(order),
            channel_status=order.channel_status,
            channel_version=order.version,
            modified_at=order.modified_at,
            seen_at=uow.now,
            paid_at=order.paid_at,
            ship_by_at=deadline(order),
            not_before_at=order.not_before_at,
            amount_fen=order.amount_fen,
            freight_fen=order.freight_fen,
            buyer_note=order.buyer_note,
            seller_note=order.seller_note,
        )
    )
    if met == 1:
        copy = {"received_at": uow.now, "body": compress(order.raw)}
        uow.execute(update(ChannelCopy).where(ChannelCopy.order_id == order_id).values(**copy))
        uow.record("order.updated", "orders", order_id, status=order.channel_status, payment=order.payment)
    return met == 1


def _cancel(uow: UnitOfWork, order_id: int) -> Reaction:
    line_ids = [row.id for row in _lines(uow, order_id)]
    release(uow, line_ids, "cancelled")
    uow.execute(update(OrderLine).where(OrderLine.order_id == order_id).values(after_sale="refunded"))
    move_where_possible(uow, [order_id], Event.CANCEL)
    holds.release(uow, order_id)
    return Reaction(order_id, drops_parcels=True, withdrawn_line_ids=tuple(line_ids))


def _pay(uow: UnitOfWork, order_id: int) -> None:
    line_ids = [row.id for row in _lines(uow, order_id) if row.after_sale != "refunded" and row.sku_id is not None]
    outcome = confirm(uow, line_ids)
    if not outcome.is_reserved:
        holds.place_many(uow, [(order_id, "short")])


def _lines(uow: UnitOfWork, order_id: int) -> Sequence[Any]:
    columns = (OrderLine.id, OrderLine.line_no, OrderLine.sku_id, OrderLine.qty, OrderLine.channel_qty)
    query = select(*columns, OrderLine.after_sale, OrderLine.bundle_sku_id)
    return uow.rows(query.where(OrderLine.order_id == order_id, OrderLine.is_current).order_by(OrderLine.id))


def _move_consignee(uow: UnitOfWork, shop: ShopFacts, before: Any, order: ChannelOrder, digest: Digest) -> bool:
    erased = uow.execute(select(Customer.erased_at).where(Customer.id == before.customer_id)).scalar_one()
    if erased is not None:
        # An erased person does not come back through a late copy of an old order.
        uow.execute(update(ChannelCopy).where(ChannelCopy.order_id == before.id).values(body=compress({})))
        return False
    buyer = Buyer(order.buyer_key, order.buyer_name, order.consignee)
    who = register(uow, shop.accounts, [buyer], digest)[0]
    if who.consignee_id == before.consignee_id:
        return False
    uow.execute(update(Order).where(Order.id == before.id).values(consignee_id=who.consignee_id))
    sku_ids = sorted({row.sku_id for row in _lines(uow, before.id) if row.sku_id is not None})
    drop_orders(uow, [before.id])
    index_orders(uow, [Searchable(before.id, order.consignee.name, order.consignee.phone, sku_ids)], digest)
    uow.record("order.address_changed", "orders", before.id)
    return True


def _apply_lines(
    uow: UnitOfWork, shop: ShopFacts, order_id: int, order: ChannelOrder
) -> tuple[bool, tuple[int, ...]]:
    rows = _lines(uow, order_id)
    ours = {row.line_no: row.channel_qty for row in rows}
    theirs = {line.line_no: line.qty for line in order.lines}
    if ours != theirs or any(row.sku_id is None for row in rows):
        return _replace_lines(uow, shop, order_id, order, rows), ()
    withdrawn = _after_sale(uow, order_id, rows, {line.line_no: line.after_sale for line in order.lines})
    return False, withdrawn


def _after_sale(uow: UnitOfWork, order_id: int, rows: Sequence[Any], states: Mapping[str, str]) -> tuple[int, ...]:
    withdrawn: list[OrderLineId] = []
    for row in rows:
        state = states[row.line_no]
        if state == row.after_sale:
            continue
        uow.execute(update(OrderLine).where(OrderLine.id == row.id).values(after_sale=state))
        if state == "refunded":
            withdrawn.append(OrderLineId(row.id))
    if withdrawn:
        release(uow, withdrawn, "refunded")
        uow.record("order.line_refunded", "orders", order_id, lines=len(withdrawn))
    if "requested" in states.values():
        holds.place_many(uow, [(order_id, "refund_requested")])
    else:
        holds.release(uow, order_id, ["refund_requested"])
    return tuple(withdrawn)


def _replace_lines(uow: UnitOfWork, shop: ShopFacts, order_id: int, order: ChannelOrder, rows: Sequence[Any]) -> bool:
    """The platform changed what was bought (or a listing was matched meanwhile): release, rewrite, reserve anew."""
    parts = match_lines(uow, shop.id, order.lines)
    fresh = line_rows(order, parts)
    if any(row["sku_id"] is None for row in fresh) and len(fresh) == len(rows) and _same(rows, order):
        return False
    release(uow, [row.id for row in rows], "changed")
    # Rows stay where movements, reservations or parcels refer to them; a changed line is a new row.
    uow.execute(update(OrderLine).where(OrderLine.order_id == order_id).values(is_current=False))
    uow.execute(delete(OrderLine).where(OrderLine.order_id == order_id, OrderLine.sku_id.is_(None)))
    ids = uow.take_ids(OrderLine, len(fresh))
    for line_id, row in zip(ids, fresh, strict=True):
        row["id"], row["order_id"] = line_id, order_id
    uow.insert_many(OrderLine, fresh)
    uow.record("order.lines_changed", "orders", order_id, lines=len(fresh))
    if any(row["sku_id"] is None for row in fresh):
        holds.place_many(uow, [(order_id, "unmatched")])
        return True
    holds.release(uow, order_id, ["unmatched", "short"])
    wants = order_wants(shop, order_id, fresh, is_paid=order.payment != Payment.UNPAID)
    if not reserve_page(uow, [wants])[wants.order_id].is_reserved:
        holds.place_many(uow, [(order_id, "short")])
    return True


def _same(rows: Sequence[Any], order: ChannelOrder) -> bool:
    return {row.line_no: row.channel_qty for row in rows} == {line.line_no: line.qty for line in order.lines}
