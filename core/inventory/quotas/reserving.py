"""How a page of orders takes what its shops have a right to: counted once per line, taken from the shop's own cover.

While one order is looked at, what its shop has sold and no line holds yet lies on the shelves with what is free; it
is taken off again before the next, so that nobody else ever sees it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select

from core.catalog.records import AT_THE_DOOR
from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork
from core.inventory.quotas.book import OwnQuota, QuotaBook, book_of_skus
from core.inventory.quotas.models import QuotaSale
from core.inventory.records import OrderWants, Want
from core.inventory.shelves import Shelves, shift
from core.orders.models import Order, OrderLine
from core.runtime.ids import LevelId, OrderId, OrderLineId, SkuId, WarehouseId

# Lines that were written anew are sold when they were changed: the old ones were given back at that very time.
_CHANGED_AT = (
    select(func.max(QuotaSale.restored_at))
    .join(OrderLine, OrderLine.id == QuotaSale.order_line_id)
    .where(OrderLine.order_id == Order.id, OrderLine.is_current.is_(False))
    .scalar_subquery()
)
_AT_THE_DOOR = select(OrderLine.id).where(OrderLine.order_id == Order.id, OrderLine.item_id == AT_THE_DOOR).exists()
_WHOSE = select(
    Order.id,
    Order.shop_id,
    func.coalesce(_CHANGED_AT, Order.placed_at).label("sold_at"),
    _AT_THE_DOOR.label("asks_first"),
).where(Order.id.in_(id_set("order_ids")))
# What was given back made good first what was sold beyond the right.
_COUNTED = select(
    QuotaSale.order_line_id,
    QuotaSale.qty
    - case((QuotaSale.over_qty > QuotaSale.restored_qty, QuotaSale.over_qty), else_=QuotaSale.restored_qty),
).where(QuotaSale.order_line_id.in_(id_set("line_ids")))

#: whose units, of which level, how many
_Lent = tuple[OwnQuota, SkuId, LevelId, int]


@dataclass(slots=True)
class Loan:
    """What lies on the shelves for one order alone, and what of each quota it is there for."""

    warehouse_id: WarehouseId
    #: units of each component that the lines of each quota want
    wanted: Sequence[tuple[OwnQuota, SkuId, int]]
    lent: Sequence[_Lent]


class Shares:
    """The quotas a page of orders draws on."""

    def __init__(self, book: QuotaBook, whose: Mapping[OrderId, Any], counted: Mapping[OrderLineId, int]) -> None:
        """`counted`: lines whose sale is counted already, with the units within the right."""
        self.book = book
        self._whose = whose
        self._counted = dict(counted)
        #: lines that draw on a quota: their claims last as long as the platform keeps the order
        self.lines: set[OrderLineId] = set()

    def lend(self, order: OrderWants, shelves: Shelves, today: int) -> Loan | None:
        """Count what of the order is not counted yet, and put its shop's own units on the shelves; None: no quota."""
        whose = self._whose[order.order_id]
        quota_of: dict[OrderLineId, OwnQuota] = {}
        for want in order.wants:
            quota = self.book.of(whose.shop_id, want.bundle_sku_id or want.sku_id)
            if quota is not None and want.sku_id in quota.parts:
                quota_of[want.order_line_id] = quota
        if not quota_of:
            return None
        self.lines.update(quota_of)
        sold = self._count(order, quota_of, whose)
        wanted = _by_part(order.wants, quota_of)
        until = today + order.min_life_days
        lent = [
            one
            for quota, part, units in wanted
            for one in self._put_out(
                quota,
                (order.warehouse_id, part),
                min(max(quota.excess(part), sold[quota.id] * quota.parts[part]), units),
                shelves,
                until,
            )
        ]
        return Loan(order.warehouse_id, wanted, lent)

    def _count(self, order: OrderWants, quota_of: Mapping[OrderLineId, OwnQuota], whose: Any) -> Mapping[int, int]:
        """Count what is not counted; gives the units of each quota that the order was sold within its right."""
        sold: defaultdict[int, int] = defaultdict(int)
        for want in order.wants:
            quota = quota_of.get(want.order_line_id)
            if quota is None:
                continue
            if want.order_line_id in self._counted:
                sold[quota.id] += self._counted[want.order_line_id]
                continue
            qty = sold_with(want, quota)
            within, over = self.book.sell(quota, qty, whose.sold_at, asks_first=whose.asks_first)
            sold[quota.id] += within
            self._counted[want.order_line_id] = within
            self.book.note_sale(
                {
                    "order_line_id": want.order_line_id,
                    "quota_id": quota.id,
                    "qty": qty,
                    "over_qty": over,
                    "restored_qty": 0,
                    "sold_at": whose.sold_at,
                    "restored_at": None,
                }
            )
        return sold

    def _put_out(
        self, quota: OwnQuota, place: tuple[WarehouseId, SkuId], left: int, shelves: Shelves, until: int
    ) -> Iterator[_Lent]:
        """Put up to `left` units of a quota's cover on the shelf, what expires first in front.

        Not what the right still needs, except for what the order was sold within it: a sale goes before a right that
        can still be withdrawn. Never more than the order's own lines of the quota want: its others get none of it.
        """
        here = {level for _, _, level, _ in shelves.get(place, ())}
        for cover in quota.covers:
            units = min(cover.qty, left)
            if cover.sku_id == place[1] and units > 0 and cover.level_id in here and cover.last_day >= until:
                left -= units
                shift(shelves, place, cover.level_id, units)
                yield quota, place[1], cover.level_id, units

    def settle(self, loan: Loan, shelves: Shelves, *, is_taken: bool) -> None:
        """The order has taken what it wants, or lacks goods and takes nothing: then the loan goes off the shelves.

        All that was lent is used up by what was taken: where a line found its units in another batch, those that were
        lent stay on the shelf for everybody. What a line took although its shop had units of its own that could not
        be lent is made good with those.
        """
        for quota, part, level, units in loan.lent:
            if is_taken:
                self.book.uncover(quota, part, units, level)
            else:
                shift(shelves, (loan.warehouse_id, part), level, -units)
        if not is_taken:
            return
        for quota, part, units in loan.wanted:
            rest = units - sum(lent for one, of, _, lent in loan.lent if one is quota and of == part)
            for level, freed in self.book.uncover(quota, part, min(rest, quota.excess(part))):
                shift(shelves, (loan.warehouse_id, part), level, freed)


def _by_part(
    wants: Sequence[Want], quota_of: Mapping[OrderLineId, OwnQuota]
) -> Sequence[tuple[OwnQuota, SkuId, int]]:
    units: dict[tuple[int, SkuId], int] = {}
    for want in wants:
        quota = quota_of.get(want.order_line_id)
        if quota is not None:
            units[quota.id, want.sku_id] = units.get((quota.id, want.sku_id), 0) + want.qty
    by_id = {one.id: one for one in quota_of.values()}
    return [(by_id[quota_id], part, qty) for (quota_id, part), qty in units.items()]


def sold_with(want: Want, quota: OwnQuota) -> int:
    """Units of the quota's SKU that this line stands for."""
    return sold_units(want.sku_id, want.qty, quota)


def sold_units(sku_id: SkuId, qty: int, quota: OwnQuota) -> int:
    """Units of the quota's SKU that a line of so many units of one component stands for."""
    return -(-qty // quota.parts[sku_id]) if sku_id == quota.lead else 0


def shares_of(uow: UnitOfWork, orders: Sequence[OrderWants]) -> Shares | None:
    """The quotas of what these orders want; None, at the price of one look-up, where nobody has any.

    The levels of what they want are locked already.
    """
    wants = [want for order in orders for want in order.wants]
    book = book_of_skus(uow, {want.bundle_sku_id or want.sku_id for want in wants})
    if book is None:
        return None
    rows: Sequence[Any] = uow.execute(_WHOSE, {"order_ids": packed_ids([one.order_id for one in orders])}).all()
    whose = {row.id: row for row in rows}
    lines = packed_ids([want.order_line_id for want in wants])
    counted: Sequence[Any] = uow.execute(_COUNTED, {"line_ids": lines}).all()
    return Shares(book, whose, dict(counted))
