"""Cases of a simulated platform over real HTTP, from what the buyer does to what the clerk sees."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core.aftersale.models import AfterSaleCase
from core.channels.pdd.channel import PddChannel
from core.channels.pdd.client import PddApp, PddClient
from core.orders.models import Hold
from core.runtime.remote_errors import Temporary
from core.sync.cases import CaseReader
from core.sync.models import Cursor
from tests.contract.platform_stand import way_to
from tests.simulators.platforms.pdd import CLIENT_ID, SECRET, PddServer, pdd_shop

CASES = "pdd.refund.list.increment.get"


class Seller:
    """The shop behind the simulator, and our way to it."""

    def __init__(self, world, server, channel):
        self.world, self.server, self.channel, self.shop = world, server, channel, server.shop
        self.sku = self.shop.list_goods("BEAR", 1000).sku_id
        self.puller = world.puller()
        self.reader = CaseReader(world.store, self.puller.refresh)

    def sell(self):
        no = self.shop.place([(self.sku, 1)]).no
        self.shop.pay(no)
        return no

    def pull(self):
        self.world.clock.advance(minutes=3, seconds=2)
        self.puller.pull(self.world.shop_record, self.channel)

    def read(self):
        self.world.clock.advance(minutes=3, seconds=2)
        return self.reader.read(self.world.shop_record, self.channel)

    def state(self, no):
        (row,) = self.world.rows(select(AfterSaleCase.state).where(AfterSaleCase.order_no == no))
        return row.state

    def is_held(self, no):
        here = (Hold.order_id == self.world.order(no).id, Hold.reason == "refund_requested")
        return bool(self.world.rows(select(Hold.id).where(*here, Hold.released_at.is_(None))))


@pytest.fixture
def seller(world) -> Iterator[Seller]:
    with PddServer(pdd_shop(world.clock.now)) as server:
        way = way_to(server, world.clock)
        token, _ = server.tokens.grant()
        channel = PddChannel(PddClient(way.place, way.http, PddApp(CLIENT_ID, SECRET, token)))
        # A shop that was read a moment ago: a new one reads a week first.
        known = {"shop_id": world.shop_record.id, "until_at": world.clock.now()}
        feeds = [known | {"feed": feed} for feed in ("changed", "cases")]
        world.do(lambda uow: uow.insert_many(Cursor, feeds))
        try:
            yield Seller(world, server, channel)
        finally:
            way.http.close()


@pytest.mark.parametrize(
    ("ends", "state", "fulfilment"),
    [("agree", "done", "cancelled"), ("refuse", "refused", "to_pack"), ("withdraw", "closed", "to_pack")],
)
def test_a_refund_of_unsent_goods_holds_the_order_until_it_is_decided(seller, world, ends, state, fulfilment):
    no = seller.sell()
    seller.pull()
    case = seller.shop.ask_refund(no)
    seller.read()
    assert (seller.state(no), seller.is_held(no)) == ("requested", True)

    getattr(seller.shop, ends)(case.no)
    seller.read()
    assert (seller.state(no), seller.is_held(no)) == (state, False)
    assert world.order(no).fulfilment == fulfilment


def test_a_return_is_followed_on_its_way_back(seller, world):
    no = seller.sell()
    seller.pull()
    seller.shop.ship(no, "115", "73100000000017")
    seller.pull()
    case = seller.shop.ask_refund(no, kind="return")
    seen = []
    for step in (
        lambda: None,
        lambda: seller.shop.agree(case.no),
        lambda: seller.shop.send_back(case.no, "115", "73100000000099"),
        lambda: seller.shop.agree(case.no),
    ):
        step()
        seller.read()
        seen.append(seller.state(no))

    assert seen == ["requested", "to_return", "returning", "done"]
    (back,) = world.rows(select(AfterSaleCase.return_waybill_no))
    assert back.return_waybill_no == "73100000000099"


def test_a_cut_after_days_offline_costs_one_window(seller, world):
    numbers = []
    for _ in range(6):
        numbers.append(seller.sell())
        seller.shop.ask_refund(numbers[-1])
        world.clock.advance(hours=2)
    seller.server.faults.next(*["ok"] * 20, *["cut_before"] * 3, only=CASES)
    with pytest.raises(Temporary):
        seller.read()
    first = seller.server.count(CASES)
    seller.read()

    assert {row.order_no for row in world.rows(select(AfterSaleCase.order_no))} == set(numbers)
    assert seller.server.count(CASES) - first < 2 * 24 - 10


def test_long_catching_up_lets_the_orders_in_between(seller, world, monkeypatch):
    monkeypatch.setattr("core.sync.cases._PATIENCE_S", -1.0)
    first = seller.sell()
    seller.shop.ask_refund(first)
    world.clock.advance(hours=3)
    last = seller.sell()
    seller.shop.ask_refund(last)
    seen = []
    for _ in range(9):
        seller.read()
        seen.append({row.order_no for row in world.rows(select(AfterSaleCase.order_no))})

    assert seen[0] == {first}
    assert seen[-1] == {first, last}
