"""A unit that turns out broken in the hand of whoever packs it: set aside in the books, and another one wanted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.catalog.models import Sku
from core.db.unit_of_work import UnitOfWork
from core.inventory import ledger
from core.inventory.claims import Claim, Draft, hold_lines
from core.inventory.documents.at_once import write_down
from core.inventory.documents.records import Head, LineIn
from core.inventory.documents.states import DocKind
from core.inventory.documents.writing import wait_turn
from core.inventory.levels import free_of, lock_levels
from core.inventory.models import StockLevel
from core.inventory.service import confirm
from core.inventory.states import ClaimState
from core.runtime.ids import LevelId, OrderLineId, SkuId


@dataclass(frozen=True, slots=True)
class Broken:
    """Whether there is another unit for the line; the lines of others that lack one now."""

    has_another: bool
    short_lines: tuple[OrderLineId, ...] = ()


def set_aside(
    uow: UnitOfWork, line_id: OrderLineId, sku_id: int, reason: str, key: str, batch: str | None = None
) -> Broken:
    """Put a unit into quarantine that was meant for the line; whether there is another one for it.

    A free unit of the same level takes its place. Where none is free the line gives its own up, tries every other
    level, and is short if they have none either. Goods nobody counts always have another one. Where the unit is of a
    batch that the line holds nothing of, and all of that is promised, whoever holds it gives way and is short.

    Args:
        uow: the open transaction.
        line_id: whose unit it is.
        sku_id: the goods.
        reason: why.
        key: of the act.
        batch: of the broken unit, as far as it is known. One that is not the line's takes nothing from the line.
    """
    if not uow.execute(select(Sku.is_stock_managed).where(Sku.id == sku_id)).scalar_one():
        return Broken(has_another=True)
    wait_turn(uow, DocKind.QUARANTINE)
    levels = {row.id: row for row in uow.rows(_LEVELS.where(StockLevel.sku_id == sku_id))}
    # All of them at once: the line may have to try every other one.
    claims = hold_lines(uow, [line_id], levels)
    held = [one for one in claims if one.state is ClaimState.CONFIRMED and one.level_id is not None]
    if not held:
        return Broken(has_another=False)
    mine = next((one for one in held if _level(levels, one).batch == batch), None)
    place = _level(levels, mine or held[0])
    other = next(
        (row for row in levels.values() if row.batch == batch and row.warehouse_id == place.warehouse_id), None
    )
    is_of_others = mine is None and other is not None and _is_there(uow, other.id)
    if is_of_others and other is not None:
        place = other
    number = _write_down(uow, place, sku_id, reason)
    short = ledger.make_room(uow, place.id, 1) if is_of_others else ()
    free = _free(uow, place.id)
    draft = Draft(claims)
    if free < 1:
        draft.step(mine or held[0], ClaimState.RELEASED, 1)
        draft.add([(line_id, SkuId(sku_id), None, 1)], ClaimState.SHORT)
    draft.deltas[place.id].quarantined += 1
    draft.write(uow)
    uow.record("stock.quarantine", "stock_level", place.id, qty=1, reason=reason, key=key, document=number)
    lines = tuple(shortage.order_line_id for shortage in short)
    return Broken(free >= 1 or confirm(uow, [line_id]).is_reserved, lines)


_LEVELS = select(StockLevel.id, StockLevel.warehouse_id, StockLevel.batch)


def _level(levels: Mapping[LevelId, Any], claim: Claim) -> Any:
    """Where a claim's units are; it has a level."""
    return levels[claim.level_id or LevelId(0)]


def _is_there(uow: UnitOfWork, level_id: LevelId) -> bool:
    """Whether the books know of a unit there that is not set aside yet."""
    (level,) = lock_levels(uow, {level_id})
    return bool(level.on_hand_qty > level.quarantined_qty)


def _free(uow: UnitOfWork, level_id: LevelId) -> int:
    return free_of(lock_levels(uow, {level_id})[0])


def _write_down(uow: UnitOfWork, level: Any, sku_id: int, reason: str) -> str:
    line = LineIn(SkuId(sku_id), 1, level.batch, done_qty=1)
    return write_down(uow, DocKind.QUARANTINE, Head(level.warehouse_id, reason=reason), line)[1]
