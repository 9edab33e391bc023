"""A Douyin shop through the whole intake: days offline, notes and refunds that move no time, reviews, parcels."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core.channels.douyin.channel import DouyinChannel
from core.channels.douyin.client import DouyinApp, DouyinClient
from core.channels.douyin.tokens import GrantedToken
from core.db.models import Journal
from core.orders.models import Hold
from core.runtime.remote_errors import Temporary
from core.sync.cursors import CHANGED
from core.sync.models import Cursor
from tests.contract.platform_stand import way_to
from tests.simulators.platforms.douyin import DouyinServer, make_shop

LIST = "/order/searchList"


class Seller:
    """The shop behind the simulator, and our way to it."""

    def __init__(self, world, server: DouyinServer, channel: DouyinChannel) -> None:
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


@pytest.fixture
def seller(world) -> Iterator[Seller]:
    with DouyinServer(make_shop(world.clock.now)) as server:
        way = way_to(server, world.clock)
        token = GrantedToken(server.office.grant().access)
        client = DouyinClient(way.place, way.http, DouyinApp(server.app.key, server.app.secret), token)
        # A shop that was pulled a moment ago: a new one reads a week first.
        known = {"shop_id": world.shop_record.id, "feed": "changed", "until_at": world.clock.now()}
        world.do(lambda uow: uow.insert_many(Cursor, [known]))
        try:
            yield Seller(world, server, DouyinChannel(client, way.place, way.http))
        finally:
            way.http.close()


def taken(world) -> set[str]:
    return {row.order_no for row in world.listed()}


def test_days_offline_are_caught_up_and_a_cut_costs_one_window(seller, world):
    placed = set()
    for _ in range(12):
        placed.add(seller.sell())
        world.clock.advance(hours=13)
    # every attempt of one call, long after the beginning
    seller.server.faults.next(*["ok"] * 7, *["cut_before"] * 3, only=LIST)
    with pytest.raises(Temporary):
        seller.pull()
    half = taken(world)
    assert set() < half < placed
    before = seller.server.count(LIST)
    seller.pull()

    assert taken(world) == placed
    days = 12 * 13 / 24
    assert seller.server.count(LIST) - before <= 2 * (days - 2) + 4, "windows that were whole are not read again"
    (cursor,) = world.rows(select(Cursor.until_at).where(Cursor.feed == CHANGED))
    assert 0 <= (world.clock.now() - cursor.until_at).total_seconds() - 180 < 3


def test_orders_that_are_read_again_are_the_same_orders(seller, world):
    numbers = {seller.sell(2) for _ in range(3)}
    for _ in range(3):
        seller.pull()

    assert taken(world) == numbers
    assert (seller.actions("order.address_changed"), seller.actions("order.updated")) == (0, 0)


def test_what_moves_no_time_is_seen_all_the_same(seller, world):
    no = seller.sell()
    seller.pull()
    world.clock.advance(hours=3)
    seller.shop.change_address(no, address="无名路99号")
    seller.pull()
    assert seller.actions("order.address_changed") == 1
    seller.shop.ask_refund(no)
    seller.pull()

    assert "refund" in " ".join(seller.reasons())


def test_an_order_is_known_before_it_is_paid(seller, world):
    no = seller.shop.place([(seller.sku, 2)]).no
    seller.pull()
    assert world.order(no).payment == "unpaid"
    seller.shop.pay(no)
    seller.pull()

    assert world.order(no).payment == "paid"


def test_what_is_under_review_waits_and_goes_on_by_itself(seller, world):
    no = seller.sell()
    seller.shop.stop(no, "review")
    seller.pull()
    assert "platform_stopped" in seller.reasons()
    seller.shop.stop(no, "")
    seller.pull()

    assert not seller.reasons() & {"platform_stopped", "masked", "no_receiver"}


def test_a_refund_of_one_thing_leaves_the_other_to_be_sent(seller, world):
    part, whole = seller.sell(1, (seller.other, 2)), seller.sell()
    seller.pull()
    seller.shop.refund_line(part, seller.shop.order(part).lines[0].no)
    seller.shop.cancel(whole)
    seller.pull()

    assert world.order(part).payment == "partly_refunded"
    assert world.order(part).fulfilment != "cancelled"
    assert world.order(whole).fulfilment == "cancelled"


def test_buyers_that_the_app_may_not_see_are_not_one_customer(seller, world):
    seller.server.orders.words.cut_fields = frozenset({"doudian_open_id"})
    numbers = [seller.sell() for _ in range(3)]
    seller.pull()

    assert len({world.order(no).customer_id for no in numbers}) == 3
