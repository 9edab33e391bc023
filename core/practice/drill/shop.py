"""A simulated shop: its own number for the one thing it sells, from which alone buyers buy, and its own orders."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from core.channels.contract import ChannelOrder, ChannelOrderLine, Consignee
from core.channels.stock_contract import BelowZero, CancelledUnit, ListedStock, StockRules, WriteKind
from core.runtime.clock import ManualClock
from core.runtime.remote_errors import Rejected

ITEM, CHANNEL_SKU, MERCHANT_CODE = "drill-item", "drill-sku", "DRILL"
_PRICE_FEN = 19_900


@dataclass(frozen=True, slots=True)
class Copy:
    """An order as it stood after one change, and from when on it can be seen from outside."""

    order: ChannelOrder
    visible_at: datetime


@dataclass(slots=True)
class SimulatedShop:
    """Believes nothing of us: what it may sell is its own number, however that came about.

    Attributes:
        number: tells it from the other shops of the drill.
        rules: how its number may be written.
        clock: of the drill.
        qty: units it may still sell.
        version: rises with each change of the number, by buyers too.
        is_on_sale: whether buyers can buy.
        bought: order number -> whether the buyer still has the unit.
        sold_qty: units that buyers have and did not give back.
    """

    number: int
    rules: StockRules
    clock: ManualClock
    qty: int = 0
    version: int = 1
    is_on_sale: bool = True
    bought: dict[str, bool] = field(default_factory=dict)
    sold_qty: int = 0
    _newest: dict[str, ChannelOrder] = field(default_factory=dict)
    _copies: list[Copy] = field(default_factory=list)
    _keys: dict[str, int] = field(default_factory=dict)

    # --- buyers ---------------------------------------------------------------------------------------------------

    def buy(self, lag_s: float, *, is_paid: bool = True) -> str | None:
        """One buyer takes one unit; the order's number, None where nothing is to be had."""
        if not self.is_on_sale or self.qty < 1:
            return None
        self._put(self.qty - 1)
        number = f"D{self.number}-{len(self.bought) + 1:06d}"
        self.bought[number] = True
        self.sold_qty += 1
        self._keep(_order(number, self.clock.now(), is_paid=is_paid), lag_s)
        return number

    def cancel(self, number: str, lag_s: float) -> None:
        """The unit goes back, to whom the shop's rules say."""
        if not self.bought[number]:
            return
        self.bought[number] = False
        self.sold_qty -= 1
        if self.rules.cancelled_unit is not CancelledUnit.CENTRE:
            self._put(self.qty + 1)
        order = self._newest[number]
        is_paid = order.payment == "paid"
        changed = replace(
            order,
            version=order.version + 1,
            modified_at=self.clock.now(),
            payment="refunded" if is_paid else "unpaid",
            channel_status="closed",
            is_closed=True,
            lines=tuple(replace(line, after_sale="refunded" if is_paid else "none") for line in order.lines),
        )
        self._keep(changed, lag_s)

    def edit(self, units: int) -> int:
        """Somebody changes the number by hand, past everybody; gives by how much it really changed."""
        before = self.qty
        self._put(max(before + units, 0))
        return self.qty - before

    # --- orders as they can be seen from outside ------------------------------------------------------------------

    def changed_since(self, since: datetime) -> Sequence[Copy]:
        """Every copy of an order made at or after `since` that can be seen by now, in the order of the changes."""
        first = bisect_left(self._copies, since, key=lambda copy: copy.order.modified_at)
        now = self.clock.now()
        return [copy for copy in self._copies[first:] if copy.visible_at <= now]

    def visible_order(self, number: str) -> ChannelOrder | None:
        """The newest copy of one order that can be seen by now."""
        now = self.clock.now()
        seen = [copy.order for copy in self._copies if copy.order.order_no == number and copy.visible_at <= now]
        return seen[-1] if seen else None

    # --- its number, written from outside -------------------------------------------------------------------------

    def listed(self) -> ListedStock:
        """The number as it stands."""
        has_version = self.rules.write is WriteKind.COMPARE_AND_SET
        return ListedStock(self.qty, self.version if has_version else None, self.is_on_sale, self.clock.now())

    def change(self, delta: int, key: str) -> ListedStock:
        """Change the number by a difference.

        Raises:
            Rejected: `not_supported` here; `below_zero`, the shop refuses to take away more than is left.
        """
        write = self.rules.write
        if write not in (WriteKind.KEYED_DELTA, WriteKind.PLAIN_DELTA):
            raise Rejected("this shop takes no differences", code="not_supported")
        if write is WriteKind.KEYED_DELTA and key in self._keys:
            if self._keys[key] != delta:
                raise Rejected("this key came with another difference", code="idempotency_conflict")
            return self.listed()
        if self.qty + delta < 0 and self.rules.below_zero is BelowZero.REFUSES:
            raise Rejected("fewer units are left", code="below_zero")
        self._keys[key] = delta
        self._put(max(self.qty + delta, 0))
        return self.listed()

    def set(self, qty: int, if_version: int | None) -> ListedStock:
        """Set the number.

        Raises:
            Rejected: `version_conflict`, it has changed since it was read; `invalid`.
        """
        if qty < 0:
            raise Rejected("a number is not negative", code="invalid")
        if self.rules.write is WriteKind.COMPARE_AND_SET and if_version != self.version:
            raise Rejected("the number has changed meanwhile", code="version_conflict")
        self._put(qty)
        return self.listed()

    def switch(self, *, is_on_sale: bool) -> None:
        """Take it off sale or put it back."""
        if not self.rules.pauses_sale:
            raise Rejected("this shop cannot pause a listing", code="not_supported")
        self.is_on_sale = is_on_sale

    def _put(self, qty: int) -> None:
        self.qty = qty
        self.version += 1

    def _keep(self, order: ChannelOrder, lag_s: float) -> None:
        self._newest[order.order_no] = order
        self._copies.append(Copy(order, self.clock.now() + timedelta(seconds=lag_s)))


def _order(number: str, now: datetime, *, is_paid: bool) -> ChannelOrder:
    # As marketplaces give it: the receiver is masked, a token goes to the carrier.
    receiver = Consignee(
        "演*", "1**********", "浙江省", "杭州市", "余杭区", "***", token=f"drill-{number}", is_masked=True
    )
    line = ChannelOrderLine(
        "1", ITEM, CHANNEL_SKU, MERCHANT_CODE, title="演练商品", spec="", qty=1, unit_price_fen=_PRICE_FEN
    )
    return ChannelOrder(
        order_no=number,
        version=1,
        modified_at=now,
        placed_at=now,
        paid_at=now if is_paid else None,
        payment="paid" if is_paid else "unpaid",
        channel_status="paid" if is_paid else "placed",
        is_closed=False,
        is_shipped=False,
        buyer_key=f"drill-{number}",
        buyer_name="",
        consignee=receiver,
        lines=(line,),
        amount_fen=_PRICE_FEN,
        freight_fen=0,
    )
