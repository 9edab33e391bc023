"""Buyers and sellers do as they like while orders and cases are read: the last word of each is heard in the end."""

import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.channels.aftersale_contract import AfterSaleChannel, ChannelAfterSale
from core.channels.contract import ChannelOrder
from core.runtime.remote_errors import ChannelError
from tests.contract.wechat_stand import WechatStand, wechat_stand
from tests.simulators.platforms.faults import WIRE
from tests.simulators.platforms.shop import RuleError
from tests.support.channel_stand import Wish

#: without them most acts find nothing to act upon
_OFTEN = ["place", "pay", "pay", "pay", "ask", "ask", "agree"]
_FAULTS = [*sorted(WIRE - {"slow"}), "busy", "token_expired", "token_invalid"]


class Heard:
    """What somebody knows who pulls now and then, as the sync lane does."""

    def __init__(self, stand: WechatStand) -> None:
        self.stand = stand
        self.orders: dict[str, ChannelOrder] = {}
        self.cases: dict[str, ChannelAfterSale] = {}
        self._orders_until = self._cases_until = stand.now() - timedelta(hours=1)

    def pull(self) -> None:
        """One round of both; what was finished stays, whatever fails."""
        self._orders_until = self._pull_orders(self._orders_until - timedelta(seconds=600))
        self._cases_until = self._pull_cases(self._cases_until - timedelta(seconds=600))

    def _pull_orders(self, since: datetime) -> datetime:
        cursor: str | None = None
        reached = since
        while True:
            page = self.stand.channel.pull_orders(since, cursor)
            for order in page.orders:
                known = self.orders.get(order.order_no)
                if known is None or order.modified_at >= known.modified_at:
                    self.orders[order.order_no] = order
            reached, cursor = page.whole_until or reached, page.next_cursor
            if cursor is None:
                return reached

    def _pull_cases(self, since: datetime) -> datetime:
        channel = self.stand.channel
        assert isinstance(channel, AfterSaleChannel)
        cursor: str | None = None
        reached = since
        while True:
            page = channel.pull_after_sales(since, cursor)
            self.cases |= {case.case_no: case for case in page.cases}
            reached, cursor = page.whole_until or reached, page.next_cursor
            if cursor is None:
                return reached


def acts(stand: WechatStand, chance: random.Random) -> Mapping[str, Callable[[], object]]:
    shop = stand.shop

    def one() -> str:
        return chance.choice(list(shop.orders))

    def case() -> str:
        return chance.choice(list(shop.cases))

    def ask() -> None:
        order = shop.orders[one()]
        kind = "return" if order.parcels else "refund"
        shop.ask_refund(order.no, [chance.choice(order.lines).no], kind=kind)

    return {
        "place": lambda: stand.place(Wish(chance.randrange(3), chance.randint(1, 3)), Wish(chance.randrange(3), 1)),
        "pay": lambda: shop.pay(one()),
        "cancel": lambda: shop.cancel(one()),
        "address": lambda: shop.change_address(one(), address=f"练习路{chance.randrange(99)}号"),
        "note": lambda: shop.write_note(one(), f"备注 {chance.randrange(99)}"),
        "stop": lambda: shop.stop(one(), chance.choice(["gift", "group", ""])),
        "ship": lambda: shop.ship(one(), "ZTO", stand.waybill(chance.randrange(10**6))),
        "receive": lambda: shop.receive(one()),
        "ask": ask,
        "agree": lambda: shop.agree(case()),
        "send back": lambda: shop.send_back(case(), "ZTO", stand.waybill(chance.randrange(10**6))),
        "refuse": lambda: shop.refuse(case()),
        "withdraw": lambda: shop.withdraw(case()),
    }


@pytest.mark.parametrize("seed", range(6))
def test_the_last_word_of_every_order_and_case_is_heard(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with wechat_stand(tmp_path) as stand:
        heard = Heard(stand)
        stand.server.orders.most_in_window = chance.choice([8, 10_000])
        stand.server.orders.is_newest_first = chance.random() < 0.5
        # an empty page has a key to its own place, which a list that begins with the newest cannot have at its head
        faults = _FAULTS if stand.server.orders.is_newest_first else [*_FAULTS, "empty_page"]
        story = acts(stand, chance)
        for _ in range(6):
            story["place"]()
        for _ in range(120):
            with suppress(RuleError, IndexError):
                story[chance.choice([*story, *_OFTEN])]()
            stand.clock.advance(seconds=chance.choice([0, 0, 1, 20, 300]))
            if chance.random() < 0.25:
                stand.server.faults.next(*chance.choices(faults, k=chance.randrange(3)))
                with suppress(ChannelError):
                    heard.pull()
        stand.server.faults.forget()
        stand.clock.advance(seconds=60)
        heard.pull()

        assert set(heard.orders) == set(stand.shop.orders)
        for no, order in heard.orders.items():
            assert order == stand.channel.get_order(no)
        assert {case.order_no for case in heard.cases.values()} == {
            case.order_no for case in stand.shop.cases.values()
        }
        channel = stand.channel
        assert isinstance(channel, AfterSaleChannel)
        for case in heard.cases.values():
            now = channel.get_after_sale(case.case_no, case.order_no)
            assert now is not None
            assert (now.state, now.modified_at, now.lines) == (case.state, case.modified_at, case.lines)
        assert stand.shop.cases, "the story had refunds"
