"""The numbers that malls may sell up to, and the feed of their changes.

A number is what a reservation would find: the pool of the shop's warehouse without what is promised, allotted to
other shops or expired, and what is allotted to the shop itself. It is a hint for the mall's pages; only a
reservation decides.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, case, func, or_, select, text, update

from core.catalog.models import BundleLine, Sku
from core.db.sets import id_set, packed_ids
from core.db.turn import take_turn
from core.db.types import Instant
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.gateway.events import mark_of, set_mark, write_events
from core.gateway.goods import Goods, goods_by_code, goods_by_id, promised_life, to_be_had
from core.gateway.models import DoorKey, DoorMark, DoorStock
from core.gateway.problems import Answer, Problem
from core.inventory.capping import under_caps
from core.inventory.holding import UNCOUNTED, own_units
from core.inventory.levels import FREE
from core.inventory.models import Reservation, StockLevel
from core.inventory.pausing import is_shop_paused, paused_skus
from core.inventory.quotas.models import Quota, QuotaCover, SafetyStock
from core.inventory.quotas.safety import safety_of
from core.inventory.shelves import day_of
from core.runtime.ids import SkuId, WarehouseId
from core.sync.shops import ShopRecord

#: SKUs of one answer
MOST: Final = 500
#: changed SKUs written in one transaction
_CHUNK: Final = 300
_VERSION: Final = "stock"

_LASTS = and_(
    StockLevel.is_blocked.is_(False),
    or_(StockLevel.expires_day.is_(None), StockLevel.expires_day >= bindparam("today")),
)
_SUMS = (
    select(StockLevel.sku_id, func.sum(FREE).label("qty"))
    .where(StockLevel.warehouse_id == bindparam("warehouse"), _LASTS)
    .group_by(StockLevel.sku_id)
)
#: a unit weighs differently in each shop, by numbers without a pattern: small changes that go together (two units
#: from one shop, one of them to another, one to the pool) would make up for each other where the weights are 2 and 3
_WEIGHT = (Quota.shop_id * 2_654_435_761) % 16_777_213
#: what door shops have of their own, in the mark that tells a change: units that go from one to another are seen too
_OWN = (
    select(Quota.sku_id, func.sum(QuotaCover.qty * _WEIGHT).label("weight"))
    .join(QuotaCover, QuotaCover.quota_id == Quota.id)
    .join(StockLevel, StockLevel.id == QuotaCover.level_id)
    .where(
        Quota.is_counted,
        Quota.shop_id.in_(select(DoorKey.shop_id).where(DoorKey.revoked_at.is_(None))),
        StockLevel.warehouse_id == bindparam("warehouse"),
        _LASTS,
    )
    .group_by(Quota.sku_id)
)
#: free units less what safety keeps: what all malls may have. A SKU whose last batch went is here, with nothing.
_TOLD = (
    select(
        StockLevel.sku_id,
        (func.sum(case((_LASTS, FREE), else_=0)) - func.coalesce(func.max(SafetyStock.qty), 0)).label("qty"),
    )
    .outerjoin(
        SafetyStock,
        and_(SafetyStock.sku_id == StockLevel.sku_id, SafetyStock.warehouse_id == StockLevel.warehouse_id),
    )
    .where(StockLevel.warehouse_id == bindparam("warehouse"))
    .group_by(StockLevel.sku_id)
)
#: bundles that some door shop has or had units of its own of
_OWN_BUNDLES = (
    select(Quota.sku_id)
    .join(Sku, Sku.id == Quota.sku_id)
    .where(
        Sku.is_bundle,
        Quota.is_counted,
        Quota.shop_id.in_(select(DoorKey.shop_id).where(DoorKey.revoked_at.is_(None))),
    )
    .distinct()
    .order_by(Quota.sku_id)
)
_DUE = (
    select(Reservation.sku_id, func.sum(Reservation.qty))
    .join(StockLevel, StockLevel.id == Reservation.level_id)
    .where(
        StockLevel.warehouse_id == bindparam("warehouse"),
        StockLevel.sku_id.in_(id_set("ids")),
        _LASTS,
        text("reservation.state = 'reserved'"),
        Reservation.expires_at <= bindparam("now", type_=Instant),
    )
    .group_by(Reservation.sku_id)
)
_UNMANAGED = select(Sku.id).where(Sku.id.in_(id_set("ids")), Sku.is_stock_managed.is_(False))
_VERSIONS = select(DoorStock.sku_id, DoorStock.version).where(
    DoorStock.warehouse_id == bindparam("warehouse"), DoorStock.sku_id.in_(id_set("ids"))
)


def free_seen(connection: Connection, shop: ShopRecord, ids: Collection[int], now: datetime) -> Mapping[SkuId, int]:
    """Units of each SKU that a shop would get, claims whose time has run out counted as given back.

    A look, no lock; by the same rule as `holding.free_now`: what lasts long enough, less what safety keeps of all.
    """
    today = day_of(now)
    # A plain dict: joining a Counter would keep the larger of two numbers.
    free = dict(_lasting(connection, shop, ids, today + promised_life(connection, shop.id), now))
    floors = {sku: qty for (place, sku), qty in safety_of(connection, ids).items() if place == shop.warehouse_id}
    if floors:
        left = _lasting(connection, shop, floors, today, now)
        free |= {sku: max(min(free[sku], left[sku] - floor), 0) for sku, floor in floors.items()}
    for sku_id in connection.execute(_UNMANAGED, {"ids": packed_ids(ids)}).scalars():
        free[SkuId(sku_id)] = UNCOUNTED
    return free


def _lasting(
    connection: Connection, shop: ShopRecord, ids: Collection[int], until: int, now: datetime
) -> Counter[SkuId]:
    """Free units of each SKU whose last day is not before `until`."""
    binds = {"ids": packed_ids(ids), "warehouse": shop.warehouse_id, "today": until, "now": now}
    free: Counter[SkuId] = Counter(dict.fromkeys(map(SkuId, ids), 0))
    for query in (_SUMS.where(StockLevel.sku_id.in_(id_set("ids"))), _DUE):
        for sku, qty in connection.execute(query, binds):
            free[SkuId(sku)] += int(qty)
    return free


def numbers(connection: Connection, shop: ShopRecord, codes: Sequence[str], now: datetime) -> Answer:
    """The numbers of some merchant codes as they are now, in the order asked; unknown ones are named.

    Of goods that nobody counts the number is null.
    """
    known = goods_by_code(connection, codes)
    items = _items(connection, shop, {goods.id for goods in known.values()}, now)
    found = [items[known[code].id] for code in codes if code in known]
    unknown = [code for code in codes if code not in known]
    return Answer(200, {"items": found, "unknown": unknown, "paused": is_shop_paused(connection, shop.id)})


def _items(
    connection: Connection, shop: ShopRecord, ids: Collection[int], now: datetime
) -> Mapping[int, Mapping[str, Any]]:
    goods = goods_by_id(connection, ids)
    parts = {part for one in goods.values() for part, _ in one.parts}
    free = free_seen(connection, shop, parts, now)
    until = day_of(now) + promised_life(connection, shop.id)
    own = own_units(connection, shop.id, WarehouseId(shop.warehouse_id), goods, until)
    caps = under_caps(connection, shop.id, parts, now)

    def available(one: Goods) -> int:
        there = Counter(free) + Counter(own.get(one.id, {}))
        return to_be_had(one, {sku: min(there[sku], caps.get(sku, there[sku])) for sku, _ in one.parts})

    paused = paused_skus(connection, shop.id, parts | set(ids))
    binds = {"ids": packed_ids(ids), "warehouse": shop.warehouse_id}
    rows: Sequence[Any] = connection.execute(_VERSIONS, binds).all()
    versions: Mapping[int, int] = dict(rows)
    stopped = {one.id for one in goods.values() if {one.id, *(part for part, _ in one.parts)} & paused}
    return {
        one.id: {
            "sku": one.code,
            "available": 0 if one.id in stopped else _told(available(one)),
            "version": versions.get(one.id, 0),
            "sale_state": "paused" if one.id in stopped else "on",
        }
        for one in goods.values()
    }


def _told(qty: int) -> int | None:
    return None if qty >= UNCOUNTED // 1000 else qty


def changes(connection: Connection, shop: ShopRecord, since: str, limit: int, now: datetime) -> Answer:
    """SKUs whose number changed behind a cursor, each with its number as it is now.

    Raises:
        Problem: `bad_cursor`.
    """
    newest = _newest(connection)
    if int(since) > newest:
        raise Problem("bad_cursor")
    query = (
        select(DoorStock.sku_id, DoorStock.version)
        .where(DoorStock.warehouse_id == shop.warehouse_id, DoorStock.version > int(since))
        .order_by(DoorStock.version)
        .limit(limit)
    )
    rows = connection.execute(query).all()
    items = _items(connection, shop, [row.sku_id for row in rows], now)
    reached = rows[-1].version if len(rows) == limit else newest
    found = [items[row.sku_id] for row in rows]
    paused = is_shop_paused(connection, shop.id)
    return Answer(
        200, {"items": found, "next_cursor": str(reached), "has_more": len(rows) == limit, "paused": paused}
    )


def _newest(connection: Connection) -> int:
    query = select(DoorMark.number).where(DoorMark.name == _VERSION)
    return int(connection.execute(query).scalar_one_or_none() or 0)


def changed_skus(connection: Connection, warehouse_id: int, now: datetime) -> Sequence[int]:
    """SKUs of a warehouse whose number is not what was last told, some hundreds at a time.

    A bundle without units of its own changes with its components; of the others each is compared.
    """
    sums, own = _TOLD.subquery(), _OWN.subquery()
    mark = sums.c.qty + func.coalesce(own.c.weight, 0)
    told = DoorStock.warehouse_id == bindparam("warehouse")
    query = (
        select(sums.c.sku_id)
        .outerjoin(own, own.c.sku_id == sums.c.sku_id)
        .outerjoin(DoorStock, (DoorStock.sku_id == sums.c.sku_id) & told)
        .where(or_(DoorStock.available_qty.is_(None), DoorStock.available_qty != mark))
        .order_by(sums.c.sku_id)
        .limit(_CHUNK)
    )
    binds = {"warehouse": warehouse_id, "today": day_of(now)}
    found = connection.execute(query, binds).scalars().all()
    if found:
        return found
    bundles = connection.execute(_OWN_BUNDLES).scalars().all()
    marks = _marks(connection, warehouse_id, goods_by_id(connection, bundles), now) if bundles else {}
    before = _told_marks(connection, warehouse_id, marks)
    return [sku_id for sku_id, mark in marks.items() if before.get(sku_id) != mark][:_CHUNK]


def _marks(connection: Connection, warehouse_id: int, goods: Mapping[int, Goods], now: datetime) -> Mapping[int, int]:
    """What tells a change of the number of these goods: what all malls may have, and what each has of its own."""
    parts = {part for one in goods.values() for part, _ in one.parts}
    binds = {"ids": packed_ids(parts), "warehouse": warehouse_id, "today": day_of(now)}
    sums: Sequence[Any] = connection.execute(_TOLD.where(StockLevel.sku_id.in_(id_set("ids"))), binds).all()
    free: Counter[SkuId] = Counter(dict.fromkeys(parts, 0))
    free.update({SkuId(sku): int(qty) for sku, qty in sums})
    of_goods = binds | {"ids": packed_ids(goods)}
    weights: Sequence[Any] = connection.execute(_OWN.where(Quota.sku_id.in_(id_set("ids"))), of_goods).all()
    own = {sku: int(weight) for sku, weight in weights}
    # A single SKU is told as it is, so that the comparison finds it told; a bundle is never below nothing.
    return {
        sku_id: (to_be_had(one, free) if one.parts[0][0] != sku_id else free[SkuId(sku_id)]) + own.get(sku_id, 0)
        for sku_id, one in sorted(goods.items())
    }


def _told_marks(connection: Connection, warehouse_id: int, ids: Collection[int]) -> Mapping[int, int]:
    here = (DoorStock.warehouse_id == warehouse_id, DoorStock.sku_id.in_(id_set("ids")))
    query = select(DoorStock.sku_id, DoorStock.available_qty).where(*here)
    rows: Sequence[Any] = connection.execute(query, {"ids": packed_ids(ids)}).all()
    return dict(rows)


def tell_numbers(uow: UnitOfWork, warehouse_id: int, ids: Collection[int]) -> int:
    """Note the numbers of these SKUs (and of bundles with them) as told; gives how many changed.

    Each change gets the next version and makes an event.
    """
    take_turn(uow, "door.events")
    bundles = uow.execute(select(BundleLine.bundle_sku_id).where(BundleLine.component_sku_id.in_(ids))).scalars()
    goods = goods_by_id(uow.connection, {*ids, *bundles})
    before = _told_marks(uow.connection, warehouse_id, goods)
    number = mark_of(uow, _VERSION) or 0
    events = []
    for sku_id, mark in _marks(uow.connection, warehouse_id, goods, uow.now).items():
        if before.get(sku_id) == mark:
            continue
        number += 1
        _put(uow, warehouse_id, sku_id, mark, number)
        # Each mall has its own number: it is put in when the feed is read.
        facts = {"sku": goods[sku_id].code, "version": number}
        events.append({"kind": "stock.changed", "warehouse_id": warehouse_id, "facts": facts})
    if events:
        set_mark(uow, _VERSION, number)
        write_events(uow, events)
    return len(events)


def with_numbers(connection: Connection, shop: ShopRecord, answer: Answer, now: datetime) -> Answer:
    """A page of events, its changed numbers as they are now and for this shop."""
    changed = [one for one in answer.body["events"] if one["type"] == "stock.changed"]
    if not changed:
        return answer
    known = numbers(connection, shop, sorted({one["sku"] for one in changed}), now).body["items"]
    available = {item["sku"]: item["available"] for item in known}
    events = [
        one | {"available": available.get(one["sku"], 0)} if one["type"] == "stock.changed" else one
        for one in answer.body["events"]
    ]
    return replace(answer, body={**answer.body, "events": events})


def _put(uow: UnitOfWork, warehouse_id: int, sku_id: int, mark: int, version: int) -> None:
    here = (DoorStock.warehouse_id == warehouse_id, DoorStock.sku_id == sku_id)
    facts = {"available_qty": mark, "version": version}
    if not uow.count(update(DoorStock).where(*here).values(**facts)):
        row = {"warehouse_id": warehouse_id, "sku_id": sku_id} | facts
        uow.count(insert_or_ignore(uow.connection, DoorStock), row)
