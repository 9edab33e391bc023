"""For those who ask before they sell: what could be reserved this very moment, and for how long a claim lasts."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, or_, select, text, update

from core.catalog.models import Sku
from core.db.sets import id_set, packed_ids
from core.db.types import Instant
from core.db.unit_of_work import UnitOfWork
from core.inventory.claims import Claim, Draft, claims_of_lines, due_on_levels, hold_lines
from core.inventory.levels import lock_known_levels, lock_levels_of
from core.inventory.looking import look_under_locks
from core.inventory.models import Reservation, StockLevel
from core.inventory.quotas.book import book_of_skus
from core.inventory.quotas.models import Quota, QuotaCover, QuotaSale
from core.inventory.quotas.safety import safety_of
from core.inventory.shelves import day_of, fill_shelves, free_units
from core.inventory.states import ClaimState
from core.runtime.ids import OrderLineId, SkuId, WarehouseId

_UNMANAGED = select(Sku.id).where(Sku.id.in_(id_set("sku_ids")), Sku.is_stock_managed.is_(False))
_MOVE_END = (
    update(Reservation)
    .where(
        Reservation.order_line_id.in_(id_set("line_ids")),
        text("reservation.state = 'reserved'"),
        Reservation.level_id.is_not(None),
        # Sold from a quota: the order's for as long as its platform keeps it open.
        ~select(QuotaSale.order_line_id).where(QuotaSale.order_line_id == Reservation.order_line_id).exists(),
    )
    .values(expires_at=bindparam("until", type_=Instant))
    .returning(Reservation.id)
)

_OWN = (
    select(Quota.sku_id, StockLevel.sku_id, func.sum(QuotaCover.qty))
    .join(QuotaCover, QuotaCover.quota_id == Quota.id)
    .join(StockLevel, StockLevel.id == QuotaCover.level_id)
    .where(
        Quota.shop_id == bindparam("shop"),
        Quota.sku_id.in_(id_set("sku_ids")),
        Quota.is_counted,
        StockLevel.warehouse_id == bindparam("warehouse"),
        StockLevel.is_blocked.is_(False),
        or_(StockLevel.expires_day.is_(None), StockLevel.expires_day >= bindparam("until")),
    )
    .group_by(Quota.sku_id, StockLevel.sku_id)
)

#: what is free of goods that nobody counts
UNCOUNTED: Final = 10**9


def free_now(
    uow: UnitOfWork,
    warehouse_id: WarehouseId,
    sku_ids: Collection[SkuId],
    min_life_days: int = 0,
    *,
    leaves_safety: bool,
    shop_id: int | None = None,
    sold_as: Collection[int] | None = None,
) -> Mapping[SkuId, int]:
    """Units of each SKU that a reservation made in this transaction would find, under the locks of their levels.

    By the very rule that reserving goes by (`shelves`): what is allotted to other shops, expired or too near its last
    day is not free, and claims whose time has run out are, swept or not. Nobody changes the answer before this
    transaction ends.

    Args:
        uow: the open transaction.
        warehouse_id: where from.
        sku_ids: goods that hold stock.
        min_life_days: how long they have to last still.
        leaves_safety: nothing is sold yet, so the safety stock stays where it is. What has been paid for may take it.
        shop_id: who asks; what is allotted to this shop is its own.
        sold_as: the SKUs and bundles the shop sells them as; None: as they are.
    """
    goods = sku_ids if sold_as is None else sold_as
    places = {(warehouse_id, sku) for sku in sku_ids}
    levels = lock_known_levels(uow, places)
    seen = look_under_locks(uow, levels, places, goods)
    unmanaged: set[SkuId] = set()
    if seen.has_uncounted:
        binds = {"sku_ids": packed_ids(sku_ids)}
        unmanaged = {SkuId(sku) for sku in uow.execute(_UNMANAGED, binds).scalars()}
    counted = {(place, sku) for place, sku in places if sku not in unmanaged}
    if not counted <= {(level[1], level[2]) for level in levels}:
        levels = lock_levels_of(uow, counted)
    due = Draft()
    for claim in due_on_levels(uow, [level[0] for level in levels]) if seen.has_due else ():
        # Only its balance is wanted here; who reserves sweeps them.
        due.step(claim, ClaimState.EXPIRED)
    today = day_of(uow.now)
    shelves = fill_shelves(levels, due.deltas, today)
    floors = safety_of(uow.connection, sku_ids) if leaves_safety and seen.has_safety else {}
    own: Counter[SkuId] = Counter()
    # The locks that reserving takes next: what is covered now stays so until then.
    if shop_id is not None and seen.has_quotas and book_of_skus(uow, set(goods)) is not None:
        until = today + min_life_days
        for units in own_units(uow.connection, shop_id, warehouse_id, goods, until).values():
            own.update(units)

    def free(sku: SkuId) -> int:
        shelf, floor = shelves[warehouse_id, sku], floors.get((warehouse_id, sku), 0)
        lasting = free_units(shelf, today + min_life_days)
        # The safety stock may be any of the goods that can be sold, however long these have to last.
        return max(min(lasting, free_units(shelf, today) - floor), 0) if floor else lasting

    return {sku: UNCOUNTED if sku in unmanaged else free(sku) + own[sku] for sku in sku_ids}


def own_units(
    connection: Connection, shop_id: int, warehouse_id: WarehouseId, goods_ids: Collection[int], until: int
) -> Mapping[int, Mapping[SkuId, int]]:
    """What of the warehouse is allotted to the shop and lasts until that day, for each of these SKUs and bundles.

    Gives units of what holds the stock: of a bundle those of its components.
    """
    binds = {"shop": shop_id, "warehouse": warehouse_id, "sku_ids": packed_ids(goods_ids), "until": until}
    found: defaultdict[int, dict[SkuId, int]] = defaultdict(dict)
    rows: Sequence[Any] = connection.execute(_OWN, binds).all()
    for goods, sku, qty in rows:
        found[goods][sku] = int(qty)
    return found


def live_claims(uow: UnitOfWork, line_ids: Collection[OrderLineId]) -> Sequence[Claim]:
    """The claims of these lines under their locks; one whose time has run out stands as expired.

    Looked at, not swept: who reserves or confirms next writes it.
    """
    claims = hold_lines(uow, line_ids)
    for claim in claims:
        if claim.is_due(uow.now):
            claim.state = ClaimState.EXPIRED
    return claims


def claims_seen(uow: UnitOfWork, line_ids: Collection[OrderLineId]) -> Sequence[Claim]:
    """As `live_claims`, without any lock: for a look."""
    claims = claims_of_lines(uow, line_ids)
    for claim in claims:
        if claim.is_due(uow.now):
            claim.state = ClaimState.EXPIRED
    return claims


def move_end(uow: UnitOfWork, line_ids: Collection[OrderLineId], until: datetime) -> None:
    """Let the lines' reserved units be theirs until a moment, earlier or later than before.

    Only under the lock of the lines, and only what has not run out: `live_claims` tells. What was sold from a shop's
    quota has no end.
    """
    moved = uow.execute(_MOVE_END, {"line_ids": packed_ids(line_ids), "until": until}).scalars().all()
    uow.changed("reservation", *moved)
