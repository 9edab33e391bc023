"""What every channel that lists its items must do."""

from collections.abc import Sequence

import pytest

from core.channels.listing_contract import ChannelListing, ListingChannel
from tests.contract.platform_stand import PlatformStand
from tests.support.channel_stand import Wish


@pytest.fixture
def lister(platform: PlatformStand) -> ListingChannel:
    if not isinstance(platform.channel, ListingChannel):
        pytest.skip("this platform does not list its items")
    assert platform.channel.capabilities.lists_items
    return platform.channel


def walked(lister: ListingChannel) -> Sequence[ChannelListing]:
    found: list[ChannelListing] = []
    cursor: str | None = None
    for _ in range(200):
        page = lister.pull_listings(cursor)
        found += page.listings
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("paging does not end")


def by_code(lister: ListingChannel) -> dict[str, ChannelListing]:
    found = walked(lister)
    codes = {listing.merchant_code: listing for listing in found}
    assert len(codes) == len(found), "each of them once"
    return codes


def test_each_of_the_goods_is_listed_once_over_all_pages(platform: PlatformStand, lister: ListingChannel) -> None:
    for number in range(8):
        platform.shop.list_goods(f"MORE-{number}", number)

    found = by_code(lister)

    assert set(found) == {goods.code for goods in platform.shop.goods.values()}
    for goods in platform.shop.goods.values():
        listing = found[goods.code]
        assert listing.title
        assert listing.price_fen in (None, goods.price_fen)
        assert listing.qty in (None, goods.qty)


def test_a_listing_and_an_order_line_name_the_same_thing(platform: PlatformStand, lister: ListingChannel) -> None:
    no = platform.place(Wish(1, 1))
    platform.pay(no)
    order = platform.channel.get_order(no)
    assert order is not None

    listing = by_code(lister)[platform.merchant_code(1)]

    (line,) = order.lines
    assert (line.item_id, line.channel_sku_id) == (listing.item_id, listing.channel_sku_id)


def test_the_choices_of_one_item_are_listed_each(platform: PlatformStand, lister: ListingChannel) -> None:
    first = platform.shop.list_goods("T-RED", 5, title="练习 T 恤", spec="红色;M", price_fen=5900)
    platform.shop.list_goods("T-BLUE", 6, title="练习 T 恤", spec="蓝色;L", price_fen=6900, item_id=first.item_id)

    found = by_code(lister)
    red, blue = found["T-RED"], found["T-BLUE"]

    assert red.item_id == blue.item_id
    assert red.channel_sku_id != blue.channel_sku_id
    assert "红" in red.spec + red.title
    assert "蓝" in blue.spec + blue.title


def test_what_is_off_sale_is_listed_too(platform: PlatformStand, lister: ListingChannel) -> None:
    gone = platform.shop.list_goods("GONE", 5)
    platform.take_off_sale(gone)

    found = by_code(lister)

    assert found["GONE"].is_on_sale is not True
    assert found[platform.merchant_code(0)].is_on_sale is not False


def test_foreign_titles_arrive_as_they_were_typed(platform: PlatformStand, lister: ListingChannel) -> None:
    title = '<b>好</b> "^XZ" \u202eabc 😀 & = + %'
    platform.shop.list_goods("FOREIGN", 5, title=title)

    assert title in by_code(lister)["FOREIGN"].title
