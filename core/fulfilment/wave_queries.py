"""Reading waves: how far each is, how its labels are, and for which places goods are fetched."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection

from core.catalog.models import Bin
from core.fulfilment.models import Parcel, ParcelLine, Wave
from core.fulfilment.states import IS_OPEN, OPEN
from core.fulfilment.wave_records import WaveProgress
from core.orders.models import Order
from core.waybills.models import PrintJob, Waybill

#: (SKU id, bin) -> (place in the wave, units) of each parcel that wants it
Places = Mapping[tuple[int, str], tuple[tuple[int, int], ...]]

_HELD = (
    select(ParcelLine.id)
    .join(Order, Order.id == ParcelLine.order_id)
    .where(ParcelLine.parcel_id == Parcel.id, Order.hold_reason != "")
    .correlate(Parcel)
    .exists()
)
_LAST_STATE = (
    select(PrintJob.state)
    .where(PrintJob.waybill_id == Waybill.id)
    .order_by(PrintJob.copy_no.desc())
    .limit(1)
    .correlate(Waybill)
    .scalar_subquery()
)
#: what the state of the last copy counts as
_PRINTS = {
    "sent": "printed",
    "confirmed": "printed",
    "queued": "queued",
    "claimed": "queued",
    "sending": "queued",
    "unknown": "unknown",
    "failed": "failed",
}
_STATES = {"to_pack": "waiting", "packing": "packing", "packed": "packed", "shipped": "shipped"}


def running(connection: Connection, limit: int) -> tuple[WaveProgress, ...]:
    """Waves with work left, oldest first."""
    is_open = (Parcel.wave_id.is_not(None), Parcel.state.in_(OPEN))
    ids = select(Parcel.wave_id).where(*is_open, text(f"parcel.{IS_OPEN}")).distinct()
    waves = connection.execute(select(*Wave.__table__.c).where(Wave.id.in_(ids)).order_by(Wave.id).limit(limit)).all()
    parcels = (
        select(
            Parcel.wave_id,
            Parcel.state,
            _HELD.label("is_held"),
            Waybill.id.is_not(None).label("has_number"),
            _LAST_STATE.label("print_state"),
        )
        .outerjoin(Waybill, (Waybill.parcel_id == Parcel.id) & (Waybill.state == "obtained"))
        .where(Parcel.wave_id.in_([wave.id for wave in waves]), Parcel.state != "cancelled")
    ).subquery("parcels")
    columns = (*parcels.c,)
    counts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in connection.execute(select(*columns, func.count().label("n")).group_by(*columns)):
        _count(counts[row.wave_id], row)
    return tuple(
        WaveProgress(
            wave.id, wave.code, wave.way, wave.kind, wave.about, wave.desk, wave.created_at, **counts[wave.id]
        )
        for wave in waves
    )


def _count(counts: dict[str, int], row: Any) -> None:
    counts["parcel_count"] += row.n
    counts[_STATES[row.state]] += row.n
    if row.state == "to_pack" and row.is_held:
        counts["held"] += row.n
    if row.print_state is not None:
        counts[_PRINTS[row.print_state]] += row.n
    elif not row.has_number and row.state != "shipped":
        counts["unnumbered"] += row.n


def places(connection: Connection, wave_id: int) -> Places:
    """For which places of a wave its goods are still to be fetched."""
    left = ParcelLine.qty - ParcelLine.verified_qty
    code = func.coalesce(Bin.code, "")
    query = (
        select(ParcelLine.sku_id, code, Parcel.wave_seq, func.sum(left))
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .outerjoin(Bin, (Bin.sku_id == ParcelLine.sku_id) & (Bin.warehouse_id == Parcel.warehouse_id))
        .where(Parcel.wave_id == wave_id, Parcel.state == "to_pack", ~_HELD, ParcelLine.is_withdrawn.is_(False))
        .where(left > 0)
        .group_by(ParcelLine.sku_id, code, Parcel.wave_seq)
        .order_by(Parcel.wave_seq)
    )
    found: dict[tuple[int, str], tuple[tuple[int, int], ...]] = {}
    for sku_id, place, seq, units in connection.execute(query):
        key = (int(sku_id), str(place))
        found[key] = (*found.get(key, ()), (int(seq or 0), int(units)))
    return found
