"""What stands behind a right: taken from what is free, what expires first in front."""

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, text, union, union_all

from core.channels.models import Shop
from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork
from core.inventory.levels import Delta, apply, free_of, lock_levels
from core.inventory.models import Reservation, StockLevel
from core.inventory.quotas.book import Cover, OwnQuota, QuotaBook, book_of, parts_of
from core.inventory.quotas.models import Quota, QuotaCover, QuotaSale
from core.inventory.shelves import Floors, day_of, last_day
from core.orders.models import Order, OrderLine
from core.runtime.ids import LevelId, SkuId, WarehouseId

_WHERE = (
    select(Quota.id, Quota.sku_id, Shop.warehouse_id)
    .join(Shop, Shop.id == Quota.shop_id)
    .where(Quota.id.in_(id_set("ids")))
)
# Besides: what a component that is none any more, or a place its shop has left, still stands behind it.
_LEVELS = union(
    select(StockLevel.id).where(
        StockLevel.sku_id.in_(id_set("sku_ids")), StockLevel.warehouse_id.in_(id_set("warehouse_ids"))
    ),
    select(QuotaCover.level_id).where(QuotaCover.quota_id.in_(id_set("ids"))),
)


#: quotas with units of a level behind them, of the shops whose orders these lines are
_OF_SHOPS_OF = (
    select(QuotaCover.quota_id)
    .join(Quota, Quota.id == QuotaCover.quota_id)
    .where(
        QuotaCover.level_id == bindparam("level_id"),
        Quota.shop_id.in_(
            select(Order.shop_id)
            .join(OrderLine, OrderLine.order_id == Order.id)
            .where(OrderLine.id.in_(id_set("line_ids")))
        ),
    )
)
# What ends soon and what is blocked have indexes of their own; no shop promises more days than the one that promises
# most, which is what the index can be asked for.
_MOST_DAYS = select(func.coalesce(func.max(Shop.min_life_days), 0)).scalar_subquery()
_UNSELLABLE = union_all(
    select(QuotaCover.quota_id).where(
        QuotaCover.level_id.in_(select(StockLevel.id).where(text("stock_level.is_blocked")))
    ),
    select(QuotaCover.quota_id)
    .select_from(StockLevel)
    .join(QuotaCover, QuotaCover.level_id == StockLevel.id)
    .join(Quota, Quota.id == QuotaCover.quota_id)
    .join(Shop, Shop.id == Quota.shop_id)
    .where(
        text("stock_level.on_hand_qty > 0 AND stock_level.expires_day IS NOT NULL"),
        StockLevel.expires_day < _MOST_DAYS + bindparam("today"),
        StockLevel.expires_day < Shop.min_life_days + bindparam("today"),
    ),
)
#: quotas of which something was sold that has found no goods yet
_WAITED_FOR = (
    select(QuotaSale.quota_id)
    .join(Reservation, Reservation.order_line_id == QuotaSale.order_line_id)
    .where(text("reservation.state = 'short'"), QuotaSale.quota_id.in_(id_set("ids")))
    .distinct()
)


class Free:
    """What is free of each component in the places of these levels: (last day, level) -> units."""

    def __init__(self, rows: Sequence[Any], deltas: Mapping[LevelId, Delta], today: int) -> None:
        self._today = today
        self._levels: dict[tuple[WarehouseId, SkuId], list[tuple[int, LevelId]]] = {}
        self._units: dict[LevelId, int] = {}
        for row in rows:
            last = last_day(row.expires_day, is_blocked=row.is_blocked)
            if last >= today:
                self._levels.setdefault((row.warehouse_id, row.sku_id), []).append((last, row.id))
                self._units[row.id] = free_of(row, deltas.get(row.id))
        for levels in self._levels.values():
            levels.sort()

    def for_quota(self, quota: OwnQuota, safety: Floors) -> int:
        """How many more of it its shop may be given: of every component what is free above safety, and lasts.

        The safety stock may be any of the goods that can be sold, however long this shop's have to last.
        """
        return min(
            max(
                min(
                    self._sum(quota.place, part, quota.life_days),
                    self._sum(quota.place, part, 0) - safety.get((quota.place, part), 0),
                ),
                0,
            )
            // each
            for part, each in quota.parts.items()
        )

    def _sum(self, place: WarehouseId, sku: SkuId, life_days: int) -> int:
        levels = self._levels.get((place, sku), ())
        return sum(self._units[level] for last, level in levels if last >= self._today + life_days)

    def take(self, quota: OwnQuota, part: SkuId, qty: int) -> list[tuple[LevelId, int, int]]:
        """Up to `qty` units that its shop may sell, what expires first in front: level, its last day, units."""
        taken = []
        for last, level in self._levels.get((quota.place, part), ()):
            units = min(max(self._units[level], 0), qty)
            if units > 0 and last >= self._today + quota.life_days:
                qty -= units
                self._units[level] -= units
                taken.append((level, last, units))
        return taken


def cover_up(book: QuotaBook, quota: OwnQuota, free: Free, *, spare: int = 0) -> None:
    """Put what is free behind the quota until its right, and `spare` units beyond it, are covered.

    The right stands already: the platform may sell it whatever our safety stock is.
    """
    for part, each in quota.parts.items():
        missing = (quota.right + spare) * each - quota.held(part)
        for level, last, units in free.take(quota, part, missing) if missing > 0 else ():
            book.cover(quota, part, level, last, units)


def lock_for(
    uow: UnitOfWork, quota_ids: Collection[int], more_levels: Collection[LevelId] = ()
) -> tuple[QuotaBook, Sequence[Any]]:
    """Lock every level these quotas are or may be covered from (and `more_levels`), then the quotas.

    Gives the book and the levels.
    """
    rows: Sequence[Any] = uow.execute(_WHERE, {"ids": packed_ids(quota_ids)}).all()
    parts = parts_of(uow.connection, {sku for _, sku, _ in rows})
    skus = {part for one in parts.values() for part in one}
    binds = {
        "ids": packed_ids(quota_ids),
        "sku_ids": packed_ids(skus),
        "warehouse_ids": packed_ids({place for _, _, place in rows}),
    }
    ids = set(uow.execute(_LEVELS, binds).scalars()) | set(more_levels)
    levels = lock_levels(uow, ids)
    return book_of(uow, quota_ids), levels


def unsellable_covers(connection: Connection, today: int) -> Sequence[int]:
    """Quotas with goods behind them that their shops may not sell (any more)."""
    return sorted(set(connection.execute(_UNSELLABLE, {"today": today}).scalars()))


def tidy_covers(uow: UnitOfWork, quota_ids: Collection[int]) -> None:
    """Give back what stands behind these quotas for nothing.

    Goods that the shop may not sell (any more), goods that are no part of what it sells (a bundle was put together
    anew) or that lie where it is not sent from, and what the right does not need while nothing that was sold waits
    for it. What that uncovers has to be covered anew or withdrawn.
    """
    book, _ = lock_for(uow, quota_ids)
    today = day_of(uow.now)
    waited = set(uow.execute(_WAITED_FOR, {"ids": packed_ids(quota_ids)}).scalars())
    freed: dict[int, int] = {}
    for quota in book.quotas:
        before = sum(cover.qty for cover in quota.covers)
        for cover in quota.covers:
            if not quota.may_sell(cover, today):
                cover.qty = 0
        if quota.id not in waited or not quota.is_counted:
            book.trim(quota)
        if units := before - sum(cover.qty for cover in quota.covers):
            freed[quota.id] = units
    if not freed:
        return
    deltas: dict[LevelId, Delta] = {}
    book.allot(deltas)
    apply(uow, deltas)
    book.write(uow)
    for quota_id, units in freed.items():
        uow.record("quota.cover_freed", "quota", quota_id, units=units)


def exchange(
    uow: UnitOfWork, line_ids: Collection[int], level_id: LevelId, qty: int, instead: Mapping[LevelId, int]
) -> QuotaBook | None:
    """Take `qty` units of a (locked) level from behind the quotas of these lines' own shops, whose goods they are.

    What is given up `instead`, units by level, stands behind them then, as far as they may sell it. None where their
    shops have fewer units there; else the caller writes the book.
    """
    binds = {"line_ids": packed_ids(line_ids), "level_id": level_id}
    book = book_of(uow, sorted(uow.execute(_OF_SHOPS_OF, binds).scalars()))
    own = [(quota, cover) for quota in book.quotas for cover in quota.covers if cover.level_id == level_id]
    if sum(cover.qty for _, cover in own) < qty:
        return None
    rows = {row.id: row for row in lock_levels(uow, instead)}
    left = dict(instead)
    today = day_of(uow.now)
    for quota, cover in own:
        units = min(cover.qty, qty)
        qty -= units
        book.uncover(quota, cover.sku_id, units, level_id)
        for level, there in left.items():
            row = rows[level]
            last = last_day(row.expires_day, is_blocked=row.is_blocked)
            part = min(units, there)
            if part and quota.may_sell(Cover(level, row.sku_id, row.warehouse_id, last, part), today):
                book.cover(quota, row.sku_id, level, last, part)
                left[level] -= part
                units -= part
    return book


def give_way(uow: UnitOfWork, level_id: LevelId, qty: int, deltas: MutableMapping[LevelId, Delta]) -> QuotaBook:
    """Take up to `qty` allotted units of a (locked) level away from what they cover, the largest cover first.

    The rights stay: what is uncovered then has to be withdrawn at once, and is said. The caller writes the book.
    """
    ids = uow.execute(select(QuotaCover.quota_id).where(QuotaCover.level_id == level_id)).scalars().all()
    book = book_of(uow, sorted(ids))
    behind = [(cover, quota) for quota in book.quotas for cover in quota.covers if cover.level_id == level_id]
    for cover, quota in sorted(behind, key=lambda pair: (-pair[0].qty, pair[1].id)):
        units = min(cover.qty, qty)
        if units:
            book.uncover(quota, cover.sku_id, units, level_id)
            qty -= units
            uow.record("quota.uncovered", "quota", quota.id, level_id=level_id, qty=units)
    book.allot(deltas)
    return book
