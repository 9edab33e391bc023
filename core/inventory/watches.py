"""What can be wrong with batches, as it stands now: see `core.runtime.standing`."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select, text

from core.catalog.models import Sku
from core.catalog.records import MOST_WARN_DAYS
from core.inventory.models import HAS_ENDING, Batch, StockLevel
from core.inventory.shelves import day_of
from core.runtime.standing import MOST, Severity, Standing

ENDING: Final = "batch.ending"
ENDED: Final = "batch.ended"
BLOCKED: Final = "batch.blocked_promised"
#: a batch with so few days left is no mere notice any more
_PRESSING_DAYS: Final = 7

# The words of the partial indexes, so that both engines use them.
_HAS_ENDING = text(" AND ".join(f"stock_level.{part}" for part in HAS_ENDING.split(" AND ")))
_IS_BLOCKED = text("stock_level.is_blocked")
_HERE = StockLevel.on_hand_qty - StockLevel.quarantined_qty
_PROMISED = StockLevel.reserved_qty + StockLevel.confirmed_qty + StockLevel.allotted_qty
_BATCHES = (
    select(
        Batch.id,
        Batch.code,
        Batch.expires_day,
        Sku.code.label("sku"),
        Sku.name,
        func.sum(_HERE).label("qty"),
        func.sum(_PROMISED).label("promised"),
    )
    .select_from(StockLevel)
    .join(Batch, (Batch.sku_id == StockLevel.sku_id) & (Batch.code == StockLevel.batch))
    .join(Sku, Sku.id == StockLevel.sku_id)
    .group_by(Batch.id, Batch.code, Batch.expires_day, Sku.code, Sku.name)
    .order_by(Batch.id)
    .limit(MOST)
)


def batches_ending(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Batches with goods here that end within the warning days of their goods."""
    today = day_of(at)
    warned = (StockLevel.expires_day >= today, StockLevel.expires_day <= today + Sku.warn_days)
    # No warning is longer than this, which is what the index can be asked for.
    bound = StockLevel.expires_day <= today + MOST_WARN_DAYS
    rows: Sequence[Any] = connection.execute(_BATCHES.where(_HAS_ENDING, *warned, bound, _HERE > 0)).all()
    return [
        _standing(ENDING, row, today, Severity.WARNING if row.expires_day - today <= _PRESSING_DAYS else None)
        for row in rows
    ]


def batches_ended(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Batches past their last day of which goods are still here and not set aside."""
    today = day_of(at)
    query = _BATCHES.where(_HAS_ENDING, StockLevel.expires_day < today, _HERE > 0)
    return [_standing(ENDED, row, today, Severity.WARNING) for row in connection.execute(query).all()]


def blocked_promised(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Blocked batches of which units are still promised to orders or shops."""
    query = _BATCHES.where(_IS_BLOCKED, _PROMISED > 0)
    return [_standing(BLOCKED, row, day_of(at), Severity.CRITICAL) for row in connection.execute(query).all()]


def _standing(rule: str, row: Any, today: int, severity: Severity | None) -> Standing:
    facts = {"sku": row.sku, "name": row.name, "batch": row.code, "qty": int(row.qty), "promised": int(row.promised)}
    if row.expires_day is not None:
        facts |= {"expires_on": str(date.fromordinal(row.expires_day)), "left": row.expires_day - today}
    return Standing(rule, f"batch:{row.id}", severity or Severity.NOTICE, facts)
