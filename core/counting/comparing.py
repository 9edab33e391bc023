"""The nightly comparison (每日对账): what levels, ledger, platforms and the last count say of the same goods.

It is a report that a person reads and confirms. Nothing is ever corrected because of it: a difference means that
something is not understood yet. Levels are read piece by piece, so that 100,000 SKUs with 1,000,000 movements keep
nobody waiting, and each piece is one moment of the records.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, func, select

from core.catalog.models import Sku
from core.db.sets import id_set, packed_ids
from core.inventory.assertions import LastCount, last_counts
from core.inventory.models import Movement, StockLevel

#: SKUs looked at together
PIECE: Final = 500
#: a platform's number that nobody has read for so long says little
STALE: Final = timedelta(hours=24)


class Difference(StrEnum):
    """What can be wrong, the most pressing first."""

    #: the level is not the sum of its movements: a defect of the program or of the file
    LEDGER = "ledger"
    #: movements before the last count are others than they were when it was made
    HISTORY = "history"
    #: shops together list more than there is to sell
    LISTED_ABOVE = "listed_above"
    #: the last count, moved forward, is not what the level says: a correction was not, or not wholly, booked
    COUNT = "count"
    #: a shop's number was read too long ago, or never
    LISTED_STALE = "listed_stale"


@dataclass(frozen=True, slots=True)
class Listed:
    """What one shop offers of goods, and when that was read; `qty` None: nobody knows."""

    shop: str
    qty: int | None
    at: datetime | None = None


#: what shops list, for some SKUs; SKUs that no shop lists have no entry
ListedNumbers = Callable[[Connection, Collection[int]], Mapping[int, Sequence[Listed]]]


@dataclass(frozen=True, slots=True)
class Place:
    """Goods of one warehouse, all batches together; `counted_qty` None where a batch with units was never counted."""

    sku_id: int
    warehouse_id: int
    level_qty: int
    ledger_qty: int
    available_qty: int
    counted_qty: int | None = None
    counted_at: datetime | None = None
    #: the ledger up to the last count is as it was then
    is_history_kept: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the report: goods whose numbers differ; `warehouse_id` None is about all warehouses together."""

    sku_id: int
    warehouse_id: int | None
    kinds: tuple[Difference, ...]
    level_qty: int
    ledger_qty: int
    counted_qty: int | None = None
    counted_at: datetime | None = None
    listed: tuple[Listed, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Piece:
    """What a piece of the comparison found. `last_sku_id` is where the next one begins; None at the end."""

    skus: int
    places: int
    lines: tuple[Line, ...]
    last_sku_id: int | None


def nothing_listed(_connection: Connection, _sku_ids: Collection[int]) -> Mapping[int, Sequence[Listed]]:
    """Where nobody reads what platforms list."""
    return {}


def compare_piece(connection: Connection, after_sku_id: int, listed: ListedNumbers, now: datetime) -> Piece:
    """Compare the next SKUs by id."""
    wanted = select(Sku.id).where(Sku.id > after_sku_id, Sku.is_stock_managed, ~Sku.is_bundle)
    skus = connection.execute(wanted.order_by(Sku.id).limit(PIECE)).scalars().all()
    if not skus:
        return Piece(0, 0, (), None)
    places = places_of(connection, skus)
    numbers = listed(connection, skus)
    by_sku: defaultdict[int, list[Place]] = defaultdict(list)
    for place in places:
        by_sku[place.sku_id].append(place)
    lines: list[Line] = []
    for sku_id in skus:
        lines += judge(by_sku.get(sku_id, ()), tuple(numbers.get(sku_id, ())), sku_id, now)
    return Piece(len(skus), len(places), tuple(lines), skus[-1] if len(skus) == PIECE else None)


def judge(places: Sequence[Place], listed: tuple[Listed, ...], sku_id: int, now: datetime) -> list[Line]:
    """The rows that the report has about one SKU: one per warehouse with a difference, one about what is listed."""
    lines = []
    for place in places:
        kinds = []
        if place.level_qty != place.ledger_qty:
            kinds.append(Difference.LEDGER)
        if not place.is_history_kept:
            kinds.append(Difference.HISTORY)
        if place.counted_qty is not None and place.counted_qty != place.level_qty:
            kinds.append(Difference.COUNT)
        if kinds:
            numbers = (place.level_qty, place.ledger_qty, place.counted_qty, place.counted_at)
            lines.append(Line(sku_id, place.warehouse_id, tuple(kinds), *numbers))
    kinds = []
    offered = sum(one.qty for one in listed if one.qty is not None)
    if offered > sum(place.available_qty for place in places):
        kinds.append(Difference.LISTED_ABOVE)
    if any(one.qty is None or one.at is None or now - one.at > STALE for one in listed):
        kinds.append(Difference.LISTED_STALE)
    if kinds:
        level, ledger = (sum(getattr(one, name) for one in places) for name in ("level_qty", "ledger_qty"))
        lines.append(Line(sku_id, None, tuple(kinds), level, ledger, listed=listed))
    return lines


_LEVELS = (
    select(
        StockLevel.id,
        StockLevel.sku_id,
        StockLevel.warehouse_id,
        StockLevel.on_hand_qty,
        (
            StockLevel.on_hand_qty - StockLevel.reserved_qty - StockLevel.confirmed_qty - StockLevel.quarantined_qty
        ).label("available"),
    )
    .where(StockLevel.sku_id.in_(id_set("sku_ids")))
    .order_by(StockLevel.sku_id, StockLevel.warehouse_id)
)
_SUMS = (
    select(Movement.level_id, func.sum(Movement.qty))
    .where(Movement.level_id.in_(id_set("level_ids")))
    .group_by(Movement.level_id)
)


def places_of(connection: Connection, sku_ids: Collection[int]) -> tuple[Place, ...]:
    """Levels, ledger and last counts of these SKUs, per warehouse."""
    levels: Sequence[Any] = connection.execute(_LEVELS, {"sku_ids": packed_ids(sku_ids)}).all()
    ids = [level.id for level in levels]
    sums: dict[int, int] = {
        level: int(qty) for level, qty in connection.execute(_SUMS, {"level_ids": packed_ids(ids)})
    }
    counts = last_counts(connection, ids)
    groups: defaultdict[tuple[int, int], list[Any]] = defaultdict(list)
    for level in levels:
        groups[level.sku_id, level.warehouse_id].append(level)
    return tuple(_place(key, group, sums, counts) for key, group in groups.items())


def _place(
    key: tuple[int, int], levels: Sequence[Any], sums: Mapping[int, int], counts: Mapping[Any, LastCount]
) -> Place:
    known = [counts.get(level.id) for level in levels]
    # A batch that is empty by the books and was never counted asserts nothing, and hinders nothing.
    is_counted = any(known) and all(
        one is not None or level.on_hand_qty == 0 for one, level in zip(known, levels, strict=True)
    )
    counted = [one for one in known if one is not None]
    return Place(
        key[0],
        key[1],
        sum(level.on_hand_qty for level in levels),
        sum(sums.get(level.id, 0) for level in levels),
        sum(level.available for level in levels),
        sum(one.forward_qty for one in counted) if is_counted else None,
        min(one.at for one in counted) if is_counted else None,
        all(one.book_qty == one.replayed_qty for one in counted),
    )
