"""Whose goods are these? The parcel that waits for a SKU scanned into the wrong box, or with no box open."""

from typing import Any

from sqlalchemy import bindparam, select, text
from sqlalchemy.engine import Connection

from core.fulfilment.models import Parcel, ParcelLine, Wave
from core.fulfilment.packing import TURNS
from core.fulfilment.records import Owner
from core.fulfilment.states import IS_OPEN
from core.orders.models import SHOWN_NO, Order

#: so many parcels of each walk are looked through: a few milliseconds, however many are waiting
_LOOKED_THROUGH = 1000


def _walk(here: tuple[Any, ...], order: tuple[Any, ...]) -> Any:
    # The walk ends before the lines are looked at, so that its length is bounded by the parcels and not by the hits.
    walk = select(Parcel.id).where(text(f"parcel.{IS_OPEN}"), Parcel.id != bindparam("mine"), *here)
    turn = walk.order_by(*order).limit(_LOOKED_THROUGH).subquery("turn")
    columns = (Parcel.id, Parcel.fence, Parcel.opened_by, Parcel.opened_at, Parcel.wave_id, Parcel.wave_seq)
    return (
        select(*columns, SHOWN_NO, Wave.parcel_count)
        .select_from(turn)
        .join(Parcel, Parcel.id == turn.c.id)
        .join(ParcelLine, ParcelLine.parcel_id == turn.c.id)
        .join(Order, Order.id == ParcelLine.order_id)
        .outerjoin(Wave, Wave.id == Parcel.wave_id)
        .where(
            ParcelLine.sku_id == bindparam("sku"),
            ParcelLine.is_withdrawn.is_(False),
            ParcelLine.verified_qty < ParcelLine.qty,
        )
        .order_by(*order)
        .limit(1)
    )


_SAME_WAVE = _walk((Parcel.state == "to_pack", Parcel.wave_id == bindparam("wave")), (Parcel.wave_seq, Parcel.id))
_AT_A_DESK = _walk((Parcel.state == "packing",), (Parcel.id,))
# The rest of a box waits in a wave or with a deadline too.
_IN_TURN = tuple(_walk((Parcel.state == "to_pack", *here), order) for here, order in TURNS)


def owner_of(connection: Connection, sku_id: int, parcel_id: int | None) -> Owner | None:
    """Who wants units of a SKU: the wave of the open parcel first, then what lies open at a desk, then what is next.

    `parcel_id` is the parcel on the desk, which does not want them; None where nothing is open. None is given where
    none of the parcels that are next in turn wants them.
    """
    binds = {"sku": sku_id, "mine": parcel_id or 0}
    wave = select(Parcel.wave_id).where(Parcel.id == parcel_id)
    wave_id = None if parcel_id is None else connection.execute(wave).scalar_one_or_none()
    walks = (_AT_A_DESK, *_IN_TURN) if wave_id is None else (_SAME_WAVE, _AT_A_DESK, *_IN_TURN)
    for walk in walks:
        row = connection.execute(walk, binds | {"wave": wave_id} if walk is _SAME_WAVE else binds).one_or_none()
        if row is not None:
            is_ours = wave_id is not None and row.wave_id == wave_id
            return Owner(
                parcel_id=row.id,
                fence=row.fence,
                order_no=row.order_no,
                opened_by=row.opened_by,
                opened_at=row.opened_at,
                wave_seq=row.wave_seq if is_ours else None,
                wave_total=row.parcel_count or 0,
            )
    return None
