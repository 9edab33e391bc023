"""Quotas as the page shows them: what each shop may sell, what is under way, and what a person decides."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select, update

from core.access.gate import needs
from core.access.rights import Right
from core.catalog.models import Listing
from core.channels.contract import Channel
from core.channels.models import Shop
from core.channels.stock_table import PlatformRules, platform_table
from core.db.unit_of_work import Store, UnitOfWork, shared_now
from core.inventory.quotas import acts, plans
from core.inventory.quotas.listing import QuotaFilter, QuotaPage, quota_counts, quota_page
from core.inventory.quotas.planning import plan
from core.inventory.quotas.plans import PlanDraft
from core.inventory.quotas.proposing import Proposal, propose, shipped
from core.inventory.quotas.queries import newest_acts, quotas_of
from core.inventory.quotas.records import ActRow, Planned, SkuQuotas
from core.inventory.quotas.safety import set_safety
from core.inventory.stock_list import WarehouseRow, warehouses
from core.runtime.errors import NotFound
from core.runtime.ids import SkuId, WarehouseId
from core.sync.shops import ShopRecord
from core.sync.stock_plan import StockPlanner

if TYPE_CHECKING:
    from core.channels.registry import ChannelRegistry


@dataclass(frozen=True, slots=True)
class QuotaDetail:
    """One SKU of one moment.

    Attributes:
        acts: the newest acts with the shop of each, the newest first.
        planned: what the planner holds for right now, for read-only shops too.
        proposal: the mode the program would choose.
        warehouses: places that may keep a safety stock.
    """

    sku: SkuQuotas
    acts: tuple[tuple[int, ActRow], ...]
    planned: tuple[Planned, ...]
    proposal: Proposal
    warehouses: tuple[WarehouseRow, ...]


class Quotas:
    """What shops may sell without asking. Nothing is said to a platform here: acts go through the outbox."""

    def __init__(
        self,
        store: Store,
        open_channel: Callable[[ShopRecord], Channel],
        channels: "Callable[[], ChannelRegistry]",
    ) -> None:
        self._store = store
        self._channels = channels
        self._planner = StockPlanner(store, open_channel)

    # --- looking ------------------------------------------------------------------------------------------------

    @needs(Right.SEE_STOCK)
    def page(self, wanted: QuotaFilter, after: str | None, limit: int) -> QuotaPage:
        """One page of the list, by code."""
        return self._store.read(
            lambda connection: quota_page(connection, wanted, after, limit, self._now(connection))
        )

    @needs(Right.SEE_STOCK)
    def counts(self, search: str) -> Mapping[str, int]:
        """How many SKUs the piles hold of what is searched."""
        return self._store.read(lambda connection: quota_counts(connection, search))

    @needs(Right.SEE_STOCK)
    def detail(self, sku_id: SkuId) -> QuotaDetail | None:
        """Everything about one SKU; None where it is gone."""
        rules = self._planner.rules()

        def look(connection: Connection) -> QuotaDetail | None:
            now = self._now(connection)
            found = quotas_of(connection, [sku_id], now)
            if not found:
                return None
            links = select(func.count(func.distinct(Listing.shop_id))).where(Listing.sku_id == sku_id)
            shops = int(connection.execute(links).scalar_one())
            gone = shipped(connection, [sku_id], now).get(sku_id, 0)
            return QuotaDetail(
                found[0],
                tuple(newest_acts(connection, sku_id)),
                plan(found[0], rules, now, pretends=True),
                propose(found[0], gone, shops),
                warehouses(connection),
            )

        return self._store.read(look)

    @needs(Right.SEE_STOCK)
    def rule_table(self) -> tuple[PlatformRules, ...]:
        """How every platform's numbers behave."""
        return platform_table(self._channels())

    # --- deciding -----------------------------------------------------------------------------------------------

    @needs(Right.SHARE_STOCK)
    def set_plan(
        self, sku_id: SkuId, draft: PlanDraft, safety: Mapping[WarehouseId, int] = MappingProxyType({})
    ) -> None:
        """Decide how a SKU is told to the shops, and with it what places keep from now on; all of it or nothing.

        Raises:
            Refused, NotFound: as `core.inventory.quotas.plans.set_plan` and `safety.set_safety` beside it.
        """

        def decide(uow: UnitOfWork) -> None:
            for place, qty in safety.items():
                set_safety(uow, sku_id, place, qty)
            plans.set_plan(uow, sku_id, draft)

        self._store.write(decide)

    @needs(Right.SHARE_STOCK)
    def set_weight(self, quota_id: int, weight: int | None) -> None:
        """Give a shop a share of its own; None: by what it sells.

        Raises:
            Refused, NotFound: as `core.inventory.quotas.plans.set_weight`.
        """
        self._store.write(lambda uow: plans.set_weight(uow, quota_id, weight))

    @needs(Right.SHARE_STOCK)
    def grant(self, quota_id: int, qty: int) -> int:
        """Give a shop the right to sell more; gives the act's id.

        Raises:
            Refused, NotFound: as `core.inventory.quotas.acts.grant`; `quota.read_only`, the shop is not written to.
        """
        return self._ask(quota_id, lambda uow: acts.grant(uow, quota_id, qty, "by_hand"))

    @needs(Right.SHARE_STOCK)
    def withdraw(self, quota_id: int, qty: int) -> int:
        """Ask a shop for units back; gives the act's id.

        Raises:
            Refused, NotFound: as `core.inventory.quotas.acts.withdraw`; `quota.read_only`.
        """
        return self._ask(quota_id, lambda uow: acts.withdraw(uow, quota_id, qty, "by_hand"))

    @needs(Right.SHARE_STOCK)
    def read_number(self, quota_id: int) -> int:
        """Have the platform's number read now; gives the act's id.

        Raises:
            Refused, NotFound: as `core.inventory.quotas.acts.ask_number`.
        """
        return self._store.write(lambda uow: acts.ask_number(uow, quota_id, "by_hand"))

    @needs(Right.SHARE_STOCK)
    def take_theirs(self, quota_id: int) -> int:
        """Drift: take the platform's number as the right, covered where the pool can; gives the act's id.

        Raises:
            Refused, NotFound: as `core.inventory.quotas.acts.take_theirs`.
        """
        return self._store.write(lambda uow: acts.take_theirs(uow, quota_id))

    @needs(Right.SHARE_STOCK)
    def put_ours(self, quota_id: int) -> int:
        """Drift: bring the platform's number back to our right; gives the act's id.

        Raises:
            Refused, NotFound: as `core.inventory.quotas.acts.mend`; `quota.read_only`.
        """
        return self._ask(quota_id, lambda uow: acts.mend(uow, quota_id, "by_hand"))

    @needs(Right.CHANGE_SETTINGS)
    def stop_writing(self, shop_id: int) -> None:
        """Write none of a shop's numbers any more; they are still read, and what stands there stands.

        It is switched on where its owner has seen what would be written: `core.desk.starting.Starting`.

        Raises:
            NotFound: `shop.unknown`.
        """

        def switch(uow: UnitOfWork) -> None:
            if not uow.count(update(Shop).where(Shop.id == shop_id).values(writes_stock=False)):
                raise NotFound("shop.unknown", f"there is no shop {shop_id}")
            uow.record("shop.writes_stock", "shop", shop_id, writes=False)

        self._store.write(switch)

    def _now(self, connection: Connection) -> datetime:
        return shared_now(connection, self._store.clock)

    def _ask(self, quota_id: int, act: Callable[[UnitOfWork], int]) -> int:
        def run(uow: UnitOfWork) -> int:
            acts.expect_written(uow, quota_id)
            return act(uow)

        return self._store.write(run)
