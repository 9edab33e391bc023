"""A Taobao shop pulled into the centre: unpaid, presale, kept back, days offline, changed while read, a bad wire."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.channels.taobao.channel import TaobaoChannel
from core.channels.taobao.client import TopClient, TopKey
from core.customers.models import ConsigneeRow
from core.fulfilment.records import Apart
from core.runtime.remote_errors import ChannelError
from core.sync.merge_asking import MergeAsking
from core.sync.models import Cursor
from core.sync.pulling import Pull
from tests.contract.platform_stand import way_to
from tests.simulators.platforms.faults import WIRE
from tests.simulators.platforms.shop import Person
from tests.simulators.platforms.taobao import TaobaoServer, taobao_shop

LAG = timedelta(seconds=60)


class TaobaoWorld:
    def __init__(self, world, server, channel):
        self.world, self.server, self.channel = world, server, channel
        self.shop = server.shop
        self.goods = {code: self.shop.list_goods(code, 1000) for code in ("BEAR", "CUP")}

    def place(self, *codes, buyer="b-1"):
        return self.shop.place([(self.goods[code].sku_id, 1) for code in codes or ("BEAR",)], buyer=buyer).no

    def paid(self, *codes):
        no = self.place(*codes)
        self.shop.pay(no)
        return no

    def pull(self) -> Pull:
        """The next pull, when the lag has let the last change go."""
        self.world.clock.advance(seconds=LAG.total_seconds() + 1)
        return self.world.puller().pull(self.world.shop_record, self.channel)

    def taken(self):
        return [row.order_no for row in self.world.listed()]

    def watermark(self):
        return self.world.rows(select(Cursor.until_at))[0].until_at


@pytest.fixture
def taobao(world) -> Iterator[TaobaoWorld]:
    with TaobaoServer(taobao_shop(world.clock.now)) as server:
        way = way_to(server, world.clock, "/router/rest")
        key = TopKey(server.app.key, server.app.secret, server.grants.session())
        with way.http:
            channel = TaobaoChannel(TopClient(way.place, way.http, key), is_tmall=False, page_size=5)
            yield TaobaoWorld(world, server, channel)


def test_an_orders_life_reaches_the_centre(taobao):
    no = taobao.place()
    taobao.pull()
    assert taobao.world.order(no).payment == "unpaid"
    taobao.shop.pay(no)
    taobao.pull()
    assert taobao.world.order(no).payment == "paid"
    before = taobao.world.holds(no)
    taobao.shop.stop(no, "PAID_FORBID_CONSIGN")
    taobao.pull()
    assert taobao.world.holds(no) > before, "the group is still gathering"
    taobao.shop.stop(no, "")
    taobao.pull()
    assert taobao.world.holds(no) == before
    case = taobao.shop.ask_refund(no)
    taobao.pull()
    assert taobao.world.holds(no) > before, "the buyer wants the money back"
    taobao.shop.agree(case.no)
    taobao.pull()
    assert taobao.world.order(no).payment == "refunded"
    assert taobao.taken() == [no]


def test_a_presale_waits_for_its_rest(taobao):
    no = taobao.place()
    taobao.server.pay_deposit(no, 1000)
    taobao.pull()
    assert taobao.world.order(no).payment == "unpaid"
    taobao.server.pay_rest(no)
    taobao.pull()
    assert taobao.world.order(no).payment == "paid"


def test_each_buyer_is_a_customer_of_his_own(taobao):
    first, again, other = taobao.place(), taobao.place(), taobao.place(buyer="c-2")
    taobao.pull()
    customers = [taobao.world.order(no).customer_id for no in (first, again, other)]
    assert customers[0] == customers[1] != customers[2]


def test_days_offline_are_caught_up_without_a_gap(taobao):
    placed = [taobao.paid()]
    taobao.pull()
    for _ in range(30):
        taobao.world.clock.advance(hours=2)
        placed.append(taobao.paid())
    taobao.pull()
    assert sorted(taobao.taken()) == sorted(placed)
    assert timedelta() <= taobao.world.clock.now() - LAG - taobao.watermark() < timedelta(seconds=2)


def test_a_round_without_news_asks_for_no_trade_again(taobao):
    placed = [taobao.paid() for _ in range(5)]
    taobao.pull()
    asked = taobao.server.count("taobao.trade.fullinfo.get")
    done = taobao.pull()
    assert taobao.server.count("taobao.trade.fullinfo.get") == asked == len(placed)
    assert (done.new_count, done.updated_count) == (0, 0)


@pytest.mark.parametrize("fault", [*sorted(WIRE - {"slow"}), "isp_error", "code_7", "code_10", "code_31"])
def test_troubles_lose_no_order_and_take_none_twice(taobao, fault):
    placed = [taobao.paid() for _ in range(12)]
    for at in (0, 2, 4, 12):
        taobao.server.faults.forget()
        taobao.server.faults.next(*["ok"] * at, *[fault] * 4)
        with suppress(ChannelError):
            taobao.pull()
        placed.append(taobao.paid())
    taobao.server.faults.forget()
    taobao.pull()
    assert sorted(taobao.taken()) == sorted(placed)


def test_the_platform_alone_says_whose_parcels_are_one(taobao):
    """Two neighbours whom its masks make look alike, and one buyer who orders twice."""
    world, neighbour = taobao.world, Person(name="赵邻居", phone="13800990001", address="练习路2号")
    placed = [taobao.shop.place([(taobao.goods["BEAR"].sku_id, 1)], person=who).no for who in (None, neighbour, None)]
    for no in placed:
        taobao.shop.pay(no)
    taobao.pull()
    whose = [world.order(no).consignee_id for no in placed[:2]]
    columns = (ConsigneeRow.name, ConsigneeRow.phone, ConsigneeRow.address)
    shown = world.rows(select(*columns).where(ConsigneeRow.id.in_(whose)))
    assert len(shown) == 2
    assert shown[0] == shown[1], "the stars do not tell them apart"
    opened = world.desk.open(placed[0]).parcel.id
    customer_id = world.order(placed[0]).customer_id

    def seen():
        found = world.desk.packing.neighbours(opened)
        return [one.order_nos for one in found.companions], {one.order_nos: one.why for one in found.apart}

    assert seen() == ([], {(no,): Apart.UNSAID for no in placed[1:]})
    asking = MergeAsking(world.store, lambda _shop_id: taobao.channel)
    assert [asking.ask(world.shop_id, [customer_id]) for _ in range(2)] == [1, 0]
    assert taobao.server.count("taobao.top.oaid.merge") == 1
    assert seen() == ([(placed[2],)], {(placed[1],): Apart.DIFFERS})
