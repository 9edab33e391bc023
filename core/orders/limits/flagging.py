"""Marketplaces cannot ask before they sell: an order beyond a limit is held for a person's word."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select

from core.catalog.models import Sku
from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork
from core.inventory.records import OrderWants
from core.orders.holds import OVER_LIMIT
from core.orders.limits.deciding import all_rules, excesses
from core.orders.limits.records import Wanted
from core.orders.models import Order
from core.runtime.ids import SkuId

#: in the journal of an order: why it is held, in numbers
FLAGGED: Final = "order.over_limit"
_WHO = select(Order.id, Order.customer_id).where(Order.id.in_(id_set("ids"))).order_by(Order.id)
_CODES = select(Sku.id, Sku.code).where(Sku.id.in_(id_set("ids")))


def over_limit(uow: UnitOfWork, wants: Sequence[OrderWants]) -> list[tuple[int, str]]:
    """The holds for those of the orders that want more than their customer may buy; each says why in its journal.

    Call it before their goods are claimed: what is left is what was left when they were ordered.
    """
    if not wants or not all_rules(uow.connection, only_active=True):
        # Most shops limit nothing: then nobody has to know who bought what, page after page.
        return []
    ids = {"ids": packed_ids([one.order_id for one in wants])}
    rows: Sequence[Any] = uow.execute(_WHO, ids).all()
    customers = dict(rows)
    wanted = [Wanted(customers[one.order_id], one.warehouse_id, _units(one)) for one in wants]
    found = excesses(uow.connection, wanted, uow.now, customers)
    flagged = [(one.order_id, too_much) for one, too_much in zip(wants, found, strict=True) if too_much]
    if not flagged:
        return []
    skus = {excess.sku_id for _, too_much in flagged for excess in too_much}
    named: Sequence[Any] = uow.execute(_CODES, {"ids": packed_ids(sorted(skus))}).all()
    codes = dict(named)
    for order_id, too_much in flagged:
        for excess in too_much:
            uow.record(
                FLAGGED,
                "orders",
                order_id,
                sku=codes[excess.sku_id],
                qty=excess.wanted_qty,
                may=excess.may_qty,
                bought=excess.bought_qty,
                left=excess.left_qty,
                days=excess.window_days,
                needs_member=excess.needs_member,
            )
    return [(int(order_id), OVER_LIMIT) for order_id, _ in flagged]


def _units(order: OrderWants) -> Counter[SkuId]:
    units: Counter[SkuId] = Counter()
    for want in order.wants:
        units[want.sku_id] += want.qty
    return units
