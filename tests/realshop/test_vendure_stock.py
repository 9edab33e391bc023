"""What Vendure does when shoppers race, and what the centre can do about it."""

import pytest

from core.channels.contract import ShipmentNotice
from core.channels.stock_contract import ListedSku, StockChannel
from core.channels.vendure.channel import VendureChannel
from core.runtime.remote_errors import Rejected
from tests.support.vendure_driver import ShopRefusedError, VendureDriver

pytestmark = pytest.mark.realshop


def listed(variant: str) -> ListedSku:
    return ListedSku("", variant, "")


@pytest.mark.race
def test_every_order_of_an_oversold_race_reaches_us(
    channel: VendureChannel, driver: VendureDriver, new_sku: str
) -> None:
    """The shop accepts 8 orders for 3 units and counts 3: only the orders themselves tell of it."""
    variant = driver.new_variant(new_sku, stock=3)

    race = driver.race(variant, shoppers=8)

    assert len(race.accepted) == 8, "Vendure oversells less than measured: read real_shops again"
    assert driver.stock_of(variant) == (3, 3)
    claimed = 0
    cursor = None
    seen = set()
    while True:
        page = channel.open_orders(cursor)
        for order in page.orders:
            if order.order_no in race.accepted and order.order_no not in seen:
                seen.add(order.order_no)
                claimed += sum(line.qty for line in order.lines if line.channel_sku_id == variant)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == set(race.accepted)
    assert claimed == 8


def test_shoppers_one_after_another_are_not_oversold(driver: VendureDriver, new_sku: str) -> None:
    """The twin of the race: it is the simultaneity that oversells."""
    variant = driver.new_variant(new_sku, stock=3)
    ready = [driver.new_shopper() for _ in range(5)]
    for shopper in ready:
        shopper.add(variant, 1)
        shopper.check_in()

    codes = []
    refusals = []
    for shopper in ready:
        try:
            codes.append(shopper.pay())
        except ShopRefusedError as error:
            refusals.append(error.code)

    assert len(codes) == 3
    assert set(refusals) == {"ORDER_STATE_TRANSITION_ERROR"}


def test_a_parcel_the_shop_has_no_units_for_is_refused_until_its_count_is_mended(
    channel: VendureChannel, driver: VendureDriver, new_sku: str
) -> None:
    variant = driver.new_variant(new_sku, stock=1)
    code = driver.place_order([(variant, 1)])
    driver.settle(code)
    driver.count_stock(variant, 0)
    order = channel.get_order(code)
    assert order is not None
    notice = ShipmentNotice(code, code, "SF", "SF2001", [(line.line_no, line.qty) for line in order.lines])

    with pytest.raises(Rejected) as refusal:
        channel.confirm_shipment(notice)
    assert driver.order(code)["fulfillments"] == []
    channel.set_stock(listed(variant), 0)
    channel.confirm_shipment(notice)

    assert refusal.value.code == "INSUFFICIENT_STOCK_ON_HAND_ERROR"
    assert driver.order(code)["state"] == "Shipped"
    assert driver.stock_of(variant) == (0, 0)


def test_pushed_stock_is_what_can_still_be_sold(channel: VendureChannel, driver: VendureDriver, new_sku: str) -> None:
    variant = driver.new_variant(new_sku, stock=10)
    driver.place_order([(variant, 4)])

    written = channel.set_stock(listed(variant), 2)
    read = channel.read_stock(listed(variant))
    assert (written.qty, written.is_on_sale) == (read.qty, read.is_on_sale) == (2, True)
    assert written.at is not None
    assert read.at is not None
    assert written.at <= read.at

    assert driver.stock_of(variant) == (6, 4)
    driver.place_order([(variant, 2)])
    with pytest.raises(ShopRefusedError) as refusal:
        driver.place_order([(variant, 1)])
    assert refusal.value.code == "INSUFFICIENT_STOCK_ERROR"


def test_a_paused_listing_cannot_be_bought_until_it_is_resumed(
    channel: VendureChannel, driver: VendureDriver, new_sku: str
) -> None:
    assert isinstance(channel, StockChannel)
    variant = driver.new_variant(new_sku, stock=10)

    channel.pause_sale(listed(variant))
    channel.pause_sale(listed(variant))
    assert not driver.is_on_sale(variant)
    with pytest.raises(AssertionError, match="refused"):
        driver.place_order([(variant, 1)])

    channel.resume_sale(listed(variant))
    assert driver.place_order([(variant, 1)])


def test_stock_of_an_unknown_listing_is_refused(channel: VendureChannel) -> None:
    with pytest.raises(Rejected):
        channel.set_stock(listed("999999"), 1)
    with pytest.raises(Rejected):
        channel.pause_sale(listed("999999"))
