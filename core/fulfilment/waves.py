"""Waves (波次): a batch of parcels worked together, in the order in which they will be packed."""

from sqlalchemy import func, select, update

from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.models import Parcel, ParcelLine, Wave
from core.fulfilment.packing import want_label_of
from core.orders.models import Order
from core.runtime.errors import Refused

#: batch: labels first, sorted, then pick and verify. scan_to_print: the label comes with the last verified unit.
WAYS = ("batch", "scan_to_print")


def start_wave(uow: UnitOfWork, way: str, limit: int) -> int | None:
    """Put the parcels that are due first into a wave, with their places; None when nothing waits.

    Parcels that hold one SKU alone come first, grouped by it, so that the roll of labels follows the picking.

    Raises:
        Refused: `wave.way_unknown`.
    """
    if way not in WAYS:
        raise Refused("wave.way_unknown", f"there is no way of working called {way}", way=way)
    take_turn(uow, "wave")
    parcel_ids = _due(uow, limit)
    if not parcel_ids:
        return None
    today = uow.now.strftime("%m%d")
    number = int(
        uow.execute(select(func.count()).select_from(Wave).where(Wave.code.like(f"W{today}-%"))).scalar_one()
    )
    row = {"code": f"W{today}-{number + 1:02d}", "way": way, "desk": uow.actor.desk, "created_at": uow.now}
    wave_id = uow.insert(Wave, row | {"parcel_count": len(parcel_ids)})
    for seq, parcel_id in enumerate(parcel_ids, start=1):
        uow.execute(update(Parcel).where(Parcel.id == parcel_id).values(wave_id=wave_id, wave_seq=seq))
    if way == "batch":
        for parcel_id in parcel_ids:
            want_label_of(uow, parcel_id)
    uow.record("wave.started", "wave", wave_id, way=way, parcels=len(parcel_ids))
    uow.changed("parcel", *parcel_ids)
    return wave_id


def _due(uow: UnitOfWork, limit: int) -> list[int]:
    held = (
        select(ParcelLine.id)
        .join(Order, Order.id == ParcelLine.order_id)
        .where(ParcelLine.parcel_id == Parcel.id, Order.hold_reason != "")
    )
    here = (Parcel.state == "to_pack", Parcel.wave_id.is_(None), ~held.exists())
    query = (
        select(Parcel.id)
        .where(*here)
        .order_by(Parcel.ship_by_at.is_(None), Parcel.ship_by_at, Parcel.id)
        .limit(limit)
    )
    ids = list(uow.execute(query).scalars())
    kinds = func.count(func.distinct(ParcelLine.sku_id)).label("kinds")
    shape = select(ParcelLine.parcel_id, kinds, func.min(ParcelLine.sku_id).label("sku"))
    shape = shape.where(ParcelLine.parcel_id.in_(ids)).group_by(ParcelLine.parcel_id)
    of = {row.parcel_id: (row.kinds > 1, row.sku) for row in uow.rows(shape)}
    return sorted(ids, key=lambda parcel_id: (*of[parcel_id], parcel_id))
