"""A JD shop pulled into the centre: unpaid, paid, locked, split, days offline, and a wire that breaks."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.channels.jd.channel import JdChannel
from core.channels.jd.client import JdClient, JdKey
from core.runtime.remote_errors import ChannelError
from core.sync.cursors import CHANGED
from core.sync.delivering import Deliverer
from core.sync.handlers import Handlers
from core.sync.models import Cursor
from core.sync.pulling import Pull
from tests.contract.platform_stand import way_to
from tests.simulators.platforms import jd_calls
from tests.simulators.platforms.faults import WIRE
from tests.simulators.platforms.jd import JdServer, habits
from tests.simulators.platforms.shop import Shop
from tests.support.world import CARRIER

LAG = timedelta(seconds=180)


class JdWorld:
    def __init__(self, world, server, channel):
        self.world, self.server, self.channel = world, server, channel
        self.shop = server.shop
        self.bear = self.shop.list_goods("BEAR", 1000)
        self.cup = self.shop.list_goods("CUP", 1000)

    def place(self, *codes):
        goods = {"BEAR": self.bear, "CUP": self.cup}
        return self.shop.place([(goods[code].sku_id, 1) for code in codes or ("BEAR",)]).no

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
        return self.world.rows(select(Cursor.until_at).where(Cursor.feed == CHANGED))[0].until_at


@pytest.fixture
def jd(world) -> Iterator[JdWorld]:
    with JdServer(Shop(world.clock.now, habits())) as server:
        way = way_to(server, world.clock)
        key = JdKey(server.app_key, server.secret, server.access_token)
        with way.http:
            yield JdWorld(world, server, JdChannel(JdClient(way.place, way.http, key)))


def test_an_orders_life_reaches_the_centre(jd):
    no = jd.place()
    jd.pull()
    assert jd.world.order(no).payment == "unpaid"
    jd.shop.pay(no)
    jd.pull()
    assert jd.world.order(no).payment == "paid"
    before = jd.world.holds(no)
    case = jd.shop.ask_refund(no)
    jd.pull()
    assert jd.world.holds(no) > before, "the buyer asked JD to cancel it"
    jd.shop.refuse(case.no)
    jd.pull()
    assert jd.world.holds(no) == before
    jd.shop.cancel(no)
    jd.pull()
    assert jd.world.order(no).payment == "refunded"
    assert jd.taken() == [no]


def test_an_order_that_jd_splits_comes_as_its_children(jd):
    parent = jd.place("BEAR", "CUP")
    jd.pull()
    children = jd.server.pay_split(parent)
    jd.pull()
    assert sorted(jd.taken()) == sorted([parent, *children])
    assert {jd.world.order(no).payment for no in children} == {"paid"}
    assert jd.world.order(parent).fulfilment == "cancelled", "it is packed in its children"


def test_an_order_that_jd_splits_after_we_had_its_parcel_ready_is_packed_once(jd):
    parent = jd.paid("BEAR", "CUP")
    jd.pull()
    children = jd.server.split(parent)
    jd.pull()
    jd.pull()
    assert jd.world.order(parent).fulfilment == "cancelled"
    assert jd.world.desk.open(parent).code != "parcel.opened"
    assert jd.world.desk.open(children[0]).code == "parcel.opened"


def two_boxes(jd, monkeypatch):
    """An order that is packed in two boxes; its number and theirs."""
    monkeypatch.setattr(jd_calls, "CARRIERS", {**jd_calls.CARRIERS, "9001": CARRIER})
    world = jd.world
    no = jd.shop.place([(jd.bear.sku_id, 2)]).no
    jd.shop.pay(no)
    jd.pull()
    world.buy_numbers()
    first = world.number(no)
    opened = world.desk.open(no)
    world.desk.scan(opened, "BEAR")
    world.desk.packing.add_box(opened.parcel.id, opened.parcel.fence, world.desk.nonce())
    world.buy_numbers()
    world.desk.verify(world.desk.packing.open_next(world.desk.nonce(), opened.parcel.id))
    return no, first, world.number(no)


def tell(jd):
    handlers = Handlers(jd.world.store, {}, lambda _shop: jd.channel)
    return Deliverer(jd.world.store, "desk 1", handlers.by_kind(), {}).drain(f"shop:{jd.world.shop_id}")


def test_jd_takes_the_first_of_two_boxes_and_the_others_number_is_known_here_only(jd, monkeypatch):
    no, first, second = two_boxes(jd, monkeypatch)
    assert jd.world.desk.ship(first).code == "parcel.shipped"
    assert tell(jd) == 1
    jd.pull()
    assert jd.world.holds(no) == set(), "that JD has it as sent is no news"
    assert jd.world.desk.ship(second).code == "parcel.shipped"
    assert tell(jd) == 1
    jd.pull()
    assert [parcel.number for parcel in jd.shop.order(no).parcels] == [first]
    assert jd.world.desk.activity.counts() == {"waiting": 0, "failed": 0, "conflict": 0}
    newest = jd.world.desk.activity.page("done", None, 1).rows[0]
    assert (newest.waybill_no, newest.is_kept_here, newest.theirs) == (second, True, (first,))
    assert jd.world.order(no).fulfilment == "shipped"


def test_what_a_colleague_told_jd_stays_a_conflict_for_each_box(jd, monkeypatch):
    no, first, second = two_boxes(jd, monkeypatch)
    jd.shop.ship(no, "467", "SF1000000000001")
    for number in (first, second):
        assert jd.world.desk.ship(number).code == "parcel.shipped"
    assert tell(jd) == 0
    assert jd.world.desk.activity.counts()["conflict"] == 2


def test_buyers_who_have_not_paid_yet_are_not_one_customer(jd):
    first, second = jd.place(), jd.place()
    jd.pull()
    waiting = {jd.world.order(no).customer_id for no in (first, second)}
    assert len(waiting) == 2
    jd.shop.pay(first)
    jd.shop.pay(second)
    jd.pull()
    assert len({jd.world.order(no).customer_id for no in (first, second)}) == 1, "both are the same buyer's"


def test_days_offline_are_caught_up_without_a_gap(jd):
    placed = [jd.paid()]
    jd.pull()
    for _ in range(40):
        jd.world.clock.advance(hours=2)
        placed.append(jd.paid())
    jd.pull()
    assert sorted(jd.taken()) == sorted(placed)
    assert timedelta() <= jd.world.clock.now() - LAG - jd.watermark() < timedelta(seconds=2)


@pytest.mark.parametrize("fault", sorted(WIRE - {"slow"}))
def test_a_wire_that_breaks_loses_no_order_and_takes_none_twice(jd, fault):
    placed = [jd.paid() for _ in range(53)]
    for at in (0, 2, 4):
        jd.server.faults.forget()
        jd.server.faults.next(*["ok"] * at, *[fault] * 4)
        with suppress(ChannelError):
            jd.pull()
        placed.append(jd.paid())
    jd.server.faults.forget()
    jd.pull()
    assert sorted(jd.taken()) == sorted(placed)


def test_what_is_paid_long_after_it_was_placed_is_found(jd):
    no = jd.place()
    jd.pull()
    jd.world.clock.advance(hours=20)
    jd.pull()
    jd.shop.pay(no)
    done = jd.pull()
    assert done.updated_count >= 1
    assert jd.world.order(no).payment == "paid"
