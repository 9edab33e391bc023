"""The order list and drawer as the desk asks for them."""

from collections.abc import Mapping

from sqlalchemy import select

from core.customers.service import Digest
from core.db.unit_of_work import Store, UnitOfWork
from core.desk.labels import orders_of_waybill, parcels_of, waybills_of
from core.fulfilment.parcels import open_parcels_of, release_ready
from core.inventory.service import retry_short
from core.orders import holds, queries
from core.orders.models import Order, OrderLine
from core.orders.records import OrderDetail, OrderFilter, OrderPageView
from core.runtime.errors import NotFound, Refused


class Orders:
    """Looking at orders, holding and releasing them."""

    def __init__(self, store: Store, digest: Digest, carrier_code: str) -> None:
        self._store = store
        self._digest = digest
        self._carrier_code = carrier_code

    def page(self, wanted: OrderFilter, after: int | None, limit: int) -> OrderPageView:
        """One page of the list, newest first."""
        return self._store.read(
            lambda connection: queries.order_page(
                connection, wanted, after, limit, self._digest, waybills_of, orders_of_waybill
            )
        )

    def pile_counts(self) -> Mapping[str, int]:
        """How many orders each pile holds, counted up to a cap."""
        return self._store.read(queries.pile_counts)

    def detail(self, order_id: int) -> OrderDetail | None:
        """Everything the drawer shows."""
        return self._store.read(
            lambda connection: queries.order_detail(connection, order_id, waybills_of, parcels_of)
        )

    def hold(self, order_id: int, reason: str, note: str) -> None:
        """Stop an order's fulfilment.

        Raises:
            Refused: `hold.reason_unknown`.
        """
        if reason not in holds.REASONS:
            raise Refused("hold.reason_unknown", f"there is no hold reason {reason}", reason=reason)
        self._store.write(lambda uow: holds.place_many(uow, [(order_id, reason)], note))

    def release_hold(self, order_id: int) -> None:
        """Lift what stands and send the order on its way.

        Raises:
            Refused: `hold.still_short`, goods are still missing; `hold.still_unmatched`, a listing has no SKU yet.
        """
        self._store.write(lambda uow: _release(uow, order_id, self._carrier_code))


def _release(uow: UnitOfWork, order_id: int, carrier_code: str) -> None:
    stood = holds.release(uow, order_id)
    if not stood:
        if uow.execute(select(Order.id).where(Order.id == order_id)).first() is None:
            raise NotFound("order.unknown", f"there is no order {order_id}")
        return
    lines = uow.rows(select(OrderLine.sku_id).where(OrderLine.order_id == order_id, OrderLine.is_current))
    sku_ids = [line.sku_id for line in lines if line.sku_id is not None]
    if len(sku_ids) < len(lines):
        raise Refused("hold.still_unmatched", "an item of this order matches no SKU of ours yet")
    if "short" in stood and order_id not in retry_short(uow, sku_ids):
        raise Refused("hold.still_short", "goods of this order are still missing")
    if not open_parcels_of(uow, order_id):
        release_ready(uow, [order_id], carrier_code)
