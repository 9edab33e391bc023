"""Whether a customer may buy so much of goods that run low.

*Left* is `core.inventory.left`: what is sellable in the warehouse the goods are sold from. *The same customer* is one
customer of the master: the same account at a shop, or accounts that have shown the same clear phone number; masked
numbers tie nobody together. *A member* is whom the owner made one, or whom an own mall calls one
(`core.customers.members`). *Bought* is what was ordered within the window and is paid for or still reserved, and is
neither called off nor refunded. A bundle counts as what is in it.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select

from core.catalog.models import Sku
from core.customers.members import members_of
from core.db.sets import id_set, packed_ids
from core.db.types import Instant
from core.inventory.capping import IS_SOLD
from core.inventory.left import left_of
from core.orders.limits.models import PurchaseLimit
from core.orders.limits.records import Excess, LimitRule, Step, Wanted
from core.orders.models import Order, OrderLine
from core.runtime.ids import SkuId, WarehouseId

_RULES = (
    select(*PurchaseLimit.__table__.c, Sku.code, Sku.name)
    .outerjoin(Sku, Sku.id == PurchaseLimit.sku_id)
    .order_by(PurchaseLimit.sku_id.is_not(None), Sku.code)
)
_BOUGHT = (
    select(Order.id, Order.customer_id, Order.placed_at, OrderLine.sku_id, OrderLine.qty)
    .join(OrderLine, OrderLine.order_id == Order.id)
    .where(
        Order.customer_id.in_(id_set("customers")),
        Order.placed_at >= bindparam("since", type_=Instant),
        OrderLine.sku_id.in_(id_set("skus")),
        *IS_SOLD,
    )
)


def all_rules(connection: Connection, *, only_active: bool = False) -> tuple[LimitRule, ...]:
    """The rules, the one for everything first and then by code."""
    query = _RULES.where(PurchaseLimit.is_active) if only_active else _RULES
    rows: Sequence[Any] = connection.execute(query).all()
    return tuple(
        LimitRule(
            row.id,
            row.sku_id,
            row.code or "",
            row.name or "",
            row.window_days,
            steps_of(row.steps),
            row.is_active,
            row.changed_at,
            row.changed_by,
        )
        for row in rows
    )


def has_rule(connection: Connection, skus: Collection[SkuId]) -> bool:
    """Whether a limit may ever hold for one of these SKUs."""
    rules = all_rules(connection, only_active=True)
    return bool(rules) and bool(_rules_by_sku(rules, skus))


def steps_of(kept: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
    """The steps of a row, from plenty to little."""
    found = (Step(int(one["left"]), int(one["most"]), bool(one.get("members"))) for one in kept)
    return tuple(sorted(found, key=lambda step: -step.left_qty))


class Tally:
    """What of several wishes is too much, asked one after the other: each counts with those that were granted before.

    One look for all of them, and none at purchases while there is plenty of everything.
    """

    def __init__(
        self, connection: Connection, wanted: Sequence[Wanted], now: datetime, except_order_ids: Collection[int] = ()
    ) -> None:
        """`wanted` are all that will be asked for; orders of `except_order_ids` do not count as bought."""
        self._left: dict[tuple[WarehouseId, SkuId], int] = {}
        self._bought: Counter[tuple[int, SkuId]] = Counter()
        self._members: Collection[int] = ()
        rules = all_rules(connection, only_active=True)
        self._rules = _rules_by_sku(rules, {sku for one in wanted for sku in one.units}) if rules else {}
        if not self._rules:
            return
        places: defaultdict[WarehouseId, set[SkuId]] = defaultdict(set)
        for one in wanted:
            places[one.warehouse_id] |= self._rules.keys() & one.units.keys()
        for place, skus in places.items():
            for sku, qty in left_of(connection, place, skus, now).items():
                self._left[place, sku] = qty
        if not _is_reached(self._rules, self._left, wanted):
            self._left.clear()
            return
        customers = {one.customer_id for one in wanted if one.customer_id is not None}
        self._bought = _bought(connection, customers, self._rules, now, set(except_order_ids))
        named = {one.customer_id for one in wanted if one.is_member and one.customer_id is not None}
        self._members = members_of(connection, customers, named)

    def too_much(self, one: Wanted) -> tuple[Excess, ...]:
        """What of a wish is too much now; nothing where it may be granted."""
        is_member = one.is_member if one.customer_id is None else one.customer_id in self._members
        found = []
        for sku, qty in sorted(one.units.items()):
            left = self._left.get((one.warehouse_id, sku))
            step = None if left is None else self._rules[sku].step_at(left)
            if left is None or step is None:
                continue
            before = 0 if one.customer_id is None else self._bought[one.customer_id, sku]
            is_unknown, needs_member = one.customer_id is None, step.members_only and not is_member
            may = 0 if is_unknown or needs_member else max(step.most_qty - before, 0)
            if qty > may:
                days = self._rules[sku].window_days
                found.append(Excess(sku, qty, may, before, left, step, days, is_unknown, needs_member))
        return tuple(found)

    def grant(self, one: Wanted) -> None:
        """A wish is granted: so much is gone, and bought."""
        for sku, qty in one.units.items():
            if (one.warehouse_id, sku) in self._left:
                self._left[one.warehouse_id, sku] -= qty
                if one.customer_id is not None:
                    self._bought[one.customer_id, sku] += qty


def excesses(
    connection: Connection, wanted: Sequence[Wanted], now: datetime, except_order_ids: Collection[int] = ()
) -> tuple[tuple[Excess, ...], ...]:
    """For each wish what of it is too much, where all are granted whatever the answer: they are sold already."""
    tally = Tally(connection, wanted, now, except_order_ids)
    found = []
    for one in wanted:
        found.append(tally.too_much(one))
        tally.grant(one)
    return tuple(found)


def _rules_by_sku(rules: Sequence[LimitRule], skus: Iterable[SkuId]) -> dict[SkuId, LimitRule]:
    own = {rule.sku_id: rule for rule in rules}
    found = {sku: own.get(sku) or own.get(None) for sku in skus}
    return {sku: rule for sku, rule in found.items() if rule is not None}


def _is_reached(
    by_sku: Mapping[SkuId, LimitRule], left: Mapping[tuple[WarehouseId, SkuId], int], wanted: Sequence[Wanted]
) -> bool:
    """Whether any step counts, were everything granted: while there is plenty nobody's purchases are looked up."""
    units: Counter[tuple[WarehouseId, SkuId]] = Counter()
    for one in wanted:
        for sku, qty in one.units.items():
            units[one.warehouse_id, sku] += qty
    return any(by_sku[here[1]].step_at(qty - units[here]) is not None for here, qty in left.items())


def _bought(
    connection: Connection,
    customers: Collection[int],
    by_sku: Mapping[SkuId, LimitRule],
    now: datetime,
    without: Collection[int],
) -> Counter[tuple[int, SkuId]]:
    widest = max(rule.window_days for rule in by_sku.values())
    binds = {
        "customers": packed_ids(sorted(customers)),
        "skus": packed_ids(sorted(by_sku)),
        "since": now - timedelta(days=widest),
        "now": now,
    }
    found: Counter[tuple[int, SkuId]] = Counter()
    rows: Sequence[Any] = connection.execute(_BOUGHT, binds).all()
    for order_id, customer_id, placed_at, sku_id, qty in rows:
        window = timedelta(days=by_sku[sku_id].window_days)
        if order_id not in without and placed_at >= now - window:
            found[customer_id, SkuId(sku_id)] += qty
    return found
