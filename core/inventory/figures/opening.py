"""What makes a number: each opens into parts that add up to it, and most parts open further, down to single facts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, func, select

from core.channels.models import Shop
from core.db.models import Journal
from core.db.sets import id_set, packed_ids
from core.inventory.documents.pending import why_pending
from core.inventory.figures.movements import moved_by_kind, movement_parts
from core.inventory.figures.of_shops import OF_SHOPS, right_of
from core.inventory.figures.queries import is_dead, kept_of, sellable_of
from core.inventory.figures.records import FLOWS, Figure, Name, Opened, Part
from core.inventory.holders import holders_of_level
from core.inventory.models import StockLevel, Warehouse
from core.inventory.quotas.models import Quota, QuotaCover, SafetyStock
from core.orders.models import SHOWN_NO, Order, OrderLine
from core.runtime.ids import WarehouseId

#: parts of one page
PAGE: Final = 100
_LEVEL = (
    select(
        StockLevel.id,
        StockLevel.warehouse_id,
        Warehouse.name.label("warehouse_name"),
        StockLevel.batch,
        StockLevel.expires_day,
        StockLevel.is_blocked,
        StockLevel.on_hand_qty,
        StockLevel.reserved_qty,
        StockLevel.confirmed_qty,
        StockLevel.quarantined_qty,
        StockLevel.allotted_qty,
        (
            StockLevel.on_hand_qty - StockLevel.reserved_qty - StockLevel.confirmed_qty - StockLevel.quarantined_qty
        ).label("available_qty"),
    )
    .join(Warehouse, Warehouse.id == StockLevel.warehouse_id)
    .order_by(StockLevel.warehouse_id, StockLevel.expires_day.is_(None), StockLevel.expires_day, StockLevel.batch)
)
_ORDERS = (
    select(OrderLine.id, Order.id, SHOWN_NO)
    .join(Order, Order.id == OrderLine.order_id)
    .where(OrderLine.id.in_(id_set("line_ids")))
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked: a figure, from where on, of which moment, and the levels it is about."""

    connection: Connection
    figure: Figure
    after: tuple[Any, ...] | None
    limit: int
    now: datetime
    levels: Sequence[Any]

    def of(self, name: Name, level: Any = None) -> Figure:
        """A number of the same place, or of one level of it."""
        mine = self.figure
        if level is None:
            return Figure(name, mine.sku_id, mine.warehouse_id, mine.batch)
        return Figure(name, mine.sku_id, level.warehouse_id, level.batch)


_Parts = tuple[Sequence[Part], tuple[Any, ...] | None]


def open_figure(
    connection: Connection, figure: Figure, now: datetime, after: tuple[Any, ...] | None = None, limit: int = PAGE
) -> Opened:
    """A page of what makes a number. Call it in one read: its parts then are of one moment.

    Raises:
        NotFound: `quota.unknown`, the shop has no part in these goods any more.
    """
    if figure.quota_id is not None and figure.name in OF_SHOPS:
        return OF_SHOPS[figure.name](connection, figure, after, limit)
    query = _LEVEL.where(StockLevel.sku_id == figure.sku_id)
    if figure.warehouse_id is not None:
        query = query.where(StockLevel.warehouse_id == figure.warehouse_id)
    if figure.batch is not None:
        query = query.where(StockLevel.batch == figure.batch)
    asked = _Asked(connection, figure, after, limit, now, connection.execute(query).all())
    qty, (parts, next_after) = _total(asked), _OPENERS[figure.name](asked)
    if figure.name is not Name.MOVED:
        parts, next_after = _paged(asked, parts)
    return Opened(figure, qty, tuple(parts), next_after)


def _paged(asked: _Asked, parts: Sequence[Part]) -> _Parts:
    """A page of parts that are read together: whoever shows them takes longer for each than the database did."""
    first = asked.after[0] if asked.after else 0
    until = first + asked.limit
    return parts[first:until], ((until,) if len(parts) > until else None)


def _total(asked: _Asked) -> int:
    """The number itself, as the levels say it."""
    name, levels = asked.figure.name, asked.levels
    match name:
        case Name.MOVED:
            ids = [level.id for level in levels]
            return sum(moved_by_kind(asked.connection, one).get(asked.figure.kind, 0) for one in ids)
        case Name.ENDED:
            return sum(qty for _, qty in _dead(asked))
        case Name.SAFETY:
            return sum(_safety(asked).values())
        case Name.SELLABLE:
            return sum(qty for _, qty in _sellable(asked))
        case _ if name in FLOWS:
            return sum(one.qty for one in _waiting(asked))
        case _:
            return sum(getattr(level, f"{name}_qty") for level in levels)


# --- places ---------------------------------------------------------------------------------------------------------


def _by_level(asked: _Asked) -> _Parts | None:
    """A number of several places opens into them; None where it is of one."""
    if len(asked.levels) == 1:
        return None
    name = asked.figure.name
    return [
        Part(
            name,
            getattr(level, f"{name}_qty"),
            asked.of(name, level),
            warehouse_name=level.warehouse_name,
            batch=level.batch,
        )
        for level in asked.levels
        if getattr(level, f"{name}_qty")
    ], None


def _on_hand(asked: _Asked) -> _Parts:
    several = _by_level(asked)
    if several is not None:
        return several
    (level,) = asked.levels
    kinds = moved_by_kind(asked.connection, level.id)
    figure = asked.of(Name.MOVED, level)
    return [
        Part(kind, qty, Figure(figure.name, figure.sku_id, figure.warehouse_id, figure.batch, kind=kind))
        for kind, qty in sorted(kinds.items(), key=lambda one: -one[1])
    ], None


def _moved(asked: _Asked) -> _Parts:
    ids = [level.id for level in asked.levels]
    return movement_parts(asked.connection, ids, asked.figure.kind, asked.after, asked.limit)


def _claims(asked: _Asked) -> _Parts:
    several = _by_level(asked)
    if several is not None:
        return several
    (level,) = asked.levels
    claims = [
        claim
        for claim in holders_of_level(asked.connection, level.id, level.reserved_qty + level.confirmed_qty)
        if claim.state.value == asked.figure.name.value
    ]
    binds = {"line_ids": packed_ids({claim.order_line_id for claim in claims})}
    orders = {line: (order, number) for line, order, number in asked.connection.execute(_ORDERS, binds)}
    parts = []
    for claim in claims:
        order_id, order_no = orders[claim.order_line_id]
        parts.append(Part(claim.state, claim.qty, until=claim.expires_at, order_id=order_id, order_no=order_no))
    return parts, None


def _quarantined(asked: _Asked) -> _Parts:
    several = _by_level(asked)
    if several is not None:
        return several
    (level,) = asked.levels
    query = (
        select(Journal.at, Journal.operator, Journal.action, Journal.facts)
        .where(Journal.subject == "stock_level", Journal.subject_id == level.id, Journal.action.in_(_SETTING_ASIDE))
        .order_by(Journal.id.desc())
    )
    parts = []
    for row in asked.connection.execute(query):
        qty = int(row.facts.get("quarantined", row.facts.get("qty", 0) if row.action == "stock.quarantine" else 0))
        if qty:
            number = str(row.facts.get("document", ""))
            reason = str(row.facts.get("reason", ""))
            code = row.action.removeprefix("stock.")
            parts.append(Part(code, qty, at=row.at, by=row.operator, reason=reason, document_no=number))
    # Written by a program that did not say yet what a count or a return did to it.
    rest = level.quarantined_qty - sum(part.qty for part in parts)
    if rest:
        parts.append(Part("earlier", rest))
    return parts, None


#: what `ledger` and `documents.moving` write down when it changes what is set aside
_SETTING_ASIDE: Final = ("stock.quarantine", "stock.return", "stock.counted")


# --- sums -----------------------------------------------------------------------------------------------------------


def _available(asked: _Asked) -> _Parts:
    sums = {name: sum(getattr(level, f"{name}_qty") for level in asked.levels) for name in _SIGNS}
    return [
        Part(name, sign * sums[name], asked.of(name)) for name, sign in _SIGNS.items() if sums[name] or sign > 0
    ], None


_SIGNS: Final = MappingProxyType({Name.ON_HAND: 1, Name.RESERVED: -1, Name.CONFIRMED: -1, Name.QUARANTINED: -1})


def _dead(asked: _Asked) -> Sequence[tuple[Any, int]]:
    """What is free in places whose goods may be promised to nobody."""
    return [
        (level, level.available_qty - level.allotted_qty)
        for level in asked.levels
        if is_dead(level.expires_day, level.is_blocked, asked.now) and level.available_qty > level.allotted_qty
    ]


def _ended(asked: _Asked) -> _Parts:
    return [
        Part(
            "blocked" if level.is_blocked else "past",
            qty,
            asked.of(Name.AVAILABLE, level),
            warehouse_name=level.warehouse_name,
            batch=level.batch,
            expected_on=None if level.expires_day is None else date.fromordinal(level.expires_day),
        )
        for level, qty in _dead(asked)
    ], None


def _safety(asked: _Asked) -> Mapping[WarehouseId, int]:
    query = select(SafetyStock.warehouse_id, SafetyStock.qty).where(SafetyStock.sku_id == asked.figure.sku_id)
    if asked.figure.warehouse_id is not None:
        query = query.where(SafetyStock.warehouse_id == asked.figure.warehouse_id)
    return {WarehouseId(warehouse): qty for warehouse, qty in asked.connection.execute(query)}


def _set_safety(asked: _Asked) -> _Parts:
    names = {row.id: row.name for row in asked.connection.execute(select(Warehouse.id, Warehouse.name))}
    query = (
        select(Journal.at, Journal.operator, Journal.facts)
        .where(
            Journal.subject == "sku",
            Journal.subject_id == asked.figure.sku_id,
            Journal.action == "stock.safety_set",
        )
        .order_by(Journal.id)
    )
    last = {row.facts.get("warehouse_id"): row for row in asked.connection.execute(query)}
    parts = []
    for warehouse, qty in _safety(asked).items():
        who = last.get(warehouse)
        at, by = (None, "") if who is None else (who.at, who.operator)
        parts.append(Part("set", qty, at=at, by=by, warehouse_name=names[warehouse]))
    return parts, None


def _sums_by_warehouse(asked: _Asked) -> Mapping[WarehouseId, tuple[int, int, int, int]]:
    """Available, allotted, ended and safety of each warehouse."""
    ended: dict[int, int] = {}
    for level, qty in _dead(asked):
        ended[level.warehouse_id] = ended.get(level.warehouse_id, 0) + qty
    safety = _safety(asked)
    return {
        warehouse: (
            sum(level.available_qty for level in asked.levels if level.warehouse_id == warehouse),
            sum(level.allotted_qty for level in asked.levels if level.warehouse_id == warehouse),
            ended.get(warehouse, 0),
            safety.get(warehouse, 0),
        )
        for warehouse in dict.fromkeys(level.warehouse_id for level in asked.levels)
    }


def _sellable(asked: _Asked) -> Sequence[tuple[WarehouseId, int]]:
    return [(warehouse, sellable_of(*sums)) for warehouse, sums in _sums_by_warehouse(asked).items()]


def _sell(asked: _Asked) -> _Parts:
    sums = _sums_by_warehouse(asked)
    if len(sums) > 1:
        names = {level.warehouse_id: level.warehouse_name for level in asked.levels}
        mine = asked.figure
        return [
            Part(Name.SELLABLE, qty, Figure(mine.name, mine.sku_id, warehouse), warehouse_name=names[warehouse])
            for warehouse, qty in _sellable(asked)
            if qty
        ], None
    parts = []
    for have in sums.values():
        available, _, ended, _ = have
        parts.append(Part(Name.AVAILABLE, available, asked.of(Name.AVAILABLE)))
        if ended:
            parts.append(Part(Name.ENDED, -ended, asked.of(Name.ENDED)))
        if kept := kept_of(*have):
            parts.append(Part("kept", -kept, asked.of(Name.SAFETY)))
    return parts, None


def _allotted(asked: _Asked) -> _Parts:
    query = (
        select(Quota.id, Quota.sku_id, Shop.name, func.sum(QuotaCover.qty).label("qty"))
        .join(Quota, Quota.id == QuotaCover.quota_id)
        .join(Shop, Shop.id == Quota.shop_id)
        .where(QuotaCover.level_id.in_(id_set("level_ids")))
        .group_by(Quota.id, Quota.sku_id, Shop.name)
        .order_by(Quota.id)
    )
    binds = {"level_ids": packed_ids([level.id for level in asked.levels])}
    return [
        Part("cover", int(row.qty), right_of(row.sku_id, row.id), shop_name=row.name)
        for row in asked.connection.execute(query, binds)
    ], None


def _waiting(asked: _Asked) -> Sequence[Any]:
    mine = asked.figure
    return [
        one
        for one in why_pending(asked.connection, mine.sku_id)
        if one.flow == mine.name.value
        and mine.warehouse_id in (None, one.warehouse_id)
        and mine.batch in (None, one.batch)
    ]


def _documents(asked: _Asked) -> _Parts:
    return [
        Part(
            one.kind,
            one.qty,
            document_id=one.document_id,
            document_no=one.number,
            batch=one.batch,
            expected_on=None if one.expected_day is None else date.fromordinal(one.expected_day),
        )
        for one in _waiting(asked)
    ], None


_OPENERS: Final[Mapping[Name, Callable[[_Asked], _Parts]]] = MappingProxyType(
    {
        Name.ON_HAND: _on_hand,
        Name.RESERVED: _claims,
        Name.CONFIRMED: _claims,
        Name.QUARANTINED: _quarantined,
        Name.AVAILABLE: _available,
        Name.ENDED: _ended,
        Name.SAFETY: _set_safety,
        Name.SELLABLE: _sell,
        Name.ALLOTTED: _allotted,
        Name.MOVED: _moved,
    }
    | dict.fromkeys(FLOWS, _documents)
)
