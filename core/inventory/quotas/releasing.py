"""Units of sales that are called off: who has them follows from the platform's rule, never from ours."""

from collections import defaultdict
from collections.abc import Mapping, MutableMapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, func, select, text, update

from core.channels.stock_contract import CancelledUnit
from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork
from core.inventory.claims import LEVELS_OF_LINES, lock_lines
from core.inventory.levels import Delta
from core.inventory.models import Reservation
from core.inventory.quotas.book import OwnQuota, QuotaBook
from core.inventory.quotas.covering import Free, cover_up, lock_for
from core.inventory.quotas.models import Quota, QuotaSale
from core.inventory.quotas.reserving import sold_units
from core.inventory.shelves import day_of
from core.orders.models import Order, OrderLine
from core.runtime.ids import LevelId, OrderLineId, SkuId

#: the platform wrote the lines anew: its number follows the new lines, whatever its rule for cancelled orders is
CHANGED: Final = "changed"
#: somebody else has sent the goods: the buyer has them, and no platform sells them again
SHIPPED_ELSEWHERE: Final = "shipped_elsewhere"

# Orders that were taken in before the quota was there have no row of a sale; its platform's number moves for them
# all the same.
_OWN = and_(
    QuotaSale.order_line_id.is_(None),
    Quota.sku_id == func.coalesce(OrderLine.bundle_sku_id, OrderLine.sku_id),
    Quota.shop_id == Order.shop_id,
    Quota.is_counted,
)
_QUOTA_ID = func.coalesce(QuotaSale.quota_id, Quota.id)
_SALES = (
    select(
        OrderLine.id.label("order_line_id"),
        _QUOTA_ID.label("quota_id"),
        QuotaSale.order_line_id.is_not(None).label("is_noted"),
        func.coalesce(QuotaSale.qty, 0).label("qty"),
        func.coalesce(QuotaSale.restored_qty, 0).label("restored_qty"),
        func.coalesce(QuotaSale.sold_at, Order.placed_at).label("sold_at"),
        OrderLine.sku_id,
        OrderLine.qty.label("line_qty"),
        Order.modified_at,
    )
    .select_from(OrderLine)
    .join(Order, Order.id == OrderLine.order_id)
    .outerjoin(QuotaSale, QuotaSale.order_line_id == OrderLine.id)
    .outerjoin(Quota, _OWN)
    .where(OrderLine.id.in_(id_set("line_ids")), _QUOTA_ID.is_not(None))
)
_SHORT_OF = (
    select(Reservation.order_line_id)
    .join(QuotaSale, QuotaSale.order_line_id == Reservation.order_line_id)
    .where(text("reservation.state = 'short'"), Reservation.order_line_id.not_in(id_set("line_ids")))
    .limit(1)
)


class Returns:
    """What lines of quotas give back."""

    def __init__(
        self,
        book: QuotaBook,
        sales: Mapping[OrderLineId, Any],
        levels: Sequence[Any],
        reason: str,
        called_off_at: datetime | None,
    ) -> None:
        self.book = book
        self._sales = sales
        self._levels = levels
        self._reason = reason
        self._called_off_at = called_off_at
        self._units: defaultdict[OrderLineId, int] = defaultdict(int)
        self._wanted: defaultdict[OrderLineId, int] = defaultdict(int)

    def note(self, line: OrderLineId, units: int, *, is_held: bool) -> None:
        """The line gives up so many units, held or only wanted."""
        self._units[line] += units
        if not is_held:
            self._wanted[line] += units

    def settle(self, uow: UnitOfWork, deltas: MutableMapping[LevelId, Delta]) -> None:
        """Raise rights or empty covers, as each platform's rule says; the levels' side goes into `deltas`."""
        free = Free(self._levels, deltas, day_of(uow.now))
        quotas = {one.id: one for one in self.book.quotas}
        kept = {quota.id: self._kept(quota) for quota in quotas.values()}
        repaid: defaultdict[int, int] = defaultdict(int)
        for line, units in self._units.items():
            sale = self._sales.get(line)
            if sale is None or sale.sku_id not in quotas[sale.quota_id].parts:
                continue
            quota = quotas[sale.quota_id]
            if self._is_platforms(quota):
                repaid[quota.id] += self._restore(uow, quota, sale, units // quota.parts[sale.sku_id])
            elif sale.is_noted:
                self.book.uncover(quota, sale.sku_id, min(quota.excess(sale.sku_id), self._wanted[line]))
        for quota in quotas.values():
            is_waited_for = self._is_waited_for(uow, quota)
            if not is_waited_for:
                self.book.trim(quota)
            # What covered a sale that found nothing yet is no cover of a right that rises now.
            cover_up(self.book, quota, free, spare=kept[quota.id] + repaid[quota.id] if is_waited_for else 0)
        self.book.allot(deltas)

    def _kept(self, quota: OwnQuota) -> int:
        """Units of the quota's SKU that stand behind sales which wait, those of the lines that give up left out."""
        given_up: defaultdict[SkuId, int] = defaultdict(int)
        for line, units in self._wanted.items():
            sale = self._sales.get(line)
            if sale is not None and sale.is_noted and sale.quota_id == quota.id:
                given_up[sale.sku_id] += units
        return max((-(-max(quota.excess(part) - given_up[part], 0) // each) for part, each in quota.parts.items()))

    def _is_platforms(self, quota: OwnQuota) -> bool:
        """Whether the platform may sell the unit again."""
        if not quota.is_counted:
            return False
        if self._reason == CHANGED:
            return True
        return self._reason != SHIPPED_ELSEWHERE and quota.cancelled_unit != CancelledUnit.CENTRE.value

    def _restore(self, uow: UnitOfWork, quota: OwnQuota, sale: Any, qty: int) -> int:
        """The platform may sell so many again; gives how many of them make good what it had sold beyond its right."""
        sold = sale.qty if sale.is_noted else sold_units(sale.sku_id, sale.line_qty, quota)
        qty = min(qty, sold - sale.restored_qty)
        at = max(self._called_off_at or sale.modified_at, sale.sold_at)
        if qty < 1 or quota.has_in_it(sale.sold_at, at):
            return 0
        is_sure = self._reason == CHANGED or quota.cancelled_unit != CancelledUnit.UNKNOWN.value
        risen = self.book.give_back(quota, qty, sale.sold_at, uow.now, is_sure=is_sure)
        restored = {"restored_qty": sale.restored_qty + qty, "restored_at": at}
        if sale.is_noted:
            uow.execute(update(QuotaSale).where(QuotaSale.order_line_id == sale.order_line_id).values(**restored))
        else:
            # It went from what the platform had before there was a right.
            facts = {"order_line_id": sale.order_line_id, "quota_id": quota.id, "qty": sold, "over_qty": sold}
            self.book.note_sale({**facts, "sold_at": sale.sold_at, **restored})
        return qty - risen

    def _is_waited_for(self, uow: UnitOfWork, quota: OwnQuota) -> bool:
        """Whether another line of the quota has been sold and found nothing yet."""
        binds = {"line_ids": packed_ids(self._units)}
        return uow.execute(_SHORT_OF.where(QuotaSale.quota_id == quota.id), binds).first() is not None


def returns_of(
    uow: UnitOfWork, lines: Sequence[OrderLineId], reason: str, called_off_at: datetime | None
) -> Returns | None:
    """What these lines have taken from quotas, everything locked; None, at the price of one look-up, for nothing.

    `called_off_at` is when, by the platform's clock; None: when its newest copy of the order says it was changed.
    """
    binds = {"line_ids": packed_ids(lines)}
    found = {row.quota_id for row in uow.execute(_SALES, binds)}
    if not found:
        return None
    lock_lines(uow, lines)
    book, levels = lock_for(uow, sorted(found), set(uow.execute(LEVELS_OF_LINES, binds).scalars()))
    rows: Sequence[Any] = uow.execute(_SALES, binds).all()
    # Opened or closed by somebody else between the look and the locks: what is not locked is not touched.
    ours = {row.order_line_id: row for row in rows if row.quota_id in found}
    return Returns(book, ours, levels, reason, called_off_at)
