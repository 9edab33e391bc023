"""Shipping by labels alone (批量出库，只扫面单): parcels that were packed unseen leave label after label.

Every stop of the outbound scan holds, but for goods that no scanner has seen: those are booked out as they are, and
the journal's `parcel.shipped` carries how many there were, as the fact `unchecked`.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import func, select

from core.catalog import queries as catalog
from core.db.unit_of_work import UnitOfWork
from core.fulfilment import outbound
from core.fulfilment.foreign import waiting_order
from core.fulfilment.models import Parcel, ParcelLine, Scan
from core.fulfilment.packing import Act, answer, facts_of, repeated
from core.fulfilment.records import SHIPPED, KnowledgeRule, Tone, Verdict
from core.fulfilment.slips import parcel_of_slip
from core.fulfilment.views import parcel_view
from core.waybills.carriers import tidied

#: the kind under which these scans are written down
KIND = "burst"
#: answers after which the same label once more is the gun's second pull
_LEFT = frozenset({f"burst.again/{Tone.NOTICE}"} | {f"{code}/{Tone.SHIPPED}" for code in SHIPPED})


def scan(uow: UnitOfWork, rule: KnowledgeRule, act: Act) -> Verdict:
    """Ship the parcel whose label was scanned, whether or not its goods were verified.

    A refused parcel stays as it is. `knowledge.ask` names its parcel, and nothing is written down yet.
    """
    seen = repeated(uow, act)
    if seen is not None:
        return seen
    waybill = outbound.locked_waybill(uow, act.raw)
    if waybill is None:
        return _no_label(uow, act)
    parcel_id = waybill.parcel_id
    if waybill.state == "voided":
        return answer(uow, act, "label.voided", Tone.STOP, parcel_id=parcel_id, number=waybill.number)
    if _is_echo(uow, parcel_id):
        return answer(uow, act, "burst.again", Tone.NOTICE, parcel_id=parcel_id, number=waybill.number)
    inside = _units(uow, parcel_id)
    stop = outbound.stop_of(uow, act, parcel_id) or _unsafe(uow, act, parcel_id, inside)
    if stop is not None:
        return stop
    verdict = outbound.ship_by_rule(uow, act, waybill, rule, int(inside.missing))
    if verdict.code == "knowledge.ask":
        return replace(verdict, parcel=parcel_view(uow.connection, parcel_id))
    return verdict


def _is_echo(uow: UnitOfWork, parcel_id: int) -> bool:
    """Whether the last thing this desk did was to ship this very parcel in a burst."""
    # Of a desk that has shipped something the last scan is near; one that never did would look through them all.
    mine = (Parcel.id == parcel_id, Parcel.state == "shipped", Parcel.shipped_by == uow.actor.desk)
    if not uow.rows(select(Parcel.id).where(*mine)):
        return False
    query = select(Scan.parcel_id, Scan.kind, Scan.verdict).where(Scan.desk == uow.actor.desk)
    last = uow.execute(query.order_by(Scan.id.desc()).limit(1)).one_or_none()
    return last is not None and last.parcel_id == parcel_id and last.kind == KIND and last.verdict in _LEFT


def _units(uow: UnitOfWork, parcel_id: int) -> Any:
    """Units of a parcel: `seen` by a scanner, `missing` that were not, and `refunded`, which go nowhere."""
    qty, seen, is_out = ParcelLine.qty, ParcelLine.verified_qty, ParcelLine.is_withdrawn
    sums = (("seen", seen, ~is_out), ("missing", qty - seen, ~is_out), ("refunded", qty, is_out))
    columns = (func.coalesce(func.sum(units).filter(which), 0).label(name) for name, units, which in sums)
    return uow.execute(select(*columns).where(ParcelLine.parcel_id == parcel_id)).one()


def _unsafe(uow: UnitOfWork, act: Act, parcel_id: int, inside: Any) -> Verdict | None:
    """What a scanner began has to be finished; and nobody has seen that refunded goods stayed out of a closed box."""
    if inside.missing and inside.refunded:
        return answer(uow, act, "burst.refunded", Tone.STOP, parcel_id=parcel_id, units=int(inside.refunded))
    if inside.missing and inside.seen:
        facts = {"seen": int(inside.seen), "missing": int(inside.missing)}
        return answer(uow, act, "burst.begun", Tone.STOP, parcel_id=parcel_id, **facts)
    return None


def _no_label(uow: UnitOfWork, act: Act) -> Verdict:
    """Goods, a slip, a number whose box is not made yet, or nothing that anybody here knows."""
    if parcel_of_slip(act.raw) is not None:
        return answer(uow, act, "burst.slip", Tone.WRONG, raw=act.raw)
    order_no = waiting_order(uow.connection, tidied(act.raw))
    if order_no:
        return answer(uow, act, "burst.no_box", Tone.WRONG, raw=act.raw, order_no=order_no)
    sku = catalog.by_scan(uow.connection, act.raw, uow.now)
    if sku is not None:
        return answer(uow, act, "burst.goods", Tone.WRONG, **facts_of(sku))
    return answer(uow, act, "label.unknown", Tone.WRONG, raw=act.raw)
