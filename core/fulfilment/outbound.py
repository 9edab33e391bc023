"""The outbound scan: the label on the box is read, the goods leave the books once, and the shop will be told.

The verdict is local and instant, from the newest state we know of each line (P4). Refreshing that knowledge happens
before the scan; where it is too old all the same, the verdict says so, and what then is done is a rule of the desk.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update

from core.channels.by_hand import UNCALLED
from core.channels.models import Shop
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.batching import forget, levels_of_batches, stopped_inside
from core.fulfilment.foreign import offer, waiting_order
from core.fulfilment.models import Parcel, ParcelLine
from core.fulfilment.noticing import take_note
from core.fulfilment.packing import (
    Act,
    answer,
    called_off,
    find_waybill,
    hold_reason,
    lines_left,
    lost,
    orders_in,
    refunded_inside,
    repeated,
    settle_parcel,
    without_other_boxes,
)
from core.fulfilment.records import KnowledgeRule, OnOld, Tone, Verdict
from core.fulfilment.slips import parcel_of_slip
from core.fulfilment.states import OPEN
from core.fulfilment.telling import tell
from core.inventory.models import Reservation
from core.inventory.service import consume
from core.inventory.states import ClaimState
from core.orders.holds import lock_orders, place_many
from core.orders.lifecycle import move_where_possible
from core.orders.models import Order
from core.orders.states import Event
from core.waybills.carriers import tidied
from core.waybills.print_queue import confirm_by_scan


def scan_label(
    uow: UnitOfWork, expected_parcel_id: int | None, fence: int | None, rule: KnowledgeRule, act: Act
) -> Verdict:
    """Close and ship the parcel whose label was scanned.

    With a parcel open on the desk the label must be its own: two swapped labels are stopped here.
    """
    seen = repeated(uow, act)
    if seen is not None:
        return seen
    waybill = locked_waybill(uow, act.raw)
    if waybill is None:
        return _unknown(uow, act, expected_parcel_id)
    if waybill.state == "voided":
        return _voided(uow, act, expected_parcel_id, waybill)
    if expected_parcel_id is not None and fence is not None:
        gone = lost(uow, act, expected_parcel_id, fence)
        if gone is not None:
            return gone
    if expected_parcel_id is not None and waybill.parcel_id != expected_parcel_id:
        return answer(uow, act, "label.wrong", Tone.STOP, parcel_id=expected_parcel_id, number=waybill.number)
    stop = stop_of(uow, act, waybill.parcel_id) or _incomplete(uow, act, waybill.parcel_id)
    return stop if stop is not None else ship_by_rule(uow, act, waybill, rule)


def locked_waybill(uow: UnitOfWork, raw: str) -> Any:
    """The waybill of a scanned number, its orders locked: a refund that is being stored is waited for, then seen."""
    waybill = find_waybill(uow, raw)
    if waybill is None:
        return None
    lock_orders(uow, orders_in(uow, waybill.parcel_id))
    return find_waybill(uow, raw)


def ship_by_rule(uow: UnitOfWork, act: Act, waybill: Any, rule: KnowledgeRule, unchecked: int = 0) -> Verdict:
    """Ship a parcel that nothing stops, unless the shop's word on it is too old for the rule.

    `unchecked` is how many of its units no scanner has seen.
    """
    age_s = _age_of_knowledge(uow, waybill.parcel_id)
    if age_s > rule.limit_s and rule.on_old is OnOld.ASK:
        # Not written down: the same scan, with the same nonce, is judged again after the shop was asked.
        return Verdict("knowledge.ask", Tone.NOTICE, facts={"age_s": age_s})
    if age_s > rule.limit_s and rule.on_old is OnOld.STOP:
        return answer(uow, act, "knowledge.old", Tone.STOP, parcel_id=waybill.parcel_id, age_s=age_s)
    if take_note(uow, waybill.parcel_id):
        # Told once: the packer has read it, and scans again.
        return answer(uow, act, "note.changed", Tone.STOP, parcel_id=waybill.parcel_id, number=waybill.number)
    return _ship(uow, act, waybill, age_s, is_old=age_s > rule.limit_s, unchecked=unchecked)


def _voided(uow: UnitOfWork, act: Act, parcel_id: int | None, waybill: Any) -> Verdict:
    """A number that was called off; one that a clerk took off a parcel may go onto the one on the desk."""
    if parcel_id is not None and offer(uow.connection, parcel_id, act.raw):
        return _unknown(uow, act, parcel_id)
    return answer(uow, act, "label.voided", Tone.STOP, parcel_id=waybill.parcel_id, number=waybill.number)


def _unknown(uow: UnitOfWork, act: Act, parcel_id: int | None) -> Verdict:
    """No number that any box carries: printed elsewhere for a further box, or for this one, or nobody knows it."""
    if parcel_of_slip(act.raw) is not None:
        return answer(uow, act, "slip.not_now", Tone.WRONG, parcel_id=parcel_id, raw=act.raw)
    order_no = waiting_order(uow.connection, tidied(act.raw))
    if order_no:
        return answer(uow, act, "label.other_box", Tone.WRONG, parcel_id=parcel_id, raw=act.raw, order_no=order_no)
    may_be = {} if parcel_id is None else offer(uow.connection, parcel_id, act.raw)
    tone = Tone.NOTICE if may_be else Tone.WRONG
    return answer(uow, act, "label.unknown", tone, parcel_id=parcel_id, raw=act.raw, **may_be)


def _age_of_knowledge(uow: UnitOfWork, parcel_id: int) -> int:
    """Seconds since the shop last spoke of the order in this parcel of which it has been silent longest.

    Of orders that were entered here we know all there is to know; those of a table cannot be asked about, and the
    desk says when it was written as long as the parcel lies open.
    """
    query = select(func.min(Order.seen_at)).join(Shop, Shop.id == Order.shop_id)
    called = (Order.id.in_(orders_in(uow, parcel_id)), Shop.channel.not_in(UNCALLED))
    seen_at = uow.execute(query.where(*called)).scalar_one()
    return 0 if seen_at is None else int((uow.now - seen_at).total_seconds())


def stop_of(uow: UnitOfWork, act: Act, parcel_id: int) -> Verdict | None:
    """What keeps a parcel here whatever the scanner has seen of its goods; None where nothing does."""
    parcel = uow.execute(select(*Parcel.__table__.c).where(Parcel.id == parcel_id)).one()
    if parcel.state == "shipped":
        facts = {"at": parcel.shipped_at, "by": parcel.shipped_by}
        return answer(uow, act, "parcel.shipped_before", Tone.STOP, parcel_id=parcel_id, **facts)
    if parcel.state == "cancelled":
        return called_off(uow, act, parcel_id)
    if parcel.state == "packing" and parcel.opened_by not in ("", uow.actor.desk):
        facts = {"by": parcel.opened_by, "at": parcel.opened_at}
        return answer(uow, act, "parcel.taken", Tone.STOP, parcel_id=parcel_id, **facts)
    reason = hold_reason(uow, parcel_id)
    if reason:
        return answer(uow, act, "parcel.held", Tone.STOP, parcel_id=parcel_id, reason=reason)
    inside = _withdrawn_inside(uow, parcel_id)
    if inside is not None:
        return answer(uow, act, "line.refunded", Tone.STOP, parcel_id=parcel_id, line_id=inside, whole=False)
    return None


def _incomplete(uow: UnitOfWork, act: Act, parcel_id: int) -> Verdict | None:
    left = lines_left(uow, parcel_id)
    if left:
        units = sum(line.qty - line.verified_qty for line in left)
        return answer(uow, act, "parcel.incomplete", Tone.WRONG, parcel_id=parcel_id, missing=units)
    return None


def _withdrawn_inside(uow: UnitOfWork, parcel_id: int) -> int | None:
    """A refunded line whose units the scanner has seen go into this box and nobody has taken out."""
    query = select(ParcelLine.id).where(*refunded_inside(parcel_id))
    return uow.execute(query.order_by(ParcelLine.id).limit(1)).scalar_one_or_none()


def take_out(uow: UnitOfWork, parcel_id: int, fence: int, line_id: int, act: Act) -> Verdict:
    """The clerk took the refunded line out of the box."""
    seen = repeated(uow, act) or lost(uow, act, parcel_id, fence)
    if seen is not None:
        return seen
    here = (ParcelLine.id == line_id, ParcelLine.parcel_id == parcel_id, ParcelLine.is_withdrawn)
    if uow.count(update(ParcelLine).where(*here).values(verified_qty=0)):
        forget(uow, *here)
        uow.record("parcel.line_taken_out", "parcel", parcel_id)
        settle_parcel(uow, parcel_id)
    return answer(uow, act, "line.withdrawn", Tone.NOTICE, parcel_id=parcel_id, line_id=line_id)


def _ship(uow: UnitOfWork, act: Act, waybill: Any, age_s: int, *, is_old: bool, unchecked: int) -> Verdict:
    parcel_id = waybill.parcel_id
    lines = _lines_inside(uow, parcel_id)
    lacking = _without_stock(uow, lines)
    if lacking:
        # A stocktake took the units away after they were promised: somebody has to look before they leave.
        place_many(uow, [(order_id, "short") for order_id in lacking])
        return answer(uow, act, "parcel.held", Tone.STOP, parcel_id=parcel_id, reason="short")
    ended = stopped_inside(uow, parcel_id)
    if ended is not None:
        return answer(uow, act, ended.code, Tone.STOP, parcel_id=parcel_id, inside=True, **ended.facts)
    here = update(Parcel).where(Parcel.id == parcel_id, Parcel.state.in_(OPEN))
    gone = {
        "state": "shipped",
        "shipped_at": uow.now,
        "shipped_by": uow.actor.desk,
        "opened_by": "",
        "fence": Parcel.fence + 1,
        "awaits_courier": True,
    }
    if uow.count(here.values(**gone)) != 1:
        stop = stop_of(uow, act, parcel_id)
        if stop is not None:
            return stop
        raise RuntimeError("a parcel that can be shipped was not met by its update")
    units = [(line.order_line_id, line.qty) for line in lines]
    consume(uow, units, f"parcel:{parcel_id}", levels_of_batches(uow, parcel_id))
    confirm_by_scan(uow, waybill.id)
    not_seen = {"unchecked": unchecked} if unchecked else {}
    uow.record("parcel.shipped", "parcel", parcel_id, number=waybill.number, knowledge_age_s=age_s, **not_seen)
    done = without_other_boxes(uow, parcel_id, OPEN)
    move_where_possible(uow, done, Event.SHIP)
    tell(uow, [parcel_id], "outbound")
    code = "parcel.shipped_on_old" if is_old else "parcel.shipped"
    return answer(uow, act, code, Tone.SHIPPED, parcel_id=parcel_id, number=waybill.number, age_s=age_s)


def _lines_inside(uow: UnitOfWork, parcel_id: int) -> Sequence[Any]:
    query = select(ParcelLine.order_line_id, ParcelLine.order_id, ParcelLine.qty)
    here = (ParcelLine.parcel_id == parcel_id, ParcelLine.is_withdrawn.is_(False))
    return uow.rows(query.where(*here).order_by(ParcelLine.id))


def _without_stock(uow: UnitOfWork, lines: Sequence[Any]) -> list[int]:
    """Orders whose lines hold fewer confirmed units than are in the box."""
    held = select(Reservation.order_line_id, func.sum(Reservation.qty).label("qty")).where(
        Reservation.order_line_id.in_([line.order_line_id for line in lines]),
        Reservation.state == ClaimState.CONFIRMED.value,
    )
    confirmed = {row.order_line_id: int(row.qty) for row in uow.rows(held.group_by(Reservation.order_line_id))}
    return sorted({line.order_id for line in lines if confirmed.get(line.order_line_id, 0) < line.qty})
