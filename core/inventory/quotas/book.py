"""The quotas an operation touches: read under their locks, changed in memory, written together at the end.

Locks are taken after those of the levels, by ascending id. Every change of a cover is a change of its level's
`allotted_qty`; the operation's own deltas of levels take it up, so that the one guarded statement decides.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select, update

from core.catalog.models import BundleLine, Sku
from core.channels.models import Shop
from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork
from core.inventory.levels import Delta
from core.inventory.models import StockLevel
from core.inventory.quotas.models import Quota, QuotaCover, QuotaSale
from core.inventory.shelves import last_day
from core.runtime.ids import LevelId, ShopId, SkuId, WarehouseId

#: how finely times of two clocks are told apart: the platform's have whole seconds, the offset is a guess
BLUR: Final = timedelta(seconds=2)
#: a quota by whose and what it sells
QuotaKey = tuple[ShopId, SkuId]

_COLUMNS = (
    Quota.id,
    Quota.shop_id,
    Quota.sku_id,
    Quota.is_counted,
    Quota.adopted_at,
    Quota.cancelled_unit,
    Quota.granted_qty,
    Quota.withdrawn_qty,
    Quota.sold_qty,
    Quota.restored_qty,
    Quota.overdrawn_qty,
    Quota.slack_qty,
    Quota.slack_at,
    select(Shop.warehouse_id).where(Shop.id == Quota.shop_id).scalar_subquery(),
    select(Shop.min_life_days).where(Shop.id == Quota.shop_id).scalar_subquery(),
)
_LOCK = select(*_COLUMNS).order_by(Quota.id).with_for_update(key_share=True)
_OF_SKUS = _LOCK.where(Quota.sku_id.in_(id_set("sku_ids")), Quota.is_counted)
_BY_ID = _LOCK.where(Quota.id.in_(id_set("ids")))
_COVERS = (
    select(
        QuotaCover.quota_id,
        QuotaCover.level_id,
        QuotaCover.qty,
        StockLevel.sku_id,
        StockLevel.warehouse_id,
        StockLevel.expires_day,
        StockLevel.is_blocked,
    )
    .join(StockLevel, StockLevel.id == QuotaCover.level_id)
    .where(QuotaCover.quota_id.in_(id_set("ids")))
    .order_by(StockLevel.expires_day.is_(None), StockLevel.expires_day, StockLevel.batch, StockLevel.id)
)
_PARTS = (
    select(BundleLine.bundle_sku_id, BundleLine.component_sku_id, BundleLine.qty)
    .join(Sku, Sku.id == BundleLine.component_sku_id)
    # What nobody counts can be sold without end and needs no cover.
    .where(BundleLine.bundle_sku_id.in_(id_set("sku_ids")), Sku.is_stock_managed)
    .order_by(BundleLine.component_sku_id)
)


@dataclass(slots=True)
class Cover:
    """Units of one level behind a quota."""

    level_id: LevelId
    sku_id: SkuId
    place: WarehouseId
    last_day: int
    qty: int


@dataclass(slots=True)
class OwnQuota:
    """One quota as read; counters and covers follow what is done with it."""

    id: int
    shop_id: ShopId
    sku_id: SkuId
    is_counted: bool
    adopted_at: datetime | None
    cancelled_unit: str
    granted: int
    withdrawn: int
    sold: int
    restored: int
    overdrawn: int
    slack: int
    slack_at: datetime | None
    #: where its shop is sent from
    place: WarehouseId
    #: days that its shop promises goods to last: what ends sooner covers nothing
    life_days: int
    #: what one unit of it consists of; the SKU itself where it is no bundle
    parts: Mapping[SkuId, int] = field(default_factory=dict)
    #: what expires first in front
    covers: list[Cover] = field(default_factory=list)

    @property
    def right(self) -> int:
        """The most the platform may still sell."""
        return self.granted - self.withdrawn - self.sold + self.restored

    def was_before(self, at: datetime) -> bool:
        """Whether the number that was taken over had this in it already: it is no sale from the right."""
        return self.adopted_at is not None and at <= self.adopted_at

    def has_in_it(self, sold_at: datetime, called_off_at: datetime) -> bool:
        """Whether the number that was taken over had the unit of a sale that was called off in it again.

        What is so close to that number that it may lie on either side of it has not.
        """
        return self.was_before(sold_at) and self.adopted_at is not None and called_off_at <= self.adopted_at - BLUR

    @property
    def lead(self) -> SkuId:
        """The component whose lines count the sales."""
        return min(self.parts)

    def held(self, part: SkuId) -> int:
        """Units of a component that stand behind it."""
        return sum(cover.qty for cover in self.covers if cover.sku_id == part)

    def excess(self, part: SkuId) -> int:
        """Units of a component beyond what the right needs: sold, and held by no line yet."""
        return max(self.held(part) - self.right * self.parts[part], 0)

    def may_sell(self, cover: Cover, today: int) -> bool:
        """Whether its shop may sell what covers it: goods of what it sells, where it is sent from, that last."""
        is_its = cover.sku_id in self.parts and cover.place == self.place
        return is_its and cover.last_day >= today + self.life_days

    @property
    def uncovered(self) -> int:
        """Units that the platform may sell and nothing stands behind: what may be oversold at worst."""
        covered = min((self.held(part) // qty for part, qty in self.parts.items()), default=0)
        return max(self.right - covered, 0)

    def counters(self) -> tuple[Any, ...]:
        """What is written back."""
        return (
            self.granted,
            self.withdrawn,
            self.sold,
            self.restored,
            self.overdrawn,
            self.slack,
            self.slack_at,
            self.adopted_at,
        )


class QuotaBook:
    """The locked quotas of an operation."""

    def __init__(self, quotas: Sequence[OwnQuota]) -> None:
        self.quotas = quotas
        self._by_key: dict[QuotaKey, OwnQuota] = {(one.shop_id, one.sku_id): one for one in quotas}
        self._before = {one.id: one.counters() for one in quotas}
        self._covers_before = {
            one.id: {cover.level_id: cover.qty for cover in one.covers if cover.qty} for one in quotas
        }
        self._sales: list[dict[str, Any]] = []

    def of(self, shop_id: int, sku_id: int) -> OwnQuota | None:
        """The quota of a shop's SKU or bundle."""
        return self._by_key.get((ShopId(shop_id), SkuId(sku_id)))

    # --- covers -------------------------------------------------------------------------------------------------

    def cover(self, quota: OwnQuota, part: SkuId, level_id: LevelId, last_day: int, qty: int) -> None:
        """Put units of a level behind the quota."""
        for cover in quota.covers:
            if cover.level_id == level_id:
                cover.qty += qty
                return
        quota.covers.append(Cover(level_id, part, quota.place, last_day, qty))
        quota.covers.sort(key=lambda one: (one.last_day, one.level_id))

    def uncover(
        self, quota: OwnQuota, part: SkuId, qty: int, level_id: LevelId | None = None
    ) -> list[tuple[LevelId, int]]:
        """Take up to `qty` units of a component away from the quota, what lasts longest first; from where."""
        taken = []
        for cover in reversed(quota.covers):
            if qty <= 0:
                break
            if cover.sku_id != part or (level_id is not None and cover.level_id != level_id):
                continue
            units = min(cover.qty, qty)
            if units:
                cover.qty -= units
                qty -= units
                taken.append((cover.level_id, units))
        return taken

    def trim(self, quota: OwnQuota) -> None:
        """Give back everything that the right does not need: no sold line waits for it."""
        for part in quota.parts:
            self.uncover(quota, part, quota.excess(part))

    # --- rights -------------------------------------------------------------------------------------------------

    def sell(self, quota: OwnQuota, qty: int, at: datetime, *, asks_first: bool = False) -> tuple[int, int]:
        """Count a sale; gives the units within the right, and those that are none of it.

        None of it is what was sold beyond it, or before there was one. Who asks first is given, by the answer, what
        is beyond its right.
        """
        if quota.was_before(at):
            return 0, qty
        within = min(quota.right, qty)
        over = qty - within
        if asks_first:
            quota.granted += over
            quota.sold += qty
            return within, 0
        quota.sold += within
        quota.overdrawn += over
        return within, over

    def restore(self, quota: OwnQuota, qty: int) -> int:
        """The platform has units back; gives by how much the right rises (what was overdrawn comes first)."""
        repaid = min(quota.overdrawn, qty)
        quota.overdrawn -= repaid
        quota.restored += qty - repaid
        return qty - repaid

    def give_back(self, quota: OwnQuota, qty: int, sold_at: datetime, now: datetime, *, is_sure: bool) -> int:
        """As `restore`. Where it is not sure that the platform has them, its number will tell.

        It never is of what was sold before there was a right.
        """
        risen = self.restore(quota, qty)
        if risen and (not is_sure or quota.was_before(sold_at)):
            quota.slack += risen
            quota.slack_at = now
        return risen

    def note_sale(self, row: dict[str, Any]) -> None:
        """A row of `quota_sale` to be written."""
        self._sales.append(row)

    # --- writing ------------------------------------------------------------------------------------------------

    def allot(self, deltas: MutableMapping[LevelId, Delta]) -> None:
        """Add the changes of covers to what the operation does to the levels."""
        for quota in self.quotas:
            before = self._covers_before[quota.id]
            for cover in quota.covers:
                change = cover.qty - before.get(cover.level_id, 0)
                if change:
                    deltas.setdefault(cover.level_id, Delta()).allotted += change

    def write(self, uow: UnitOfWork) -> None:
        """Write counters, covers and sales; call it once, after the levels."""
        for quota in self.quotas:
            if quota.counters() != self._before[quota.id]:
                _write_counters(uow, quota)
            before = self._covers_before[quota.id]
            now = {cover.level_id: cover.qty for cover in quota.covers if cover.qty}
            if before != now:
                _write_covers(uow, quota.id, before, now)
        uow.insert_many(QuotaSale, self._sales)


def _write_counters(uow: UnitOfWork, quota: OwnQuota) -> None:
    values = {
        "granted_qty": quota.granted,
        "withdrawn_qty": quota.withdrawn,
        "sold_qty": quota.sold,
        "restored_qty": quota.restored,
        "overdrawn_qty": quota.overdrawn,
        "slack_qty": quota.slack,
        "slack_at": quota.slack_at,
        "adopted_at": quota.adopted_at,
    }
    uow.execute(update(Quota).where(Quota.id == quota.id).values(**values))
    uow.changed("quota", quota.id)


def _write_covers(uow: UnitOfWork, quota_id: int, before: Mapping[LevelId, int], now: Mapping[LevelId, int]) -> None:
    for level in before.keys() | now.keys():
        here = (QuotaCover.quota_id == quota_id, QuotaCover.level_id == level)
        qty = now.get(level, 0)
        if not qty:
            uow.execute(delete(QuotaCover).where(*here))
        elif level not in before:
            uow.insert_many(QuotaCover, [{"quota_id": quota_id, "level_id": level, "qty": qty}])
        elif qty != before[level]:
            uow.execute(update(QuotaCover).where(*here).values(qty=qty))
    uow.changed("quota", quota_id)


def book_of_skus(uow: UnitOfWork, sku_ids: Collection[int]) -> QuotaBook | None:
    """The counted quotas of these SKUs (bundles by their own id), locked; None where there is none.

    The levels of what they consist of have to be locked before.
    """
    rows: Sequence[Any] = uow.execute(_OF_SKUS, {"sku_ids": packed_ids(sku_ids)}).all() if sku_ids else ()
    return _book(uow, rows) if rows else None


def book_of(uow: UnitOfWork, quota_ids: Collection[int]) -> QuotaBook:
    """These quotas as far as they are there, counted or not, locked as by `book_of_skus`."""
    return _book(uow, uow.execute(_BY_ID, {"ids": packed_ids(quota_ids)}).all())


def _book(uow: UnitOfWork, rows: Sequence[Any]) -> QuotaBook:
    quotas = [OwnQuota(*row) for row in rows]
    parts = parts_of(uow.connection, {one.sku_id for one in quotas})
    covers: defaultdict[int, list[Cover]] = defaultdict(list)
    found: Sequence[Any] = uow.execute(_COVERS, {"ids": packed_ids([one.id for one in quotas])}).all()
    for quota_id, level, qty, sku, place, last, is_blocked in found:
        covers[quota_id].append(Cover(level, sku, place, last_day(last, is_blocked=is_blocked), qty))
    for one in quotas:
        one.parts = parts[one.sku_id]
        one.covers = covers[one.id]
    return QuotaBook(quotas)


def parts_of(connection: Any, sku_ids: Collection[int]) -> Mapping[SkuId, Mapping[SkuId, int]]:
    """What one unit of each SKU consists of: its components, or itself."""
    parts: dict[SkuId, dict[SkuId, int]] = {}
    for bundle, component, qty in connection.execute(_PARTS, {"sku_ids": packed_ids(sku_ids)}):
        parts.setdefault(bundle, {})[component] = qty
    return {SkuId(sku): parts.get(SkuId(sku)) or {SkuId(sku): 1} for sku in sku_ids}
