"""Stock as screens and checks ask for it."""

from collections.abc import Sequence

from core.access.gate import needs
from core.access.rights import Right
from core.db.unit_of_work import Store, UnitOfWork
from core.fulfilment.resuming import goods_came
from core.inventory import ledger, queries
from core.inventory.queries import Discrepancy, Explanation
from core.inventory.records import Booked
from core.runtime.ids import LevelId, SkuId, WarehouseId


class Stock:
    """Looking at stock and booking goods in; what else changes it goes through orders and parcels."""

    def __init__(self, store: Store, carrier_code: str) -> None:
        self._store = store
        self._carrier_code = carrier_code

    @needs(Right.RECEIVE_STOCK)
    def receive(self, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str) -> Booked:
        """Book goods in and send the orders on that waited for them, the earliest deadline first.

        Raises:
            Refused, NotFound: as `core.inventory.ledger.receive`.
        """

        def book(uow: UnitOfWork) -> Booked:
            booked = ledger.receive(uow, warehouse_id, sku_id, qty, reason, key)
            goods_came(uow, self._carrier_code, [sku_id])
            return booked

        return self._store.write(book)

    @needs(Right.SEE_STOCK)
    def why(self, level_id: LevelId) -> Explanation:
        """The movements and claims that make a level's numbers."""
        return self._store.read(lambda connection: queries.why(connection, level_id))

    @needs(Right.SEE_STOCK)
    def discrepancies(self) -> Sequence[Discrepancy]:
        """Where sums of movements and claims differ from the levels: empty, or a defect."""
        return self._store.read(queries.check_sums)
