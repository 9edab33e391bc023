"""Orders that are over before we hear of them: the platform's number has moved for them all the same."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.channels.stock_contract import CancelledUnit
from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork
from core.inventory.levels import Delta, apply
from core.inventory.quotas.book import OwnQuota, QuotaBook
from core.inventory.quotas.covering import lock_for
from core.inventory.quotas.models import Quota
from core.inventory.quotas.reserving import sold_with
from core.inventory.records import Want
from core.runtime.ids import LevelId

_IDS = select(Quota.id, Quota.sku_id).where(
    Quota.sku_id.in_(id_set("sku_ids")), Quota.shop_id.in_(id_set("shop_ids")), Quota.is_counted
)


@dataclass(frozen=True, slots=True)
class Passed:
    """An order that is cancelled or sent already when it is first seen; its times are the platform's."""

    shop_id: int
    wants: Sequence[Want]
    placed_at: datetime
    #: when it was called off; None: it was sent, by somebody else
    called_off_at: datetime | None


def count_passed(uow: UnitOfWork, orders: Sequence[Passed]) -> None:
    """Count what was sold with these orders, and given back; nothing is claimed for them.

    Costs one look-up where none of their SKUs has a quota.
    """
    wants = [want for order in orders for want in order.wants]
    if not wants:
        return
    binds = {
        "sku_ids": packed_ids({want.bundle_sku_id or want.sku_id for want in wants}),
        "shop_ids": packed_ids({order.shop_id for order in orders}),
    }
    ids = sorted(row.id for row in uow.execute(_IDS, binds))
    if not ids:
        return
    book, _ = lock_for(uow, ids)
    for order in orders:
        _count(uow, book, order)
    deltas: defaultdict[LevelId, Delta] = defaultdict(Delta)
    book.allot(deltas)
    apply(uow, deltas)
    book.write(uow)


def _count(uow: UnitOfWork, book: QuotaBook, order: Passed) -> None:
    for want in order.wants:
        quota = book.of(order.shop_id, want.bundle_sku_id or want.sku_id)
        if quota is None or want.sku_id not in quota.parts:
            continue
        qty = sold_with(want, quota)
        within, over = book.sell(quota, qty, order.placed_at)
        at = order.called_off_at
        is_back = (
            at is not None
            and quota.cancelled_unit != CancelledUnit.CENTRE.value
            and not quota.has_in_it(order.placed_at, at)
        )
        book.note_sale(
            {
                "order_line_id": want.order_line_id,
                "quota_id": quota.id,
                "qty": qty,
                "over_qty": over,
                "restored_qty": qty if is_back else 0,
                "sold_at": order.placed_at,
                "restored_at": at if is_back else None,
            }
        )
        if is_back:
            is_sure = quota.cancelled_unit != CancelledUnit.UNKNOWN.value
            book.give_back(quota, qty, order.placed_at, uow.now, is_sure=is_sure)
        else:
            _give_back(book, quota, within)


def _give_back(book: QuotaBook, quota: OwnQuota, qty: int) -> None:
    """What covered it stands behind nothing any more."""
    for part, each in quota.parts.items():
        book.uncover(quota, part, min(quota.excess(part), qty * each))
