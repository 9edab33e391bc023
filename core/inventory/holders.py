"""Which claims bind the units of one level, the least important first."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, text

from core.inventory.claims import Claim
from core.inventory.models import Reservation
from core.inventory.states import ClaimState
from core.orders.models import Order, OrderLine
from core.runtime.ids import LevelId

_FAR = datetime(9999, 1, 1, tzinfo=UTC)

# The words of the partial indexes, so that both engines use them: nothing indexes confirmed claims by level, because
# that would dirty a random page per line of every order taken in; open orders are few, so the way leads through them.
_RESERVED = text("reservation.state = 'reserved'")
_CONFIRMED = text("reservation.state = 'confirmed'")
_OPEN = text("orders.fulfilment NOT IN ('shipped', 'completed', 'cancelled')")


def _holders(level_id: LevelId) -> Any:
    return (
        select(
            Reservation.id,
            Reservation.order_line_id,
            Reservation.sku_id,
            Reservation.level_id,
            Reservation.qty,
            Reservation.state,
            Reservation.attempt,
            Reservation.expires_at,
            Order.ship_by_at,
        )
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Reservation.level_id == level_id)
    )


def holders_of_level(connection: Connection, level_id: LevelId, held_qty: int) -> list[Claim]:
    """The claims that make up the level's reserved and confirmed units.

    Unpaid before paid, the latest deadline first (none counts as latest), then the newest. `held_qty` is what the
    level says; when the open orders do not account for it, every claim is looked at, however long that takes.
    """
    holders = _holders(level_id)
    rows: Sequence[Any] = [
        *connection.execute(holders.where(_RESERVED)).all(),
        *connection.execute(holders.where(_CONFIRMED, _OPEN)).all(),
    ]
    if sum(row.qty for row in rows) != held_qty:
        rows = connection.execute(holders.where(Reservation.state.in_(("reserved", "confirmed")))).all()
    rows = sorted(rows, key=lambda row: (row.state == "reserved", row.ship_by_at or _FAR, row.id), reverse=True)
    return [
        Claim(
            row.id,
            row.order_line_id,
            row.sku_id,
            row.level_id,
            row.qty,
            ClaimState(row.state),
            row.attempt,
            row.expires_at,
        )
        for row in rows
    ]
