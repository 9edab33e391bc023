"""The way to a simulated shop: what the product calls as its channel, with everything that goes wrong on a line."""

import math
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from core.channels.contract import Capabilities, ChannelOrder, OrderPage, ShipmentNotice
from core.channels.stock_contract import ListedSku, ListedStock, StockRules, WriteKind
from core.practice.drill.records import Trouble
from core.practice.drill.shop import CHANNEL_SKU, SimulatedShop
from core.practice.drill.timeline import Timeline
from core.runtime.remote_errors import RateLimited, Rejected, Temporary

T = TypeVar("T")

#: how long a call takes, in seconds
_QUICK_S, _SLOW_S = 0.05, 0.4
#: when a call without an answer is given up
_DEADLINE_S = 2.0
#: when an overtaken write reaches the shop at the latest; the product counts on 30 seconds (`acts.IN_FLIGHT_S`)
LATEST_S = 25.0
_PAGE = 50
_MINUTE_S = 60.0
#: on top of how late orders become visible
_MARGIN_S = 60


@dataclass(slots=True)
class Tally:
    """Calls about stock that were sent to one shop."""

    writes: int = 0
    calls: int = 0


class Wire:
    """Implements `core.channels.contract.Channel` and `core.channels.stock_contract.StockChannel`, in process."""

    def __init__(
        self,
        shop: SimulatedShop,
        timeline: Timeline,
        trouble: Trouble,
        lag_s: int,
        rng: random.Random,
        *,
        tells_lag: bool,
    ) -> None:
        """`tells_lag`: the shop says how late its orders become visible, as an honest adapter's author does."""
        self.shop = shop
        self.tally = Tally()
        self._timeline = timeline
        self._trouble = trouble
        self._rng = rng
        self._recent: deque[float] = deque()
        self._window: Sequence[ChannelOrder] = ()
        self.capabilities = Capabilities(
            sees_unpaid=True,
            page_size=_PAGE,
            safety_lag_s=lag_s if tells_lag else 0,
            overlap_s=_MARGIN_S if tells_lag else _MARGIN_S + lag_s,
        )

    # --- orders ---------------------------------------------------------------------------------------------------

    def pull_orders(self, since: datetime, cursor: str | None) -> OrderPage:
        """What was changed since and can be seen by now; a page after the other."""
        return self._call(lambda: self._page(since, int(cursor or 0)))

    def open_orders(self, cursor: str | None) -> OrderPage:  # noqa: ARG002  the contract's signature
        """This shop moves the time of change with every change: nothing has to be looked for by state."""
        raise Rejected("not needed here", code="not_supported")

    def get_order(self, order_no: str) -> ChannelOrder | None:
        """The newest copy that can be seen."""
        return self._call(lambda: self.shop.visible_order(order_no))

    def confirm_shipment(self, notice: ShipmentNotice) -> None:  # noqa: ARG002  the contract's signature
        """Nothing is sent in a drill."""
        raise Rejected("nothing is sent in a drill", code="not_supported")

    def check(self) -> datetime:
        """The shop's clock."""
        return self._call(self.shop.clock.now)

    def _page(self, since: datetime, first: int) -> OrderPage:
        if first == 0:
            # What is shown from here on is the window as it stands now: what changes while it is read is the next's.
            self._window = self._orders_since(since)
        following = first + _PAGE
        has_more = following < len(self._window)
        return OrderPage(self._window[first:following], str(following) if has_more else None, self.shop.clock.now())

    def _orders_since(self, since: datetime) -> Sequence[ChannelOrder]:
        orders = [copy.order for copy in self.shop.changed_since(since)]
        share = self._trouble.disordered
        if self._rng.random() >= share:
            # Each order once, as it stands.
            return list({order.order_no: order for order in orders}.values())
        orders += [order for order in orders if self._rng.random() < share]
        self._rng.shuffle(orders)
        return orders

    # --- stock ----------------------------------------------------------------------------------------------------

    @property
    def stock_rules(self) -> StockRules:
        """How this shop takes writes."""
        return self.shop.rules

    def read_stock(self, listed: ListedSku) -> ListedStock:
        """The shop's number."""
        self._must_know(listed)
        return self._ask_stock(self.shop.listed)

    def change_stock(self, listed: ListedSku, delta: int, key: str) -> ListedStock:
        """Change it by a difference."""
        self._must_know(listed)
        return self._write(lambda: self.shop.change(delta, key))

    def set_stock(self, listed: ListedSku, qty: int, if_version: int | None = None) -> ListedStock:
        """Set it."""
        self._must_know(listed)
        return self._write(lambda: self.shop.set(qty, if_version))

    def pause_sale(self, listed: ListedSku) -> None:
        """Take it off sale."""
        self._must_know(listed)
        self._ask_stock(lambda: self.shop.switch(is_on_sale=False))

    def resume_sale(self, listed: ListedSku) -> None:
        """Put it back."""
        self._must_know(listed)
        self._ask_stock(lambda: self.shop.switch(is_on_sale=True))

    @staticmethod
    def _must_know(listed: ListedSku) -> None:
        if listed.channel_sku_id != CHANNEL_SKU:
            raise Rejected("no such listing", code="sku_not_found")

    def _ask_stock(self, act: Callable[[], T]) -> T:
        self.tally.calls += 1
        return self._call(act)

    def _write(self, act: Callable[[], ListedStock]) -> ListedStock:
        self.tally.writes += 1
        self.tally.calls += 1
        self._limit()
        if self._rng.random() < self._trouble.overtaken:
            late_s = self._rng.uniform(_DEADLINE_S, LATEST_S)
            self._timeline.at(self._timeline.now_s + late_s, lambda: _ignore(act))
            self._timeline.pass_time(_DEADLINE_S)
            raise Temporary("no answer")
        if self._is_repeatable and self._rng.random() < self._trouble.repeated:
            self._timeline.at(self._timeline.now_s + self._rng.uniform(_SLOW_S, _DEADLINE_S), lambda: _ignore(act))
        return self._call(act)

    @property
    def _is_repeatable(self) -> bool:
        """Nobody on a line repeats what may not be repeated: only writes that the shop itself tells apart."""
        return self.shop.rules.write in (WriteKind.KEYED_DELTA, WriteKind.COMPARE_AND_SET)

    def _limit(self) -> None:
        recent, now_s = self._recent, self._timeline.now_s
        while recent and recent[0] <= now_s - _MINUTE_S:
            recent.popleft()
        if len(recent) >= self.shop.rules.calls_per_minute:
            self._timeline.pass_time(self._rng.uniform(_QUICK_S, _SLOW_S))
            # In whole seconds, as platforms say it.
            raise RateLimited("too many calls", retry_after_s=math.ceil(recent[0] + _MINUTE_S - now_s))
        recent.append(now_s)

    def _call(self, act: Callable[[], T]) -> T:
        """Carry a call there and its answer back, or lose one of them."""
        rng, timeline, trouble = self._rng, self._timeline, self._trouble
        timeline.pass_time(rng.uniform(_QUICK_S, _SLOW_S))
        if rng.random() < trouble.lost_before:
            timeline.pass_time(_DEADLINE_S)
            raise Temporary("the shop cannot be reached")
        answer = act()
        if rng.random() < trouble.lost_after:
            timeline.pass_time(_DEADLINE_S)
            raise Temporary("the answer was cut off")
        timeline.pass_time(rng.uniform(_QUICK_S, _SLOW_S))
        return answer


def _ignore(act: Callable[[], object]) -> None:
    """Carry out what nobody waits for any more; what the shop says to it is heard by nobody."""
    try:
        act()
    except Rejected:
        return
