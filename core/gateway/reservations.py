"""Reserving at the door: an unpaid order of the mall's shop that is seen here before the mall's own feed brings it.

The order goes through the same intake as all others, under the mall's order number with version 0, so whichever comes
first (this door, a pull, a snapshot), the second finds it and nothing is taken twice. Nothing is written before the
goods are seen under their locks, so a refusal leaves nothing behind.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from core.catalog.records import AT_THE_DOOR
from core.channels.contract import ChannelOrder, ChannelOrderLine, Consignee
from core.customers.service import Digest
from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.taking import take_page
from core.gateway.acts import Noted, locked, reserve_again, settle, view, write_rows
from core.gateway.goods import (
    Asked,
    Goods,
    asked_lines,
    capped,
    goods_by_code,
    promised_life,
    share,
    to_be_had,
    units_of,
)
from core.gateway.problems import Answer, Problem
from core.gateway.purchase_limits import NOBODY, Buyer, Gate, lock_buyers
from core.gateway.standing import Standing, State, row_by_ref, rows_of_orders, standings
from core.inventory.holding import free_now, move_end
from core.inventory.levels import lock_levels_of
from core.inventory.models import Warehouse
from core.inventory.pausing import paused_skus
from core.orders import holds
from core.orders.adopting import BEFORE_ALL
from core.orders.intake import known_orders
from core.orders.limits.records import Wanted
from core.orders.states import Payment
from core.runtime.ids import OrderLineId, SkuId, WarehouseId
from core.sync.shops import ShopRecord

#: how long a reservation lasts where the mall does not say
USUAL_S: Final = 900
#: what the platform says of an order that only the door knows
_STATUS: Final = "reserved"


@dataclass(frozen=True, slots=True)
class Tools:
    """What reserving needs besides the call: how personal data is digested, the carrier, what makes public ids."""

    digest: Digest
    carrier_code: str
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Wish:
    """One call to reserve, its body checked against its schema."""

    shop: ShopRecord
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Plan:
    """A wish with what it means here; `place` is its place in the page."""

    place: int
    shop: ShopRecord
    ref: str
    warehouse_id: int
    asked: Sequence[Asked]
    until: datetime
    buyer: Buyer
    is_whole: bool

    @property
    def skus(self) -> Collection[int]:
        """Everything that a stop of the sale may name: the goods and their parts."""
        return {line.goods.id for line in self.asked} | set(units_of(self.asked))


#: what became of a wish; None where the order is known already, so that it has to be looked at by itself
Outcome = Answer | Problem | None


def reserve(uow: UnitOfWork, wish: Wish, tools: Tools) -> Answer:
    """Reserve what one call asks for, whether its order is known already or not.

    Raises:
        Problem: `unknown_sku`, `invalid`, `sale_paused`, `out_of_stock`, `purchase_limit`, `ref_conflict`;
            nothing may be committed.
    """
    (outcome,) = reserve_page(uow, [wish], tools)
    if isinstance(outcome, Problem):
        raise outcome
    return outcome or _reserve_known(uow, wish, tools)


def reserve_page(uow: UnitOfWork, wishes: Sequence[Wish], tools: Tools) -> Sequence[Outcome]:
    """Reserve what several calls ask for, the first one first, with about as many statements as for one of them.

    Each has an outcome of its own. One that is refused has written nothing.

    Raises:
        Problem: `out_of_stock`: the look before and the reserving parted; nothing may be committed. Try one by one.
    """
    take_turn(uow, "intake")
    outcomes: list[Outcome] = [None] * len(wishes)
    goods = goods_by_code(uow.connection, {line["sku"] for wish in wishes for line in wish.body["lines"]})
    warehouses = _warehouses(uow, wishes)
    groups: defaultdict[tuple[int, int], list[_Plan]] = defaultdict(list)
    for place, wish in enumerate(wishes):
        try:
            plan = _plan(uow, place, wish, goods, warehouses)
            groups[plan.shop.id, plan.warehouse_id].append(plan)
        except Problem as problem:
            outcomes[place] = problem
    if len(groups) > 1:
        # Buyers before levels, as who extends does.
        for group in groups.values():
            _lock_buyers(uow, group, tools)
        # All at once, in their one order: group by group two nodes could wait for each other.
        lock_levels_of(
            uow,
            {
                (WarehouseId(plan.warehouse_id), sku)
                for group in groups.values()
                for plan in group
                for sku in units_of(plan.asked)
            },
        )
    for group in groups.values():
        for plan, outcome in _reserve_group(uow, group, tools):
            outcomes[plan.place] = outcome
    return outcomes


def _plan(
    uow: UnitOfWork, place: int, wish: Wish, goods: Mapping[str, Goods], warehouses: Mapping[str, int]
) -> _Plan:
    body = wish.body
    return _Plan(
        place,
        wish.shop,
        body["ref"],
        _warehouse(wish.shop, body["lines"], warehouses),
        asked_lines(goods, body["lines"]),
        uow.now + timedelta(seconds=body.get("expires_in", USUAL_S)),
        Buyer(body.get("buyer") or "", body.get("member")),
        body.get("all_or_nothing", True),
    )


def _reserve_group(uow: UnitOfWork, plans: Sequence[_Plan], tools: Tools) -> list[tuple[_Plan, Outcome]]:
    """The plans of one shop and warehouse; those whose order is known, or stands twice, are left out."""
    shop, warehouse_id = plans[0].shop, WarehouseId(plans[0].warehouse_id)
    known = known_orders(uow, shop.id, [plan.ref for plan in plans])
    first: dict[str, _Plan] = {}
    for plan in plans:
        if plan.ref not in known:
            first.setdefault(plan.ref, plan)
    inside = list(first.values())
    if not inside:
        return []
    paused = paused_skus(uow.connection, shop.id, {sku for plan in inside for sku in plan.skus})
    units = {sku for plan in inside for sku in units_of(plan.asked)}
    life = promised_life(uow.connection, shop.id)
    customers = _lock_buyers(uow, inside, tools)
    sold_as = {line.goods.id for plan in inside for line in plan.asked}
    there = free_now(uow, warehouse_id, units, life, leaves_safety=True, shop_id=shop.id, sold_as=sold_as)
    free = dict(capped(uow.connection, shop.id, there, uow.now))
    gate = None if customers is None else Gate(uow, [_wanted(plan, customers, plan.asked) for plan in inside])
    outcomes: list[tuple[_Plan, Outcome]] = []
    given: list[tuple[_Plan, Sequence[Asked]]] = []
    for plan in inside:
        try:
            _refuse_paused(plan.asked, paused)
            lines = _given(plan, free)
            if gate is not None and customers is not None:
                gate.let_through(_wanted(plan, customers, lines), lines)
        except Problem as problem:
            outcomes.append((plan, problem))
            continue
        for sku, qty in units_of(lines).items():
            free[sku] -= qty
        given.append((plan, lines))
    return outcomes + (_make(uow, given, tools) if given else [])


def _lock_buyers(uow: UnitOfWork, plans: Sequence[_Plan], tools: Tools) -> Mapping[str, int] | None:
    """Those who buy at one shop; asked again in the same transaction it finds whoever has become a customer in it."""
    units = {sku for plan in plans for sku in units_of(plan.asked)}
    return lock_buyers(uow, plans[0].shop, {plan.buyer.key for plan in plans}, units, tools.digest)


def _wanted(plan: _Plan, customers: Mapping[str, int], lines: Sequence[Asked]) -> Wanted:
    is_member = plan.buyer.is_member or False
    return Wanted(customers.get(plan.buyer.key), WarehouseId(plan.warehouse_id), units_of(lines), is_member)


def _make(
    uow: UnitOfWork, given: Sequence[tuple[_Plan, Sequence[Asked]]], tools: Tools
) -> list[tuple[_Plan, Outcome]]:
    """Take the orders in, and write what the door says of them."""
    orders = _take_in(uow, given, tools)
    shop = given[0][0].shop
    noted = [
        Noted(shop.id, plan.ref, orders[plan.ref], tools.new_id(), plan.until, _noted(plan.asked))
        for plan, _ in given
    ]
    write_rows(uow, noted)
    # Without locks: the orders are of this transaction, and nobody else can see them.
    found = standings(uow, noted)
    if any(one.state is not State.RESERVED for one in found):
        # The look before and the reserving go by one rule; should they ever part, nothing is promised.
        raise Problem("out_of_stock")
    lines_until: defaultdict[datetime, list[OrderLineId]] = defaultdict(list)
    outcomes: list[tuple[_Plan, Outcome]] = []
    for (plan, lines), one in zip(given, found, strict=True):
        lines_until[plan.until] += one.line_ids
        uow.record("door.reserved", "orders", one.order.id, reservation=one.row.public_id)
        short = _short(plan.asked, lines)
        outcomes.append((plan, view(one, 201, **({"short": short} if short else {}))))
    for until, line_ids in lines_until.items():
        if until != given[0][0].until:
            move_end(uow, line_ids, until)
    return outcomes


def _short(asked: Sequence[Asked], given: Sequence[Asked]) -> list[Mapping[str, Any]]:
    reserved = {line.goods.code: line.qty for line in given}
    return [
        {"sku": line.goods.code, "asked": line.qty, "reserved": reserved.get(line.goods.code, 0)}
        for line in asked
        if reserved.get(line.goods.code, 0) < line.qty
    ]


def _noted(asked: Sequence[Asked]) -> list[dict[str, Any]]:
    return [{"sku": line.goods.code, "qty": line.qty} for line in asked]


def _warehouses(uow: UnitOfWork, wishes: Sequence[Wish]) -> Mapping[str, int]:
    """The warehouses that are named, by code."""
    codes = {line["warehouse"] for wish in wishes for line in wish.body["lines"] if line.get("warehouse")}
    if not codes:
        return {}
    rows = uow.rows(select(Warehouse.code, Warehouse.id).where(Warehouse.code.in_(codes)))
    return {row.code: row.id for row in rows}


def _warehouse(shop: ShopRecord, lines: Sequence[Mapping[str, Any]], known: Mapping[str, int]) -> int:
    wanted = {line["warehouse"] for line in lines if line.get("warehouse")}
    if not wanted:
        return shop.warehouse_id
    if len(wanted) > 1:
        raise Problem("invalid", "body.lines: one order is sent from one warehouse")
    found = known.get(wanted.pop())
    if found is None:
        raise Problem("invalid", "body.lines: there is no such warehouse")
    return found


def _refuse_paused(asked: Sequence[Asked], paused: Collection[int]) -> None:
    skus = {line.goods.code: {line.goods.id} | {part for part, _ in line.goods.parts} for line in asked}
    stopped = [{"sku": code} for code, ids in skus.items() if not ids.isdisjoint(paused)]
    if stopped:
        raise Problem("sale_paused", lines=stopped)


def _given(plan: _Plan, free: Mapping[SkuId, int]) -> list[Asked]:
    """What there is of the lines, under the locks of the levels.

    Raises:
        Problem: `out_of_stock`: nothing, or not all where all or nothing is wanted.
    """
    given = share(plan.asked, free)
    short = [line for line, qty in zip(plan.asked, given, strict=True) if qty < line.qty]
    if short and (plan.is_whole or not any(given)):
        lines = [{"sku": line.goods.code, "available": to_be_had(line.goods, free)} for line in short]
        raise Problem("out_of_stock", lines=lines)
    return [Asked(line.goods, qty) for line, qty in zip(plan.asked, given, strict=True) if qty]


def _take_in(uow: UnitOfWork, given: Sequence[tuple[_Plan, Sequence[Asked]]], tools: Tools) -> Mapping[str, int]:
    """Let the orders through the intake; gives their ids. They wait for their receivers before anything is packed."""
    shop = given[0][0].shop
    first = given[0][0]
    # All until the end of the first: those of another end are moved to it afterwards.
    hold_s = int((first.until - uow.now).total_seconds())
    facts = replace(shop.facts, warehouse_id=first.warehouse_id, asked_first=True, hold_s=hold_s)
    orders = [_channel_order(uow, plan.ref, lines, plan.buyer) for plan, lines in given]
    taken = take_page(uow, facts, orders, tools.digest, tools.carrier_code)
    ids = {plan.ref: order_id for (plan, _), order_id in zip(given, taken.new_ids, strict=True)}
    if not shop.prints_elsewhere:
        holds.place_many(uow, [(order_id, "no_receiver") for order_id in ids.values()])
    return ids


def _channel_order(uow: UnitOfWork, ref: str, given: Sequence[Asked], buyer: Buyer) -> ChannelOrder:
    lines = tuple(
        ChannelOrderLine(
            line_no=str(number),
            item_id=AT_THE_DOOR,
            channel_sku_id=line.goods.code,
            merchant_code=line.goods.code,
            title=line.goods.name,
            spec=line.goods.spec,
            qty=line.qty,
            unit_price_fen=0,
        )
        for number, line in enumerate(given, 1)
    )
    return ChannelOrder(
        order_no=ref,
        version=0,
        modified_at=BEFORE_ALL,
        placed_at=uow.now,
        paid_at=None,
        payment=Payment.UNPAID.value,
        channel_status=_STATUS,
        is_closed=False,
        is_shipped=False,
        buyer_key=buyer.key or NOBODY,
        buyer_name="",
        buyer_is_member=buyer.is_member if buyer.key else None,
        consignee=Consignee("", "", "", "", "", ""),
        lines=lines,
        amount_fen=0,
        freight_fen=0,
    )


def _reserve_known(uow: UnitOfWork, wish: Wish, tools: Tools) -> Answer:
    """The order is here already: by an earlier call, a pull or a snapshot. Its units are not taken again."""
    shop, body = wish.shop, wish.body
    goods = goods_by_code(uow.connection, [line["sku"] for line in body["lines"]])
    plan = _plan(uow, 0, wish, goods, _warehouses(uow, [wish]))
    order_id = known_orders(uow, shop.id, [plan.ref])[plan.ref].id
    row = row_by_ref(uow, shop.id, plan.ref)
    is_new = row is None
    if row is None:
        write_rows(uow, [Noted(shop.id, plan.ref, order_id, tools.new_id(), plan.until, _noted(plan.asked))])
        (row,) = rows_of_orders(uow, [order_id])
    one = locked(uow, row)
    if not _is_same(one, plan.asked, is_new=is_new) or one.state is State.RELEASED:
        raise Problem("ref_conflict")
    if one.state is State.CONFIRMED:
        settle(uow, one, State.CONFIRMED, "door.confirmed")
    elif one.state is State.EXPIRED:
        _refuse_paused(plan.asked, paused_skus(uow.connection, shop.id, plan.skus))
        if one.is_paid:
            raise Problem("ref_conflict", "the order is paid for, but its goods are gone")
        reserve_again(uow, one, shop, tools.digest, "out_of_stock")
        move_end(uow, one.line_ids, plan.until)
        settle(uow, one, State.RESERVED, "door.reserved", expires_at=plan.until)
    elif is_new:
        move_end(uow, one.line_ids, plan.until)
        uow.record("door.reserved", "orders", order_id, reservation=row.public_id)
    fresh = row_by_ref(uow, shop.id, plan.ref)
    return view(standings(uow, [fresh])[0], 201 if is_new else 200)


def _is_same(one: Standing, asked: Sequence[Asked], *, is_new: bool) -> bool:
    """Whether the same is asked for: as the order has it now, or as it was asked before where part was given."""
    wanted = {line.goods.code: line.qty for line in asked}
    if wanted == one.goods():
        return True
    return not is_new and wanted == {line["sku"]: line["qty"] for line in one.row.asked}
