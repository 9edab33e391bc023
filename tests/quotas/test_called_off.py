"""Who has the unit of a sale that is called off: by the platform's rule, also of orders older than the quota."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.channels.stock_contract import CancelledUnit, WriteKind
from core.fulfilment.cancelling import cancel_order
from core.inventory.quotas.models import QuotaSale
from core.inventory.quotas.releasing import SHIPPED_ELSEWHERE
from core.inventory.quotas.states import Mode
from core.inventory.service import release
from core.runtime.ids import OrderLineId
from tests.support.fake_shop import line
from tests.support.stock_platform import StockPlatform, rules


def sold_before(world, unit=CancelledUnit.PLATFORM, qty=2, is_pulled=True):
    """A shop that has sold some before anybody counted, and whose number has been taken over since."""
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock, rules(WriteKind.KEYED_DELTA, cancelled_unit=unit), number=5))
    no = world.platforms[shop].buy(qty)
    if is_pulled:
        world.pull(shop)
    world.clock.advance(minutes=20)
    world.plan(Mode.MANUAL)
    if is_pulled:
        world.turn(2)
    return shop, no


def at_rest(world, shop):
    """Turn until nothing is in doubt; the platform's number and ours must then be one."""
    world.clock.advance(minutes=11)
    world.turn(4)
    row = world.quota(shop)
    assert (row.slack_qty, row.drift_qty, row.uncovered_qty) == (0, None, 0)
    assert row.right_qty == world.platforms[shop].number
    return row


@pytest.mark.parametrize("unit", list(CancelledUnit))
def test_an_order_older_than_the_quota_gives_its_unit_to_whom_the_rule_says(world, unit):
    shop, no = sold_before(world, unit)
    assert world.rights()[shop] == 3

    world.platforms[shop].call_off(no)
    world.pull(shop)

    expected = 3 if unit is CancelledUnit.CENTRE else 5
    assert (world.rights()[shop], world.level()[3]) == (expected, expected)
    assert at_rest(world, shop).right_qty == expected
    assert world.platforms[shop].number + world.owed <= 10


def test_the_same_order_called_off_again_gives_nothing_more(world):
    shop, no = sold_before(world)
    world.platforms[shop].call_off(no)
    world.pull(shop)
    lines = [OrderLineId(row.id) for row in world.lines(no)]
    world.do(lambda uow: release(uow, lines, "cancelled"))
    assert world.rights()[shop] == 5


def test_a_refunded_line_of_an_old_order_gives_back_its_own_units_alone(world):
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock, number=5))
    platform = world.platforms[shop]
    platform.place("N1", line("1", "BEAR", 1), line("2", "BEAR", 2))
    world.pull(shop)
    world.clock.advance(minutes=20)
    world.plan(Mode.MANUAL)
    world.turn(2)
    platform.after_sale("N1", "2", "refunded")
    platform.edit(7)
    world.pull(shop)
    assert world.rights()[shop] == 7
    assert at_rest(world, shop).right_qty == 7


def test_an_old_order_that_is_called_off_before_the_number_was_read_gives_nothing(world):
    """The number that was taken over has the unit in it already, whenever we hear of it."""
    shop, no = sold_before(world)
    (row,) = world.lines(no)
    early = world.clock.now() - timedelta(minutes=10)
    world.do(lambda uow: release(uow, [OrderLineId(row.id)], "cancelled", called_off_at=early))
    assert world.rights()[shop] == 3


def test_an_old_order_called_off_while_the_number_is_being_taken_over(world):
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock, number=5))
    platform = world.platforms[shop]
    no = platform.buy(2)
    world.pull(shop)
    world.clock.advance(minutes=20)
    world.plan(Mode.MANUAL)
    world.run_planner()
    world.deliver(shop)
    world.clock.advance(seconds=30)
    platform.call_off(no)
    world.turn(3)
    assert at_rest(world, shop).right_qty == 5


def test_an_old_order_that_is_first_seen_when_it_is_called_off(world):
    """Its shop lists what changed, and it is older than our first look."""
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock, number=5))
    platform = world.platforms[shop]
    world.plan(Mode.MANUAL)
    world.turn(2)
    platform.place("OLD", line("1", "BEAR", 2), placed_at=world.clock.now() - timedelta(days=2))
    platform.edit(7)
    platform.cancel("OLD")
    world.pull(shop)
    assert world.rights()[shop] == 7
    assert at_rest(world, shop).right_qty == 7


@pytest.mark.parametrize("reason", ["timeout", "refund", "cancelled"])
def test_what_a_mall_calls_off_at_the_door_is_in_its_number_again(world, reason):
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock, number=5))
    world.plan(Mode.MANUAL)
    world.turn(2)
    no = world.platforms[shop].buy(2)
    world.pull(shop)
    world.clock.advance(minutes=3)
    order = world.order(no)

    world.do(lambda uow: cancel_order(uow, order.id, reason, is_refunded=False))

    assert (world.rights()[shop], world.level()) == (5, (10, 0, 0, 5))
    (sale,) = world.rows(select(QuotaSale.restored_qty, QuotaSale.restored_at))
    assert tuple(sale) == (2, world.clock.now())


def test_what_somebody_else_has_sent_is_sold_for_good(world):
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock, number=5))
    world.plan(Mode.MANUAL)
    world.turn(2)
    no = world.platforms[shop].buy(2)
    world.pull(shop)
    (row,) = world.lines(no)
    world.do(lambda uow: release(uow, [OrderLineId(row.id)], SHIPPED_ELSEWHERE))
    assert (world.rights()[shop], world.level()) == (3, (10, 0, 0, 3))


def test_a_changed_order_is_sold_when_it_was_changed(world):
    """A number that was read between the buying and the change agrees with the right of then."""
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock, number=6))
    platform = world.platforms[shop]
    world.plan(Mode.MANUAL)
    world.turn(2)
    no = platform.buy(2)
    world.pull(shop)
    world.clock.advance(minutes=11)
    world.run_planner()
    world.deliver(shop)
    world.clock.advance(seconds=40)
    platform.change(no, lines=[line("1", "BEAR", 3)])
    platform.edit(3)
    world.turn(3)
    assert world.quota(shop).drift_qty is None
    assert at_rest(world, shop).right_qty == 3


def test_an_order_changed_before_anybody_counted_is_no_sale_from_the_right(world):
    """It finds its goods late, and its shop has told of something else of it meanwhile."""
    world.receive("BEAR", 2)
    shop = world.add(StockPlatform(world.clock, number=2))
    platform = world.platforms[shop]
    platform.place("N1", line("1", "BEAR", 1))
    world.pull(shop)
    platform.change("N1", lines=(line("1", "BEAR", 3),))
    world.pull(shop)
    assert world.holds("N1") == {"paid_no_stock"}
    world.clock.advance(minutes=20)
    world.plan(Mode.MANUAL)
    world.turn(2)
    platform.change("N1", channel_status="noted")
    world.pull(shop)
    world.receive("BEAR", 10)
    assert world.holds("N1") == set()
    assert (world.rights()[shop], world.quota(shop).overdrawn_qty) == (2, 0)
    assert at_rest(world, shop).right_qty == 2
