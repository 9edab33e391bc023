"""A WeChat shop through the whole intake: nothing lost after days offline, gifts wait for whoever gets them."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core.channels.wechat.channel import WechatChannel
from core.channels.wechat.client import WechatClient
from core.channels.wechat.session import WechatSession
from core.db.models import Journal
from core.orders.models import Hold
from core.runtime.remote_errors import Temporary
from core.sync.models import Cursor
from tests.contract.platform_stand import way_to
from tests.simulators.platforms.wechat import APPID, SECRET, WechatServer, wechat_shop

LIST = "/channels/ec/order/list/get"


class Seller:
    """The shop behind the simulator, and our way to it."""

    def __init__(self, world, server: WechatServer, channel: WechatChannel) -> None:
        self.world, self.server, self.channel, self.shop = world, server, channel, server.shop
        self.sku = self.shop.list_goods("BEAR", 1000).sku_id
        self.other = self.shop.list_goods("DUCK", 1000).sku_id

    def sell(self, qty: int = 1, *more: tuple[str, int]) -> str:
        no = self.shop.place([(self.sku, qty), *more]).no
        self.shop.pay(no)
        return no

    def pull(self) -> None:
        self.world.clock.advance(seconds=2)
        self.world.puller().pull(self.world.shop_record, self.channel)

    def actions(self, action: str) -> int:
        return len(self.world.rows(select(Journal.id).where(Journal.action == action)))

    def reasons(self) -> set[str]:
        return {row.reason for row in self.world.rows(select(Hold.reason).where(Hold.released_at.is_(None)))}

    def notes(self) -> set[str]:
        return {row.note for row in self.world.rows(select(Hold.note).where(Hold.released_at.is_(None)))}


@pytest.fixture
def seller(world) -> Iterator[Seller]:
    with WechatServer(wechat_shop(world.clock.now)) as server:
        way = way_to(server, world.clock)
        session = WechatSession(way.place, way.http, world.clock, appid=APPID, secret=SECRET)
        known = {"shop_id": world.shop_record.id, "feed": "changed", "until_at": world.clock.now()}
        world.do(lambda uow: uow.insert_many(Cursor, [known]))
        try:
            yield Seller(world, server, WechatChannel(WechatClient(session, way.http)))
        finally:
            way.http.close()


def taken(world) -> set[str]:
    return {row.order_no for row in world.listed()}


def test_days_offline_are_caught_up_and_a_cut_costs_one_window(seller, world):
    placed = set()
    for _ in range(12):
        placed.add(seller.sell())
        world.clock.advance(hours=5)
    # every attempt of one call, long after the beginning
    seller.server.faults.next(*["ok"] * 6, *["cut_before"] * 3, only=LIST)
    with pytest.raises(Temporary):
        seller.pull()
    assert set() < taken(world) < placed
    first = seller.server.count(LIST)
    seller.pull()

    assert taken(world) == placed
    assert seller.server.count(LIST) - first <= 60 / 6 - 6 + 2, "the windows that were whole are not read again"
    (cursor,) = world.rows(select(Cursor.until_at))
    assert 0 <= (world.clock.now() - cursor.until_at).total_seconds() < 2


def test_orders_that_are_read_again_are_the_same_orders(seller, world):
    numbers = {seller.sell(2) for _ in range(3)}
    for _ in range(3):
        seller.pull()

    assert taken(world) == numbers
    assert (seller.actions("order.address_changed"), seller.actions("order.updated")) == (0, 0)


def test_an_address_that_changes_behind_its_mask_is_followed(seller, world):
    no = seller.sell()
    seller.pull()
    # the same to look at: only the platform's key says that it is another place
    seller.shop.change_address(no, address="练习巷2号")
    seller.pull()

    assert seller.actions("order.address_changed") == 1


def test_an_order_is_known_before_it_is_paid(seller, world):
    no = seller.shop.place([(seller.sku, 2)]).no
    seller.pull()
    assert world.order(no).payment == "unpaid"
    seller.shop.pay(no)
    seller.pull()

    assert world.order(no).payment == "paid"


def test_a_gift_waits_until_somebody_accepts_it(seller, world):
    no = seller.sell()
    seller.shop.stop(no, "gift")
    seller.shop.order(no).extra["no_receiver"] = True
    seller.pull()
    assert "platform_stopped" in seller.reasons()
    assert "礼物待收下" in seller.notes()
    del seller.shop.order(no).extra["no_receiver"]
    seller.shop.stop(no, "")
    seller.pull()

    assert not seller.reasons() & {"platform_stopped", "no_receiver"}


def test_a_payment_the_platform_is_still_confirming_waits_a_moment(seller, world):
    no = seller.sell()
    seller.shop.order(no).extra["strange"] = {"status": 10}
    seller.pull()
    assert world.order(no).payment == "paid"
    assert "platform_stopped" in seller.reasons()
    del seller.shop.order(no).extra["strange"]
    seller.pull()

    assert "platform_stopped" not in seller.reasons()


def test_a_refund_of_one_thing_leaves_the_other_to_be_sent(seller, world):
    part, whole = seller.sell(1, (seller.other, 2)), seller.sell()
    seller.pull()
    seller.shop.refund_line(part, seller.shop.order(part).lines[0].no)
    seller.shop.cancel(whole)
    seller.pull()

    assert world.order(part).payment == "partly_refunded"
    assert world.order(part).fulfilment != "cancelled"
    assert world.order(whole).fulfilment == "cancelled"
