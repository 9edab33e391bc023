"""What is free while a page is planned: shelves filled from locked levels, and orders that take from them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from core.inventory.levels import Delta
from core.inventory.records import OrderWants, Shortage
from core.runtime.china import china_day
from core.runtime.ids import LevelId, OrderLineId, SkuId, WarehouseId

#: what is free of one SKU in one warehouse while a page is planned: last day, batch, level and units, what expires
#: first in front. Plain lists and tuples here and below: objects cost as much as the statements at this size.
_Shelf = list[tuple[int, str, LevelId, int]]
Shelves = dict[tuple[WarehouseId, SkuId], _Shelf]
#: line, SKU, level (None where nothing is counted or nothing was found), units
Pick = tuple[OrderLineId, SkuId, LevelId | None, int]

#: units that stay, however much somebody who asks first would like to have, by warehouse and SKU
Floors = Mapping[tuple[WarehouseId, SkuId], int]

#: the day of goods that do not expire: behind all others
NEVER: Final = 10**9
#: the day of goods of a blocked batch: before every other
BLOCKED: Final = -1


def day_of(at: datetime) -> int:
    """The day of a time as `date.toordinal()` counts it, by the clock of China."""
    return china_day(at).toordinal()


def last_day(expires_day: int | None, *, is_blocked: bool) -> int:
    """The last day on which goods may be sold: `NEVER` where they keep, `BLOCKED` where they may not be at all."""
    if is_blocked:
        return BLOCKED
    return NEVER if expires_day is None else expires_day


def fill_shelves(levels: Sequence[Any], swept: Mapping[LevelId, Delta], today: int) -> Shelves:
    """What these locked levels have free, with what `swept` (expired claims) gives back to them.

    What is allotted to shops is not free, and neither goods past their last day nor those of a blocked batch are
    promised to anybody.
    """
    shelves: Shelves = {}
    # `levels.free_of` in place: a call and its look-ups by name for each level take as long as all the rest here.
    for level, warehouse, sku, batch, on_hand, reserved, confirmed, quarantined, allotted, expires, blocked in levels:
        last = last_day(expires, is_blocked=blocked)
        free = on_hand - reserved - confirmed - quarantined - allotted if last >= today else 0
        if last >= today and level in swept:
            free -= swept[level].reserved
        shelf = shelves.setdefault((warehouse, sku), [])
        shelf.append((last, batch, level, free))
        if len(shelf) > 1:
            shelf.sort()
    return shelves


def pick(
    order: OrderWants, shelves: Shelves, unmanaged: Collection[SkuId], today: int
) -> tuple[list[Pick], list[Shortage]]:
    """Units for every line, taken off the shelves; or the lines that lack some, and the shelves as before.

    What expires first goes first (FEFO), if it lasts as long as the order's shop promises.
    """
    picks: list[Pick] = []
    shortages: list[Shortage] = []
    taken: list[tuple[_Shelf, list[tuple[LevelId, int]]]] = []
    warehouse = order.warehouse_id
    until = today + order.min_life_days
    for line, sku, qty, _ in order.wants:
        if sku in unmanaged:
            picks.append((line, sku, None, qty))
            continue
        shelf = shelves[warehouse, sku]
        parts = _take(shelf, qty, until)
        if parts is None:
            lasting = free_units(shelf, until)
            shortages.append(Shortage(line, sku, qty, lasting, free_units(shelf, today) - lasting))
            continue
        taken.append((shelf, parts))
        for level, part in parts:
            picks.append((line, sku, level, part))
    if shortages:
        for shelf, parts in taken:
            _put_back(shelf, parts)
    return picks, shortages


def shift(shelves: Shelves, place: tuple[WarehouseId, SkuId], level_id: LevelId, qty: int) -> None:
    """Put so many units more (or less) on the shelf of a level."""
    shelf = shelves[place]
    shelf[:] = [(last, batch, level, free + qty if level == level_id else free) for last, batch, level, free in shelf]


def _take(shelf: _Shelf, qty: int, until: int) -> list[tuple[LevelId, int]] | None:
    """Levels and units from the earliest batch that has them all, else over several; None: not enough."""
    for place, (last, batch, level, free) in enumerate(shelf):
        if free >= qty and last >= until:
            shelf[place] = (last, batch, level, free - qty)
            return [(level, qty)]
    if free_units(shelf, until) < qty:
        return None
    parts: list[tuple[LevelId, int]] = []
    for place, (last, batch, level, free) in enumerate(shelf):
        part = min(free, qty) if last >= until else 0
        if part:
            shelf[place] = (last, batch, level, free - part)
            parts.append((level, part))
            qty -= part
    return parts


def free_units(shelf: _Shelf, until: int) -> int:
    """Units on the shelf that last until that day at least."""
    return sum(free for last, _, _, free in shelf if last >= until)


def _put_back(shelf: _Shelf, parts: Iterable[tuple[LevelId, int]]) -> None:
    back = dict(parts)
    shelf[:] = [(last, batch, level, free + back.get(level, 0)) for last, batch, level, free in shelf]
