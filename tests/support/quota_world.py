"""A merchant with several shops that sell the same goods from counters of their own."""

import contextlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from core.catalog.models import Listing
from core.channels.models import Shop
from core.db.unit_of_work import UnitOfWork
from core.inventory.models import StockLevel
from core.inventory.quotas.acts import lane_of
from core.inventory.quotas.models import Quota, StockAct
from core.inventory.quotas.plans import PlanDraft, set_plan
from core.inventory.quotas.queries import quotas_of
from core.inventory.quotas.records import QuotaRow, SkuQuotas
from core.inventory.quotas.states import Mode
from core.runtime.ids import SkuId
from core.runtime.remote_errors import ChannelError
from core.sync.delivering import Deliverer
from core.sync.handlers import Handlers
from core.sync.shops import ShopRecord, add_shop, shop_of
from core.sync.stock_plan import Round, StockPlanner
from tests.support.stock_platform import StockPlatform
from tests.support.world import CARRIER, Address, World


class QuotaWorld(World):
    """As `World`, without goods, with shops whose stock we may write."""

    def __init__(self, address: Address, *, stock: int = 0) -> None:
        self.platforms: dict[int, StockPlatform] = {}
        super().__init__(address, stock=stock)
        self.sku = SkuId(self.skus["BEAR"])

    def add(self, platform: StockPlatform, name: str = "", *, writes: bool = True) -> int:
        """A shop on that platform, with a link to its goods."""
        name = name or f"shop {len(self.platforms) + 2}"

        def make(uow: UnitOfWork) -> int:
            shop_id = add_shop(uow, "fake", name, {}, json.dumps({}), int(self.warehouse))
            uow.execute(update(Shop).where(Shop.id == shop_id).values(writes_stock=writes))
            code = platform.code
            link = {"shop_id": shop_id, "item_id": f"item-{code}", "channel_sku_id": f"sku-{code}"}
            more = {"merchant_code": code, "title": code, "spec": "", "sku_id": self.skus[code]}
            uow.insert(Listing, link | more)
            return shop_id

        shop_id = self.do(make)
        self.platforms[shop_id] = platform
        return shop_id

    def open_channel(self, shop: ShopRecord) -> Any:
        """The platform of a shop; the first shop of the world has no stock to write."""
        return self.platforms.get(shop.id, self.shop)

    def key_no(self) -> int:
        """A number no other order has."""
        return next(self._nonces)

    def plan(self, mode: Mode = Mode.QUOTA, sku: str = "BEAR", **more: Any) -> None:
        """Decide how a SKU is told to the shops."""
        self.do(lambda uow: set_plan(uow, SkuId(self.skus[sku]), PlanDraft(mode, **more)))

    def planner(self) -> StockPlanner:
        """The planner of this program."""
        return StockPlanner(self.store, self.open_channel)

    def run_planner(self) -> Round:
        """One round over everything."""
        return self.planner().run()

    def pull(self, shop_id: int) -> None:
        """Pull one shop; a lost answer is for the next time."""
        record = self.store.read(lambda connection: shop_of(connection, shop_id))
        with contextlib.suppress(ChannelError):
            self.puller().pull(record, self.platforms[shop_id])

    def deliver(self, shop_id: int, holder: str = "desk 1") -> int:
        """Deliver what is due for one shop."""
        handlers = Handlers(self.store, {"fake": lambda account: self.carrier}, self.open_channel)
        return Deliverer(self.store, holder, handlers.by_kind(), handlers.give_ups()).drain(lane_of(shop_id))

    def turn(self, times: int = 1, seconds: float = 30) -> None:
        """Everything behind the desk, some times over: pull, plan, deliver, and a while goes by."""
        for _ in range(times):
            for shop_id in self.platforms:
                self.pull(shop_id)
            self.run_planner()
            for shop_id in self.platforms:
                self.deliver(shop_id)
            self.clock.advance(seconds=seconds)

    # --- looking --------------------------------------------------------------------------------------------------

    def look(self, sku: str = "BEAR") -> SkuQuotas:
        """One SKU's quotas."""
        now, sku_id = self.clock.now(), self.skus[sku]
        return self.store.read(lambda connection: quotas_of(connection, [sku_id], now))[0]

    def quota(self, shop_id: int, sku: str = "BEAR") -> QuotaRow:
        """One shop's part."""
        return next(one for one in self.look(sku).quotas if one.shop_id == shop_id)

    def quota_id(self, shop_id: int, sku: str = "BEAR") -> int:
        """Its id."""
        query = select(Quota.id).where(Quota.shop_id == shop_id, Quota.sku_id == self.skus[sku])
        return int(self.rows(query)[0].id)

    def rights(self, sku: str = "BEAR") -> Mapping[int, int]:
        """What each shop may sell."""
        return {one.shop_id: one.right_qty for one in self.look(sku).quotas}

    def acts(self) -> list[tuple[str, str, int, int | None]]:
        """Kind, state, units asked and done of every act, the oldest first."""
        query: Any = select(StockAct.kind, StockAct.state, StockAct.qty, StockAct.done_qty).order_by(StockAct.id)
        return [tuple(row) for row in self.rows(query)]

    def level(self, sku: str = "BEAR") -> tuple[int, int, int, int]:
        """On hand, reserved, confirmed, allotted of its one level."""
        columns = (StockLevel.on_hand_qty, StockLevel.reserved_qty, StockLevel.confirmed_qty, StockLevel.allotted_qty)
        query: Any = select(*columns).where(StockLevel.sku_id == self.skus[sku])
        (row,) = self.rows(query)
        return (row[0], row[1], row[2], row[3])

    @property
    def owed(self) -> int:
        """Units that buyers of all shops have."""
        return sum(one.owed for one in self.platforms.values())


__all__ = ["CARRIER", "QuotaWorld"]
