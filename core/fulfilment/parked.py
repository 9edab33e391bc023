"""Parcels that were set aside at a desk: which they are, what they lack, and how one goes on."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import func, select, text, update
from sqlalchemy.engine import Connection

from core.catalog import queries as catalog
from core.catalog.models import Sku
from core.catalog.records import ScannedSku
from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.batching import expected_batch, forget_one
from core.fulfilment.models import Parcel, ParcelLine, Scan
from core.fulfilment.packing import Act, answer, exception, lost, open_parcel, orders_in, repeated
from core.fulfilment.records import MissingRow, ParkedRow, Tone, Verdict
from core.fulfilment.slips import slip_of
from core.fulfilment.states import OPEN
from core.inventory.batches import tidy_batch
from core.inventory.breaking import set_aside
from core.inventory.models import Movement, Reservation, StockLevel
from core.inventory.states import WANTING
from core.orders import holds
from core.orders.lifecycle import move_where_possible
from core.orders.models import SHOWN_NO, Hold, Order, OrderLine
from core.orders.states import Event
from core.runtime.ids import OrderLineId

#: the hold of everything that was set aside at a desk
PARKED: Final = "desk_exception"
SHORT: Final = "short"
DAMAGED: Final = "damaged"
#: these end with the goods, and whoever packs sees that they are there; the others want a person's word first
_ENDS_WITH_GOODS: Final = frozenset({SHORT, DAMAGED, "wrong_goods", "other"})
_MOST_LISTED: Final = 200


# --- looking --------------------------------------------------------------------------------------------------------

# Held orders are few and have an index of their own, named by these very words.
_HELD = text("orders.hold_reason <> ''")
_PARKED = (
    select(
        Parcel.id,
        Parcel.warehouse_id,
        SHOWN_NO,
        Hold.note,
        Hold.placed_at,
        Hold.placed_by,
    )
    .select_from(Order)
    .join(Hold, Hold.order_id == Order.id)
    .join(ParcelLine, ParcelLine.order_id == Order.id)
    .join(Parcel, Parcel.id == ParcelLine.parcel_id)
    .where(
        _HELD,
        Hold.reason == PARKED,
        Hold.released_at.is_(None),
        Parcel.state.in_(OPEN),
    )
    .distinct()
    .order_by(Hold.placed_at, Parcel.id, SHOWN_NO)
    .limit(_MOST_LISTED)
)
_LACKING = (
    select(
        ParcelLine.parcel_id,
        ParcelLine.order_line_id,
        ParcelLine.sku_id,
        Sku.code,
        Sku.short_name,
        Sku.name,
        (ParcelLine.qty - ParcelLine.verified_qty).label("qty"),
    )
    .join(Sku, Sku.id == ParcelLine.sku_id)
    .where(
        ParcelLine.parcel_id.in_(id_set("ids")),
        ParcelLine.is_withdrawn.is_(False),
        ParcelLine.verified_qty < ParcelLine.qty,
    )
    .order_by(ParcelLine.id)
)
_PARKED_AT = (
    select(Scan.parcel_id, Scan.desk)
    .where(Scan.parcel_id.in_(id_set("ids")), Scan.kind == "exception")
    .order_by(Scan.id)
)


def parked(
    connection: Connection, parcel_id: int | None = None, *, sku_id: int | None = None
) -> tuple[ParkedRow, ...]:
    """What was set aside and has not gone on, the oldest first; or one parcel alone, or those that lack a SKU."""
    query = _PARKED if parcel_id is None else _PARKED.where(Parcel.id == parcel_id)
    groups: dict[int, list[Any]] = {}
    for row in connection.execute(query):
        groups.setdefault(row.id, []).append(row)
    ids = {"ids": packed_ids(sorted(groups))}
    lacking: dict[int, list[Any]] = {}
    for line in connection.execute(_LACKING, ids):
        lacking.setdefault(line.parcel_id, []).append(line)
    if sku_id is not None:
        # Before each is judged, which asks the stock: this runs within the bookings of a busy shelf.
        lack = {one for one, lines in lacking.items() if any(line.sku_id == sku_id for line in lines)}
        groups = {one: rows for one, rows in groups.items() if one in lack}
    desks = {row.parcel_id: row.desk for row in connection.execute(_PARKED_AT, ids)}
    return tuple(
        _row(connection, rows, lacking.get(parcel_id, ()), desks.get(parcel_id, ""))
        for parcel_id, rows in groups.items()
    )


def ready_with(connection: Connection, sku_id: int) -> tuple[str, ...]:
    """Slips of the parked parcels that lacked this SKU and can go on."""
    return tuple(row.slip for row in parked(connection, sku_id=sku_id) if row.can_go_on)


def _row(connection: Connection, rows: Sequence[Any], lacking: Sequence[Any], desk: str) -> ParkedRow:
    first = rows[0]
    return ParkedRow(
        parcel_id=first.id,
        slip=slip_of(first.id),
        order_nos=tuple(dict.fromkeys(row.order_no for row in rows)),
        reason=first.note,
        at=first.placed_at,
        operator=first.placed_by,
        desk=desk,
        missing=tuple(MissingRow(line.sku_id, line.code, line.short_name or line.name, line.qty) for line in lacking),
        can_go_on=_have_come(connection, first, lacking),
    )


def _have_come(connection: Connection, parked_row: Any, lacking: Sequence[Any]) -> bool:
    """Whether the goods it waited for are there.

    Of broken goods the books know: another unit is promised to the line. Where the shelf was empty although the books
    had units, only what came in since then tells anything.
    """
    if parked_row.note not in (SHORT, DAMAGED):
        return False
    short = select(Reservation.id).where(
        Reservation.order_line_id.in_([line.order_line_id for line in lacking]),
        Reservation.state.in_([state.value for state in WANTING]),
    )
    if connection.execute(short.limit(1)).first() is not None:
        return False
    if parked_row.note == DAMAGED:
        return True
    wanted: dict[int, int] = {}
    for line in lacking:
        wanted[line.sku_id] = wanted.get(line.sku_id, 0) + line.qty
    came = (
        select(StockLevel.sku_id, func.sum(Movement.qty).label("qty"))
        .join(StockLevel, StockLevel.id == Movement.level_id)
        .where(
            StockLevel.warehouse_id == parked_row.warehouse_id,
            StockLevel.sku_id.in_(wanted),
            Movement.at > parked_row.placed_at,
            Movement.qty > 0,
        )
        .group_by(StockLevel.sku_id)
    )
    since = {row.sku_id: int(row.qty) for row in connection.execute(came)}
    return bool(wanted) and all(since.get(sku_id, 0) >= qty for sku_id, qty in wanted.items())


# --- going on -------------------------------------------------------------------------------------------------------


def open_parked(uow: UnitOfWork, parcel_id: int, act: Act) -> Verdict:
    """Open the parcel of a scanned slip again; what still keeps it is said instead.

    A parcel that is not parked (any more) opens, or is refused, as by its number.
    """
    seen = repeated(uow, act)
    if seen is not None:
        return seen
    state = uow.execute(select(Parcel.state).where(Parcel.id == parcel_id)).scalar_one_or_none()
    if state is None:
        return answer(uow, act, "code.unknown", Tone.WRONG, raw=act.raw)
    if state in ("shipped", "cancelled"):
        # Its orders may go on in another parcel, under a hold of their own.
        return open_parcel(uow, act, parcel_id)
    orders = orders_in(uow, parcel_id)
    holds.lock_orders(uow, orders)
    standing = _standing(uow, orders)
    notes = {note for reason, note in standing if reason == PARKED}
    others = {reason for reason, _note in standing} - {PARKED}
    waits_for = next(iter(notes - _ENDS_WITH_GOODS), "")
    if waits_for:
        return answer(uow, act, "parcel.held", Tone.STOP, parcel_id=parcel_id, reason=waits_for)
    if notes and others == {SHORT}:
        return answer(uow, act, "parcel.waits", Tone.NOTICE, parcel_id=parcel_id, lacking=_lacking(uow, parcel_id))
    if notes and not others:
        for order_id in orders:
            holds.release(uow, order_id, [PARKED])
    return open_parcel(uow, act, parcel_id)


def _standing(uow: UnitOfWork, orders: Sequence[int]) -> set[tuple[str, str]]:
    query = select(Hold.reason, Hold.note).where(Hold.order_id.in_(orders), Hold.released_at.is_(None))
    return {(row.reason, row.note) for row in uow.rows(query)}


def _lacking(uow: UnitOfWork, parcel_id: int) -> str:
    rows = uow.execute(_LACKING, {"ids": packed_ids([parcel_id])}).all()
    return ", ".join(f"{row.short_name or row.name} × {row.qty}" for row in rows)


# --- broken goods ---------------------------------------------------------------------------------------------------


def damaged(uow: UnitOfWork, parcel_id: int, fence: int, line_id: int | None, act: Act) -> Verdict:
    """A unit is broken: book it into quarantine and ask for another; where there is none, set the parcel aside.

    The unit is named by its barcode (`act.raw`) or by its line.
    """
    seen = repeated(uow, act) or lost(uow, act, parcel_id, fence)
    if seen is not None:
        return seen
    sku = None if line_id is not None else catalog.by_scan(uow.connection, act.raw, uow.now)
    line = _line_of(uow, parcel_id, line_id, sku)
    if line is None:
        return answer(uow, act, "unit.not_here", Tone.WRONG, parcel_id=parcel_id, raw=act.raw)
    said = tidy_batch(sku.label.batch) if sku is not None and sku.label is not None else ""
    batch = _take_back(uow, parcel_id, line, said)
    broken = set_aside(uow, OrderLineId(line.order_line_id), line.sku_id, DAMAGED, act.nonce, batch)
    uow.record("parcel.unit_damaged", "parcel", parcel_id, sku_id=line.sku_id)
    if broken.short_lines:
        others = select(OrderLine.order_id).where(OrderLine.id.in_(broken.short_lines)).distinct()
        holds.place_many(uow, [(order_id, SHORT) for order_id in uow.execute(others).scalars()])
    if broken.has_another:
        return answer(uow, act, "unit.damaged", Tone.NOTICE, parcel_id=parcel_id, line_id=line.id)
    verdict = exception(uow, parcel_id, fence, DAMAGED, Act("exception", "", act.nonce))
    holds.place_many(uow, [(line.order_id, SHORT)])
    return verdict


def _line_of(uow: UnitOfWork, parcel_id: int, line_id: int | None, sku: ScannedSku | None) -> Any:
    here = [ParcelLine.parcel_id == parcel_id, ParcelLine.is_withdrawn.is_(False)]
    if line_id is not None:
        here.append(ParcelLine.id == line_id)
    elif sku is not None:
        here.append(ParcelLine.sku_id == sku.sku_id)
    else:
        return None
    # One that still misses units first: the broken one was just picked for it.
    query = select(*ParcelLine.__table__.c).where(*here)
    return uow.execute(
        query.order_by(ParcelLine.verified_qty >= ParcelLine.qty, ParcelLine.id).limit(1)
    ).one_or_none()


def _take_back(uow: UnitOfWork, parcel_id: int, line: Any, said: str) -> str | None:
    """A unit that the scanner has seen go in comes out again, where the line has no other to give.

    Gives the broken unit's batch: as its code says, else of what came out, else what was to go in next.
    """
    if line.verified_qty < line.qty:
        return said or expected_batch(uow, line.id, line.order_line_id)
    uow.execute(update(ParcelLine).where(ParcelLine.id == line.id).values(verified_qty=line.verified_qty - 1))
    batch = forget_one(uow, line.id, said)
    back = update(Parcel).where(Parcel.id == parcel_id, Parcel.state == "packed")
    if uow.count(back.values(state="packing", packed_at=None)):
        move_where_possible(uow, orders_in(uow, parcel_id), Event.UNPACK)
    return said or batch
