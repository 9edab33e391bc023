"""Applying a newer copy of a known order: paid, cancelled, refunded, changed, in any order, any number of times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select, update

from core.catalog.service import match_lines
from core.channels.contract import ChannelOrder
from core.customers.members import note_members
from core.customers.models import Customer
from core.customers.service import Buyer, Digest, register
from core.db.unit_of_work import UnitOfWork
from core.inventory.service import release
from core.orders import holds
from core.orders.adopting import adopted
from core.orders.intake import (
    Known,
    ShopFacts,
    after_sale_of,
    cannot_be_labelled,
    compress,
    deadline,
    fresh_lines,
    has_nothing_to_send,
    is_newer,
    shown_apart,
)
from core.orders.lifecycle import move_where_possible
from core.orders.lines import (
    FreshLine,
    claim,
    current_lines,
    has_left,
    kept_parts,
    note_refund_requests,
    rewrite,
)
from core.orders.merge_words import follow_key
from core.orders.models import ChannelCopy, Order, OrderLine
from core.orders.noting import Note, NoteState, notes_of
from core.orders.paying import compare_price, confirm_paid
from core.orders.search_index import reindex
from core.orders.states import OPEN_STATES, Event, Fulfilment, Payment
from core.runtime.ids import OrderLineId

#: how much of a payment went back
_GONE_BACK: Mapping[str, int] = {Payment.PAID: 0, Payment.PARTLY_REFUNDED: 1, Payment.REFUNDED: 2}


@dataclass(frozen=True, slots=True)
class Reaction:
    """What the newer copy means for parcels: drop them all, or take single lines out of them.

    `is_shipped`: the platform counts the order as sent; whether that was our own doing the parcels tell.
    `has_new_note`: a note or the flag is another than the desk was shown.
    """

    order_id: int
    drops_parcels: bool = False
    withdrawn_line_ids: tuple[int, ...] = ()
    is_shipped: bool = False
    has_new_note: bool = False


def apply_newer(
    uow: UnitOfWork, shop: ShopFacts, order_id: int, order: ChannelOrder, digest: Digest
) -> Reaction | None:
    """Bring one order to the platform's newest word; None where the copy says nothing new."""
    # Locked on PostgreSQL: what is decided here must not pass by a parcel that is being shipped at this moment.
    query = select(*Order.__table__.c).where(Order.id == order_id).with_for_update(key_share=True)
    before = uow.execute(query).one()
    known = Known(order_id, before.channel_version, before.modified_at)
    if not is_newer(order, known) or _is_from_before_a_refund(before, order):
        return None
    order = _with_money(before, order)
    note_members(uow, shop.id, {before.customer_id: order.buyer_is_member})
    compare_price(uow, before, order.amount_fen)
    erased = uow.execute(select(Customer.erased_at).where(Customer.id == before.customer_id)).scalar_one()
    has_new_note = erased is None and _has_new_note(uow, before, order)
    is_known = not _store_facts(uow, before, order, is_erased=erased is not None)
    state = Fulfilment(before.fulfilment)
    if state is Fulfilment.CANCELLED and not has_nothing_to_send(order) and not order.is_shipped:
        _reopen(uow, before, order)
        is_known, state = False, Fulfilment.TO_REVIEW
    if state not in OPEN_STATES:
        _note_after_sale(uow, current_lines(uow, order_id), order)
        if order.is_completed:
            move_where_possible(uow, [order_id], Event.COMPLETE)
        return None if is_known else Reaction(order_id)
    if has_nothing_to_send(order):
        return _cancel(uow, order_id, order)
    _follow_stop(uow, before, order)
    moved = erased is None and _is_moved(uow, shop, before, order, digest)
    changed, withdrawn = _apply_lines(uow, shop, before, order)
    if moved or changed:
        reindex(uow, order_id, digest)
    if before.payment == Payment.UNPAID and order.payment != Payment.UNPAID and not changed:
        confirm_paid(uow, order_id)
    if (moved or changed) and state is not Fulfilment.TO_REVIEW:
        move_where_possible(uow, [order_id], Event.RECALL)
        return Reaction(order_id, drops_parcels=True, is_shipped=order.is_shipped, has_new_note=has_new_note)
    if is_known and not (moved or changed or withdrawn):
        return None
    return Reaction(order_id, withdrawn_line_ids=withdrawn, is_shipped=order.is_shipped, has_new_note=has_new_note)


def _has_new_note(uow: UnitOfWork, before: Any, order: ChannelOrder) -> bool:
    """Whether a note or the flag changed; ours, which comes back from the platform, was shown before."""
    theirs = Note(order.seller_note, order.seller_flag)
    if order.buyer_note != before.buyer_note:
        return True
    if theirs.is_same(Note(before.seller_note, before.seller_flag)):
        return False
    ours = notes_of(uow.connection, [before.id])[before.id]
    return ours.state is NoteState.TOLD or not theirs.is_same(ours.note)


def _follow_stop(uow: UnitOfWork, before: Any, order: ChannelOrder) -> None:
    if order.stopped_for or before.hold_reason:
        holds.follow_stop(uow, before.id, order.stopped_for)
    if before.hold_reason:
        # It is told of again.
        holds.release(uow, before.id, [holds.GONE])


def _is_from_before_a_refund(before: Any, order: ChannelOrder) -> bool:
    """Whether a copy of the same moment is from before money went back.

    Where a refund does not move the time of an order, a list that lags behind goes on telling it as paid after we
    heard of the refund by asking for the order. What is really taken back moves version or time.
    """
    if order.version or before.channel_version or _stored(order.modified_at) != before.modified_at:
        return False
    return _GONE_BACK.get(order.payment, 0) < _GONE_BACK.get(before.payment, 0)


def _with_money(before: Any, order: ChannelOrder) -> ChannelOrder:
    """Money that came does not leave by silence.

    A mall that lost the notice of a payment, which we heard of by asking the gateway, goes on calling the order
    unpaid; and one that told our door of the money may send a copy made before. Refunds are told as what they are.
    """
    if order.payment == Payment.UNPAID and before.payment != Payment.UNPAID:
        return replace(order, payment=before.payment, paid_at=before.paid_at)
    return order


def _store_facts(uow: UnitOfWork, before: Any, order: ChannelOrder, *, is_erased: bool) -> bool:
    """Write what differs; False where nothing does (the same copy again, as overlapping windows bring it)."""
    facts: dict[str, Any] = {
        "display_no": shown_apart(order),
        "payment": Payment(order.payment),
        "after_sale": after_sale_of(order),
        "channel_status": order.channel_status,
        "channel_version": order.version,
        "modified_at": order.modified_at,
        "paid_at": order.paid_at,
        "ship_by_at": deadline(order),
        "not_before_at": order.not_before_at,
        "amount_fen": order.amount_fen,
        "freight_fen": order.freight_fen,
        "is_cod": order.is_cod,
    }
    if not is_erased:
        # An erased person does not come back through a late copy of an old order.
        facts |= {"buyer_note": order.buyer_note, "seller_note": order.seller_note}
    if order.seller_flag is not None:
        facts["seller_flag"] = order.seller_flag
    if all(_stored(value) == getattr(before, name) for name, value in facts.items()):
        return False
    uow.execute(update(Order).where(Order.id == before.id).values(**facts))
    if not is_erased:
        copy = {"received_at": uow.now, "body": compress(order.raw)}
        uow.execute(update(ChannelCopy).where(ChannelCopy.order_id == before.id).values(**copy))
    more: dict[str, Any] = {}
    if before.paid_at is not None and before.paid_at != _stored(order.paid_at):
        # Whoever sums up by days has to look at that one, too.
        more["paid_before"] = before.paid_at.isoformat()
    uow.record("order.updated", "orders", before.id, status=order.channel_status, payment=order.payment, **more)
    return True


def _stored(value: Any) -> Any:
    """A value as the database gives it back: times have whole milliseconds there."""
    microsecond = getattr(value, "microsecond", None)
    return value if microsecond is None else value.replace(microsecond=microsecond // 1000 * 1000)


def _reopen(uow: UnitOfWork, before: Any, order: ChannelOrder) -> None:
    """The platform took a cancellation back: claim the goods again and wait for a person."""
    move_where_possible(uow, [before.id], Event.REOPEN)
    holds.place_many(uow, [(before.id, "reopened")])
    rows = [(row.id, row) for row in current_lines(uow, before.id)]
    claim(uow, before.id, before.warehouse_id, rows, is_paid=order.payment != Payment.UNPAID)


def _cancel(uow: UnitOfWork, order_id: int, order: ChannelOrder) -> Reaction:
    rows = current_lines(uow, order_id)
    release(uow, [OrderLineId(row.id) for row in rows], "cancelled")
    _note_after_sale(uow, rows, order)
    # What has left stays in the pile of what left, although the rest will not follow.
    move_where_possible(uow, [order_id], Event.SHIP if has_left(uow, order_id) else Event.CANCEL)
    move_where_possible(uow, [order_id], Event.CANCEL)
    holds.release(uow, order_id)
    return Reaction(order_id, drops_parcels=True)


def _is_moved(uow: UnitOfWork, shop: ShopFacts, before: Any, order: ChannelOrder, digest: Digest) -> bool:
    """Whether it goes to another receiver, by what is told of him or, where that looks the same, by his key."""
    is_other = _move_consignee(uow, shop, before, order, digest)
    if not order.consignee.is_masked:
        return is_other
    return follow_key(uow, shop.id, before.id, order.merge_key, digest) or is_other


def _move_consignee(uow: UnitOfWork, shop: ShopFacts, before: Any, order: ChannelOrder, digest: Digest) -> bool:
    who = order.consignee
    if not (who.name or who.phone or who.address or who.token):
        # Platforms blank the receiver of old orders; that is no new address.
        return False
    registered = register(uow, shop.accounts, [Buyer(order.buyer_key, order.buyer_name, who)], digest)[0]
    if registered.consignee_id == before.consignee_id:
        return False
    uow.execute(
        update(Order)
        .where(Order.id == before.id)
        .values(customer_id=registered.customer_id, consignee_id=registered.consignee_id)
    )
    uow.record("order.address_changed", "orders", before.id)
    holds.release(uow, before.id, ["no_receiver"])
    if cannot_be_labelled(order) and not shop.prints_elsewhere:
        holds.place_many(uow, [(before.id, "masked")])
    else:
        holds.release(uow, before.id, ["masked"])
    return True


def _apply_lines(uow: UnitOfWork, shop: ShopFacts, before: Any, order: ChannelOrder) -> tuple[bool, tuple[int, ...]]:
    """Follow the platform's lines: whether they were written anew, and else which were refunded."""
    rows = current_lines(uow, before.id)
    fresh = _wanted_anew(uow, shop, rows, order)
    if fresh is not None and adopted(uow, rows, fresh):
        # Asked for at the door before: the goods and the claims are the same, only the platform's names are new.
        rows, fresh = current_lines(uow, before.id), None
    if fresh is None:
        withdrawn = _note_after_sale(uow, rows, order)
        if withdrawn:
            release(uow, [OrderLineId(line_id) for line_id in withdrawn], "refunded")
            uow.record("order.line_refunded", "orders", before.id, lines=len(withdrawn))
    else:
        withdrawn = ()
        if has_left(uow, before.id):
            # Part of it is with the courier: what of the new wish is still to be sent only a person can say.
            holds.place_many(uow, [(before.id, "changed_after_shipping")])
            return False, ()
        is_paid = order.payment != Payment.UNPAID
        rewrite(uow, before.id, before.warehouse_id, fresh, is_paid=is_paid)
    note_refund_requests(uow, before.id, [line.after_sale for line in order.lines])
    return fresh is not None, withdrawn


def _wanted_anew(
    uow: UnitOfWork, shop: ShopFacts, rows: Sequence[Any], order: ChannelOrder
) -> list[FreshLine] | None:
    """The lines as they have to be written anew, None where ours stand for the platform's already."""
    ours = {row.line_no: (row.item_id, row.channel_sku_id, row.channel_qty) for row in rows}
    theirs = {line.line_no: (line.item_id, line.channel_sku_id, line.qty) for line in order.lines}
    after_sale = {line.line_no: line.after_sale for line in order.lines}
    was_unmatched = any(row.sku_id is None for row in rows)
    taken_back = any(row.after_sale == "refunded" and after_sale.get(row.line_no) != "refunded" for row in rows)
    if ours == theirs and not was_unmatched and not taken_back:
        return None
    # Units of the same listing stay units of the SKU they were reserved as, wherever it leads by now.
    kept = {
        no: parts for no, parts in kept_parts(rows).items() if no in ours and ours[no][:2] == theirs.get(no, ())[:2]
    }
    fresh = fresh_lines(order, match_lines(uow, shop.id, order.lines), kept)
    still = [line.line_no for line in fresh if line.sku_id is None]
    if ours == theirs and not taken_back and still == [row.line_no for row in rows if row.sku_id is None]:
        return None
    return fresh


def _note_after_sale(uow: UnitOfWork, rows: Sequence[Any], order: ChannelOrder) -> tuple[int, ...]:
    """Write the after-sale state of each line; gives the lines that are refunded since."""
    states: Mapping[str, str] = {line.line_no: line.after_sale for line in order.lines}
    changed = [row for row in rows if states.get(row.line_no, row.after_sale) != row.after_sale]
    for row in changed:
        uow.execute(update(OrderLine).where(OrderLine.id == row.id).values(after_sale=states[row.line_no]))
    return tuple(row.id for row in changed if states[row.line_no] == "refunded")
