"""A shop at Pinduoduo through the whole intake: nothing lost after days offline, nothing moved that did not move."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core.channels.pdd.channel import PddChannel
from core.channels.pdd.client import PddApp, PddClient
from core.db.models import Journal
from core.orders.models import Hold
from core.runtime.remote_errors import Temporary
from core.sync.models import Cursor
from tests.contract.platform_stand import way_to
from tests.simulators.platforms.pdd import CLIENT_ID, SECRET, PddServer, pdd_shop

CHANGED = "pdd.order.number.list.increment.get"


class Seller:
    """The shop behind the simulator, and our way to it."""

    def __init__(self, world, server: PddServer, channel: PddChannel) -> None:
        self.world, self.server, self.channel, self.shop = world, server, channel, server.shop
        self.sku = self.shop.list_goods("BEAR", 1000).sku_id
        self.other = self.shop.list_goods("DUCK", 1000).sku_id

    def sell(self, qty: int = 1, *more: tuple[str, int]) -> str:
        no = self.shop.place([(self.sku, qty), *more]).no
        self.shop.pay(no)
        return no

    def pull(self) -> None:
        self.world.clock.advance(minutes=3, seconds=2)
        self.world.puller().pull(self.world.shop_record, self.channel)

    def actions(self, action: str) -> int:
        return len(self.world.rows(select(Journal.id).where(Journal.action == action)))

    def reasons(self) -> set[str]:
        return {row.reason for row in self.world.rows(select(Hold.reason).where(Hold.released_at.is_(None)))}


@pytest.fixture
def seller(world) -> Iterator[Seller]:
    with PddServer(pdd_shop(world.clock.now)) as server:
        way = way_to(server, world.clock)
        token, _ = server.tokens.grant()
        channel = PddChannel(PddClient(way.place, way.http, PddApp(CLIENT_ID, SECRET, token)))
        # A shop that was pulled a moment ago: a new one reads a week first.
        known = {"shop_id": world.shop_record.id, "feed": "changed", "until_at": world.clock.now()}
        world.do(lambda uow: uow.insert_many(Cursor, [known]))
        try:
            yield Seller(world, server, channel)
        finally:
            way.http.close()


def taken(world) -> set[str]:
    return {row.order_no for row in world.listed()}


def test_days_offline_are_caught_up_and_a_cut_costs_one_window(seller, world):
    placed = set()
    for _ in range(12):
        placed.add(seller.sell())
        world.clock.advance(hours=5)
    before = seller.server.count(CHANGED)
    # every attempt of one call, long after the beginning
    seller.server.faults.next(*["ok"] * 60, *["cut_before"] * 3, only=CHANGED)
    with pytest.raises(Temporary):
        seller.pull()
    half = taken(world)
    assert set() < half < placed
    first = seller.server.count(CHANGED) - before
    seller.pull()

    assert taken(world) == placed
    windows = 60 * 2 + 2
    assert seller.server.count(CHANGED) - before <= windows + 8
    assert first == 63
    (cursor,) = world.rows(select(Cursor.until_at))
    assert 0 <= (world.clock.now() - cursor.until_at).total_seconds() - 180 < 2


def test_orders_that_are_read_again_are_the_same_orders(seller, world):
    numbers = {seller.sell(2) for _ in range(3)}
    for _ in range(3):
        seller.pull()

    assert taken(world) == numbers
    assert (seller.actions("order.address_changed"), seller.actions("order.updated")) == (0, 0)


def test_an_address_that_changes_is_followed_and_one_that_is_taken_away_is_none(seller, world):
    no = seller.sell()
    seller.pull()
    seller.shop.change_address(no, address="无名路99号")
    seller.pull()
    assert seller.actions("order.address_changed") == 1
    seller.shop.ship(no, "115", "73100000000017")
    seller.pull()

    assert seller.actions("order.address_changed") == 1


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
