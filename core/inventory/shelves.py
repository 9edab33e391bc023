"""What is free while a page is planned: shelves filled from locked levels, and orders that take from them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from core.inventory.levels import Delta
from core.inventory.records import OrderWants, Shortage
from core.runtime.ids import LevelId, OrderLineId, SkuId, WarehouseId

#: what is free of one SKU in one warehouse while a page is planned: batch, level and units, the earliest batch first.
#: Plain lists and tuples here and below: objects cost as much as the statements at this size.
_Shelf = list[tuple[str, LevelId, int]]
Shelves = dict[tuple[WarehouseId, SkuId], _Shelf]
#: line, SKU, level (None where nothing is counted or nothing was found), units
Pick = tuple[OrderLineId, SkuId, LevelId | None, int]


def fill_shelves(levels: Sequence[Any], swept: Mapping[LevelId, Delta]) -> Shelves:
    """What these locked levels have free, with what `swept` (expired claims) gives back to them."""
    shelves: Shelves = {}
    for level, warehouse, sku, batch, on_hand, reserved, confirmed, quarantined in levels:
        free = on_hand - reserved - confirmed - quarantined
        if level in swept:
            free -= swept[level].reserved
        shelf = shelves.setdefault((warehouse, sku), [])
        shelf.append((batch, level, free))
        if len(shelf) > 1:
            shelf.sort()
    return shelves


def pick(order: OrderWants, shelves: Shelves, unmanaged: Collection[SkuId]) -> tuple[list[Pick], list[Shortage]]:
    """Units for every line, taken off the shelves; or the lines that lack some, and the shelves as before."""
    picks: list[Pick] = []
    shortages: list[Shortage] = []
    taken: list[tuple[_Shelf, list[tuple[LevelId, int]]]] = []
    warehouse = order.warehouse_id
    for line, sku, qty in order.wants:
        if sku in unmanaged:
            picks.append((line, sku, None, qty))
            continue
        shelf = shelves[warehouse, sku]
        parts = _take(shelf, qty)
        if parts is None:
            shortages.append(Shortage(line, sku, qty, _free(shelf)))
            continue
        taken.append((shelf, parts))
        for level, part in parts:
            picks.append((line, sku, level, part))
    if shortages:
        for shelf, parts in taken:
            _put_back(shelf, parts)
    return picks, shortages


def _take(shelf: _Shelf, qty: int) -> list[tuple[LevelId, int]] | None:
    """Levels and units from the earliest batch that has them all, else over several; None: not enough."""
    for place, (batch, level, free) in enumerate(shelf):
        if free >= qty:
            shelf[place] = (batch, level, free - qty)
            return [(level, qty)]
    if _free(shelf) < qty:
        return None
    parts: list[tuple[LevelId, int]] = []
    for place, (batch, level, free) in enumerate(shelf):
        part = min(free, qty)
        if part:
            shelf[place] = (batch, level, free - part)
            parts.append((level, part))
            qty -= part
    return parts


def _free(shelf: _Shelf) -> int:
    return sum(free for _, _, free in shelf)


def _put_back(shelf: _Shelf, parts: Iterable[tuple[LevelId, int]]) -> None:
    back = dict(parts)
    shelf[:] = [(batch, level, free + back.get(level, 0)) for batch, level, free in shelf]
