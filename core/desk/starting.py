"""Starting with a shop: the owner sees what would come to the desk and be written, and switches each on and off.

Looking writes nothing and calls nobody. Orders, numbers and confirmations are three switches, each journalled.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, update

from core.access.gate import needs
from core.access.rights import Right
from core.channels.by_hand import UNCALLED
from core.channels.contract import Channel
from core.channels.models import Shop
from core.db.unit_of_work import Store, UnitOfWork, Urgency, shared_now
from core.desk.writing_out import write_out
from core.fulfilment import starting
from core.fulfilment.telling import tell_these
from core.runtime.errors import Refused
from core.sync.shops import ShopRecord, shop_of
from core.sync.start_list import StartList, start_list
from core.sync.stock_plan import StockPlanner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.channels.stock_contract import StockRules

#: orders let through in one transaction: a scan that comes meanwhile goes before the next
_SLICE = 20

#: told how many rows or orders are done; False stops it
Goes = Callable[[int], bool]


def _always(_done: int) -> bool:
    return True


class Starting:
    """What a shop's owner decides before the program sends for it."""

    def __init__(
        self,
        store: Store,
        open_channel: Callable[[ShopRecord], Channel],
        on_changed: Callable[[], None],
        carrier_code: str,
    ) -> None:
        """As `core.desk.shops.Shops`."""
        self._store = store
        self._planner = StockPlanner(store, open_channel)
        self._on_changed = on_changed
        self._carrier_code = carrier_code

    @needs(Right.CHANGE_SETTINGS)
    def look(self, shop_id: int, cut_over_at: datetime | None = None, goes_on: Goes = _always) -> StartList | None:
        """What would happen with this cut-over; None: with the one that is set, else with the present moment.

        None where `goes_on` said no.

        Raises:
            NotFound: `shop.unknown`.
        """
        rules = self._planner.rules()
        return self._store.read(lambda connection: self._list(connection, shop_id, cut_over_at, rules, goes_on))

    @needs(Right.CHANGE_SETTINGS)
    @needs(Right.USE_FILES)
    def export(self, shop_id: int, cut_over_at: datetime | None, path: Path) -> int:
        """Write the lists as `.xlsx` or `.csv`; gives the rows.

        Raises:
            NotFound: `shop.unknown`.
            Refused: `files.name`.
            Unavailable: `files.cannot_write`.
        """
        from core.files.starting import start_sheet

        found = self.look(shop_id, cut_over_at)
        if found is None:
            raise AssertionError("nobody stopped it")
        return write_out(self._store, path, "shop_start", lambda _connection: start_sheet(found))

    @needs(Right.CHANGE_SETTINGS)
    def begin(self, shop_id: int, cut_over_at: datetime, also: Collection[int] = (), goes_on: Goes = _always) -> int:
        """Send orders paid since the cut-over to the desk, and these older ones; gives how many came.

        Stopped by `goes_on` it has begun all the same, and the rest stays in the list until it is begun again.

        Raises:
            NotFound: `shop.unknown`.
            Refused: `shop.not_asked`, nobody calls this shop.
        """
        self._check(shop_id)
        self._store.write(lambda uow: starting.begin(uow, shop_id, cut_over_at))
        ours = self._store.read(lambda connection: starting.kept_off(connection, shop_id, cut_over_at))
        ids = sorted({*ours, *also})
        came = 0
        for place in range(0, len(ids), _SLICE):
            if not goes_on(place):
                break
            came += self._bring(shop_id, ids[place : place + _SLICE])
        self._on_changed()
        return came

    def _bring(self, shop_id: int, ids: Sequence[int]) -> int:
        code = self._carrier_code
        return self._store.write(lambda uow: starting.bring(uow, shop_id, ids, code), urgency=Urgency.BULK)

    @needs(Right.CHANGE_SETTINGS)
    def stop(self, shop_id: int) -> None:
        """Keep orders that have no parcel yet off the desk.

        Raises:
            NotFound: `shop.unknown`.
        """
        self._store.write(lambda uow: starting.stop(uow, shop_id))
        self._on_changed()

    @needs(Right.CHANGE_SETTINGS)
    def confirm(self, shop_id: int, pairs: Collection[tuple[int, int]]) -> int:
        """Tell the shop of parcels from now on, and of these of the list, by (parcel, order); gives how many.

        Raises:
            NotFound, Refused: as `begin`.
        """
        self._check(shop_id)

        def switch(uow: UnitOfWork) -> int:
            uow.execute(update(Shop).where(Shop.id == shop_id).values(confirms_shipments=True))
            told = tell_these(uow, shop_id, pairs)
            uow.record("shop.confirms", "shop", shop_id, is_on=True, told=told)
            return told

        told = self._store.write(switch)
        self._on_changed()
        return told

    @needs(Right.CHANGE_SETTINGS)
    def write_numbers(self, shop_id: int, seen: Collection[int]) -> None:
        """Write the shop's numbers from now on.

        `seen`: the list's `sku_ids`. Amounts go on moving with every sale; goods that nobody saw do not
        come along.

        Raises:
            NotFound, Refused: as `begin`.
            Refused: `shop.list_changed`, other SKUs would be written by now; `shop.numbers_unreachable`.
        """
        self._check(shop_id)
        now = self.look(shop_id)
        if now is None or not now.is_reachable:
            raise Refused("shop.numbers_unreachable", "the numbers of this shop cannot be written from here")
        if not now.sku_ids <= set(seen):
            raise Refused("shop.list_changed", "other goods would be written by now")

        def switch(uow: UnitOfWork) -> None:
            uow.execute(update(Shop).where(Shop.id == shop_id).values(writes_stock=True))
            uow.record("shop.writes_stock", "shop", shop_id, writes=True)

        self._store.write(switch)
        self._on_changed()

    @needs(Right.CHANGE_SETTINGS)
    def stop_numbers(self, shop_id: int) -> None:
        """Write none of the shop's numbers any more; they are still read, and what stands there stands.

        Raises:
            NotFound, Refused: as `begin`.
        """
        self._check(shop_id)

        def switch(uow: UnitOfWork) -> None:
            uow.execute(update(Shop).where(Shop.id == shop_id).values(writes_stock=False))
            uow.record("shop.writes_stock", "shop", shop_id, writes=False)

        self._store.write(switch)
        self._on_changed()

    def _list(
        self,
        connection: Connection,
        shop_id: int,
        cut_over_at: datetime | None,
        rules: "Mapping[int, StockRules]",
        goes_on: Goes,
    ) -> StartList | None:
        now = shared_now(connection, self._store.clock)
        return start_list(connection, shop_id, cut_over_at, rules, now, goes_on)

    def _check(self, shop_id: int) -> None:
        shop = self._store.read(lambda connection: shop_of(connection, shop_id))
        if shop.channel in UNCALLED:
            raise Refused("shop.not_asked", "nobody calls this shop; its orders come by hand or in files")
