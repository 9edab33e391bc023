"""Units that were taken out of the books by mistake come back, movement by movement."""

from collections.abc import Collection

from core.db.unit_of_work import UnitOfWork
from core.inventory.claims import Draft, claims_of_lines, hold_lines
from core.inventory.levels import lock_levels
from core.inventory.models import Movement
from core.inventory.states import ClaimState, MovementKind
from core.runtime.ids import OrderLineId


def undo_sale(uow: UnitOfWork, line_ids: Collection[OrderLineId], reason: str) -> int:
    """Book back what these lines have consumed, each claim to the level it came from; gives the units.

    The claims end as released, so that the lines can claim anew. Doing it again finds nothing left.
    """
    hold_lines(uow, line_ids)
    lock_levels(uow, {one.level_id for one in claims_of_lines(uow, line_ids) if one.level_id is not None})
    gone = [one for one in claims_of_lines(uow, line_ids) if one.state is ClaimState.CONSUMED]
    draft = Draft(gone)
    units = sum(draft.step(one, ClaimState.RELEASED) for one in gone)
    draft.write(uow)
    movements = [
        {
            "at": uow.now,
            "level_id": one.level_id,
            "qty": one.qty,
            "kind": MovementKind.RETURN,
            "reason": reason,
            "reference": f"line:{one.order_line_id}",
            "operator": uow.actor.operator,
            "key": f"undo_sale:{one.id}",
        }
        for one in gone
        if one.level_id is not None
    ]
    uow.insert_many(Movement, movements)
    if gone:
        lines = sorted({one.order_line_id for one in gone})
        uow.record("stock.sale_undone", "reservation", 0, line_ids=lines, units=units, reason=reason)
    return units
