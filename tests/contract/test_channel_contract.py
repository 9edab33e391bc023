"""What every channel adapter must do, whatever the platform: the same tests for each of them."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest

from core.channels.contract import ChannelOrder, OrderPage, ShipmentNotice
from core.runtime.remote_errors import AuthExpired, Rejected
from tests.support.channel_stand import ShopStand, Wish

HOUR = timedelta(hours=1)
FOREIGN = '<b>好</b>\r\nPRINT 500,1\t"^XZ" \u202eabc 😀 ' + "长" * 10_000


def walked(read: Callable[[str | None], OrderPage]) -> Sequence[ChannelOrder]:
    found: list[ChannelOrder] = []
    cursor: str | None = None
    for _ in range(200):
        page = read(cursor)
        found += page.orders
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("paging does not end")


def pulled(stand: ShopStand, since: datetime | None = None) -> Sequence[ChannelOrder]:
    start = stand.now() - HOUR if since is None else since
    return walked(lambda cursor: stand.channel.pull_orders(start, cursor))


def newest(stand: ShopStand, no: str) -> ChannelOrder:
    order = stand.channel.get_order(no)
    assert order is not None
    return order


def notice(order: ChannelOrder, key: str, waybill: str) -> ShipmentNotice:
    return ShipmentNotice(key, order.order_no, "PX", waybill, [(line.line_no, line.qty) for line in order.lines])


def test_a_placed_order_arrives_with_lines_and_money(stand: ShopStand) -> None:
    no = stand.place(Wish(0, 2), Wish(1, 3), note="请轻放", address="练习路8号")

    order = newest(stand, no)

    assert (order.payment, order.paid_at, order.is_closed, order.is_shipped) == ("unpaid", None, False, False)
    assert [line.merchant_code for line in order.lines] == [stand.merchant_code(0), stand.merchant_code(1)]
    assert [line.qty for line in order.lines] == [2, 3]
    goods_fen = sum(line.qty * line.unit_price_fen for line in order.lines)
    assert order.amount_fen == goods_fen + order.freight_fen
    assert order.buyer_note == "请轻放"
    assert "练习路8号" in order.consignee.address
    assert order.placed_at.tzinfo is not None
    assert abs(order.placed_at - stand.now()) < HOUR
    assert order.raw


def test_unpaid_orders_are_pulled_where_the_channel_promises_it(stand: ShopStand) -> None:
    no = stand.place()

    assert (no in {order.order_no for order in pulled(stand)}) == stand.channel.capabilities.sees_unpaid


def test_every_page_together_holds_each_order_once(stand: ShopStand) -> None:
    placed = [stand.place() for _ in range(7)]
    for no in placed:
        stand.pay(no)

    assert sorted(order.order_no for order in pulled(stand)) == sorted(placed)
    assert sorted(order.order_no for order in walked(stand.channel.open_orders)) == sorted(placed)


def test_a_window_includes_its_first_instant(stand: ShopStand) -> None:
    no = stand.place()
    stand.pay(no)

    assert no in {order.order_no for order in pulled(stand, newest(stand, no).modified_at)}


def test_orders_that_change_while_paging_are_not_lost(stand: ShopStand) -> None:
    placed = [stand.place() for _ in range(8)]
    for no in placed:
        stand.pay(no)
    start = stand.now() - HOUR
    seen: dict[str, str] = {}
    cursor: str | None = None
    touched = iter(placed)
    for _ in range(50):
        page = stand.channel.pull_orders(start, cursor)
        seen |= {order.order_no: order.consignee.address for order in page.orders}
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
        stand.tick()
        if (no := next(touched, None)) is not None:
            stand.change_address(no, "练习路99号")

    assert set(seen) == set(placed)


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
    states = [newest(stand, no)]
    for change in (
        lambda: stand.pay(no),
        lambda: stand.change_address(no, "练习路99号"),
        lambda: stand.refund_line(no, 1),
        lambda: stand.cancel(no),
    ):
        stand.tick()
        change()
        states.append(newest(stand, no))

    marks = [(order.version, order.modified_at) for order in states]
    assert marks == sorted(set(marks))


def test_a_cancelled_order_is_closed_and_leaves_the_open_ones(stand: ShopStand) -> None:
    kept, gone = stand.place(), stand.place(Wish(0, 2))
    stand.pay(gone)
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
    no = stand.place(note=FOREIGN, address="<img src=x>'; DROP TABLE--")

    order = newest(stand, no)

    assert order.buyer_note == FOREIGN
    assert "<img src=x>'; DROP TABLE--" in order.consignee.address


def test_a_confirmed_shipment_is_known_to_the_shop(stand: ShopStand) -> None:
    no = stand.place(Wish(0, 2), Wish(1, 1))
    stand.pay(no)

    stand.channel.confirm_shipment(notice(newest(stand, no), "s-1", "PX0000000000017"))

    assert stand.waybills_of(no) == ["PX0000000000017"]
    assert newest(stand, no).is_shipped
    assert no not in {order.order_no for order in walked(stand.channel.open_orders)}


def test_the_same_notice_again_has_no_effect(stand: ShopStand) -> None:
    no = stand.place()
    stand.pay(no)
    told = notice(newest(stand, no), "s-1", "PX0000000000017")

    for _ in range(3):
        stand.channel.confirm_shipment(told)

    assert stand.waybills_of(no) == ["PX0000000000017"]


def test_a_second_number_for_what_is_sent_is_rejected(stand: ShopStand) -> None:
    no = stand.place()
    stand.pay(no)
    order = newest(stand, no)
    stand.channel.confirm_shipment(notice(order, "s-1", "PX0000000000017"))

    with pytest.raises(Rejected):
        stand.channel.confirm_shipment(notice(order, "s-2", "PX0000000000024"))

    assert stand.waybills_of(no) == ["PX0000000000017"]


def test_a_cancelled_order_cannot_be_told_as_sent(stand: ShopStand) -> None:
    no = stand.place()
    stand.pay(no)
    order = newest(stand, no)
    stand.cancel(no)

    with pytest.raises(Rejected):
        stand.channel.confirm_shipment(notice(order, "s-1", "PX0000000000017"))

    assert stand.waybills_of(no) == []


def test_an_order_in_two_parcels_is_sent_with_the_second(stand: ShopStand) -> None:
    no = stand.place(Wish(0, 2), Wish(1, 1))
    stand.pay(no)
    first, second = newest(stand, no).lines

    stand.channel.confirm_shipment(ShipmentNotice("s-1", no, "PX", "PX0000000000017", [(first.line_no, 1)]))
    assert not newest(stand, no).is_shipped
    rest = [(first.line_no, 1), (second.line_no, 1)]
    stand.channel.confirm_shipment(ShipmentNotice("s-2", no, "PX", "PX0000000000024", rest))

    assert newest(stand, no).is_shipped
    assert sorted(stand.waybills_of(no)) == ["PX0000000000017", "PX0000000000024"]


def test_check_tells_the_shops_clock(stand: ShopStand) -> None:
    assert abs(stand.channel.check() - stand.now()) <= timedelta(seconds=2)


def test_a_wrong_secret_asks_for_authorisation(stand: ShopStand) -> None:
    with pytest.raises(AuthExpired):
        stand.stranger.check()
    with pytest.raises(AuthExpired):
        stand.stranger.pull_orders(stand.now() - HOUR, None)
