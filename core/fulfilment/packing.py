"""The desk's acts on a parcel: open, verify, undo, weigh, box, leave. Each is one short transaction.

Every act carries a nonce: the same nonce again gives the same answer and changes nothing, so a key that bounced or a
scanner that repeats is harmless. Acts on an open parcel carry its fence: a desk that lost the parcel is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, literal_column, or_, select, text, update
from sqlalchemy.orm import aliased

from core.catalog import queries as catalog
from core.catalog.records import ScannedSku
from core.channels.models import Shop
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.batching import BY_KEY, BY_SCAN, Admission, admit, count_in
from core.fulfilment.foreign import offer
from core.fulfilment.models import Parcel, ParcelLine, Scan
from core.fulfilment.records import Tone, Verdict
from core.fulfilment.slips import parcel_of_slip
from core.fulfilment.states import IS_OPEN, IS_REST, OPEN
from core.fulfilment.views import parcel_view
from core.orders import holds
from core.orders.lifecycle import move_where_possible
from core.orders.models import Order
from core.orders.numbers import ids_called
from core.orders.states import Event
from core.waybills.models import Waybill
from core.waybills.print_queue import want_label

#: more units than any parcel holds: a barcode was read into the quantity
_MOST_UNITS = 1_000_000
#: scans by which units went into a box: their code, their code and a batch that somebody named, or a key
UNITS_CAME = ("goods", "batch", "hand")


@dataclass(frozen=True, slots=True)
class Act:
    """One scan or key: what was read, and the nonce that makes a repeat harmless."""

    kind: str
    raw: str
    nonce: str


def repeated(uow: UnitOfWork, act: Act) -> Verdict | None:
    """The verdict already given under this nonce, None for a new act."""
    row = uow.execute(
        select(Scan.verdict, Scan.parcel_id, Scan.parcel_line_id).where(Scan.nonce == act.nonce)
    ).one_or_none()
    if row is None:
        return None
    view = parcel_view(uow.connection, row.parcel_id) if row.parcel_id is not None else None
    code, _, tone = row.verdict.partition("/")
    return Verdict(code, Tone(tone), view, row.parcel_line_id)


def answer(
    uow: UnitOfWork,
    act: Act,
    code: str,
    tone: Tone,
    *,
    parcel_id: int | None = None,
    line_id: int | None = None,
    qty: int = 0,
    batch_id: int | None = None,
    **facts: object,
) -> Verdict:
    """Write the scan down with its verdict, and give the verdict with the parcel as it is now."""
    row = {
        "nonce": act.nonce,
        "at": uow.now,
        "desk": uow.actor.desk,
        "operator": uow.actor.operator,
        "parcel_id": parcel_id,
        "parcel_line_id": line_id,
        "kind": act.kind,
        "raw": act.raw[:200],
        "qty": qty,
        "batch_id": batch_id,
        "verdict": f"{code}/{tone}",
    }
    uow.insert(Scan, row)
    view = parcel_view(uow.connection, parcel_id) if parcel_id is not None else None
    return Verdict(code, tone, view, line_id, facts)


def open_next(uow: UnitOfWork, act: Act, other_than: int | None = None) -> Verdict:
    """Open the parcel that is due next: earliest deadline, then oldest; waves that were started go first.

    What this desk had open when its program ended comes before all, then the rest of a box that this desk closed
    full: it lies there. `other_than` is the parcel that lies open on the desk now and is put aside.
    """
    seen = repeated(uow, act)
    if seen is not None:
        return seen
    parcel_id = _unfinished(uow, other_than) or _rest_of_own_box(uow) or _due_next(uow)
    if parcel_id is None:
        return answer(uow, act, "nothing.to_pack", Tone.NOTICE)
    return open_parcel(uow, act, parcel_id)


def _unfinished(uow: UnitOfWork, other_than: int | None) -> int | None:
    """The parcel this desk had open when its program ended, verified or not: nobody else could open it."""
    mine = (Parcel.state.in_(("packing", "packed")), text(f"parcel.{IS_OPEN}"), Parcel.opened_by == uow.actor.desk)
    query = select(Parcel.id).where(*mine, Parcel.id != (other_than or 0), _no_hold())
    return uow.execute(query.order_by(Parcel.opened_at).limit(1)).scalar_one_or_none()


def _rest_of_own_box(uow: UnitOfWork) -> int | None:
    return uow.execute(REST_OF_OWN_BOX, {"desk": uow.actor.desk}).scalar_one_or_none()


def _due_next(uow: UnitOfWork) -> int | None:
    for query in NEXT_IN_TURN:
        found = uow.execute(query).scalar_one_or_none()
        if found is not None:
            return int(found)
    return None


def _no_hold() -> Any:
    held = select(ParcelLine.parcel_id).join(Order, Order.id == ParcelLine.order_id).where(Order.hold_reason != "")
    return Parcel.id.not_in(held.where(ParcelLine.parcel_id == Parcel.id).correlate(Parcel))


# The open parcels are named literally, so that SQLite knows its index of them.
#: one parcel under no hold; of two desks that ask at once each gets one of its own
NEXT = select(Parcel.id).where(_no_hold()).limit(literal_column("1")).with_for_update(of=Parcel, skip_locked=True)
#: waits for a desk
WAITING = (Parcel.state == "to_pack", text(f"parcel.{IS_OPEN}"))
_ALONE = (Parcel.wave_id.is_(None), Parcel.wave_seq.is_(None))
#: whose turn it is, as walks of the index one after the other (which parcels, in which order): started waves in their
#: order, then by deadline, at last what has none
TURNS: tuple[tuple[tuple[Any, ...], tuple[Any, ...]], ...] = (
    ((Parcel.wave_id > 0,), (Parcel.wave_id, Parcel.wave_seq, Parcel.ship_by_at, Parcel.id)),
    ((*_ALONE, Parcel.ship_by_at.is_not(None)), (Parcel.ship_by_at, Parcel.id)),
    ((*_ALONE, Parcel.ship_by_at.is_(None)), (Parcel.id,)),
)
#: each walk ends at its first parcel
NEXT_IN_TURN = tuple(NEXT.where(*WAITING, *here).order_by(*order) for here, order in TURNS)


def _rest_query() -> Any:
    box, inside, beside = aliased(Parcel), aliased(ParcelLine), aliased(ParcelLine)
    closed_here = (
        select(box.id)
        .join(beside, beside.parcel_id == box.id)
        .join(inside, inside.order_id == beside.order_id)
        .where(
            inside.parcel_id == Parcel.id,
            box.box_no == Parcel.box_no - 1,
            or_(box.opened_by == bindparam("desk"), box.shipped_by == bindparam("desk")),
        )
        .correlate(Parcel)
    )
    return NEXT.where(text(f"parcel.{IS_REST}"), closed_here.exists()).order_by(Parcel.id)


#: what was left when a desk closed a box full; another desk gets it in its turn
REST_OF_OWN_BOX = _rest_query()


def open_code(uow: UnitOfWork, act: Act) -> Verdict:
    """Open the parcel that a scanned waybill number or order number names."""
    seen = repeated(uow, act)
    if seen is not None:
        return seen
    waybill = find_waybill(uow, act.raw)
    if waybill is not None and waybill.state == "voided":
        return answer(uow, act, "label.voided", Tone.STOP, parcel_id=waybill.parcel_id, number=act.raw)
    if waybill is not None:
        return open_parcel(uow, act, waybill.parcel_id)
    named = _parcels_of_order(uow, act.raw)
    if len(named) > 1:
        # Short numbers are given by every shop anew: whose it is nobody can tell by the number.
        shops = "、".join(dict.fromkeys(row.name for row in named))
        return answer(uow, act, "order.several", Tone.WRONG, raw=act.raw, shops=shops)
    if named:
        return open_parcel(uow, act, named[0].parcel_id)
    sku = catalog.by_scan(uow.connection, act.raw, uow.now)
    if sku is None:
        return answer(uow, act, "code.unknown", Tone.WRONG, raw=act.raw)
    return answer(uow, act, "goods.nothing_open", Tone.WRONG, **facts_of(sku))


def take_over(uow: UnitOfWork, parcel_id: int, fence: int, act: Act) -> Verdict:
    """Open a parcel that lies open at another desk; that desk is refused from then on.

    `fence` is the one the clerk was told of: where anything has happened to the parcel since, it is judged anew.
    """
    seen = repeated(uow, act)
    return seen if seen is not None else open_parcel(uow, act, parcel_id, over=fence)


def ways_to_write(raw: str) -> tuple[set[str], set[str]]:
    """The numbers that a scanned or typed one may mean: those written exactly so, and all of them."""
    number = raw.replace(" ", "")
    exact = {number, number.upper()}
    return exact, exact | {number.upper().split("-", 1)[0]}


def find_waybill(uow: UnitOfWork, raw: str) -> Any:
    """The waybill a scanned number belongs to: spaces dropped, upper case, JD's `-n-m-` suffix taken off.

    A number written exactly so goes first, then a valid one before one that was called off.
    """
    exact, numbers = ways_to_write(raw)
    query = select(Waybill.id, Waybill.parcel_id, Waybill.state, Waybill.number, Waybill.carrier_code)
    rank = (Waybill.number.not_in(exact), Waybill.state != "obtained", Waybill.id.desc())
    return uow.execute(query.where(Waybill.number.in_(numbers)).order_by(*rank).limit(1)).one_or_none()


def _parcels_of_order(uow: UnitOfWork, number: str) -> Sequence[Any]:
    """The parcel of the order with this number; those of several shops where it stands for an order of each."""
    query = (
        select(ParcelLine.parcel_id, Order.shop_id, Shop.name, Parcel.state)
        .join(Order, Order.id == ParcelLine.order_id)
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .join(Shop, Shop.id == Order.shop_id)
        .where(Order.id.in_(ids_called(number)))
        .order_by(Parcel.state.not_in(OPEN), Parcel.state == "packed", Parcel.state == "cancelled", Parcel.id)
    )
    rows = uow.execute(query).all()
    # What left long ago is not meant where something waits.
    waiting = [row for row in rows if row.state in OPEN]
    first: dict[int, Any] = {}
    for row in waiting or rows:
        first.setdefault(row.shop_id, row)
    return [first[shop_id] for shop_id in sorted(first)]


def open_parcel(uow: UnitOfWork, act: Act, parcel_id: int, over: int | None = None) -> Verdict:
    """Open a parcel for this desk; from another desk it is taken only at the fence `over`."""
    row = uow.execute(select(*Parcel.__table__.c).where(Parcel.id == parcel_id)).one()
    if row.state == "shipped":
        facts = {"at": row.shipped_at, "by": row.shipped_by}
        return answer(uow, act, "parcel.shipped_before", Tone.STOP, parcel_id=parcel_id, **facts)
    if row.state == "cancelled":
        return called_off(uow, act, parcel_id)
    reason = hold_reason(uow, parcel_id)
    if reason:
        return answer(uow, act, "parcel.held", Tone.STOP, parcel_id=parcel_id, reason=reason)
    is_theirs = row.opened_by not in ("", uow.actor.desk)
    if is_theirs and row.fence != over:
        facts = {"by": row.opened_by, "at": row.opened_at}
        return answer(uow, act, "parcel.taken", Tone.STOP, parcel_id=parcel_id, **facts)
    # The old owner is part of the condition: of two desks that scan at once one meets the row, the other does not.
    mine = update(Parcel).where(Parcel.id == parcel_id, Parcel.fence == row.fence, Parcel.state.in_(OPEN))
    state = "packing" if row.state == "to_pack" else row.state
    opened = {"state": state, "opened_by": uow.actor.desk, "opened_at": uow.now, "fence": row.fence + 1}
    if uow.count(mine.values(**opened)) != 1:
        return open_parcel(uow, act, parcel_id, over)
    if is_theirs:
        uow.record("parcel.taken_over", "parcel", parcel_id, from_desk=row.opened_by)
    else:
        uow.record("parcel.opened", "parcel", parcel_id)
    move_where_possible(uow, orders_in(uow, parcel_id), Event.OPEN)
    settle_parcel(uow, parcel_id)
    code = "parcel.taken_over" if is_theirs else "parcel.opened"
    facts = {"by": row.opened_by} if is_theirs else {}
    return answer(uow, act, code, Tone.NOTICE if is_theirs else Tone.UNIT, parcel_id=parcel_id, **facts)


def called_off(uow: UnitOfWork, act: Act, parcel_id: int) -> Verdict:
    """The verdict on a cancelled parcel: refunded, or changed or joined and coming back as another parcel."""
    if not orders_in(uow, parcel_id):
        return answer(uow, act, "parcel.recalled", Tone.STOP, parcel_id=parcel_id)
    orders = select(ParcelLine.order_id).where(ParcelLine.parcel_id == parcel_id)
    alive = select(Order.id).where(Order.id.in_(orders), Order.fulfilment != "cancelled").limit(1)
    goods = select(ParcelLine.id).where(ParcelLine.parcel_id == parcel_id, ParcelLine.is_withdrawn.is_(False))
    if uow.execute(alive).first() is not None and uow.execute(goods.limit(1)).first() is not None:
        return answer(uow, act, "parcel.recalled", Tone.STOP, parcel_id=parcel_id)
    return answer(uow, act, "line.refunded", Tone.STOP, parcel_id=parcel_id, whole=True)


def hold_reason(uow: UnitOfWork, parcel_id: int) -> str:
    """The hold that stops a parcel, empty when none does."""
    inside = select(ParcelLine.order_id).where(ParcelLine.parcel_id == parcel_id)
    query = select(Order.hold_reason).where(Order.id.in_(inside), Order.hold_reason != "").limit(1)
    return uow.execute(query).scalar_one_or_none() or ""


def orders_in(uow: UnitOfWork, parcel_id: int) -> tuple[int, ...]:
    """Ids of the orders in a parcel."""
    rows = uow.rows(select(ParcelLine.order_id).where(ParcelLine.parcel_id == parcel_id).distinct())
    return tuple(sorted(row.order_id for row in rows))


def lost(uow: UnitOfWork, act: Act, parcel_id: int, fence: int) -> Verdict | None:
    """A verdict when this desk may not act on the parcel: another desk has it, it was called off, or it is held."""
    row = uow.execute(
        select(Parcel.state, Parcel.fence, Parcel.opened_by, Parcel.opened_at).where(Parcel.id == parcel_id)
    ).one()
    if row.state == "cancelled":
        return called_off(uow, act, parcel_id)
    if row.fence != fence or row.opened_by != uow.actor.desk:
        facts = {"by": row.opened_by, "at": row.opened_at}
        return answer(uow, act, "parcel.lost", Tone.STOP, parcel_id=parcel_id, **facts)
    reason = hold_reason(uow, parcel_id)
    if reason:
        return answer(uow, act, "parcel.held", Tone.STOP, parcel_id=parcel_id, reason=reason)
    return None


def scan_goods(uow: UnitOfWork, parcel_id: int, fence: int, act: Act, qty: int, batch: str = "") -> Verdict:
    """Verify one unit, a carton's units, or `qty` units of what the code stands for.

    `batch` is what the clerk says of goods that are kept by batch and whose code does not say it.
    """
    seen = repeated(uow, act) or lost(uow, act, parcel_id, fence)
    if seen is not None:
        return seen
    sku = catalog.by_scan(uow.connection, act.raw.strip(), uow.now)
    if sku is None:
        return _no_goods(uow, act, parcel_id)
    lines = _lines_for(uow, parcel_id, sku)
    if not lines:
        return _wrong_item(uow, act, parcel_id, sku)
    units = qty * sku.unit_qty
    if not 1 <= units <= sum(line.qty - line.verified_qty for line in lines):
        return verify_line(uow, act, lines[0], units)
    parts = _shared_out(lines, units)
    batch_id = None
    if sku.is_batch_managed:
        admission = admit(uow, parcel_id, sku, parts, batch)
        batch_id = admission.batch_id
        if batch_id is None:
            return not_admitted(uow, act, parcel_id, parts[0][0].id, sku, admission)
    for line, part in parts[:-1]:
        verify_line(uow, Act(act.kind, act.raw, f"{act.nonce}/{line.id}"), line, part, batch_id)
    return verify_line(uow, act, *parts[-1], batch_id)


def _shared_out(lines: Sequence[Any], units: int) -> list[tuple[Any, int]]:
    """Lines with the units that go into each: a carton may fill what was bought and the gift of the same SKU."""
    parts: list[tuple[Any, int]] = []
    for line in lines:
        part = min(units, line.qty - line.verified_qty)
        units -= part
        if part:
            parts.append((line, part))
    return parts


def not_admitted(
    uow: UnitOfWork, act: Act, parcel_id: int | None, line_id: int | None, sku: ScannedSku, admission: Admission
) -> Verdict:
    """The verdict on goods whose batch may not go into the box, or has to be said first."""
    usual = Tone.NOTICE if admission.code == "batch.ask" else Tone.WRONG
    tone = Tone.STOP if admission.is_stop else usual
    facts = {**facts_of(sku), **admission.facts}
    return answer(uow, act, admission.code, tone, parcel_id=parcel_id, line_id=line_id, **facts)


def _no_goods(uow: UnitOfWork, act: Act, parcel_id: int) -> Verdict:
    """Not the code of any goods: a label that was scanned too early is told apart from a code nobody knows."""
    if parcel_of_slip(act.raw) is not None:
        return answer(uow, act, "slip.not_now", Tone.WRONG, parcel_id=parcel_id, raw=act.raw)
    waybill = find_waybill(uow, act.raw)
    may_be = offer(uow.connection, parcel_id, act.raw)
    if waybill is None or may_be:
        return answer(uow, act, "code.unknown", Tone.WRONG, parcel_id=parcel_id, raw=act.raw, **may_be)
    code = "parcel.incomplete" if waybill.parcel_id == parcel_id else "label.not_now"
    facts = {"number": waybill.number, "missing": _missing(uow, parcel_id)}
    return answer(uow, act, code, Tone.WRONG, parcel_id=parcel_id, **facts)


def confirm_by_hand(
    uow: UnitOfWork, parcel_id: int, fence: int, line_id: int, act: Act, qty: int, batch: str = ""
) -> Verdict:
    """Verify units of goods that carry no barcode, by key and picture; `batch` as in `scan_goods`."""
    seen = repeated(uow, act) or lost(uow, act, parcel_id, fence)
    if seen is not None:
        return seen
    line = uow.execute(line_query(parcel_id).where(ParcelLine.id == line_id)).one_or_none()
    if line is None or line.is_withdrawn:
        return answer(uow, act, "line.refunded", Tone.STOP, parcel_id=parcel_id, line_id=line_id, whole=False)
    batch_id = None
    sku = catalog.scanned_as(uow.connection, line.sku_id)
    if sku.is_batch_managed and 1 <= qty <= line.qty - line.verified_qty:
        admission = admit(uow, parcel_id, sku, [(line, qty)], batch)
        batch_id = admission.batch_id
        if batch_id is None:
            return not_admitted(uow, act, parcel_id, line_id, sku, admission)
    verdict = verify_line(uow, act, line, qty, batch_id)
    if verdict.tone is not Tone.WRONG:
        uow.execute(update(ParcelLine).where(ParcelLine.id == line_id).values(is_confirmed_by_hand=True))
    return verdict


def line_query(parcel_id: int) -> Any:
    """The lines of a parcel, as far as they are counted."""
    columns = (ParcelLine.id, ParcelLine.parcel_id, ParcelLine.qty, ParcelLine.verified_qty, ParcelLine.is_withdrawn)
    whose = (ParcelLine.order_line_id, ParcelLine.order_id, ParcelLine.sku_id)
    return select(*columns, *whose).where(ParcelLine.parcel_id == parcel_id)


def _lines_for(uow: UnitOfWork, parcel_id: int, sku: ScannedSku) -> Sequence[Any]:
    """The lines a unit of this SKU may belong to: those that still miss units first, each in its order."""
    query = line_query(parcel_id).where(ParcelLine.sku_id == sku.sku_id, ParcelLine.is_withdrawn.is_(False))
    full = ParcelLine.verified_qty >= ParcelLine.qty
    return list(uow.execute(query.order_by(full, ParcelLine.id)).all())


def _wrong_item(uow: UnitOfWork, act: Act, parcel_id: int, sku: ScannedSku) -> Verdict:
    withdrawn = select(ParcelLine.id).where(ParcelLine.parcel_id == parcel_id, ParcelLine.sku_id == sku.sku_id)
    line_id = uow.execute(withdrawn).scalars().first()
    code, tone = ("line.refunded", Tone.STOP) if line_id is not None else ("item.wrong", Tone.WRONG)
    facts = facts_of(sku)
    return answer(uow, act, code, tone, parcel_id=parcel_id, line_id=line_id, whole=False, **facts)


def facts_of(sku: ScannedSku) -> dict[str, Any]:
    """What a sentence says of goods."""
    return {"sku_id": sku.sku_id, "sku": sku.code, "name": sku.short_name or sku.name, "spec": sku.spec}


def verify_line(uow: UnitOfWork, act: Act, line: Any, units: int, batch_id: int | None = None) -> Verdict:
    """Count units into a row of `line_query`, if they go into it; `batch_id` is theirs, where it was said."""
    here = (ParcelLine.id == line.id, ParcelLine.verified_qty + units <= ParcelLine.qty)
    added = update(ParcelLine).where(*here).values(verified_qty=ParcelLine.verified_qty + units)
    if not 1 <= units <= _MOST_UNITS or uow.count(added) != 1:
        facts = {"missing": line.qty - line.verified_qty, "units": units}
        return answer(uow, act, "item.too_many", Tone.WRONG, parcel_id=line.parcel_id, line_id=line.id, **facts)
    if batch_id is not None:
        count_in(uow, line.id, batch_id, how_of(act.kind), units)
    uow.changed("parcel", line.parcel_id)
    facts = {"parcel_id": line.parcel_id, "line_id": line.id, "qty": units, "batch_id": batch_id}
    if settle_parcel(uow, line.parcel_id):
        return answer(uow, act, "parcel.complete", Tone.COMPLETE, **facts)
    full = line.verified_qty + units == line.qty
    code, tone = ("line.ok", Tone.LINE) if full else ("unit.ok", Tone.UNIT)
    return answer(uow, act, code, tone, **facts)


def how_of(kind: str) -> str:
    """Who said the batch: only the goods' own code is a scan of it."""
    return BY_SCAN if kind == "goods" else BY_KEY


def _missing(uow: UnitOfWork, parcel_id: int) -> int:
    left = func.coalesce(func.sum(ParcelLine.qty - ParcelLine.verified_qty), 0)
    here = (ParcelLine.parcel_id == parcel_id, ParcelLine.is_withdrawn.is_(False))
    return int(uow.execute(select(left).where(*here)).scalar_one())


def settle_parcel(uow: UnitOfWork, parcel_id: int) -> bool:
    """Count an open parcel as packed once nothing is missing and nothing refunded is inside; want its label then.

    The last unit need not be a scan: the line that was missing may have been refunded or taken out.
    """
    parcel = uow.execute(select(Parcel.state, Parcel.opened_by).where(Parcel.id == parcel_id)).one()
    if parcel.state != "packing" or _missing(uow, parcel_id):
        return False
    if uow.rows(select(ParcelLine.id).where(*refunded_inside(parcel_id)).limit(1)):
        return False
    packed = {"state": "packed", "packed_at": uow.now}
    if uow.count(update(Parcel).where(Parcel.id == parcel_id, Parcel.state == "packing").values(**packed)) != 1:
        return False
    uow.record("parcel.packed", "parcel", parcel_id)
    move_where_possible(uow, without_other_boxes(uow, parcel_id, ("to_pack", "packing")), Event.PACK)
    want_label_of(uow, parcel_id, parcel.opened_by)
    return True


def refunded_inside(parcel_id: int) -> tuple[Any, ...]:
    """Picks the refunded lines whose units the scanner saw go into the box and nobody has taken out."""
    return (ParcelLine.parcel_id == parcel_id, ParcelLine.is_withdrawn, ParcelLine.verified_qty > 0)


def without_other_boxes(uow: UnitOfWork, parcel_id: int, states: Sequence[str]) -> tuple[int, ...]:
    """Orders of a parcel that have no other box in one of these states: only they move on with it."""
    mine = orders_in(uow, parcel_id)
    query = select(ParcelLine.order_id).join(Parcel, Parcel.id == ParcelLine.parcel_id)
    here = (ParcelLine.order_id.in_(mine), Parcel.id != parcel_id, Parcel.state.in_(states))
    waiting = {row.order_id for row in uow.rows(query.where(*here).distinct())}
    return tuple(order_id for order_id in mine if order_id not in waiting)


def want_label_of(uow: UnitOfWork, parcel_id: int, desk: str = "") -> int | None:
    """Queue the label of a parcel whose number is there; otherwise the arrival of the number does it.

    Nothing for a number that was printed elsewhere.

    `desk`: whose printer; empty for the desk that acts.
    """
    ours = (Waybill.state == "obtained", Waybill.is_foreign.is_(False))
    query = select(Waybill.id).where(Waybill.parcel_id == parcel_id, *ours)
    waybill_id = uow.execute(query).scalar_one_or_none()
    return None if waybill_id is None else want_label(uow, waybill_id, desk or uow.actor.desk)


def leave(uow: UnitOfWork, parcel_id: int, fence: int) -> None:
    """Put the parcel aside: what was verified stays, any desk may open it again."""
    mine = (Parcel.id == parcel_id, Parcel.fence == fence)
    state = select(Parcel.state).where(*mine)
    kept = {"packing": "to_pack", "packed": "packed"}.get(uow.execute(state).scalar_one_or_none() or "")
    if kept is None:
        return
    if uow.count(update(Parcel).where(*mine).values(state=kept, opened_by="", fence=fence + 1)):
        uow.record("parcel.left", "parcel", parcel_id)
        if kept == "to_pack":
            move_where_possible(uow, orders_in(uow, parcel_id), Event.LEAVE)


def exception(uow: UnitOfWork, parcel_id: int, fence: int, reason: str, act: Act) -> Verdict:
    """Something is wrong with the goods: hold the orders with the clerk's words and free the desk."""
    seen = repeated(uow, act) or lost(uow, act, parcel_id, fence)
    if seen is not None:
        return seen
    holds.place_many(uow, [(order_id, "desk_exception") for order_id in orders_in(uow, parcel_id)], note=reason)
    leave(uow, parcel_id, fence)
    return answer(uow, act, "parcel.parked", Tone.NOTICE, parcel_id=parcel_id, reason=reason)


def lines_left(uow: UnitOfWork, parcel_id: int) -> Sequence[Any]:
    """Lines with units that are not in the box yet."""
    query = select(*ParcelLine.__table__.c).where(ParcelLine.parcel_id == parcel_id)
    left = (ParcelLine.is_withdrawn.is_(False), ParcelLine.verified_qty < ParcelLine.qty)
    return uow.rows(query.where(*left).order_by(ParcelLine.id))
