"""Orders that waited for something of ours go on: for goods, for a listing's match, for the clock."""

from collections.abc import Iterable, Sequence

from core.customers.service import Digest
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.parcels import release_ready
from core.orders.matching import rematch
from core.orders.shortages import serve_short


def goods_came(uow: UnitOfWork, carrier_code: str, sku_ids: Iterable[int] | None = None) -> tuple[int, ...]:
    """Serve short orders, the earliest deadline first, and send on what may go; gives the orders served.

    Call it with the act that brought goods in (or gave them back), and once in a while for all SKUs (None).
    """
    served = serve_short(uow, sku_ids)
    if served:
        release_ready(uow, served, carrier_code)
    return served


def listings_matched(
    uow: UnitOfWork,
    carrier_code: str,
    digest: Digest,
    order_ids: Sequence[int] | None = None,
    *,
    by_code: bool = True,
) -> tuple[int, ...]:
    """Take up orders whose listings are matched by now, see `rematch`; gives those that are whole."""
    whole = rematch(uow, digest, order_ids, by_code=by_code)
    if whole:
        release_ready(uow, whole, carrier_code)
    return whole
