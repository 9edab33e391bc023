"""A WooCommerce shop through the whole intake: every order once, refunds and cancellations at once, nothing lost."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from core.channels.woocommerce.channel import WooChannel
from core.channels.woocommerce.client import WooClient, WooKey
from core.db.models import Journal
from core.orders.models import Hold
from core.runtime.remote_errors import Temporary
from core.sync import gone
from core.sync.models import Cursor
from tests.contract.platform_stand import way_to
from tests.simulators.platforms.woocommerce import CONSUMER_KEY, CONSUMER_SECRET, WooServer
from tests.simulators.platforms.woocommerce_shop import woocommerce_shop

ORDERS = "GET wc/v3/orders"


class Seller:
    """The shop behind the simulator, and our way to it."""

    def __init__(self, world, server: WooServer, channel: WooChannel) -> None:
        self.world, self.server, self.channel, self.shop = world, server, channel, server.shop
        self.sku = self.shop.list_goods("BEAR", 1000).sku_id
        self.other = self.shop.list_goods("DUCK", 1000).sku_id

    def place(self, qty: int = 1, *more: tuple[str, int]) -> str:
        return self.shop.place([(self.sku, qty), *more]).no

    def sell(self, qty: int = 1, *more: tuple[str, int]) -> str:
        no = self.place(qty, *more)
        self.shop.pay(no)
        return no

    def pull(self) -> None:
        self.world.clock.advance(seconds=5)
        self.world.puller().pull(self.world.shop_record, self.channel)

    def actions(self, action: str) -> int:
        return len(self.world.rows(select(Journal.id).where(Journal.action == action)))

    def reasons(self) -> set[str]:
        return {row.reason for row in self.world.rows(select(Hold.reason).where(Hold.released_at.is_(None)))}


@pytest.fixture
def seller(world) -> Iterator[Seller]:
    with WooServer(woocommerce_shop(world.clock.now)) as server:
        way = way_to(server, world.clock)
        with way.http:
            channel = WooChannel(WooClient(way.place, way.http, WooKey(CONSUMER_KEY, CONSUMER_SECRET)))
            # A shop that was pulled a moment ago: a new one reads a week first.
            known = {"shop_id": world.shop_record.id, "feed": "changed", "until_at": world.clock.now()}
            world.do(lambda uow: uow.insert_many(Cursor, [known]))
            yield Seller(world, server, channel)


def taken(world) -> set[str]:
    return {row.order_no for row in world.listed()}


def test_an_orders_life_reaches_the_centre(seller, world):
    no = seller.place(2)
    seller.pull()
    assert world.order(no).payment == "unpaid"
    seller.shop.pay(no)
    seller.pull()
    assert (world.order(no).payment, taken(world)) == ("paid", {no})

    seller.shop.set_status(no, "on-hold")
    seller.pull()
    assert "platform_stopped" in seller.reasons()
    seller.shop.set_status(no, "processing")
    seller.pull()
    assert not seller.reasons() & {"platform_stopped", "no_receiver"}


def test_days_offline_are_caught_up_and_a_cut_costs_one_window(seller, world):
    placed = set()
    for _ in range(8):
        placed.add(seller.sell())
        world.clock.advance(hours=5)
    # every attempt of one call, after the beginning
    seller.server.faults.next(*["ok"] * 8, *["cut_before"] * 3, only=ORDERS)
    with pytest.raises(Temporary):
        seller.pull()
    half = taken(world)
    assert set() < half < placed
    seller.pull()

    assert taken(world) == placed
    (cursor,) = world.rows(select(Cursor.until_at).where(Cursor.feed == "changed"))
    assert 0 <= (world.clock.now() - cursor.until_at).total_seconds() < 6


def test_orders_that_are_read_again_are_the_same_orders(seller, world):
    numbers = {seller.sell(2) for _ in range(3)}
    for _ in range(3):
        seller.pull()

    assert taken(world) == numbers
    assert (seller.actions("order.address_changed"), seller.actions("order.updated")) == (0, 0)
    seller.shop.change_address(min(numbers), address="无名路99号")
    seller.pull()
    assert seller.actions("order.address_changed") == 1


def test_a_refund_of_one_thing_leaves_the_other_and_what_is_gone_does_not_leave(seller, world):
    part, off, back, bin_ = seller.sell(1, (seller.other, 2)), seller.sell(), seller.sell(), seller.sell()
    seller.pull()
    seller.shop.refund_line(part, seller.shop.order(part).lines[0].no)
    seller.shop.cancel(off)
    seller.shop.refund_line(back, seller.shop.order(back).lines[0].no)
    seller.shop.set_status(bin_, "trash")
    seller.pull()

    assert world.order(part).payment == "partly_refunded"
    assert world.order(part).fulfilment != "cancelled"
    assert {world.order(no).fulfilment for no in (off, back, bin_)} == {"cancelled"}


def test_an_order_that_waits_for_its_money_and_is_called_off_lets_its_goods_go(seller, world):
    no = seller.place(3)
    seller.pull()
    world.clock.advance(minutes=61)
    assert seller.shop.drop_unpaid() == [no]
    seller.pull()
    assert world.order(no).fulfilment == "cancelled"


def test_an_order_that_was_deleted_for_good_is_held_and_not_packed(seller, world):
    kept, lost = seller.sell(), seller.sell()
    seller.pull()
    assert world.desk.open(lost).code == "parcel.opened"
    deleted = seller.shop.orders[lost]
    seller.shop.set_status(lost, "trash")
    seller.shop.delete_for_good(lost)

    seller.pull()

    assert (world.holds(lost), world.holds(kept)) == ({"gone_at_platform"}, set())
    assert world.desk.open(lost).facts["reason"] == "gone_at_platform"
    assert world.desk.open(kept).code == "parcel.opened"
    # A backup of the site brings it back.
    seller.shop.orders[lost] = deleted
    seller.shop.set_status(lost, "processing")
    seller.pull()
    assert world.holds(lost) == set()


def test_where_shops_delete_nothing_their_silence_about_an_order_holds_it_not(seller, world):
    no = seller.sell()
    seller.pull()
    seller.shop.delete_for_good(no)
    seller.channel.capabilities = replace(seller.channel.capabilities, deletes_orders=False)
    seller.pull()
    assert world.holds(no) == set()


def test_orders_no_list_names_are_asked_for_a_few_at_a_time(seller, world, monkeypatch):
    monkeypatch.setattr(gone, "AT_ONCE", 2)
    numbers = {seller.sell() for _ in range(5)}
    seller.pull()
    for no in numbers:
        seller.shop.delete_for_good(no)
    for held in (2, 4, 5):
        seller.pull()
        assert sum(world.holds(no) == {"gone_at_platform"} for no in numbers) == held
