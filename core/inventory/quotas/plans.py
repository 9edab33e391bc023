"""What the owner decides for a SKU: how it is told to the shops, and by which numbers."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, select, update

from core.catalog.models import Sku
from core.db.unit_of_work import UnitOfWork
from core.inventory.quotas.models import Quota, SkuPlan
from core.inventory.quotas.states import Mode
from core.runtime.errors import NotFound, Refused
from core.runtime.ids import SkuId

_MOST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """What is entered for a SKU; see `SkuPlan`."""

    mode: Mode
    buffer_qty: int = 0
    min_lot: int = 1
    park_qty: int = 0
    parked_shop_id: int | None = None


def set_plan(uow: UnitOfWork, sku_id: SkuId, draft: PlanDraft) -> None:
    """Decide how a SKU is told to the shops from now on; the planner does what follows from it.

    Leaving the modes that count lets every right stand until the platform's number is taken back.

    Raises:
        NotFound: `stock.no_sku`.
        Refused: `stock.not_managed`, nobody counts it; `quota.number`, a number is out of its bounds.
    """
    sku = uow.execute(select(Sku.is_stock_managed).where(Sku.id == sku_id)).one_or_none()
    if sku is None:
        raise NotFound("stock.no_sku", f"there is no SKU {sku_id}", sku_id=sku_id)
    if not sku.is_stock_managed:
        raise Refused("stock.not_managed", "this SKU is sold without counting", sku_id=sku_id)
    for name, value, least in (
        ("buffer", draft.buffer_qty, 0),
        ("min_lot", draft.min_lot, 1),
        ("park", draft.park_qty, 0),
    ):
        if not least <= value <= _MOST:
            raise Refused("quota.number", f"{name} has to be {least} to {_MOST}", field=name, least=least, most=_MOST)
    facts: dict[str, Any] = {
        "mode": draft.mode.value,
        "buffer_qty": draft.buffer_qty,
        "min_lot": draft.min_lot,
        "park_qty": draft.park_qty,
        "parked_shop_id": draft.parked_shop_id,
    }
    before = uow.execute(select(SkuPlan.mode).where(SkuPlan.sku_id == sku_id)).scalar_one_or_none()
    uow.execute(delete(SkuPlan).where(SkuPlan.sku_id == sku_id))
    uow.insert_many(SkuPlan, [{"sku_id": sku_id, "changed_at": uow.now, **facts}])
    uow.changed("sku_plan", sku_id)
    if before != draft.mode.value:
        # What a stop took back was a share of the mode that is over.
        uow.execute(update(Quota).where(Quota.sku_id == sku_id, Quota.regrant_qty > 0).values(regrant_qty=0))
    uow.record("quota.planned", "sku", sku_id, before=before or Mode.OFF.value, **facts)


def set_weight(uow: UnitOfWork, quota_id: int, weight: int | None) -> None:
    """Give a shop a share of its own in the split; None: by what it sells.

    Raises:
        Refused: `quota.number`.
        NotFound: `quota.unknown`.
    """
    if weight is not None and not 0 <= weight <= _MOST:
        raise Refused("quota.number", "a share is 0 or more", field="weight", least=0, most=_MOST)
    if not uow.count(update(Quota).where(Quota.id == quota_id).values(weight=weight)):
        raise NotFound("quota.unknown", f"there is no quota {quota_id}")
    uow.changed("quota", quota_id)
    uow.record("quota.weighted", "quota", quota_id, weight=weight)
