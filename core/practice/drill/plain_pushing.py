"""How merchants without quotas tell their shops: all of it to everybody, less a buffer, or by differences.

The product does not work like this; these live in the drill alone, to show what they cost. They know what the product
knows: the orders that its own pull and intake have brought into the ledger.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy import Connection, func, select

from core.channels.stock_contract import ListedSku
from core.inventory.models import Reservation, StockLevel
from core.orders.models import Order, OrderLine
from core.practice.drill.house import House
from core.practice.drill.records import Mode, Plan
from core.practice.drill.shop import CHANNEL_SKU, ITEM, MERCHANT_CODE
from core.practice.drill.wire import Wire
from core.runtime.remote_errors import ChannelError

LISTED = ListedSku(ITEM, CHANNEL_SKU, MERCHANT_CODE)

#: claims of an order that was not taken back
_STANDING = ("reserved", "confirmed", "consumed", "short")


class Pushing(Protocol):
    """Tells the shops what they may sell."""

    def work(self) -> float:
        """Tell them now; gives the seconds until the next time."""
        ...


class FullPushing:
    """Every shop is told the whole number that we believe to be there, less the buffer (`naive`, `buffer`)."""

    def __init__(self, plan: Plan, mode: Mode, house: House, wires: Sequence[Wire]) -> None:
        self._plan = plan
        self._buffer_qty = plan.buffer_qty if mode is Mode.BUFFER else 0
        self._house = house
        self._wires = wires

    def work(self) -> float:
        """Set every shop to it."""
        available = self._house.store.read(lambda connection: _available(connection, self._house.sku_id))
        for wire in self._wires:
            _try(lambda wire=wire: wire.set_stock(LISTED, max(available - self._buffer_qty, 0)))
        return float(self._plan.push_every_s)


class DifferencePushing:
    """Every shop begins with all of it; what the others sold is taken away from it (`incremental`)."""

    def __init__(self, plan: Plan, house: House, wires: Sequence[Wire]) -> None:
        self._plan = plan
        self._house = house
        self._wires = wires
        self._told = dict.fromkeys(range(len(wires)), 0)
        self._turn = 0

    def work(self) -> float:
        """Send each shop the difference to what it was told so far; what got no answer is sent again."""
        self._turn += 1
        sold = self._house.store.read(_sold_by_shop)
        for place, wire in enumerate(self._wires):
            elsewhere = sum(sold.get(shop.id, 0) for other, shop in enumerate(self._house.shops) if other != place)
            delta = self._plan.stock - elsewhere - self._told[place]
            key = f"{self._turn}-{place}"
            if delta and _try(lambda wire=wire, delta=delta, key=key: wire.change_stock(LISTED, delta, key)):
                self._told[place] += delta
        return float(self._plan.push_every_s)


def _try(act: "Call") -> bool:
    try:
        act()
    except ChannelError:
        return False
    return True


class Call(Protocol):
    """A call to a shop."""

    def __call__(self) -> object:
        """Make it."""
        ...


def _available(connection: Connection, sku_id: int) -> int:
    free = StockLevel.on_hand_qty - StockLevel.reserved_qty - StockLevel.confirmed_qty - StockLevel.quarantined_qty
    return int(connection.execute(select(func.sum(free)).where(StockLevel.sku_id == sku_id)).scalar_one() or 0)


def _sold_by_shop(connection: Connection) -> Mapping[int, int]:
    query = (
        select(Order.shop_id, func.sum(Reservation.qty))
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Reservation, Reservation.order_line_id == OrderLine.id)
        .where(Reservation.state.in_(_STANDING))
        .group_by(Order.shop_id)
    )
    return {shop_id: int(qty) for shop_id, qty in connection.execute(query)}
