"""Single-item rush (爆款): a scan of the goods opens the next parcel of one unit, verifies it and prints its label.

Then the label's scan ships it; or a scan of the goods goes on with the next, once the label of this one is on paper:
a scan before that is the same trigger pressed twice, and takes no second parcel.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import bindparam, select

from core.catalog import queries as catalog
from core.catalog.records import ScannedSku
from core.db.unit_of_work import UnitOfWork
from core.fulfilment import outbound
from core.fulfilment.batching import admit, only_batch_for
from core.fulfilment.models import Parcel, ParcelLine, Wave
from core.fulfilment.packing import (
    NEXT,
    WAITING,
    Act,
    answer,
    facts_of,
    find_waybill,
    leave,
    line_query,
    lost,
    not_admitted,
    open_code,
    open_parcel,
    repeated,
    verify_line,
)
from core.fulfilment.records import SHIPPED, KnowledgeRule, Tone, Verdict
from core.fulfilment.views import parcel_view

LookUp = Callable[[UnitOfWork, Act], Verdict]

#: states of a label that the clerk holds in hand
_ON_PAPER: Final = ("sent", "confirmed")

_OF_THE_GOODS = (
    select(ParcelLine.id)
    .where(
        ParcelLine.parcel_id == Parcel.id,
        ParcelLine.sku_id == bindparam("sku"),
        ParcelLine.is_withdrawn.is_(False),
        ParcelLine.verified_qty < ParcelLine.qty,
    )
    .correlate(Parcel)
    .exists()
)
#: the first parcel of a rush that still wants these goods, by the index of open parcels
NEXT_OF_THE_GOODS = NEXT.where(*WAITING, Parcel.wave_id == bindparam("wave"), _OF_THE_GOODS).order_by(
    Parcel.wave_id, Parcel.wave_seq, Parcel.ship_by_at, Parcel.id
)


def scan(
    uow: UnitOfWork,
    wave_id: int,
    on_desk: tuple[int, int] | None,
    rule: KnowledgeRule,
    act: Act,
    look_up: LookUp = open_code,
    batch: str = "",
) -> Verdict:
    """A scan while a rush is on.

    Args:
        uow: the transaction.
        wave_id: the rush.
        on_desk: id and fence of the parcel that lies complete on the desk, None where nothing does.
        rule: what a label's scan does where the shop's word is old.
        act: the scan.
        look_up: opens what a number names that is no goods and no label of this rush, while nothing lies on the desk.
        batch: what the clerk says of goods that are kept by batch and whose code does not say it.
    """
    seen = repeated(uow, act)
    if seen is None and on_desk is not None:
        seen = lost(uow, act, *on_desk)
    if seen is not None:
        return seen
    sku = catalog.by_scan(uow.connection, act.raw, uow.now)
    if sku is None:
        return _no_goods(uow, wave_id, on_desk, rule, act, look_up)
    return _goods(uow, wave_id, on_desk, sku, act, batch)


def _goods(
    uow: UnitOfWork, wave_id: int, on_desk: tuple[int, int] | None, sku: ScannedSku, act: Act, batch: str
) -> Verdict:
    mine = None if on_desk is None else on_desk[0]
    facts = facts_of(sku)
    if sku.unit_qty != 1:
        # A carton's code says nothing of the one unit in hand.
        return answer(uow, act, "rush.carton", Tone.WRONG, parcel_id=mine, units=sku.unit_qty, **facts)
    view = None if mine is None else parcel_view(uow.connection, mine)
    if view is not None and view.print_state not in _ON_PAPER and any(one.sku_id == sku.sku_id for one in view.lines):
        return answer(uow, act, "rush.label_first", Tone.NOTICE, parcel_id=mine, **facts)
    parcel_id = uow.execute(NEXT_OF_THE_GOODS, {"wave": wave_id, "sku": sku.sku_id}).scalar_one_or_none()
    if parcel_id is None:
        return _none_of_these(uow, wave_id, sku, mine, act)
    here = (ParcelLine.sku_id == sku.sku_id, ParcelLine.is_withdrawn.is_(False))
    line: Any = uow.execute(line_query(int(parcel_id)).where(*here).order_by(ParcelLine.id)).first()
    batch_id = None
    if sku.is_batch_managed:
        # One unit after the other at speed: where only one batch is here, nobody has to say it.
        admission = admit(uow, int(parcel_id), sku, [(line, 1)], batch or only_batch_for(uow, int(parcel_id), sku))
        batch_id = admission.batch_id
        if batch_id is None:
            return not_admitted(uow, act, mine, line.id, sku, admission)
    opened = open_parcel(uow, Act("open", act.raw, f"{act.nonce}/open"), int(parcel_id))
    if opened.code != "parcel.opened":
        why: dict[str, Any] = {**opened.facts}
        return answer(uow, act, opened.code, opened.tone, parcel_id=mine, **why)
    if on_desk is not None:
        leave(uow, *on_desk)
    is_said = batch_id is not None and (sku.label is None or not sku.label.batch)
    verified = verify_line(
        uow, Act("batch" if is_said else "goods", act.raw, f"{act.nonce}/{line.id}"), line, 1, batch_id
    )
    # An order that grew since is packed like any other.
    code, tone = (
        ("rush.packed", Tone.COMPLETE) if verified.code == "parcel.complete" else ("parcel.opened", Tone.UNIT)
    )
    return answer(uow, act, code, tone, parcel_id=int(parcel_id), line_id=line.id, **facts)


def _none_of_these(uow: UnitOfWork, wave_id: int, sku: ScannedSku, mine: int | None, act: Act) -> Verdict:
    """Wrong goods, or the last of the right ones is packed."""
    inside = (
        select(ParcelLine.id)
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .where(Parcel.wave_id == wave_id, ParcelLine.sku_id == sku.sku_id)
    )
    is_known = bool(uow.rows(inside.limit(1)))
    code, tone = ("rush.none_left", Tone.NOTICE) if is_known else ("rush.not_inside", Tone.WRONG)
    wave = uow.execute(select(Wave.code).where(Wave.id == wave_id)).scalar_one_or_none() or ""
    return answer(uow, act, code, tone, parcel_id=mine, wave=wave, **facts_of(sku))


def _no_goods(
    uow: UnitOfWork,
    wave_id: int,
    on_desk: tuple[int, int] | None,
    rule: KnowledgeRule,
    act: Act,
    look_up: LookUp,
) -> Verdict:
    """A label: it ships the parcel on the desk, or one that was packed here before; else it is looked up as ever."""
    waybill = find_waybill(uow, act.raw)
    if waybill is None:
        return outbound.scan_label(uow, *on_desk, rule, act) if on_desk else look_up(uow, act)
    if on_desk is not None and (waybill.parcel_id == on_desk[0] or not _is_twin(uow, on_desk[0], waybill.parcel_id)):
        return outbound.scan_label(uow, *on_desk, rule, act)
    packed = (Parcel.id == waybill.parcel_id, Parcel.wave_id == wave_id, Parcel.state == "packed")
    if not uow.rows(select(Parcel.id).where(*packed)):
        return outbound.scan_label(uow, *on_desk, rule, act) if on_desk else look_up(uow, act)
    verdict = outbound.scan_label(uow, None, None, rule, act)
    if verdict.code == "knowledge.ask":
        # The shop is asked about this parcel, which lies on no desk.
        return replace(verdict, parcel=parcel_view(uow.connection, waybill.parcel_id))
    if on_desk is not None and verdict.code in SHIPPED:
        leave(uow, *on_desk)
    return verdict


def _is_twin(uow: UnitOfWork, parcel_id: int, other_id: int) -> bool:
    """Whether two parcels hold the same goods, so that it is all the same whose label is on which."""
    query = select(ParcelLine.sku_id, ParcelLine.qty).where(ParcelLine.is_withdrawn.is_(False))
    mine, other = (
        sorted(tuple(row) for row in uow.rows(query.where(ParcelLine.parcel_id == one)))
        for one in (parcel_id, other_id)
    )
    return mine == other
