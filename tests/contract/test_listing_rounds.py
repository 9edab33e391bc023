"""Every platform's list read into the records, and an order that waited for one of its items."""

from sqlalchemy import func, select

from core.catalog.models import Listing
from core.catalog.records import SkuSpec
from core.channels.listing_contract import ListingChannel
from core.orders.listing_list import ListingFilter
from tests.contract.platform_stand import PlatformStand
from tests.support.channel_stand import Wish
from tests.support.world import World


def test_a_list_meets_the_orders_that_came_before_it(platform: PlatformStand, file_world: World) -> None:
    world = file_world
    assert isinstance(platform.channel, ListingChannel)
    world.desk.platforms[world.shop_id] = platform.channel
    for number in range(8):
        platform.shop.list_goods(f"MORE-{number}", number)
    no = platform.place(Wish(1, 2))
    platform.pay(no)
    order = platform.channel.get_order(no)
    assert order is not None
    world.take(order)
    assert "unmatched" in world.holds(no)

    done = world.desk.listing_rounds.read(world.shop_record)

    assert done is not None
    goods = platform.shop.goods
    assert (done.state, done.seen_count, done.new_count, done.vanished_count) == (
        "done",
        len(goods),
        len(goods) - 1,
        0,
    )
    assert world.rows(select(func.count()).select_from(Listing))[0][0] == len(goods)
    (top, *_) = world.desk.listings.page(ListingFilter(), None, 3).rows
    assert (top.merchant_code, top.waiting_count) == (platform.merchant_code(1), 1)
    made = world.desk.listings.make_and_match([top.id], SkuSpec("OURS", "我们的货", is_stock_managed=False))
    assert made.released_count == 1
    assert "unmatched" not in world.holds(no)
    assert sum(row.qty for row in world.lines(no)) == 2
