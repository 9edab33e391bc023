"""What screens, the planner and the watches ask about quotas; nothing here writes."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, and_, bindparam, case, func, or_, select, text

from core.catalog.models import BundleLine, Listing, Sku
from core.channels.models import Shop
from core.db.sets import id_set, packed_ids
from core.db.types import Instant
from core.inventory.capping import under_caps
from core.inventory.levels import FREE
from core.inventory.models import StockLevel
from core.inventory.pausing import capped_shops, stops_of
from core.inventory.quotas.book import parts_of
from core.inventory.quotas.models import Quota, QuotaCover, QuotaSale, SkuPlan, SpareLink, StockAct
from core.inventory.quotas.records import ActRow, QuotaRow, Sentence, SkuQuotas
from core.inventory.quotas.safety import safety_of
from core.inventory.quotas.states import IS_OPEN, ActKind, ActState, Mode
from core.inventory.shelves import Floors, day_of
from core.runtime.ids import SkuId, WarehouseId

_SKUS = (
    select(
        Sku.id,
        Sku.code,
        Sku.name,
        Sku.spec,
        Sku.is_bundle,
        SkuPlan.mode,
        SkuPlan.buffer_qty,
        SkuPlan.min_lot,
        SkuPlan.park_qty,
        SkuPlan.parked_shop_id,
    )
    .outerjoin(SkuPlan, SkuPlan.sku_id == Sku.id)
    .where(Sku.id.in_(id_set("sku_ids")))
    .order_by(Sku.code)
)
_QUOTAS = (
    select(
        *Quota.__table__.c,
        Shop.name.label("shop_name"),
        Shop.channel,
        Shop.warehouse_id,
        Shop.writes_stock,
        Shop.min_life_days,
        Listing.sku_id.label("linked_sku_id"),
    )
    .join(Shop, Shop.id == Quota.shop_id)
    .outerjoin(Listing, Listing.id == Quota.listing_id)
    .where(Quota.sku_id.in_(id_set("sku_ids")))
    .order_by(Quota.shop_id)
)
_BUNDLES = select(BundleLine.bundle_sku_id, BundleLine.component_sku_id, BundleLine.qty).where(
    BundleLine.component_sku_id.in_(id_set("sku_ids"))
)
_ACTS = select(*StockAct.__table__.c).where(StockAct.quota_id.in_(id_set("quota_ids")), text(f"stock_act.{IS_OPEN}"))
_COVERS = (
    select(QuotaCover.quota_id, StockLevel.sku_id, StockLevel.warehouse_id, func.sum(QuotaCover.qty))
    .join(StockLevel, StockLevel.id == QuotaCover.level_id)
    .where(QuotaCover.quota_id.in_(id_set("quota_ids")))
    .group_by(QuotaCover.quota_id, StockLevel.sku_id, StockLevel.warehouse_id)
)
_BEHIND = (
    select(StockLevel.sku_id, Shop.name, func.sum(QuotaCover.qty))
    .join(QuotaCover, QuotaCover.level_id == StockLevel.id)
    .join(Quota, Quota.id == QuotaCover.quota_id)
    .join(Shop, Shop.id == Quota.shop_id)
    .where(StockLevel.sku_id.in_(id_set("sku_ids")))
    .group_by(StockLevel.sku_id, Shop.id, Shop.name)
    .order_by(func.sum(QuotaCover.qty).desc(), Shop.id)
)
#: a platform that refused longer ago to take a link off sale is asked to once more
PAUSES_COUNTED: Final = timedelta(hours=1)
_HOUR = bindparam("hour", type_=Instant)
_SOLD = (
    select(
        QuotaSale.quota_id,
        func.sum(QuotaSale.qty),
        func.sum(case((QuotaSale.sold_at >= _HOUR, QuotaSale.qty), else_=0)),
    )
    .where(QuotaSale.quota_id.in_(id_set("quota_ids")), QuotaSale.sold_at >= bindparam("day", type_=Instant))
    .group_by(QuotaSale.quota_id)
)
_LINKS = (
    select(Listing.shop_id, Listing.sku_id, func.count())
    .outerjoin(SpareLink, SpareLink.listing_id == Listing.id)
    .where(Listing.sku_id.in_(id_set("sku_ids")), SpareLink.state.is_distinct_from("quiet"))
    .group_by(Listing.shop_id, Listing.sku_id)
)
_LIVE = and_(
    StockLevel.is_blocked.is_(False),
    or_(StockLevel.expires_day.is_(None), StockLevel.expires_day >= bindparam("today")),
)
_LEVELS = (
    select(
        StockLevel.warehouse_id,
        StockLevel.sku_id,
        func.sum(StockLevel.on_hand_qty),
        func.sum(StockLevel.reserved_qty + StockLevel.confirmed_qty),
        func.sum(StockLevel.quarantined_qty),
        func.sum(FREE),
        func.sum(case((_LIVE, FREE), else_=0)),
    )
    .where(StockLevel.sku_id.in_(id_set("sku_ids")))
    .group_by(StockLevel.warehouse_id, StockLevel.sku_id)
)
#: what is free of goods that end some day, by that day: only where shops promise goods to last
_ENDING = (
    select(StockLevel.warehouse_id, StockLevel.sku_id, StockLevel.expires_day, func.sum(FREE))
    .where(
        StockLevel.sku_id.in_(id_set("sku_ids")),
        StockLevel.on_hand_qty > 0,
        StockLevel.expires_day.is_not(None),
        _LIVE,
    )
    .group_by(StockLevel.warehouse_id, StockLevel.sku_id, StockLevel.expires_day)
)


class _Place(NamedTuple):
    """One SKU in one warehouse."""

    on_hand: int
    sold: int
    quarantined: int
    free: int
    #: of what is free: not past its last day
    live: int


def quotas_of(connection: Connection, sku_ids: Collection[int], now: datetime) -> tuple[SkuQuotas, ...]:
    """Everything about these SKUs' quotas, by code, with a handful of statements for all of them.

    Call it in one read: its numbers then are of one moment, and each sentence adds up.
    """
    binds = {"sku_ids": packed_ids(set(sku_ids))}
    skus: Sequence[Any] = connection.execute(_SKUS, binds).all()
    if not skus:
        return ()
    asked = {row.id for row in skus}
    inside: Sequence[Any] = connection.execute(_BUNDLES, binds).all()
    parts = parts_of(connection, asked | {bundle for bundle, _, _ in inside})
    of_parts = {part for sku in asked for part in parts[sku]}
    places = _places(connection, of_parts, now)
    safety = safety_of(connection, of_parts)
    pools = _Pools(connection, places, safety, day_of(now))
    rows = _capped(connection, _quota_rows(connection, {"sku_ids": packed_ids(parts)}, parts, pools, now), parts, now)
    bundled: defaultdict[int, int] = defaultdict(int)
    for bundle, component, qty in inside:
        bundled[component] += qty * sum(one.worst_qty for one in rows[bundle])
    behind: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    for sku, name, qty in connection.execute(_BEHIND, binds):
        behind[sku].append((name, int(qty)))
    return tuple(
        _sku_quotas(row, parts[row.id], pools, rows[row.id], tuple(behind[row.id]), bundled[row.id]) for row in skus
    )


def _places(
    connection: Connection, sku_ids: Collection[int], now: datetime
) -> Mapping[tuple[WarehouseId, SkuId], _Place]:
    rows: Sequence[Any] = connection.execute(_LEVELS, {"sku_ids": packed_ids(sku_ids), "today": day_of(now)}).all()
    return {(warehouse, sku): _Place(*(int(qty) for qty in figures)) for warehouse, sku, *figures in rows}


class _Pools:
    """What of each place may be given to shops."""

    def __init__(
        self, connection: Connection, places: Mapping[tuple[WarehouseId, SkuId], _Place], safety: Floors, today: int
    ) -> None:
        self.places = places
        self.safety = safety
        self._connection = connection
        self._today = today
        self._ending: Mapping[tuple[WarehouseId, SkuId], Sequence[tuple[int, int]]] | None = None

    def of(self, warehouse: WarehouseId, parts: Mapping[SkuId, int], life_days: int = 0) -> int:
        """Whole units of what consists of these parts, of goods that last so many days still."""
        return min(self._of_part(warehouse, part, life_days) // each for part, each in parts.items())

    def _of_part(self, warehouse: WarehouseId, sku: SkuId, life_days: int) -> int:
        place = self.places.get((warehouse, sku))
        if place is None:
            return 0
        above = place.live - self.safety.get((warehouse, sku), 0)
        return max(min(above, place.live - sum(self._short_lived((warehouse, sku), life_days))), 0)

    def has_short_lived(self, warehouse: WarehouseId, parts: Mapping[SkuId, int], life_days: int) -> bool:
        """Whether goods of these parts are there, free or not, that do not last so many days."""
        return any(self._short_lived((warehouse, part), life_days) for part in parts)

    def _short_lived(self, place: tuple[WarehouseId, SkuId], life_days: int) -> Sequence[int]:
        """What is free of each day's goods that do not last so long, nothing where all of them are promised."""
        if not life_days:
            return ()
        if self._ending is None:
            ending: defaultdict[tuple[WarehouseId, SkuId], list[tuple[int, int]]] = defaultdict(list)
            binds = {"sku_ids": packed_ids({sku for _, sku in self.places}), "today": self._today}
            rows: Sequence[Any] = self._connection.execute(_ENDING, binds).all()
            for warehouse, sku, last, free in rows:
                ending[warehouse, sku].append((last, int(free)))
            self._ending = ending
        return [free for last, free in self._ending.get(place, ()) if last < self._today + life_days]


def _sku_quotas(
    row: Any,
    parts: Mapping[SkuId, int],
    pools: _Pools,
    quotas: Sequence[QuotaRow],
    behind: tuple[tuple[str, int], ...],
    bundled_worst: int,
) -> SkuQuotas:
    places, safety = pools.places, pools.safety
    warehouses = {warehouse for warehouse, sku in places if sku in parts} | {one.warehouse_id for one in quotas}
    pool = {warehouse: pools.of(warehouse, parts) for warehouse in warehouses}
    worst = bundled_worst + sum(one.worst_qty for one in quotas)
    return SkuQuotas(
        sku_id=row.id,
        code=row.code,
        name=row.name,
        spec=row.spec,
        is_bundle=row.is_bundle,
        mode=Mode(row.mode or Mode.OFF),
        buffer_qty=row.buffer_qty or 0,
        min_lot=row.min_lot or 1,
        park_qty=row.park_qty or 0,
        parked_shop_id=row.parked_shop_id,
        pool_by_warehouse=pool,
        safety_by_warehouse={place: qty for (place, sku), qty in safety.items() if sku == row.id},
        quotas=tuple(quotas),
        sentence=None if row.is_bundle else _sentence(row.id, places, safety, behind, worst),
    )


def _sentence(
    sku_id: SkuId,
    places: Mapping[tuple[WarehouseId, SkuId], _Place],
    safety: Floors,
    behind: tuple[tuple[str, int], ...],
    worst: int,
) -> Sentence:
    here = {warehouse: place for (warehouse, sku), place in places.items() if sku == sku_id}
    # Safety keeps goods that can be sold; what has ended is in nobody's pool.
    kept = sum(min(max(place.live, 0), safety.get((warehouse, sku_id), 0)) for warehouse, place in here.items())
    live = sum(place.live for place in here.values())
    return Sentence(
        on_hand_qty=sum(place.on_hand for place in here.values()),
        by_shop=behind,
        sold_qty=sum(place.sold for place in here.values()),
        quarantined_qty=sum(place.quarantined for place in here.values()),
        safety_qty=kept,
        pool_qty=live - kept,
        ended_qty=sum(place.free for place in here.values()) - live,
        worst_qty=worst,
    )


def _quota_rows(
    connection: Connection,
    binds: Mapping[str, str],
    parts: Mapping[SkuId, Mapping[SkuId, int]],
    pools: _Pools,
    now: datetime,
) -> Mapping[int, list[QuotaRow]]:
    found: Sequence[Any] = connection.execute(_QUOTAS, binds).all()
    of_quotas = {"quota_ids": packed_ids([row.id for row in found])}
    held: defaultdict[int, dict[tuple[WarehouseId, SkuId], int]] = defaultdict(dict)
    covers: Sequence[Any] = connection.execute(_COVERS, of_quotas).all()
    for quota, sku, place, qty in covers:
        held[quota][place, sku] = int(qty)
    acts = {row.quota_id: act_row(row) for row in connection.execute(_ACTS, of_quotas)}
    times = {"day": now - timedelta(days=1), "hour": now - timedelta(hours=1)}
    sold = {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(_SOLD, of_quotas | times)}
    links = {(shop, sku): count for shop, sku, count in connection.execute(_LINKS, binds)}
    stops = stops_of(connection, {row.sku_id for row in found} | {part for one in parts.values() for part in one})
    is_stopped = {row.id: stops.hold(row.shop_id, {row.sku_id, *parts[row.sku_id]}) for row in found}
    refused = _pauses_refused(connection, [quota for quota, held_up in is_stopped.items() if held_up], now)
    rows: defaultdict[int, list[QuotaRow]] = defaultdict(list)
    for row in found:
        rows[row.sku_id].append(
            _quota_row(
                row,
                _Behind.of(held[row.id], row.warehouse_id, parts[row.sku_id], _right(row)),
                pools.of(row.warehouse_id, parts[row.sku_id], row.min_life_days),
                pools.has_short_lived(row.warehouse_id, parts[row.sku_id], row.min_life_days),
                sold.get(row.id, (0, 0)),
                links.get((row.shop_id, row.sku_id), 0),
                acts.get(row.id),
                is_stopped=is_stopped[row.id],
                pauses_refused=refused.get(row.id, 0),
            )
        )
    return rows


def _pauses_refused(connection: Connection, quota_ids: Collection[int], now: datetime) -> Mapping[int, int]:
    """How often the platform has refused of late to take the links of these quotas off sale."""
    if not quota_ids:
        return {}
    query = (
        select(StockAct.quota_id, func.count())
        .where(
            StockAct.quota_id.in_(id_set("quota_ids")),
            StockAct.kind == ActKind.PAUSE.value,
            StockAct.state == ActState.REFUSED.value,
            StockAct.settled_at > now - PAUSES_COUNTED,
        )
        .group_by(StockAct.quota_id)
    )
    rows: Sequence[Any] = connection.execute(query, {"quota_ids": packed_ids(quota_ids)}).all()
    return {quota_id: int(count) for quota_id, count in rows}


def _capped(
    connection: Connection,
    rows: Mapping[int, list[QuotaRow]],
    parts: Mapping[SkuId, Mapping[SkuId, int]],
    now: datetime,
) -> Mapping[int, list[QuotaRow]]:
    """The rows with what is left of their shops' caps; a bundle may be sold as long as its parts may."""
    shops = capped_shops(connection)
    if not shops:
        return rows
    capped = {one.shop_id for several in rows.values() for one in several if {None, one.shop_id} & shops}
    goods = {part for one in parts.values() for part in one} | set(parts)
    left = {shop: under_caps(connection, shop, goods, now) for shop in capped}

    def cap(sku: int, one: QuotaRow) -> int | None:
        of_shop = left.get(one.shop_id, {})
        found = [of_shop[part] // each for part, each in parts[SkuId(sku)].items() if part in of_shop]
        return min(found, default=of_shop.get(sku))

    found: defaultdict[int, list[QuotaRow]] = defaultdict(list)
    for sku, several in rows.items():
        found[sku] = [replace(one, cap_qty=cap(sku, one)) for one in several]
    return found


class _Behind(NamedTuple):
    """What stands behind a right: units of it that are covered, and units of components it does not need."""

    covered: int
    stray: int

    @classmethod
    def of(
        cls, held: Mapping[tuple[WarehouseId, SkuId], int], place: WarehouseId, parts: Mapping[SkuId, int], right: int
    ) -> "_Behind":
        """Out of what is held of each component in each place."""
        covered = min(held.get((place, part), 0) // each for part, each in parts.items())
        needed = {(place, part): right * each for part, each in parts.items()}
        stray = sum(max(qty - needed.get(key, 0), 0) for key, qty in held.items())
        return cls(min(covered, right), stray)


def _right(row: Any) -> int:
    return int(row.granted_qty - row.withdrawn_qty - row.sold_qty + row.restored_qty)


def _quota_row(
    row: Any,
    behind: _Behind,
    pool: int,
    has_short_lived: bool,
    sold: tuple[int, int],
    links: int,
    act: ActRow | None,
    *,
    is_stopped: bool,
    pauses_refused: int,
) -> QuotaRow:
    day, hour = sold
    return QuotaRow(
        quota_id=row.id,
        shop_id=row.shop_id,
        shop_name=row.shop_name,
        channel=row.channel,
        warehouse_id=row.warehouse_id,
        writes_stock=row.writes_stock,
        pool_qty=pool,
        has_short_lived=has_short_lived,
        is_counted=row.is_counted,
        is_adopted=row.adopted_at is not None,
        granted_qty=row.granted_qty,
        withdrawn_qty=row.withdrawn_qty,
        sold_qty=row.sold_qty,
        restored_qty=row.restored_qty,
        right_qty=_right(row),
        covered_qty=behind.covered,
        stray_qty=behind.stray,
        overdrawn_qty=row.overdrawn_qty,
        slack_qty=row.slack_qty,
        listed_qty=row.listed_qty,
        listed_at=row.listed_at,
        drift_qty=row.drift_qty,
        drift_right_qty=row.drift_right_qty,
        drift_at=row.drift_at,
        locked_until=row.locked_until,
        retry_at=row.retry_at,
        weight=row.weight,
        day_qty=day,
        hour_qty=hour,
        link_count=links,
        is_on_sale=row.is_on_sale,
        is_paused=row.paused_at is not None,
        is_stopped=is_stopped,
        pauses_refused=pauses_refused,
        regrant_qty=row.regrant_qty,
        has_link=row.linked_sku_id == row.sku_id,
        is_read=row.evidence_to is not None,
        open_act=act,
    )


def act_row(row: Any) -> ActRow:
    """An act's record of its row."""
    return ActRow(
        row.id,
        ActKind(row.kind),
        ActState(row.state),
        row.qty,
        row.done_qty,
        row.reason,
        row.error,
        row.created_at,
        row.sent_at,
        row.settled_at,
    )


def newest_acts(connection: Connection, sku_id: int, limit: int = 50) -> Sequence[tuple[int, ActRow]]:
    """The newest acts upon a SKU's numbers, with the shop of each."""
    query = (
        select(*StockAct.__table__.c, Quota.shop_id)
        .join(Quota, Quota.id == StockAct.quota_id)
        .where(Quota.sku_id == sku_id)
        .order_by(StockAct.id.desc())
        .limit(limit)
    )
    return tuple((row.shop_id, act_row(row)) for row in connection.execute(query))
