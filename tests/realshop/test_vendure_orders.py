"""Orders placed, paid, cancelled and refunded at a running Vendure, as our adapter tells them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from core.channels.contract import ChannelOrder, OrderPage
from core.channels.vendure.channel import VendureChannel
from tests.support.vendure_driver import VendureDriver

pytestmark = pytest.mark.realshop

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def pulled(channel: VendureChannel, since: datetime) -> list[ChannelOrder]:
    """Every order of the window, page by page."""
    return _walk(partial(channel.pull_orders, since))


def still_open(channel: VendureChannel) -> list[ChannelOrder]:
    return _walk(channel.open_orders)


def _walk(read: Callable[[str | None], OrderPage]) -> list[ChannelOrder]:
    orders: list[ChannelOrder] = []
    cursor = None
    for _ in range(200):
        page = read(cursor)
        orders += page.orders
        cursor = page.next_cursor
        if cursor is None:
            return orders
    raise AssertionError("the pages do not end")


def known(channel: VendureChannel, code: str) -> ChannelOrder:
    order = channel.get_order(code)
    assert order is not None
    return order


def test_a_placed_order_is_pulled_with_everything_the_desk_needs(
    channel: VendureChannel, driver: VendureDriver, new_sku: str
) -> None:
    variant = driver.new_variant(new_sku, stock=10, price_fen=2990, name="帆布包")
    code = driver.place_order([(variant, 2)], note="请写<3件>")
    driver.add_note(code, "first")
    driver.add_note(code, "second")

    (order,) = [o for o in pulled(channel, LONG_AGO) if o.order_no == code]

    assert (order.payment, order.is_closed, order.is_shipped) == ("unpaid", False, False)
    assert order.channel_status == "PaymentAuthorized"
    assert (order.amount_fen, order.freight_fen) == (2 * 2990 + 800, 800)
    (line,) = order.lines
    assert (line.merchant_code, line.title, line.qty, line.unit_price_fen) == (new_sku, "帆布包", 2, 2990)
    assert line.channel_sku_id == variant
    assert order.consignee.name == "李四"
    assert order.consignee.phone == "13800000000"
    assert (order.consignee.province, order.consignee.city) == ("浙江省", "杭州市")
    assert order.consignee.address == "幸福路 1 号 2 栋 301"
    assert order.buyer_note == "请写<3件>"
    assert order.seller_note == "first\nsecond"


def test_a_cart_is_not_an_order(channel: VendureChannel, driver: VendureDriver, new_sku: str) -> None:
    shopper = driver.new_shopper()
    shopper.add(driver.new_variant(new_sku, stock=10), 1)

    assert shopper.order_code
    assert shopper.order_code not in {o.order_no for o in pulled(channel, LONG_AGO)}
    assert shopper.order_code not in {o.order_no for o in still_open(channel)}
    assert channel.get_order(shopper.order_code) is None


def test_a_payment_that_does_not_move_the_row_is_seen_among_the_open_orders(
    channel: VendureChannel, driver: VendureDriver, new_sku: str
) -> None:
    code = driver.place_order([(driver.new_variant(new_sku, stock=10), 1)])
    before = known(channel, code)
    row_before = driver.order(code)["updatedAt"]

    driver.settle(code)

    assert driver.order(code)["updatedAt"] == row_before, "Vendure has mended this: a window would see payments now"
    (after,) = [o for o in still_open(channel) if o.order_no == code]
    assert (before.payment, before.paid_at) == ("unpaid", None)
    assert after.payment == "paid"
    assert after.paid_at is not None
    assert after.paid_at >= after.placed_at
    assert after.version > before.version
    assert after.modified_at >= before.modified_at


def test_cancelling_zeroes_the_shops_quantities_but_not_ours(
    channel: VendureChannel, driver: VendureDriver, new_sku: str
) -> None:
    code = driver.place_order([(driver.new_variant(new_sku, stock=10, price_fen=1000), 3)])
    driver.settle(code)
    before = known(channel, code)

    driver.cancel(code)

    assert [line["quantity"] for line in driver.order(code)["lines"]] == [0]
    after = known(channel, code)
    assert after.is_closed
    assert [(line.qty, line.after_sale) for line in after.lines] == [(3, "refunded")]
    assert after.lines[0].unit_price_fen == 1000
    assert after.amount_fen == before.amount_fen
    assert after.version > before.version
    assert code not in {o.order_no for o in still_open(channel)}
    assert code in {o.order_no for o in pulled(channel, before.modified_at)}


def test_a_partly_cancelled_order_keeps_the_rest(
    channel: VendureChannel, driver: VendureDriver, new_sku: str
) -> None:
    kept = driver.new_variant(f"{new_sku}-A", stock=10)
    dropped = driver.new_variant(f"{new_sku}-B", stock=10)
    code = driver.place_order([(kept, 3), (dropped, 2)])
    driver.settle(code)
    kept_line, dropped_line = (line.line_no for line in known(channel, code).lines)

    driver.cancel(code, [(kept_line, 1), (dropped_line, 2)])

    order = known(channel, code)
    assert not order.is_closed
    assert [(line.qty, line.after_sale) for line in order.lines] == [(2, "none"), (2, "refunded")]


def test_a_partial_and_then_a_full_refund_are_told(
    channel: VendureChannel, driver: VendureDriver, new_sku: str
) -> None:
    code = driver.place_order([(driver.new_variant(new_sku, stock=10), 1)])
    driver.settle(code)
    amount = known(channel, code).amount_fen

    driver.refund(code, 500)
    partly = known(channel, code)
    driver.refund(code, amount - 500)
    wholly = known(channel, code)

    assert (partly.payment, partly.is_closed) == ("partly_refunded", False)
    assert (wholly.payment, wholly.is_closed) == ("refunded", True)
    assert wholly.version > partly.version


def test_a_changed_address_arrives_by_window_and_as_a_newer_version(
    channel: VendureChannel, driver: VendureDriver, new_sku: str
) -> None:
    code = driver.place_order([(driver.new_variant(new_sku, stock=10), 1)])
    driver.settle(code)
    before = known(channel, code)

    driver.change_address(code, "平安路 9 号")

    (after,) = [o for o in pulled(channel, before.placed_at) if o.order_no == code]
    assert after.consignee.address == "平安路 9 号 2 栋 301"
    assert (after.payment, after.channel_status) == ("paid", "PaymentSettled")
    assert after.version > before.version


def test_an_order_of_the_border_second_itself_is_pulled(
    channel: VendureChannel, driver: VendureDriver, new_sku: str
) -> None:
    code = driver.place_order([(driver.new_variant(new_sku, stock=10), 1)])
    row = datetime.fromisoformat(driver.order(code)["updatedAt"])
    assert row.microsecond == 0

    assert code in {o.order_no for o in pulled(channel, row)}
    assert code in {o.order_no for o in pulled(channel, row + timedelta(milliseconds=999))}
    assert code in {o.order_no for o in pulled(channel, row + timedelta(seconds=2))}
    assert code not in {o.order_no for o in pulled(channel, row + timedelta(seconds=30))}


def test_small_pages_lose_no_order_even_where_a_second_is_crowded(
    open_channel: Callable[..., VendureChannel], driver: VendureDriver, new_sku: str
) -> None:
    variant = driver.new_variant(new_sku, stock=50)
    codes = {driver.place_order([(variant, 1)]) for _ in range(2)}
    for _ in range(5):
        codes |= set(driver.race(variant, 6).accepted)
        seconds = [driver.order(code)["updatedAt"] for code in codes]
        if max(seconds.count(one) for one in seconds) > 2:
            break
    else:
        pytest.fail("no second is crowded: the test would prove nothing")
    small = open_channel(page_size=2)

    assert codes <= {o.order_no for o in pulled(small, datetime.fromisoformat(min(seconds)))}
    assert codes <= {o.order_no for o in still_open(small)}


HOSTILE = {
    "nested tables": "<table><tr><td>" * 20 + "x",
    "terminal and printer commands": '张三\x1b@\x1dV\x01"\r\nPRINT 500,1\r\n^XZ^XA^PQ500^XZ~JA',
    "reversed": "张\u202e三\u200d\u200b",
    "long": "长" * 10_000,
    "rare": "𠮷😀ｆｕｌｌ１２３",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_passes_through_as_text(
    channel: VendureChannel, driver: VendureDriver, new_sku: str, text: str
) -> None:
    name = text[:250]
    code = driver.place_order(
        [(driver.new_variant(new_sku, stock=10), 1)], name=name, note=text, address={"streetLine2": name}
    )

    order = known(channel, code)

    assert order.buyer_note == text
    assert order.consignee.name == name
    assert order.consignee.address.endswith(name)


def test_an_unknown_code_is_no_order(channel: VendureChannel) -> None:
    assert channel.get_order("NOSUCHCODE") is None
    assert channel.get_order('" } }') is None
