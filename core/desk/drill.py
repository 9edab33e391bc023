"""The drill as its page asks for it: played in a folder of its own, it touches no record of the shop."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from core.access.gate import needs
from core.access.rights import Right
from core.catalog.models import Listing
from core.catalog.queries import by_barcode
from core.channels.models import Shop
from core.db.unit_of_work import Store
from core.inventory.models import StockLevel
from core.practice.drill.records import Goods, Listening, Mode, Plan, Result
from core.runtime.standing import Watch


class Drill:
    """Plays sales that never were. The store is only read, and only for what a drill may begin with."""

    def __init__(self, store: Store, watches: Sequence[Watch] = ()) -> None:
        """`watches` look for trouble in the drill as they do in the shop."""
        self._store = store
        self._watches = watches

    @needs(Right.SEE_STOCK)
    def goods(self, code: str) -> Goods | None:
        """The SKU of a barcode or merchant code as it stands now, None where there is none."""
        return self._store.read(lambda connection: _goods(connection, code.strip()))

    @needs(Right.SEE_STOCK)
    def play(self, plan: Plan, mode: Mode, listening: Listening | None = None) -> Result:
        """Play one sale; takes seconds.

        Raises:
            Refused: `drill.out_of_range`, `drill.cancelled`.
            Unavailable: the temporary folder cannot be used.
        """
        # A start never drills: what it takes is loaded when somebody does.
        from core.practice.drill.playing import play

        return play(plan, mode, self._watches, listening)


def _goods(connection: Connection, code: str) -> Goods | None:
    sku = by_barcode(connection, code)
    if sku is None:
        return None
    promised = StockLevel.reserved_qty + StockLevel.confirmed_qty + StockLevel.quarantined_qty
    free = select(func.sum(StockLevel.on_hand_qty - promised)).where(StockLevel.sku_id == sku.sku_id)
    offering = (
        select(func.count(Listing.shop_id.distinct()))
        .join(Shop, Shop.id == Listing.shop_id)
        .where(Listing.sku_id == sku.sku_id, Shop.is_active.is_(True))
    )
    return Goods(
        sku.sku_id,
        sku.code,
        sku.name,
        int(connection.execute(free).scalar_one() or 0),
        int(connection.execute(offering).scalar_one()),
    )
