"""Waves (波次): a batch of parcels worked together, in the order in which they will be packed."""

from collections.abc import Sequence

from sqlalchemy import func, select, update

from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.models import Parcel, ParcelLine, Wave
from core.fulfilment.packing import want_label_of
from core.fulfilment.picking import in_picking_order
from core.orders.models import Order
from core.runtime.errors import Refused

#: batch: labels first, sorted, then pick and verify. scan_to_print: the label comes with the last verified unit.
WAYS = ("batch", "scan_to_print")


def start_wave(uow: UnitOfWork, way: str, limit: int) -> int | None:
    """Put the parcels that are due first into a wave, with their places; None when nothing waits.

    The places follow the pick list, so that the roll of labels follows the way along the shelves.

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


def _due(uow: UnitOfWork, limit: int) -> Sequence[int]:
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
    return in_picking_order(uow.connection, list(uow.execute(query).scalars()))
