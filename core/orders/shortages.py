"""Orders that wait for goods: served when goods came in or were given back, the earliest deadline first."""

from collections.abc import Iterable

from sqlalchemy import select

from core.db.unit_of_work import UnitOfWork
from core.inventory.models import Reservation
from core.inventory.service import retry_short
from core.inventory.states import ClaimState
from core.orders import holds
from core.runtime.ids import SkuId


def serve_short(uow: UnitOfWork, sku_ids: Iterable[int] | None = None, limit: int = 200) -> tuple[int, ...]:
    """Try the short orders that want these SKUs (None: any) again and lift the hold of those that have everything.

    Gives their ids; whether they may be sent now is for the parcels to see.
    """
    if sku_ids is None:
        short = select(Reservation.sku_id).where(Reservation.state == ClaimState.SHORT.value).distinct()
        sku_ids = [row.sku_id for row in uow.rows(short)]
    served = tuple(int(order_id) for order_id in retry_short(uow, [SkuId(sku_id) for sku_id in sku_ids], limit))
    for order_id in served:
        holds.release(uow, order_id, ["short"])
    return served
