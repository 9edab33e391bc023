"""What an owner writes of purchase limits."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from sqlalchemy import delete, select, update

from core.catalog.models import Sku
from core.catalog.queries import by_name
from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.orders.limits.models import PurchaseLimit
from core.orders.limits.records import Step
from core.runtime.errors import NotFound, Refused

MOST_DAYS: Final = 365
MOST_STEPS: Final = 8
_MOST_QTY: Final = 1_000_000


def put_rule(uow: UnitOfWork, sku_code: str, window_days: int, steps: Sequence[Step], *, is_active: bool) -> int:
    """Set the rule of one SKU, or with an empty code of all that have none of their own; gives its id.

    `sku_code` may be a barcode too: the form is filled by a scan of the goods.

    Raises:
        NotFound: `limit.sku_unknown`.
        Refused: `limit.days`, `limit.no_steps`, `limit.too_many_steps`, `limit.step_bad`, `limit.step_twice`,
            `limit.looser_when_less`; `limit.bundle`, a bundle is limited by what is in it; `limit.uncounted`.
    """
    _check(window_days, steps)
    take_turn(uow, "purchase_limit")
    sku_id, code = _sku(uow, sku_code) if sku_code.strip() else (None, "")
    facts = {
        "window_days": window_days,
        "steps": [
            {"left": step.left_qty, "most": step.most_qty, "members": step.members_only}
            for step in sorted(steps, key=lambda step: -step.left_qty)
        ],
        "is_active": is_active,
        "changed_at": uow.now,
        "changed_by": uow.actor.operator,
    }
    same = PurchaseLimit.sku_id.is_(None) if sku_id is None else PurchaseLimit.sku_id == sku_id
    known: int | None = uow.execute(select(PurchaseLimit.id).where(same)).scalar_one_or_none()
    if known is None:
        known = uow.insert(PurchaseLimit, {"sku_id": sku_id} | facts)
    else:
        uow.execute(update(PurchaseLimit).where(PurchaseLimit.id == known).values(**facts))
    uow.changed(PurchaseLimit.__tablename__, known)
    uow.record("limit.set", "purchase_limit", known, sku=code, days=window_days, is_active=is_active)
    return known


def drop_rule(uow: UnitOfWork, rule_id: int) -> None:
    """Take a rule away.

    Raises:
        NotFound: `limit.unknown`.
    """
    if not uow.count(delete(PurchaseLimit).where(PurchaseLimit.id == rule_id)):
        raise NotFound("limit.unknown", f"there is no limit {rule_id}")
    uow.changed(PurchaseLimit.__tablename__, rule_id)
    uow.record("limit.dropped", "purchase_limit", rule_id)


def _check(window_days: int, steps: Sequence[Step]) -> None:
    if not 1 <= window_days <= MOST_DAYS:
        raise Refused("limit.days", f"a window has 1 to {MOST_DAYS} days", most=MOST_DAYS)
    if not steps:
        raise Refused("limit.no_steps", "a limit has one step at least")
    if len(steps) > MOST_STEPS:
        raise Refused("limit.too_many_steps", f"a limit has {MOST_STEPS} steps at most", most=MOST_STEPS)
    for step in steps:
        if not (0 <= step.left_qty <= _MOST_QTY and 1 <= step.most_qty <= _MOST_QTY):
            raise Refused("limit.step_bad", "a step has units left from 0 on, and 1 unit or more to buy")
    if len({step.left_qty for step in steps}) != len(steps):
        raise Refused("limit.step_twice", "two steps begin at the same number of units left")
    falling = sorted(steps, key=lambda step: -step.left_qty)
    if any(later.most_qty > earlier.most_qty for earlier, later in pairwise(falling)):
        raise Refused("limit.looser_when_less", "with less left nobody may buy more than with plenty")


def _sku(uow: UnitOfWork, said: str) -> tuple[int, str]:
    found = by_name(uow.connection, said)
    if found is None:
        raise NotFound("limit.sku_unknown", f"there is no SKU {said}", sku=said.strip())
    row = uow.execute(select(Sku.is_bundle, Sku.is_stock_managed).where(Sku.id == found.sku_id)).one()
    if row.is_bundle:
        raise Refused("limit.bundle", "a bundle is limited by what is in it")
    if not row.is_stock_managed:
        raise Refused("limit.uncounted", "of goods that nobody counts it is not known how many are left")
    return found.sku_id, found.code
