"""Cycle counting (循环盘点): what to count today, so that everything is counted in time and trouble first.

The rule, in points; the highest first, then by code:

- 100: a parcel waits at a desk because the shelf was empty, though the books had units.
- 60: the last count found a difference; is it right now?
- 40: there are units, and nobody has ever counted them.
- 0 to 60: how long ago it was counted, 60 after half a year.
- 0 to 40: how fast it sells, against the fastest.
- 0 to 20: what it is worth (units by the latest price), against the dearest.

Goods without units are suggested only where a shelf was empty or the last count differed. What was counted within the
last three days is left in peace, unless a shelf was empty since.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, select

from core.catalog.models import Bin, Sku
from core.counting.models import CountLine, CountSheet
from core.counting.states import UNDER_WAY
from core.db.since import first_id_since
from core.fulfilment import parked
from core.inventory.models import Movement, StockAssertion, StockLevel
from core.inventory.states import MovementKind
from core.orders.models import OrderLine

_SHORT_POINTS: Final = 100
_DIFFERENCE_POINTS: Final = 60
_NEVER_POINTS: Final = 40
_AGE_POINTS: Final = 60
_FAST_POINTS: Final = 40
_VALUE_POINTS: Final = 20
_OLD: Final = timedelta(days=180)
_REST: Final = timedelta(days=3)
_SALES: Final = timedelta(days=30)
#: order lines that are looked at for the latest price
_PRICED: Final = 50_000


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of goods in one warehouse, all batches together.

    Attributes:
        on_hand_qty: units.
        counted_at: when the batch that was counted longest ago was counted; None: one never was.
        difference_qty: what the newest count found, more or less.
        sold_qty: units sold within thirty days.
        price_fen: latest price of one unit, 0 where none is known.
        short_qty: units that parcels at the desks lack.
    """

    sku_id: int
    code: str
    name: str
    bin: str = ""
    on_hand_qty: int = 0
    counted_at: datetime | None = None
    difference_qty: int = 0
    sold_qty: int = 0
    price_fen: int = 0
    short_qty: int = 0
    spec: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Goods to count, and the one reason that weighs most.

    `reason` is `short`, `difference`, `never`, `age`, `fast` or `value`; `amount` is its number: units lacking,
    difference, units on hand, days since the count, units sold, worth in fen.
    """

    sku_id: int
    code: str
    name: str
    bin: str
    points: int
    reason: str
    amount: int
    spec: str = ""


def suggest(facts: Sequence[Facts], how_many: int, now: datetime) -> tuple[Suggestion, ...]:
    """The `how_many` goods with the most points; see the rule above."""
    most_sold = max((one.sold_qty for one in facts), default=0)
    most_worth = max((one.on_hand_qty * one.price_fen for one in facts), default=0)
    found = []
    for one in facts:
        parts = _points(one, now, most_sold, most_worth)
        points = sum(points for _, points, _ in parts)
        if points:
            reason, _, amount = max(parts, key=lambda part: part[1])
            found.append(Suggestion(one.sku_id, one.code, one.name, one.bin, points, reason, amount, one.spec))
    found.sort(key=lambda one: (-one.points, one.code))
    return tuple(found[:how_many])


def _points(one: Facts, now: datetime, most_sold: int, most_worth: int) -> list[tuple[str, int, int]]:
    """Reason, points and number of everything that speaks for counting these goods."""
    parts: list[tuple[str, int, int]] = []
    if one.short_qty:
        parts.append(("short", _SHORT_POINTS, one.short_qty))
    elif one.counted_at is not None and now - one.counted_at < _REST:
        return []
    if one.counted_at is not None and one.difference_qty:
        parts.append(("difference", _DIFFERENCE_POINTS, one.difference_qty))
    if one.on_hand_qty > 0:
        if one.counted_at is None:
            parts.append(("never", _NEVER_POINTS, one.on_hand_qty))
        else:
            age = now - one.counted_at
            parts.append(("age", int(_AGE_POINTS * min(age / _OLD, 1)), age.days))
        parts.append(("fast", _share(_FAST_POINTS, one.sold_qty, most_sold), one.sold_qty))
        worth = one.on_hand_qty * one.price_fen
        parts.append(("value", _share(_VALUE_POINTS, worth, most_worth), worth))
    return [part for part in parts if part[1]]


def _share(points: int, part: int, whole: int) -> int:
    return points * part // whole if whole else 0


def suggested(connection: Connection, warehouse_id: int, how_many: int, now: datetime) -> tuple[Suggestion, ...]:
    """What to count in a warehouse now; goods on a sheet that is under way are left out."""
    busy = _busy(connection, warehouse_id)
    facts = [one for one in facts_of(connection, warehouse_id, now) if one.sku_id not in busy]
    return suggest(facts, how_many, now)


def facts_of(connection: Connection, warehouse_id: int, now: datetime) -> list[Facts]:
    """The facts of all goods of a warehouse: a statement per table, whatever the number of goods."""
    levels: defaultdict[int, list[Any]] = defaultdict(list)
    query = select(StockLevel.id, StockLevel.sku_id, StockLevel.on_hand_qty)
    for level in connection.execute(query.where(StockLevel.warehouse_id == warehouse_id)):
        levels[level.sku_id].append(level)
    counted = _newest_counts(connection)
    sold = _sold(connection, now)
    prices = _prices(connection)
    short: defaultdict[int, int] = defaultdict(int)
    for row in parked.parked(connection):
        if row.reason == parked.SHORT:
            for missing in row.missing:
                short[missing.sku_id] += missing.qty
    goods = (
        select(Sku.id, Sku.code, Sku.name, Sku.spec, Bin.code.label("bin"))
        .outerjoin(Bin, (Bin.sku_id == Sku.id) & (Bin.warehouse_id == warehouse_id))
        .where(Sku.is_stock_managed, ~Sku.is_bundle)
    )
    found = []
    for sku in connection.execute(goods):
        here = levels.get(sku.id)
        if here is None and sku.id not in short:
            continue
        found.append(_facts(sku, here or [], counted, sold, prices.get(sku.id, 0), short.get(sku.id, 0)))
    return found


def _facts(
    sku: Any,
    levels: Sequence[Any],
    counted: dict[int, tuple[datetime, int]],
    sold: dict[int, int],
    price_fen: int,
    short_qty: int,
) -> Facts:
    # An empty batch that nobody counted says nothing about goods whose other batches were counted.
    relevant = [one for one in levels if one.on_hand_qty] or list(levels)
    counts = [counted.get(one.id) for one in relevant]
    known = [one for one in counts if one is not None]
    newest = max(known, default=None)
    return Facts(
        sku.id,
        sku.code,
        sku.name,
        sku.bin or "",
        sum(one.on_hand_qty for one in levels),
        min(at for at, _ in known) if known and len(known) == len(counts) else None,
        0 if newest is None else newest[1],
        sum(sold.get(one.id, 0) for one in levels),
        price_fen,
        short_qty,
        sku.spec,
    )


def _newest_counts(connection: Connection) -> dict[int, tuple[datetime, int]]:
    newest = select(func.max(StockAssertion.id)).group_by(StockAssertion.level_id)
    query = select(StockAssertion.level_id, StockAssertion.at, StockAssertion.qty - StockAssertion.book_qty)
    rows = connection.execute(query.where(StockAssertion.id.in_(newest)))
    return {level: (at, int(difference)) for level, at, difference in rows}


def _sold(connection: Connection, now: datetime) -> dict[int, int]:
    """Units sold within the time, by level."""
    first = first_id_since(connection, Movement.id.expression, Movement.at.expression, now - _SALES)
    query = (
        select(Movement.level_id, func.sum(-Movement.qty))
        .where(Movement.id >= first, Movement.kind == MovementKind.SALE.value)
        .group_by(Movement.level_id)
    )
    return {level: int(units) for level, units in connection.execute(query)}


def _prices(connection: Connection) -> dict[int, int]:
    """The highest price of the newest order lines, by SKU; 0 prices are gifts."""
    last = connection.execute(select(func.max(OrderLine.id))).scalar_one() or 0
    query = select(OrderLine.sku_id, func.max(OrderLine.unit_price_fen)).where(OrderLine.id > last - _PRICED)
    return {sku: int(price) for sku, price in connection.execute(query.group_by(OrderLine.sku_id)) if sku}


def _busy(connection: Connection, warehouse_id: int) -> set[int]:
    """Goods that somebody is about to count."""
    query = (
        select(CountLine.sku_id)
        .join(CountSheet, CountSheet.id == CountLine.sheet_id)
        .where(
            CountSheet.state.in_([state.value for state in UNDER_WAY]),
            CountSheet.warehouse_id == warehouse_id,
        )
    )
    return set(connection.execute(query).scalars())
