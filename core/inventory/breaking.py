"""A unit that turns out broken in the hand of whoever packs it: set aside in the books, and another one wanted."""

from sqlalchemy import select

from core.catalog.models import Sku
from core.db.unit_of_work import UnitOfWork
from core.inventory.claims import Draft, hold_lines
from core.inventory.levels import lock_levels
from core.inventory.service import confirm
from core.inventory.states import ClaimState
from core.runtime.ids import OrderLineId


def set_aside(uow: UnitOfWork, line_id: OrderLineId, sku_id: int, reason: str, key: str) -> bool:
    """Put one of the line's units into quarantine; whether there is another one for it.

    A free unit of the same level takes its place. Where none is free the line gives its own up, tries every other
    level, and is short if they have none either. Goods nobody counts always have another one.
    """
    if not uow.execute(select(Sku.is_stock_managed).where(Sku.id == sku_id)).scalar_one():
        return True
    claims = hold_lines(uow, [line_id])
    held = next((one for one in claims if one.state is ClaimState.CONFIRMED and one.level_id is not None), None)
    if held is None or held.level_id is None:
        return False
    (level,) = lock_levels(uow, {held.level_id})
    free = level.on_hand_qty - level.reserved_qty - level.confirmed_qty - level.quarantined_qty
    draft = Draft(claims)
    if free < 1:
        draft.step(held, ClaimState.RELEASED, 1)
        draft.add([(line_id, held.sku_id, None, 1)], ClaimState.SHORT)
    draft.deltas[held.level_id].quarantined += 1
    draft.write(uow)
    uow.record("stock.quarantine", "stock_level", held.level_id, qty=1, reason=reason, key=key)
    return free >= 1 or confirm(uow, [line_id]).is_reserved
