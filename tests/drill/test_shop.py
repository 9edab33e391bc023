"""A simulated shop is honest: its number falls with its buyers alone, and rises only as its rules say."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from core.channels.contract import Channel
from core.channels.stock_contract import BelowZero, CancelledUnit, ListedSku, StockChannel, StockRules, WriteKind
from core.practice.drill.plain_pushing import LISTED
from core.practice.drill.records import Trouble
from core.practice.drill.shop import SimulatedShop
from core.practice.drill.timeline import Timeline
from core.practice.drill.wire import Wire
from core.runtime.clock import ManualClock
from core.runtime.remote_errors import RateLimited, Rejected, Temporary

START = datetime(2026, 6, 18, tzinfo=UTC)


def a_shop(
    write: WriteKind = WriteKind.KEYED_DELTA,
    below_zero: BelowZero = BelowZero.REFUSES,
    cancelled_unit: CancelledUnit = CancelledUnit.PLATFORM,
    calls_per_minute: int = 600,
    qty: int = 0,
) -> SimulatedShop:
    rules = StockRules(write, below_zero, cancelled_unit, True, True, calls_per_minute=calls_per_minute)
    return SimulatedShop(1, rules, ManualClock(START), qty)


def a_wire(shop: SimulatedShop, lag_s: int = 0, **trouble: float) -> tuple[Wire, Timeline]:
    timeline = Timeline(shop.clock)
    return Wire(shop, timeline, Trouble(**trouble), lag_s, random.Random(3), tells_lag=True), timeline


def test_it_speaks_both_contracts():
    wire, _ = a_wire(a_shop())
    channel: Channel = wire
    assert isinstance(wire, StockChannel)
    assert channel.check() > START


def test_buyers_buy_from_its_own_number_and_nothing_else():
    shop = a_shop(qty=2)
    assert [shop.buy(0) for _ in range(3)] == ["D1-000001", "D1-000002", None]
    assert (shop.qty, shop.sold_qty) == (0, 2)
    shop.change(5, "k")
    shop.is_on_sale = False
    assert shop.buy(0) is None


def test_an_order_is_seen_only_after_the_lag_though_its_time_is_that_of_the_purchase():
    shop = a_shop(qty=2)
    wire, timeline = a_wire(shop, lag_s=480)
    number = shop.buy(480)
    timeline.pass_time(470)
    assert wire.pull_orders(START, None).orders == []
    timeline.pass_time(11)
    (order,) = wire.pull_orders(START, None).orders
    assert (order.order_no, order.modified_at, order.payment) == (number, START, "paid")
    assert wire.capabilities.safety_lag_s == 480


@pytest.mark.parametrize(
    ("rule", "back"), [(CancelledUnit.PLATFORM, 1), (CancelledUnit.UNKNOWN, 1), (CancelledUnit.CENTRE, 0)]
)
def test_a_cancelled_unit_goes_to_whom_the_rules_say_and_once(rule, back):
    shop = a_shop(qty=1, cancelled_unit=rule)
    number = shop.buy(0)
    shop.cancel(number, 60)
    shop.cancel(number, 60)
    assert (shop.qty, shop.sold_qty) == (back, 0)
    seen = shop.visible_order(number)
    assert seen is not None
    assert not seen.is_closed  # the news of it has a lag of its own
    shop.clock.advance(seconds=60)
    seen = shop.visible_order(number)
    assert seen is not None
    assert (seen.is_closed, seen.version, seen.payment) == (True, 2, "refunded")


def test_a_keyed_difference_counts_once_and_a_plain_one_each_time():
    shop = a_shop()
    for _ in range(3):
        shop.change(5, "k")
    assert shop.qty == 5
    with pytest.raises(Rejected):
        shop.change(6, "k")
    plain = a_shop(WriteKind.PLAIN_DELTA)
    for _ in range(3):
        plain.change(5, "k")
    assert plain.qty == 15


def test_below_zero_it_refuses_or_takes_what_there_is():
    refusing, clamping = a_shop(qty=3), a_shop(qty=3, below_zero=BelowZero.CLAMPS)
    with pytest.raises(Rejected):
        refusing.change(-4, "k")
    assert refusing.qty == 3
    assert clamping.change(-4, "k").qty == 0


def test_a_version_is_written_over_only_while_nothing_was_sold():
    shop = a_shop(WriteKind.COMPARE_AND_SET, qty=3)
    seen = shop.listed()
    shop.buy(0)
    with pytest.raises(Rejected) as refusal:
        shop.set(10, seen.version)
    assert refusal.value.code == "version_conflict"
    assert shop.set(10, shop.listed().version).qty == 10


def test_what_gets_lost_before_is_not_done_and_after_is():
    before, after = a_shop(), a_shop()
    for shop, trouble in ((before, {"lost_before": 1.0}), (after, {"lost_after": 1.0})):
        wire, _ = a_wire(shop, **trouble)
        with pytest.raises(Temporary):
            wire.change_stock(LISTED, 7, "k")
    assert (before.qty, after.qty) == (0, 7)


def test_an_overtaken_write_reaches_the_shop_after_a_later_one():
    shop = a_shop(WriteKind.ABSOLUTE)
    wire, timeline = a_wire(shop, overtaken=1.0)
    with pytest.raises(Temporary):
        wire.set_stock(LISTED, 7)
    assert shop.qty == 0
    a_wire(shop)[0].set_stock(LISTED, 3)
    assert shop.qty == 3
    timeline.pass_time(60)
    assert shop.qty == 7


def test_a_repeat_on_the_line_is_harmless_where_the_shop_tells_it_apart_and_never_made_elsewhere():
    for write, expected in ((WriteKind.KEYED_DELTA, 7), (WriteKind.PLAIN_DELTA, 7)):
        shop = a_shop(write)
        wire, timeline = a_wire(shop, repeated=1.0)
        wire.change_stock(LISTED, 7, "k")
        timeline.pass_time(60)
        assert shop.qty == expected


def test_more_writes_than_it_takes_in_a_minute_are_refused_until_the_minute_is_over():
    wire, timeline = a_wire(a_shop(calls_per_minute=3))
    for number in range(3):
        wire.change_stock(LISTED, 1, f"k{number}")
    with pytest.raises(RateLimited) as limited:
        wire.change_stock(LISTED, 1, "k4")
    timeline.pass_time(limited.value.retry_after_s)
    wire.change_stock(LISTED, 1, "k4")
    assert (wire.tally.writes, wire.shop.qty) == (5, 4)


def test_pages_hold_every_order_once_and_in_disorder_every_copy_of_it():
    shop = a_shop(qty=200)
    numbers = [shop.buy(0) for _ in range(120)]
    for number in numbers[::7]:
        shop.cancel(number, 0)

    def pulled(wire: Wire) -> list[tuple[str, int]]:
        found, cursor = [], None
        while True:
            page = wire.pull_orders(START, cursor)
            found += [(order.order_no, order.version) for order in page.orders]
            cursor = page.next_cursor
            if cursor is None:
                return found

    newest = {(number, 2 if place % 7 == 0 else 1) for place, number in enumerate(numbers)}
    calm = pulled(a_wire(shop)[0])
    assert len(calm) == 120
    assert set(calm) == newest
    wild = pulled(a_wire(shop, disordered=0.9)[0])
    assert newest <= set(wild)
    assert len(wild) > len(set(wild))
    assert any(earlier > later for earlier, later in pairwise(wild))


def test_what_is_cancelled_while_pages_are_read_belongs_to_the_next_window():
    shop = a_shop(qty=200)
    numbers = [shop.buy(0) for _ in range(80)]
    wire, _ = a_wire(shop)
    first = wire.pull_orders(START, None)
    shop.cancel(numbers[0], 0)
    rest = wire.pull_orders(START, first.next_cursor)
    assert [order.order_no for order in [*first.orders, *rest.orders]] == numbers
    assert wire.pull_orders(shop.clock.now() - timedelta(seconds=1), None).orders[0].is_closed


def test_a_listing_it_does_not_have_is_refused():
    wire, _ = a_wire(a_shop())
    with pytest.raises(Rejected):
        wire.read_stock(ListedSku("x", "y", "z"))
