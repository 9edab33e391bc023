"""What of the quotas is not as it should be, now."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, text

from core.catalog.models import Sku
from core.channels.models import Shop
from core.db.sets import id_set, packed_ids
from core.db.types import Instant
from core.inventory.quotas.listing import exposed
from core.inventory.quotas.models import Quota, StockAct
from core.inventory.quotas.states import IS_OPEN
from core.runtime.standing import Severity, Standing

#: an act that is open for so long does not get through by itself
_STUCK: Final = timedelta(minutes=10)

_NAMES = (Sku.id.label("sku_id"), Sku.code, Sku.name, Shop.id.label("shop_id"), Shop.name.label("shop"))
_QUOTAS = (
    select(Quota.id, Quota.overdrawn_qty, Quota.drift_qty, Quota.listed_qty, Quota.drift_right_qty, *_NAMES)
    .join(Sku, Sku.id == Quota.sku_id)
    .join(Shop, Shop.id == Quota.shop_id)
    .order_by(Quota.id)
)
# The words of the partial indexes, so that both engines use them.
_OVERDRAWN = _QUOTAS.where(text("quota.overdrawn_qty > 0"))
_DRIFTED = _QUOTAS.where(text("quota.drift_qty IS NOT NULL"))
# Sorted afterwards: for the order SQLite would walk through all quotas instead.
_LOCKED = _QUOTAS.where(
    text("quota.locked_until IS NOT NULL"), Quota.locked_until > bindparam("at", type_=Instant)
).order_by(None)
_STUCK_ACTS = (
    select(StockAct.quota_id.label("id"), StockAct.kind, StockAct.created_at, *_NAMES)
    .select_from(StockAct)
    .join(Quota, Quota.id == StockAct.quota_id)
    .join(Sku, Sku.id == Quota.sku_id)
    .join(Shop, Shop.id == Quota.shop_id)
    .where(text(f"stock_act.{IS_OPEN}"), StockAct.created_at < bindparam("before", type_=Instant))
    .order_by(StockAct.quota_id)
)


def quota_watch(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Sales beyond a right, numbers that differ, refused withdrawals, and stuck acts: what an index names at once."""
    locked: Sequence[Any] = connection.execute(_LOCKED, {"at": at}).all()
    return (
        *(
            _standing("quota.overdrawn", row, Severity.CRITICAL, qty=row.overdrawn_qty)
            for row in connection.execute(_OVERDRAWN)
        ),
        *(_drifted(row) for row in connection.execute(_DRIFTED)),
        *(_standing("quota.locked", row, Severity.NOTICE) for row in sorted(locked, key=attrgetter("id"))),
        *(
            _standing(
                "quota.stuck",
                row,
                Severity.WARNING,
                kind=row.kind,
                minutes=int((at - row.created_at).total_seconds() // 60),
            )
            for row in connection.execute(_STUCK_ACTS, {"before": at - _STUCK})
        ),
    )


def exposed_watch(connection: Connection, _at: datetime) -> Sequence[Standing]:
    """Rights without goods: every cover is added up, so this looks less often."""
    bare = {one.quota_id: one.qty for one in exposed(connection)}
    if not bare:
        return ()
    rows: Sequence[Any] = connection.execute(
        _QUOTAS.where(Quota.id.in_(id_set("ids"))), {"ids": packed_ids(bare)}
    ).all()
    return [_standing("quota.exposed", row, Severity.CRITICAL, qty=bare[row.id]) for row in rows]


def _drifted(row: Any) -> Standing:
    # Fewer over there only keeps goods from being sold; more of them may be oversold.
    severity = Severity.CRITICAL if row.drift_qty > 0 else Severity.WARNING
    facts = {"listed": row.listed_qty, "right": row.drift_right_qty, "qty": row.drift_qty}
    return _standing("quota.drift", row, severity, **facts)


def _standing(rule: str, row: Any, severity: Severity, **facts: object) -> Standing:
    whose = {"sku_id": row.sku_id, "code": row.code, "name": row.name, "shop": row.shop}
    return Standing(rule, f"quota:{row.id}", severity, whose | facts)
