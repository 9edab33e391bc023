"""What every channel adapter must do, whatever the platform: the same tests for each of them."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.channels.contract import (
    KEPT_BACK,
    NOT_PAID,
    ORDER_CLOSED,
    SHIPPED_OTHERWISE,
    UNKNOWN_ORDER,
    ChannelOrder,
    OrderPage,
    ShipmentNotice,
    Splits,
)
from core.channels.shop_contract import IdentifiedChannel
from core.runtime.remote_errors import AuthExpired, ContractBroken, Rejected
from tests.contract.platform_stand import PlatformStand
from tests.support.channel_stand import ShopStand, Wish

HOUR = timedelta(hours=1)
FOREIGN = '<b>好</b>\r\nPRINT 500,1\t"^XZ" \u202eabc 😀 ' + "长" * 10_000


def walked_pages(read: Callable[[str | None], OrderPage]) -> Sequence[OrderPage]:
    found: list[OrderPage] = []
    cursor: str | None = None
    for _ in range(1000):
        page = read(cursor)
        found.append(page)
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("paging does not end")


def walked(read: Callable[[str | None], OrderPage]) -> Sequence[ChannelOrder]:
    return [order for page in walked_pages(read) for order in page.orders]


def pulled(stand: ShopStand, since: datetime | None = None) -> Sequence[ChannelOrder]:
    stand.settle()
    # not by whole windows of half an hour: what lies on the border of two is in both
    start = stand.now() - HOUR - timedelta(seconds=7) if since is None else since
    return walked(lambda cursor: stand.channel.pull_orders(start, cursor))


def newest(stand: ShopStand, no: str) -> ChannelOrder:
    order = stand.channel.get_order(no)
    assert order is not None
    return order


def notice(stand: ShopStand, order: ChannelOrder, number: int = 17) -> ShipmentNotice:
    lines = [(line.line_no, line.qty) for line in order.lines]
    return ShipmentNotice(f"s-{number}", order.order_no, stand.carrier, stand.waybill(number), lines)


def paid(stand: ShopStand, *wishes: Wish, note: str = "", address: str = "练习路1号") -> str:
    no = stand.place(*wishes, note=note, address=address)
    stand.pay(no)
    return no


def shows_address(stand: ShopStand, order: ChannelOrder, address: str) -> bool:
    """Whether it is there in clear, or masked where the platform masks."""
    if stand.channel.capabilities.masks_receivers:
        return order.consignee.is_masked and address not in order.consignee.address
    return address in order.consignee.address


def test_a_placed_order_arrives_with_lines_and_money(stand: ShopStand) -> None:
    no = paid(stand, Wish(0, 2), Wish(1, 3), note="请轻放", address="练习路8号")

    order = newest(stand, no)

    assert (order.payment, order.is_closed, order.is_shipped) == ("paid", False, False)
    assert order.paid_at is not None
    assert [line.merchant_code for line in order.lines] == [stand.merchant_code(0), stand.merchant_code(1)]
    assert [line.qty for line in order.lines] == [2, 3]
    goods_fen = sum(line.qty * line.unit_price_fen for line in order.lines)
    assert order.amount_fen == goods_fen + order.freight_fen
    assert order.buyer_note == "请轻放"
    assert shows_address(stand, order, "练习路8号")
    assert order.placed_at.tzinfo is not None
    assert abs(order.placed_at - stand.now()) < HOUR
    assert order.raw


def test_unpaid_orders_are_pulled_where_the_channel_promises_it(stand: ShopStand) -> None:
    no = stand.place()

    found = {order.order_no: order for order in pulled(stand)}

    assert (no in found) == stand.channel.capabilities.sees_unpaid
    if no in found:
        order = found[no]
        assert (order.payment, order.paid_at, order.is_closed, order.is_shipped) == ("unpaid", None, False, False)
        assert [line.merchant_code for line in order.lines] == [stand.merchant_code(0)]


def test_every_page_together_holds_each_order_once(stand: ShopStand) -> None:
    placed = [stand.place() for _ in range(7)]
    for no in placed:
        stand.pay(no)

    assert sorted(order.order_no for order in pulled(stand)) == sorted(placed)
    assert sorted(order.order_no for order in walked(stand.channel.open_orders)) == sorted(placed)


def test_an_order_that_nobody_understands_is_named_beside_the_others(
    stand: ShopStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, odd, also_good = (paid(stand) for _ in range(3))
    # A stand before a shop that is shared shows its own orders alone, through an adapter inside.
    folder = type(getattr(stand.channel, "inner", stand.channel)).__module__.rpartition(".")[0]
    made = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith(folder) and hasattr(module, "ChannelOrder")
    ]

    class Picky(ChannelOrder):
        def __init__(self, *values: Any, **named: Any) -> None:
            super().__init__(*values, **named)
            if self.order_no == odd:
                raise ContractBroken("a field of a kind nobody knows", code="order.odd")

    for module in made:
        monkeypatch.setattr(module, "ChannelOrder", Picky)
    stand.settle()
    start = stand.now() - HOUR - timedelta(seconds=7)
    for read in (lambda cursor: stand.channel.pull_orders(start, cursor), stand.channel.open_orders):
        pages = walked_pages(read)
        found = {order.order_no for page in pages for order in page.orders}
        unread = {one.no: one.error.code for page in pages for one in page.unread}
        assert {good, also_good} <= found
        assert unread == {odd: "order.odd"}
    with pytest.raises(ContractBroken):
        stand.channel.get_order(odd)


def test_a_window_includes_its_first_instant(stand: ShopStand) -> None:
    no = stand.place()
    stand.pay(no)

    assert no in {order.order_no for order in pulled(stand, newest(stand, no).modified_at)}


def test_orders_that_change_while_paging_are_not_lost(stand: ShopStand) -> None:
    placed = [stand.place() for _ in range(8)]
    for no in placed:
        stand.pay(no)
    stand.settle()
    start = stand.now() - HOUR
    seen: set[str] = set()
    touched: list[str] = []
    cursor: str | None = None
    reached: datetime | None = None
    # A shop that other tests share has their orders in this hour too.
    for _ in range(1000):
        page = stand.channel.pull_orders(start, cursor)
        seen |= {order.order_no for order in page.orders}
        reached = page.whole_until or reached or page.server_time
        cursor = page.next_cursor
        if cursor is None:
            break
        stand.tick()
        if len(touched) < len(placed):
            stand.touch(placed[len(touched)])
            touched.append(placed[len(touched)])

    assert cursor is None
    assert set(placed) - set(touched) <= seen, "what did not change is not skipped over"
    # what changed may have left the window: it is in the next one
    assert seen | {order.order_no for order in pulled(stand, reached)} == set(placed)


def test_a_payment_is_seen_by_the_next_pull(stand: ShopStand) -> None:
    no = stand.place()
    stand.tick()
    since = stand.now()
    stand.tick()
    stand.pay(no)

    found = list(pulled(stand, since))
    if stand.channel.capabilities.needs_state_poll:
        found += walked(stand.channel.open_orders)

    assert [order.payment for order in found if order.order_no == no][-1] == "paid"
    assert newest(stand, no).paid_at is not None


def test_each_change_raises_version_or_modified_time(stand: ShopStand) -> None:
    no = stand.place(Wish(0, 1), Wish(1, 1))
    if not stand.channel.capabilities.sees_unpaid:
        stand.pay(no)
    states = [newest(stand, no)]
    changes = {
        "pay": lambda: stand.pay(no),
        "change_address": lambda: stand.change_address(no, "练习路99号"),
        "refund_line": lambda: stand.refund_line(no, 1),
        "cancel": lambda: stand.cancel(no),
    }
    if states[0].payment == "paid":
        del changes["pay"]
    for name, change in changes.items():
        if name in stand.quiet | stand.cannot:
            continue
        stand.tick()
        change()
        states.append(newest(stand, no))

    marks = [(order.version, order.modified_at) for order in states]
    assert marks == sorted(set(marks))


def test_a_cancelled_order_is_closed_and_leaves_the_open_ones(stand: ShopStand) -> None:
    kept, gone = paid(stand), paid(stand, Wish(0, 2))
    stand.tick()
    stand.cancel(gone)

    order = newest(stand, gone)
    assert order.is_closed
    assert not order.is_shipped
    assert gone in {found.order_no for found in pulled(stand)}
    assert gone not in {found.order_no for found in walked(stand.channel.open_orders)}
    assert kept in {found.order_no for found in walked(stand.channel.open_orders)}


def test_a_refunded_line_says_so_and_keeps_its_quantity(stand: ShopStand) -> None:
    if "refund_line" in stand.cannot:
        pytest.skip("this shop pays whole orders back only")
    no = stand.place(Wish(0, 2), Wish(1, 3))
    stand.pay(no)
    stand.refund_line(no, 1)

    order = newest(stand, no)

    assert order.payment == "partly_refunded"
    assert not order.is_closed
    assert [(line.after_sale, line.qty) for line in order.lines] == [("none", 2), ("refunded", 3)]


def test_an_unknown_order_is_none(stand: ShopStand) -> None:
    for no in ("NO-SUCH-1", ".", "..", "../orders", "a/b?c=d&e=f#g", "练习 %2F"):
        assert stand.channel.get_order(no) is None


def test_one_order_reads_as_in_the_list(stand: ShopStand) -> None:
    no = stand.place(Wish(2, 4), note="同一单")
    stand.pay(no)

    assert newest(stand, no) == next(order for order in pulled(stand) if order.order_no == no)


def test_foreign_text_arrives_as_it_was_typed(stand: ShopStand) -> None:
    no = paid(stand, note=FOREIGN, address="<img src=x>'; DROP TABLE--")

    order = newest(stand, no)

    assert order.buyer_note == FOREIGN
    assert shows_address(stand, order, "<img src=x>'; DROP TABLE--")


def test_a_confirmed_shipment_is_known_to_the_shop(stand: ShopStand) -> None:
    no = stand.place(Wish(0, 2), Wish(1, 1))
    stand.pay(no)

    stand.channel.confirm_shipment(notice(stand, newest(stand, no)))

    assert stand.waybills_of(no) == [stand.waybill(17)]
    assert newest(stand, no).is_shipped
    assert no not in {order.order_no for order in walked(stand.channel.open_orders)}


def test_the_same_notice_again_has_no_effect(stand: ShopStand) -> None:
    no = stand.place()
    stand.pay(no)
    told = notice(stand, newest(stand, no))

    for _ in range(3):
        stand.channel.confirm_shipment(told)

    assert stand.waybills_of(no) == [stand.waybill(17)]


def test_a_second_number_for_what_is_sent_is_rejected(stand: ShopStand) -> None:
    no = stand.place()
    stand.pay(no)
    order = newest(stand, no)
    stand.channel.confirm_shipment(notice(stand, order))

    with pytest.raises(Rejected):
        stand.channel.confirm_shipment(notice(stand, order, 24))

    assert stand.waybills_of(no) == [stand.waybill(17)]


def test_a_cancelled_order_cannot_be_told_as_sent(stand: ShopStand) -> None:
    no = stand.place()
    stand.pay(no)
    order = newest(stand, no)
    stand.cancel(no)

    with pytest.raises(Rejected):
        stand.channel.confirm_shipment(notice(stand, order))

    assert stand.waybills_of(no) == []


def test_an_unpaid_order_cannot_be_told_as_sent(stand: ShopStand) -> None:
    unpaid = newest(stand, paid(stand))
    unpaid = replace(unpaid, order_no=stand.place())
    words = {NOT_PAID}
    if stand.channel.capabilities.sees_unpaid:
        unpaid = newest(stand, unpaid.order_no)
    else:
        # A platform that tells nobody of it before it is paid may not know it here either.
        words.add(UNKNOWN_ORDER)

    with pytest.raises(Rejected) as caught:
        stand.channel.confirm_shipment(notice(stand, unpaid))

    assert caught.value.code in words
    assert stand.waybills_of(unpaid.order_no) == []
    # And can be, as soon as it is paid.
    stand.pay(unpaid.order_no)
    stand.channel.confirm_shipment(notice(stand, newest(stand, unpaid.order_no)))
    assert stand.waybills_of(unpaid.order_no) == [stand.waybill(17)]


def test_an_order_in_two_parcels_is_sent_with_the_second(stand: ShopStand) -> None:
    splits = stand.channel.capabilities.splits
    if splits is Splits.WHOLE:
        pytest.skip("this platform is told of an order once")
    no = paid(stand, Wish(0, 2), Wish(1, 1))
    first, second = newest(stand, no).lines
    units = 1 if splits is Splits.UNITS else 2
    parcels = [(17, [(first.line_no, units)]), (24, [(first.line_no, 2 - units), (second.line_no, 1)])]

    for number, lines in parcels:
        assert not newest(stand, no).is_shipped
        told = [(line_no, qty) for line_no, qty in lines if qty]
        notice = ShipmentNotice(f"s-{number}", no, stand.carrier, stand.waybill(number), told)
        for _ in range(2):
            stand.channel.confirm_shipment(notice)

    assert newest(stand, no).is_shipped
    assert sorted(stand.waybills_of(no)) == [stand.waybill(17), stand.waybill(24)]


def test_an_order_that_is_told_as_a_whole_takes_further_numbers_or_refuses_them_as_declared(stand: ShopStand) -> None:
    can = stand.channel.capabilities
    if can.splits is not Splits.WHOLE:
        assert not can.adds_numbers
        return
    no = paid(stand, Wish(0, 2), Wish(1, 1))
    first, second = newest(stand, no).lines
    stand.channel.confirm_shipment(ShipmentNotice("s-1", no, stand.carrier, stand.waybill(17), [(first.line_no, 2)]))
    assert newest(stand, no).is_shipped
    rest = ShipmentNotice("s-2", no, stand.carrier, stand.waybill(24), [(second.line_no, 1)])

    if can.takes_one_number:
        with pytest.raises(Rejected) as caught:
            stand.channel.confirm_shipment(rest)
        assert caught.value.code == SHIPPED_OTHERWISE
        assert stand.waybills_of(no) == [stand.waybill(17)]
    else:
        stand.channel.confirm_shipment(rest)
        assert stand.waybills_of(no) == [stand.waybill(17), stand.waybill(24)]


def test_what_was_told_comes_back_with_the_order(platform: PlatformStand) -> None:
    no = paid(platform)
    platform.channel.confirm_shipment(notice(platform, newest(platform, no)))

    assert [(parcel.carrier_code, parcel.waybill_no) for parcel in newest(platform, no).shipped] == [
        (platform.carrier, platform.waybill(17))
    ]


def test_refused_shipments_say_why_in_the_words_all_platforms_share(platform: PlatformStand) -> None:
    told, gone = paid(platform), paid(platform)
    order = newest(platform, told)
    closed = newest(platform, gone)
    platform.channel.confirm_shipment(notice(platform, order))
    platform.cancel(gone)
    unknown = ShipmentNotice("s-9", "1", platform.carrier, platform.waybill(9), [("1", 1)])

    codes = []
    for wrong in (notice(platform, order, 24), notice(platform, closed, 31), unknown):
        with pytest.raises(Rejected) as caught:
            platform.channel.confirm_shipment(wrong)
        codes.append(caught.value.code)

    assert codes == [SHIPPED_OTHERWISE, ORDER_CLOSED, UNKNOWN_ORDER]


def test_a_number_is_replaced_where_the_platform_can(platform: PlatformStand) -> None:
    no = paid(platform)
    order = newest(platform, no)
    platform.channel.confirm_shipment(notice(platform, order))
    other = replace(notice(platform, order, 24), replaces=platform.waybill(17))

    if platform.channel.capabilities.changes_number:
        for _ in range(2):
            platform.channel.confirm_shipment(other)
        assert platform.waybills_of(no) == [platform.waybill(24)]
    else:
        with pytest.raises(Rejected):
            platform.channel.confirm_shipment(other)
        assert platform.waybills_of(no) == [platform.waybill(17)]


def test_an_order_that_is_kept_back_says_so(platform: PlatformStand) -> None:
    if "stop" in platform.cannot:
        pytest.skip("this platform keeps no paid order back")
    no = paid(platform)
    order = newest(platform, no)
    platform.shop.stop(no, "PAUSE")

    assert newest(platform, no).stopped_for
    with pytest.raises(Rejected) as caught:
        platform.channel.confirm_shipment(notice(platform, order))
    assert caught.value.code == KEPT_BACK
    platform.shop.stop(no, "")
    assert not newest(platform, no).stopped_for


def test_a_key_opens_one_shop(platform: PlatformStand) -> None:
    if not isinstance(platform.channel, IdentifiedChannel):
        pytest.skip("this platform does not say whose shop it is")

    first, again = platform.channel.identify(), platform.channel.identify()

    assert first == again
    assert first.id


def test_check_tells_the_shops_clock(stand: ShopStand) -> None:
    assert abs(stand.channel.check() - stand.now()) <= timedelta(seconds=2)


def test_a_wrong_secret_asks_for_authorisation(stand: ShopStand) -> None:
    with pytest.raises(AuthExpired):
        stand.stranger.check()
    with pytest.raises(AuthExpired):
        stand.stranger.pull_orders(stand.now() - HOUR, None)
