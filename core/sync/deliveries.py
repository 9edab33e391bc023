"""The outbox as a person reads it: what is to be told to whom, how far it got, and for which orders."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, not_, select

from core.db import outbox
from core.db.models import Outbox
from core.db.sets import id_set, packed_ids
from core.fulfilment.models import ParcelLine
from core.fulfilment.telling import CONFIRM, SWITCHED_OFF, TOLD_OTHER
from core.orders.models import SHOWN_NO, Order
from core.orders.noting import NOTE_CHANGED
from core.sync import conflicts, further_parcels
from core.sync.lane_names import lane_names
from core.sync.troubles import trouble_in
from core.waybills.models import Waybill
from core.waybills.numbers import NUMBER_TAKEN

#: filters of the list: whose number is right has to be said, not delivered for good, on its way, delivered
DELIVERY_PILES: Final = ("conflict", "failed", "waiting", "done")
_WAITING: Final = ("waiting", "leased")
_OPEN: Final = (*_WAITING, "failed")


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One thing to be told to the outside.

    Attributes:
        lane: who is told, as the outbox has it; `target` is the name of that shop or carrier.
        state: waiting | leased | done | failed.
        trouble: why it is not through: `` | later (it is tried again) | defect | unknown_kind | number_taken |
            told_other (the shop knows a number of ours and takes no new one) | switched_off (its owner has switched
            the telling off) | note_changed (somebody wrote another note there meanwhile) | a topic of
            `core.sync.troubles`.
        last_error: what the other side said, in its own words.
        code_said: the other side's code for it; blank where it gave none.
        is_conflict: somebody has to say whose number is right.
        theirs: the numbers the shop has for a parcel in conflict, as far as it told them.
        may_replace: ours can be put in the place of theirs from here.
        is_kept_here: the shop takes one number for an order and has `theirs`, of another parcel of ours; done.
        order_nos: the orders it is about.
    """

    id: int
    kind: str
    lane: str
    target: str
    state: str
    attempts: int
    trouble: str
    last_error: str
    created_at: datetime
    not_before_at: datetime
    done_at: datetime | None
    waybill_no: str
    order_nos: tuple[str, ...]
    code_said: str = ""
    is_conflict: bool = False
    theirs: tuple[str, ...] = ()
    may_replace: bool = False
    is_kept_here: bool = False


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Rows, newest first, and the id after which the next page starts (None at the end)."""

    rows: tuple[DeliveryRow, ...]
    next_after: int | None


def delivery_page(connection: Connection, pile: str, after: int | None, limit: int) -> DeliveryPage:
    """A page of one pile, newest first."""
    query = select(*Outbox.__table__.c).order_by(Outbox.id.desc()).limit(limit + 1)
    if pile == "done":
        # Nearly everything is done: said this way the newest are read from the end, and no index is sorted.
        query = query.where(Outbox.state.not_in(_OPEN))
    elif pile == "conflict":
        query = query.where(conflicts.is_conflict())
    elif pile == "failed":
        query = query.where(Outbox.state == "failed", not_(conflicts.is_conflict()))
    else:
        query = query.where(Outbox.state.in_(_WAITING))
    if after is not None:
        query = query.where(Outbox.id < after)
    found: Sequence[Any] = connection.execute(query).all()
    rows = _rows(connection, found[:limit])
    return DeliveryPage(rows, rows[-1].id if len(found) > limit else None)


def delivery(connection: Connection, row_id: int) -> DeliveryRow | None:
    """One row again."""
    found = connection.execute(select(*Outbox.__table__.c).where(Outbox.id == row_id)).all()
    return next(iter(_rows(connection, found)), None)


def delivery_counts(connection: Connection) -> Mapping[str, int]:
    """How many wait, failed or are in conflict; what is done is not counted, it only grows."""
    conflict = select(func.count()).select_from(Outbox).where(conflicts.is_conflict())
    counts = {"waiting": 0, "failed": 0, "conflict": int(connection.execute(conflict).scalar_one())}
    for states in outbox.counts(connection).values():
        for state, number in states.items():
            counts["failed" if state == "failed" else "waiting"] += number
    counts["failed"] -= counts["conflict"]
    return counts


def _rows(connection: Connection, found: Sequence[Any]) -> tuple[DeliveryRow, ...]:
    waybills = _numbers(connection, [int(row.payload["waybill_id"]) for row in found if "waybill_id" in row.payload])
    parcels = {row.id: _parcel_of(row.payload, waybills) for row in found}
    order_nos = _order_nos(connection, [parcel for parcel in parcels.values() if parcel is not None])
    own = _own_order_nos(connection, [int(row.payload["order_id"]) for row in found if "order_id" in row.payload])
    targets = lane_names(connection) if found else {}
    rows = []
    for row in found:
        parcel = parcels[row.id]
        waybill = waybills.get(int(row.payload.get("waybill_id", 0)))
        # A row that names its order is about that one alone, whatever else lies in the parcel.
        named = own.get(int(row.payload.get("order_id", 0)))
        said = trouble_in(row.last_error)
        is_kept_here = bool(row.payload.get(further_parcels.IS_KEPT_HERE))
        is_conflict = row.state == "failed" and said is not None and said.code in conflicts.CODES
        rows.append(
            DeliveryRow(
                id=row.id,
                kind=row.kind,
                lane=row.lane,
                target=targets.get(row.lane, row.lane),
                state=row.state,
                attempts=row.attempts,
                trouble=trouble_word(row.state, row.last_error or ""),
                last_error="" if said is None else said.words,
                created_at=row.created_at,
                not_before_at=row.not_before_at,
                done_at=row.done_at,
                waybill_no="" if waybill is None else waybill[1],
                order_nos=(named,) if named else order_nos.get(parcel or 0, ()),
                code_said="" if said is None else said.code,
                is_conflict=is_conflict and row.kind == CONFIRM,
                theirs=tuple(row.payload.get(conflicts.THEIRS, ())) if is_conflict or is_kept_here else (),
                may_replace=is_conflict and bool(row.payload.get(conflicts.MAY_REPLACE)),
                is_kept_here=is_kept_here,
            )
        )
    return tuple(rows)


#: what this program says itself, without one of the kinds of `core.sync.troubles`
_WORDS: Final = ((NUMBER_TAKEN, "number_taken"), ("defect:", "defect"), ("unknown kind", "unknown_kind"))


def trouble_word(state: str, error: str) -> str:
    """Why a delivery is not through, as `DeliveryRow.trouble`, from its state and what was kept of its error."""
    if not error or state == "done":
        return ""
    for start, word in _WORDS:
        if error.startswith(start):
            return word
    said = trouble_in(error)
    if said is None or (said.kind == "other" and state == "failed"):
        # As older versions kept it.
        return "refused"
    if said.code in (TOLD_OTHER, SWITCHED_OFF, NOTE_CHANGED):
        return said.code
    return said.topic if said.kind != "other" else "later"


def _parcel_of(payload: Mapping[str, Any], waybills: Mapping[int, tuple[int, str]]) -> int | None:
    if "parcel_id" in payload:
        return int(payload["parcel_id"])
    waybill = waybills.get(int(payload.get("waybill_id", 0)))
    return None if waybill is None else waybill[0]


def _numbers(connection: Connection, waybill_ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    query = select(Waybill.id, Waybill.parcel_id, Waybill.number).where(Waybill.id.in_(id_set("waybill_ids")))
    rows = connection.execute(query, {"waybill_ids": packed_ids(set(waybill_ids))})
    return {row.id: (row.parcel_id, row.number or "") for row in rows}


def _order_nos(connection: Connection, parcel_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    query = (
        select(ParcelLine.parcel_id, SHOWN_NO)
        .join(Order, Order.id == ParcelLine.order_id)
        .where(ParcelLine.parcel_id.in_(id_set("parcel_ids")))
        .distinct()
        .order_by(SHOWN_NO)
    )
    found: defaultdict[int, tuple[str, ...]] = defaultdict(tuple)
    for row in connection.execute(query, {"parcel_ids": packed_ids(set(parcel_ids))}):
        found[row.parcel_id] += (row.order_no,)
    return found


def _own_order_nos(connection: Connection, order_ids: Sequence[int]) -> dict[int, str]:
    query = select(Order.id, SHOWN_NO).where(Order.id.in_(id_set("order_ids")))
    return {row.id: row.order_no for row in connection.execute(query, {"order_ids": packed_ids(set(order_ids))})}
