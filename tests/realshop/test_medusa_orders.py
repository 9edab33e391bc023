"""Orders placed, paid, changed, cancelled and refunded at a running Medusa, as our adapter tells them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest

from core.channels.contract import ChannelOrder, OrderPage
from core.channels.medusa.channel import MedusaChannel
from core.runtime.clock import SystemClock
from tests.support.medusa_driver import SHOPPER_NAME, SHOPPER_PHONE, MedusaDriver, Variant

pytestmark = pytest.mark.realshop

HOSTILE = '<table>张三\x1b@\r\nPRINT 500,1\r\n^XZ^XA"\u202e𠮷😀' + "长" * 5000


def walked(read: Callable[[str | None], OrderPage]) -> tuple[list[ChannelOrder], datetime | None]:
    """Every order, page by page, and up to when they are all there are."""
    orders: list[ChannelOrder] = []
    cursor = None
    for _ in range(200):
        page = read(cursor)
        orders += page.orders
        cursor = page.next_cursor
        if cursor is None:
            return orders, page.whole_until
    raise AssertionError("the pages do not end")


def pulled(channel: MedusaChannel, merchant: MedusaDriver, since: datetime) -> dict[str, ChannelOrder]:
    moment = SystemClock().now()
    for _ in range(20):
        merchant.let_the_second_pass()
        orders, reached = walked(partial(channel.pull_orders, since))
        if reached and reached > moment:
            return {order.order_no: order for order in orders}
    raise AssertionError("the shop's clock stands still")


def still_open(channel: MedusaChannel, merchant: MedusaDriver) -> dict[str, ChannelOrder]:
    merchant.let_the_second_pass()
    return {order.order_no: order for order in walked(channel.open_orders)[0]}


def known(channel: MedusaChannel, order_no: str) -> ChannelOrder:
    order = channel.get_order(order_no)
    assert order is not None
    return order


def row_time(merchant: MedusaDriver, order_no: str) -> str:
    return str(merchant.order(order_no)["updated_at"])


def test_an_order_is_followed_from_the_cart_to_a_refund(
    medusa_channel: MedusaChannel, merchant: MedusaDriver, plenty: tuple[Variant, Variant]
) -> None:
    start = SystemClock().now()
    one, other = plenty
    no = merchant.place((one, 2), (other, 3), note="请写<3件>")

    order = pulled(medusa_channel, merchant, start)[no]
    assert order == known(medusa_channel, no)
    # What the shop's people and its buyers see, not what it is asked by.
    assert order.display_no == str(merchant.order(no)["display_id"])
    assert (order.payment, order.paid_at, order.is_closed, order.is_shipped) == ("unpaid", None, False, False)
    assert order.channel_status == "pending/authorized/not_fulfilled"
    assert (order.amount_fen, order.freight_fen) == (5 * 2990 + 800, 800)
    lines = {line.merchant_code: line for line in order.lines}
    assert {code: (line.qty, line.unit_price_fen, line.title) for code, line in lines.items()} == {
        one.sku: (2, 2990, "帆布包"),
        other.sku: (3, 2990, "帆布包"),
    }
    assert (lines[one.sku].item_id, lines[one.sku].channel_sku_id) == (one.product_id, one.id)
    assert (order.consignee.name, order.consignee.phone) == (SHOPPER_NAME, SHOPPER_PHONE)
    assert (order.consignee.province, order.consignee.city) == ("浙江省", "杭州市")
    assert order.consignee.address == "幸福路 1 号 2 栋 301"
    assert order.buyer_note == "请写<3件>"

    row = row_time(merchant, no)
    merchant.capture(no)
    assert row_time(merchant, no) == row, "Medusa has mended this: a window would see payments now"
    paid = still_open(medusa_channel, merchant)[no]
    assert (paid.payment, paid.is_closed) == ("paid", False)
    assert paid.paid_at is not None
    assert paid.paid_at >= paid.placed_at
    assert paid.modified_at > order.modified_at

    merchant.change(no, shipping_address={"last_name": "李", "first_name": "四", "address_1": "平安路 9 号"})
    medusa_channel.write_note(no, "加急")
    moved = pulled(medusa_channel, merchant, paid.modified_at)[no]
    assert moved.consignee.address.startswith("平安路 9 号")
    assert (moved.seller_note, moved.buyer_note) == ("加急", "请写<3件>")
    assert moved.modified_at > paid.modified_at

    merchant.drop_line(no, lines[other.sku].line_no)
    fewer = known(medusa_channel, no)
    assert [(line.merchant_code, line.qty) for line in fewer.lines] == [(one.sku, 2)]
    assert fewer.amount_fen == 2 * 2990 + 800

    merchant.refund(no, 5)
    partly = known(medusa_channel, no)
    assert (partly.payment, partly.is_closed) == ("partly_refunded", False)
    assert partly.amount_fen == fewer.amount_fen
    assert partly.modified_at > fewer.modified_at


def test_cancelled_orders_are_closed_and_leave_the_open_ones(
    medusa_channel: MedusaChannel, merchant: MedusaDriver, plenty: tuple[Variant, Variant]
) -> None:
    unpaid, paid = (merchant.place((plenty[0], 2)) for _ in range(2))
    merchant.capture(paid)
    before = known(medusa_channel, paid)
    assert {unpaid, paid} <= set(still_open(medusa_channel, merchant))

    merchant.cancel(unpaid)
    merchant.cancel(paid)

    assert not {unpaid, paid} & set(still_open(medusa_channel, merchant))
    changed = pulled(medusa_channel, merchant, before.modified_at)
    assert (changed[unpaid].payment, changed[unpaid].is_closed) == ("unpaid", True)
    assert (changed[paid].payment, changed[paid].is_closed) == ("refunded", True)
    assert [(line.qty, line.after_sale) for line in changed[paid].lines] == [(2, "refunded")]
    assert changed[paid].amount_fen == before.amount_fen
    assert not changed[paid].is_shipped


def test_small_pages_and_large_ones_hold_the_same_orders(
    open_medusa: Callable[..., MedusaChannel], merchant: MedusaDriver, plenty: tuple[Variant, Variant]
) -> None:
    start = SystemClock().now() - timedelta(seconds=1)
    accepted, _ = merchant.race(plenty[0], 3)
    small, large = open_medusa(page_size=2), open_medusa()

    assert set(accepted) <= set(pulled(small, merchant, start))
    assert pulled(small, merchant, start) == pulled(large, merchant, start)
    assert still_open(small, merchant) == still_open(large, merchant)


def test_hostile_text_passes_through_as_text(
    medusa_channel: MedusaChannel, merchant: MedusaDriver, plenty: tuple[Variant, Variant]
) -> None:
    no = merchant.place(
        (plenty[0], 1), note=HOSTILE, address={"address_2": HOSTILE, "last_name": "", "first_name": "<b>"}
    )

    order = known(medusa_channel, no)

    assert order.buyer_note == HOSTILE
    assert order.consignee.address.endswith(HOSTILE)
    assert order.consignee.name == "<b>"


def test_an_unknown_order_is_none(medusa_channel: MedusaChannel) -> None:
    assert medusa_channel.get_order("order_01M8KQV3JFMKYD4YZ0P9N1467D") is None
    assert medusa_channel.get_order("../orders?x=") is None


def test_sums_with_taxes_discounts_and_odd_prices_are_the_shops_own(
    medusa_channel: MedusaChannel, merchant: MedusaDriver
) -> None:
    start = SystemClock().now()
    odd, other = merchant.new_product("ODD-A", "ODD-B", price=9.99)
    merchant.new_discount("SIEBEN", 7)
    no = merchant.check_out(merchant.fill_cart((odd, 3), (other, 1), codes=["SIEBEN"]))
    merchant.capture(no)

    order = pulled(medusa_channel, merchant, start)[no]
    told = merchant.order(no)
    assert told["tax_total"] > 0, "the shop counts taxes"
    assert told["discount_total"] > 0
    assert order.amount_fen == round(told["total"] * 100)
    assert order.freight_fen == round(told["shipping_total"] * 100)
    goods = sum(line.unit_price_fen * line.qty for line in order.lines)
    # Prices are of one unit: each line may be off by half a fen a unit.
    assert abs(goods + order.freight_fen - order.amount_fen) <= sum(line.qty for line in order.lines) / 2
