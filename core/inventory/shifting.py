"""Claims that follow the goods: another batch was packed than the one the books had chosen."""

from collections.abc import Mapping

from sqlalchemy import select

from core.db.unit_of_work import UnitOfWork
from core.inventory.claims import Claim, Draft, by_line, hold_lines
from core.inventory.levels import free_of, lock_levels
from core.inventory.models import StockLevel
from core.inventory.quotas.covering import exchange
from core.inventory.states import ClaimState
from core.runtime.ids import LevelId, OrderLineId, SkuId, WarehouseId

#: batch -> units
Units = Mapping[str, int]


def hold_batch(
    uow: UnitOfWork,
    place: tuple[WarehouseId, SkuId],
    batch: str,
    wanted: Mapping[OrderLineId, int],
    packed: Mapping[OrderLineId, Units],
) -> bool:
    """See that these lines hold so many units of the batch, moving claims to it from batches that were not packed.

    What of the batch stands behind the right of the lines' own shop counts as free: what they held stands there
    instead. Nothing changes where the lines hold them already, and where too few are free: the answer is False then.

    Args:
        uow: the open transaction.
        place: warehouse and goods.
        batch: its code.
        wanted: line -> units of it that lie in boxes, those about to be laid there included.
        packed: line -> what of other batches lies in boxes; claims on that stay.
    """
    warehouse_id, sku_id = place
    query = select(StockLevel.id, StockLevel.batch).where(
        StockLevel.sku_id == sku_id, StockLevel.warehouse_id == warehouse_id
    )
    batches: dict[LevelId, str] = {row.id: row.batch for row in uow.rows(query)}
    target = next((level for level, code in batches.items() if code == batch), None)
    claims = hold_lines(uow, wanted, () if target is None else (target,))
    groups = by_line(claim for claim in claims if claim.state is ClaimState.CONFIRMED)
    moves: list[tuple[Claim, int]] = []
    for line, units in wanted.items():
        held = [claim for claim in groups.get(line, ()) if claim.level_id is not None]
        lacking = units - sum(claim.qty for claim in held if claim.level_id == target)
        others = [claim for claim in held if claim.level_id != target]
        moves += _spare(others, batches, dict(packed.get(line, {})), lacking)
    if not moves:
        return True
    if target is None:
        return False
    freed: dict[LevelId, int] = {}
    for claim, part in moves:
        if claim.level_id is not None:
            freed[claim.level_id] = freed.get(claim.level_id, 0) + part
    levels = {level.id: level for level in lock_levels(uow, {target, *freed})}
    lacking = sum(freed.values()) - free_of(levels[target])
    book = exchange(uow, wanted, target, lacking, freed) if lacking > 0 else None
    if lacking > 0 and book is None:
        return False
    draft = Draft(claims)
    gathered: dict[OrderLineId, int] = {}
    for claim, part in moves:
        draft.step(claim, ClaimState.RELEASED, part)
        gathered[claim.order_line_id] = gathered.get(claim.order_line_id, 0) + part
    draft.add([(line, sku_id, target, units) for line, units in gathered.items()], ClaimState.CONFIRMED)
    if book is not None:
        book.allot(draft.deltas)
    draft.write(uow)
    if book is not None:
        book.write(uow)
    uow.record("stock.shifted", "stock_level", target, lines=sorted(gathered.items()), batch=batch)
    return True


def _spare(
    claims: list[Claim], batches: Mapping[LevelId, str], packed: dict[str, int], lacking: int
) -> list[tuple[Claim, int]]:
    """Of which claims so many units can be taken, what was packed of each left where it is."""
    found: list[tuple[Claim, int]] = []
    for claim in claims:
        code = batches.get(claim.level_id, "") if claim.level_id is not None else ""
        stays = min(claim.qty, packed.get(code, 0))
        packed[code] = packed.get(code, 0) - stays
        part = min(claim.qty - stays, lacking)
        if part > 0:
            found.append((claim, part))
            lacking -= part
    return found
