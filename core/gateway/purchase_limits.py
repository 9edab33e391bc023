"""Purchase limits at the door: who buys, locked so that two calls of one buyer cannot both pass, and the refusal."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from core.customers.models import Customer
from core.customers.queries import customer_of_account
from core.customers.service import Digest
from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.gateway.goods import Asked, Goods, goods_by_id
from core.gateway.problems import Problem
from core.gateway.standing import Standing
from core.orders.limits.deciding import Tally, excesses, has_rule
from core.orders.limits.records import Excess, Wanted
from core.runtime.ids import SkuId, WarehouseId
from core.sync.shops import ShopRecord

#: who buys, until the mall says it: one for all of a shop, known by this key
NOBODY: Final = "@door"


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys, as a mall says it: an empty key where it does not, `is_member` None where it says nothing of that."""

    key: str
    is_member: bool | None


def lock_buyers(
    uow: UnitOfWork, shop: ShopRecord, buyer_keys: Collection[str], skus: Collection[SkuId], digest: Digest
) -> Mapping[str, int] | None:
    """The customers behind a mall's buyers, whom no other call may sell to before this transaction ends.

    One who has never bought here has a negative number of their own. None where no limit can hold for any of the
    SKUs: nobody is looked up then.
    """
    if not has_rule(uow.connection, skus):
        return None
    accounts = shop.facts.accounts
    found: dict[str, int] = {}
    for key in sorted(set(buyer_keys) - {""}):
        # Nobody has a row to be locked before the first purchase.
        take_turn(uow, f"buyer {accounts} {key}")
        found[key] = customer_of_account(uow.connection, accounts, key, digest) or -1 - len(found)
    for customer_id in sorted({one for one in found.values() if one > 0}):
        _lock(uow, customer_id)
    return found


def lock_customer_of(uow: UnitOfWork, shop: ShopRecord, customer_id: int, digest: Digest) -> int | None:
    """As `lock_buyer`, of an order that is here already."""
    if customer_id == customer_of_account(uow.connection, shop.facts.accounts, NOBODY, digest):
        return None
    _lock(uow, customer_id)
    return customer_id


def _lock(uow: UnitOfWork, customer_id: int) -> None:
    # The same customer may buy at another mall at the same time.
    if not uow.is_sqlite:
        row = select(Customer.id).where(Customer.id == customer_id)
        uow.execute(row.with_for_update(key_share=True)).all()


class Gate:
    """Lets the wishes of a transaction through as far as their buyers may buy, one after the other.

    Made under the locks of the buyers and of the levels.
    """

    def __init__(self, uow: UnitOfWork, wanted: Sequence[Wanted]) -> None:
        """`wanted` are all wishes that will be asked for."""
        self._tally = Tally(uow.connection, wanted, uow.now)

    def let_through(self, wanted: Wanted, asked: Sequence[Asked]) -> None:
        """Grant a wish; `asked` are its lines, for the refusal.

        Raises:
            Problem: `purchase_limit`.
        """
        too_much = self._tally.too_much(wanted)
        if too_much:
            raise _problem([(line.goods, line.qty) for line in asked], too_much)
        self._tally.grant(wanted)


def refuse_again(uow: UnitOfWork, one: Standing, customer_id: int | None) -> None:
    """The same for an order whose time has run out and that wants its goods once more.

    Raises:
        Problem: `purchase_limit`.
    """
    units: Counter[SkuId] = Counter()
    for line in one.lines:
        if line.sku_id is not None and line.after_sale != "refunded":
            units[SkuId(line.sku_id)] += line.qty
    wanted = Wanted(customer_id, WarehouseId(one.order.warehouse_id), units)
    too_much = excesses(uow.connection, [wanted], uow.now, [one.order.id])[0]
    if too_much:
        known = goods_by_id(uow.connection, [excess.sku_id for excess in too_much])
        raise _problem([(known[sku], units[SkuId(sku)]) for sku in sorted(known)], too_much)


def _problem(asked: Sequence[tuple[Goods, int]], too_much: Sequence[Excess]) -> Problem:
    by_sku = {excess.sku_id: excess for excess in too_much}
    lines = [_line(goods, qty, by_sku) for goods, qty in asked if any(sku in by_sku for sku, _ in goods.parts)]
    if any(excess.is_unknown for excess in too_much):
        text = "a purchase limit holds for these goods: say who buys (buyer)"
        return Problem("purchase_limit", text, lines=lines)
    return Problem("purchase_limit", lines=lines)


def _line(goods: Goods, qty: int, by_sku: dict[SkuId, Excess]) -> dict[str, Any]:
    inside = [(by_sku[sku], per) for sku, per in goods.parts if sku in by_sku]
    return {
        "sku": goods.code,
        "may_buy": min([qty, *(excess.may_qty // per for excess, per in inside)]),
        "within_days": max(excess.window_days for excess, _ in inside),
        "members_only": any(excess.needs_member for excess, _ in inside),
    }
