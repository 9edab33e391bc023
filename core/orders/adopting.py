"""Lines that a mall asked for at the door, before its order was known, and the platform's lines that stand for them.

The same goods twice would be taken if the order's own lines were claimed beside those of the door, and given up for a
moment if they were claimed instead. So the line that holds the claim gets the platform's names.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import update

from core.catalog.records import AT_THE_DOOR
from core.db.unit_of_work import UnitOfWork
from core.orders.lines import FreshLine
from core.orders.models import OrderLine

#: when an order changed last that only the door knows: older than any word of its mall, which may have no versions
BEFORE_ALL: Final = datetime(2000, 1, 1, tzinfo=UTC)

#: what the platform knows better
_NAMES = ("line_no", "item_id", "channel_sku_id", "title", "spec", "channel_qty", "unit_price_fen", "is_gift")


def adopted(uow: UnitOfWork, rows: Sequence[Any], fresh: Sequence[FreshLine]) -> bool:
    """Let the rows of an order stand for the platform's lines where each has its own of the same goods and units.

    False, and nothing is changed, where a row did not come through the door or the goods differ: then the lines are
    written anew.
    """
    if any(row.item_id != AT_THE_DOOR for row in rows):
        return False
    mine = sorted(rows, key=_goods)
    theirs = sorted(fresh, key=_goods)
    if [_goods(row) for row in mine] != [_goods(line) for line in theirs]:
        return False
    for row, line in zip(mine, theirs, strict=True):
        names = {name: getattr(line, name) for name in _NAMES}
        uow.execute(update(OrderLine).where(OrderLine.id == row.id).values(**names))
    if rows:
        uow.record("order.lines_named", "orders", rows[0].order_id, lines=len(rows))
    return True


def _goods(line: Any) -> tuple[int, int, int]:
    return line.sku_id or 0, line.bundle_sku_id or 0, line.qty
