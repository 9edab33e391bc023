"""Orders that wait for goods: served when goods came in or were given back, the earliest deadline first."""

from collections.abc import Iterable

from sqlalchemy import select, text

from core.db.unit_of_work import UnitOfWork
from core.inventory.models import Reservation
from core.inventory.service import retry_short
from core.inventory.states import ClaimState
from core.orders import holds
from core.orders.models import Hold
from core.runtime.ids import OrderId, SkuId

# By the index over what stands; those closed since hold nothing any more.
_WANTS_NO_MORE = select(Hold.order_id).where(text("hold.released_at IS NULL"), Hold.reason == holds.SETTLED_OTHERWISE)


def serve_short(uow: UnitOfWork, sku_ids: Iterable[int] | None = None, limit: int = 200) -> tuple[int, ...]:
    """Try the short orders that want these SKUs (None: any) again and lift the hold of those that have everything.

    Not those whose buyer was paid back or gets other goods. Gives the ids of those served; whether they may be sent
    now is for the parcels to see.
    """
    if sku_ids is None:
        short = select(Reservation.sku_id).where(Reservation.state == ClaimState.SHORT.value).distinct()
        sku_ids = [row.sku_id for row in uow.rows(short)]
    wants_no_more = [OrderId(order_id) for order_id in uow.execute(_WANTS_NO_MORE).scalars()]
    skus = [SkuId(sku_id) for sku_id in sku_ids]
    served = tuple(int(order_id) for order_id in retry_short(uow, skus, limit, without=wants_no_more))
    for order_id in served:
        holds.release(uow, order_id, holds.MISSING_GOODS)
    return served
