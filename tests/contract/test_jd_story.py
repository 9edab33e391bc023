"""Buyers and sellers of a JD shop do as they like while it is read over a bad wire: the last word is always heard."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from core.channels.aftersale_contract import ChannelAfterSale
from core.channels.contract import ChannelOrder
from core.channels.jd.channel import JdChannel
from core.runtime.remote_errors import ChannelError
from tests.contract.jd_stand import JdStand, jd_stand
from tests.simulators.platforms.faults import WIRE
from tests.simulators.platforms.shop import RuleError
from tests.support.channel_stand import Wish

OVERLAP = timedelta(seconds=600)
_FAULTS = [*sorted(WIRE - {"slow"}), "backend_down_before", "system_error", "call_limit", "clock", "token_dead"]
#: without them most acts find nothing to act upon
_OFTEN = ["place", "pay", "pay", "ask", "ship"]


class Heard:
    """What a centre would have stored: the newest copy of each; the watermark follows whole windows alone."""

    def __init__(self, jd: JdStand) -> None:
        assert isinstance(jd.channel, JdChannel)
        self.channel = jd.channel
        self.orders: dict[str, ChannelOrder] = {}
        self.cases: dict[str, ChannelAfterSale] = {}
        self._orders_until = self._cases_until = jd.now()

    def pull(self) -> None:
        since, cursor = self._orders_until - OVERLAP, None
        while True:
            page = self.channel.pull_orders(since, cursor)
            self._take(page.orders)
            self._orders_until = page.whole_until or self._orders_until
            cursor = page.next_cursor
            if cursor is None:
                break
        since = self._cases_until - OVERLAP
        while True:
            told = self.channel.pull_after_sales(since, cursor)
            for case in told.cases:
                known = self.cases.get(case.case_no)
                if known is None or case.modified_at >= known.modified_at:
                    self.cases[case.case_no] = case
            self._cases_until = told.whole_until or self._cases_until
            cursor = told.next_cursor
            if cursor is None:
                return

    def _take(self, orders: object) -> None:
        assert isinstance(orders, (list, tuple))
        for order in orders:
            known = self.orders.get(order.order_no)
            if known is None or order.modified_at >= known.modified_at:
                self.orders[order.order_no] = order


def acts(jd: JdStand, chance: random.Random) -> dict[str, Callable[[], object]]:
    shop = jd.shop

    def some_order() -> str:
        return chance.choice(list(shop.orders))

    def some_case() -> str:
        return chance.choice(list(shop.cases) or ["none"])

    return {
        "place": lambda: jd.place(Wish(chance.randrange(3), chance.randint(1, 3))),
        "pay": lambda: shop.pay(some_order()),
        "split": lambda: jd.server.pay_split(jd.place(Wish(0, 1), Wish(1, 1))),
        "cancel": lambda: shop.cancel(some_order()),
        "ask": lambda: shop.ask_refund(some_order()),
        "agree": lambda: shop.agree(some_case()),
        "refuse": lambda: shop.refuse(some_case()),
        "withdraw": lambda: shop.withdraw(some_case()),
        "stop": lambda: shop.stop(some_order(), chance.choice(["PAUSE", "POP_ORDER_PAUSE", ""])),
        "ship": lambda: shop.ship(some_order(), "1499", jd.waybill(chance.randrange(10**6))),
        "receive": lambda: shop.receive(some_order()),
    }


@pytest.mark.parametrize("seed", range(20))
def test_the_last_word_of_every_order_and_refund_is_heard(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with jd_stand(tmp_path) as jd:
        heard = Heard(jd)
        story = acts(jd, chance)
        for _ in range(6):
            story["place"]()
        for _ in range(150):
            with suppress(RuleError):
                story[chance.choice([*story, *_OFTEN])]()
            jd.clock.advance(seconds=chance.choice([0, 0, 1, 20, 300, 4000]))
            if chance.random() < 0.25:
                jd.server.faults.next(*chance.choices(_FAULTS, k=chance.randrange(4)))
                with suppress(ChannelError):
                    heard.pull()
        jd.server.faults.forget()
        jd.clock.advance(seconds=5)
        heard.pull()

        paid = [order for order in jd.shop.orders.values() if order.paid_at and not order.extra.get("is_split")]
        assert len(paid) > 10
        for order in paid:
            newest = jd.channel.get_order(order.no)
            assert newest is not None
            assert heard.orders[order.no] == newest
        for case in jd.shop.cases.values():
            if not case.was_sent:
                told = heard.channel.get_after_sale(f"R{case.no}", case.order_no)
                assert told is not None
                assert heard.cases[told.case_no] == told
