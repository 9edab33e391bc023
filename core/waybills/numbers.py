"""A carrier's number for every parcel: planned with the parcel, asked for once, given back when called off.

The order of commits is the guard (`reliability`: a lost answer must never buy a second number): the key is stored
before anything is asked, `requesting` is committed before the call, and after a lost answer the service is asked by
key before it is asked for a number again.
"""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection

from core.db.models import SchemaFact
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.waybills.contract import WaybillGrant
from core.waybills.models import PrintJob, Waybill

LIVE = ("planned", "requesting", "obtained")

#: why a waybill failed whose number stands on another parcel: that one is not given back
NUMBER_TAKEN = "number_taken"

#: outbox kinds of this subject
OBTAIN = "obtain_waybill"
CANCEL = "cancel_waybill"

_INSTALLATION = select(SchemaFact.value).where(SchemaFact.name == "installation")


@dataclass(frozen=True, slots=True)
class Asked:
    """A number being asked for. `was_asked_before`: an earlier call may have been answered without us hearing it."""

    waybill_id: int
    parcel_id: int
    key: str
    carrier_code: str
    consignee_id: int
    was_asked_before: bool


def lane_of(carrier_code: str) -> str:
    """The lane all calls to one carrier go through."""
    return f"waybill:{carrier_code}"


def plan_numbers(
    uow: UnitOfWork, parcels: Sequence[tuple[int, int]], carrier_code: str, attempt: int = 1
) -> Sequence[int]:
    """Plan a number for each (parcel, consignee) and put the asking into the outbox."""
    ids = uow.take_ids(Waybill, len(parcels))
    prefix = _installation(uow)
    keys = [f"{prefix}-{parcel_id}-{attempt}" for parcel_id, _ in parcels]
    uow.insert_columns(
        Waybill,
        {
            "id": ids,
            "parcel_id": [parcel_id for parcel_id, _ in parcels],
            "consignee_id": [consignee_id for _, consignee_id in parcels],
            "key": keys,
        },
        attempt=attempt,
        carrier_code=carrier_code,
        state="planned",
    )
    asking = [(key, {"waybill_id": waybill_id}) for key, waybill_id in zip(keys, ids, strict=True)]
    uow.enqueue_many(OBTAIN, asking, lane=lane_of(carrier_code))
    uow.changed("waybill", *ids)
    return ids


def _installation(uow: UnitOfWork) -> str:
    """A word that tells this database apart from every other one that shares the carrier's account."""
    known = uow.execute(_INSTALLATION).scalar_one_or_none()
    if known is None:
        fresh = "PD" + secrets.token_hex(4).upper()
        uow.execute(insert_or_ignore(uow.connection, SchemaFact), {"name": "installation", "value": fresh})
        known = uow.execute(_INSTALLATION).scalar_one()
    return str(known)


def begin_asking(uow: UnitOfWork, waybill_id: int) -> Asked | None:
    """Commit this before the call. None when the number is there already or was called off."""
    row = uow.execute(
        select(Waybill.parcel_id, Waybill.key, Waybill.carrier_code, Waybill.consignee_id, Waybill.state).where(
            Waybill.id == waybill_id
        )
    ).one()
    if row.state not in ("planned", "requesting"):
        return None
    mine = (Waybill.id == waybill_id, Waybill.state == row.state)
    if uow.count(update(Waybill).where(*mine).values(state="requesting", requested_at=uow.now)) != 1:
        return None
    return Asked(waybill_id, row.parcel_id, row.key, row.carrier_code, row.consignee_id, row.state == "requesting")


@dataclass(frozen=True, slots=True)
class Lost:
    """A number that may have been granted without us hearing it, for a waybill that is not wanted any more."""

    waybill_id: int
    key: str
    carrier_code: str


def lost_numbers(connection: Connection, waybill_id: int) -> Sequence[Lost]:
    """Waybills of the same parcel that were asked for, never answered, and then called off or given up.

    Each has to be looked for by its key, so that a number bought for nothing goes back to the carrier.
    """
    parcel = select(Waybill.parcel_id).where(Waybill.id == waybill_id).scalar_subquery()
    here = (
        Waybill.parcel_id == parcel,
        Waybill.state.in_(("voided", "failed")),
        Waybill.requested_at.is_not(None),
        Waybill.number.is_(None),
        Waybill.last_error.is_distinct_from(NUMBER_TAKEN),
    )
    query = select(Waybill.id, Waybill.key, Waybill.carrier_code).where(*here).order_by(Waybill.id)
    rows = connection.execute(query)
    return [Lost(row.id, row.key, row.carrier_code) for row in rows]


def settle_lost(uow: UnitOfWork, lost: Lost, grant: WaybillGrant | None) -> None:
    """What looking by key said: nothing was granted, or this number, which is given back."""
    mine = (Waybill.id == lost.waybill_id, Waybill.number.is_(None))
    if grant is None or grant.extra.get("state") == "cancelled" or _is_taken(uow, lost.waybill_id, grant):
        uow.execute(update(Waybill).where(*mine).values(requested_at=None))
    elif uow.count(update(Waybill).where(*mine).values(number=grant.number, state="voided", voided_at=uow.now)):
        _give_back(uow, lost.waybill_id, grant.carrier_code)


def _is_taken(uow: UnitOfWork, waybill_id: int, grant: WaybillGrant) -> bool:
    clash = select(Waybill.id).where(
        Waybill.number == grant.number, Waybill.carrier_code == grant.carrier_code, Waybill.id != waybill_id
    )
    return uow.execute(clash).first() is not None


def store_number(uow: UnitOfWork, waybill_id: int, grant: WaybillGrant) -> bool:
    """Store what the carrier granted.

    False when the parcel was called off meanwhile (the number goes back), or when the carrier gave a number that
    another parcel carries (the waybill fails: a person must look, and the other parcel keeps its number).
    """
    if _is_taken(uow, waybill_id, grant):
        fail_number(uow, waybill_id, NUMBER_TAKEN)
        return False
    facts = {
        "number": grant.number,
        "sort_code": grant.sort_code,
        "package_centre": grant.package_centre,
        "qr_text": grant.qr_text,
        "obtained_at": uow.now,
        "last_error": None,
    }
    mine = (Waybill.id == waybill_id, Waybill.state == "requesting")
    # A number that was called off is never printed, so its print data is not kept.
    extra = {} if grant.print_data is None else {"print_data": asdict(grant.print_data)}
    if uow.count(update(Waybill).where(*mine).values(state="obtained", **facts, **extra)) == 1:
        uow.record("waybill.obtained", "waybill", waybill_id, number=grant.number)
        return True
    uow.execute(update(Waybill).where(Waybill.id == waybill_id, Waybill.number.is_(None)).values(**facts))
    _give_back(uow, waybill_id, grant.carrier_code)
    return False


def fail_number(uow: UnitOfWork, waybill_id: int, error: str) -> bool:
    """The carrier said no for good; False when the number was called off meanwhile."""
    mine = (Waybill.id == waybill_id, Waybill.state.in_(("planned", "requesting")))
    is_met = uow.count(update(Waybill).where(*mine).values(state="failed", last_error=error)) == 1
    if is_met:
        uow.record("waybill.failed", "waybill", waybill_id, reason=error)
    return is_met


def void_numbers(uow: UnitOfWork, parcel_ids: Sequence[int], reason: str) -> None:
    """Call off the live numbers of parcels: obtained ones go back, jobs not yet started are not printed.

    A foreign one is not ours to give back.
    """
    query = select(Waybill.id, Waybill.state, Waybill.carrier_code, Waybill.is_foreign)
    for row in uow.rows(query.where(Waybill.parcel_id.in_(parcel_ids), Waybill.state.in_(LIVE))):
        mine = (Waybill.id == row.id, Waybill.state == row.state)
        if uow.count(update(Waybill).where(*mine).values(state="voided", voided_at=uow.now)) != 1:
            continue
        if row.state == "obtained" and not row.is_foreign:
            _give_back(uow, row.id, row.carrier_code)
        waiting = (PrintJob.waybill_id == row.id, PrintJob.state.in_(("queued", "claimed")))
        uow.execute(update(PrintJob).where(*waiting).values(state="failed", last_error="voided", settled_at=uow.now))
        uow.record("waybill.voided", "waybill", row.id, reason=reason)


def _give_back(uow: UnitOfWork, waybill_id: int, carrier_code: str) -> None:
    uow.enqueue(CANCEL, str(waybill_id), {"waybill_id": waybill_id}, lane=lane_of(carrier_code))


def has_live_number(uow: UnitOfWork, parcel_id: int) -> bool:
    """Whether a number is there or on its way."""
    query = select(Waybill.id).where(Waybill.parcel_id == parcel_id, Waybill.state.in_(LIVE))
    return uow.execute(query).first() is not None


def replace_number(uow: UnitOfWork, parcel_id: int, consignee_id: int, carrier_code: str, reason: str) -> int:
    """Void the parcel's number and plan another: for a changed address or carrier, never for a jam or a smear."""
    void_numbers(uow, [parcel_id], reason)
    last = uow.execute(select(func.max(Waybill.attempt)).where(Waybill.parcel_id == parcel_id)).scalar_one()
    return plan_numbers(uow, [(parcel_id, consignee_id)], carrier_code, (last or 0) + 1)[0]
