"""I11's twins: one scenario each, kept with the guard and oversold without it, counted at the buyers."""

from contextlib import nullcontext
from unittest.mock import patch

import pytest

from core.channels.stock_contract import BelowZero, WriteKind
from core.inventory.quotas import acts, settling
from core.inventory.quotas.states import Mode
from core.sync.stock_line import StockLine
from core.sync.stock_push import StockPusher
from tests.support.fake_shop import line
from tests.support.stock_platform import StockPlatform, rules


def oversold(world, on_hand, asked=0):
    """Units buyers have or can still buy beyond what is there."""
    return max(world.owed + asked + sum(one.number for one in world.platforms.values()) - on_hand, 0)


def served(world, asked=0):
    """Units buyers have or can buy, and what was promised: who sells nothing oversells nothing either."""
    return world.owed + asked + sum(one.number for one in world.platforms.values())


def one_shop(world, kind, stock, number, **more):
    world.receive("BEAR", stock)
    shop = world.add(StockPlatform(world.clock, rules(kind, **more), number=number))
    world.plan(Mode.MANUAL)
    world.turn(2)
    return shop


def asks(world, qty):
    """Somebody who asks first; what was promised."""
    no = f"door {world.key_no()}"
    world.shop.place(no, line("1", "BEAR", qty))
    world.sync(no)
    return 0 if world.holds(no) else qty


def _credit_at_once():
    real = acts.withdraw

    def withdraw(uow, quota_id, qty, reason, **more):
        act_id = real(uow, quota_id, qty, reason, **more)
        book, quota, act = acts._locked_act(uow, act_id)
        acts.fall(book, quota, act.qty)
        acts.write_book(uow, book)
        return act_id

    return patch.object(acts, "withdraw", withdraw)


@pytest.mark.parametrize("is_guarded", [True, False])
def test_credit_what_was_confirmed_not_what_was_asked(world, is_guarded):
    shop = one_shop(world, WriteKind.KEYED_DELTA, 10, 10)
    quota = world.quota_id(shop)
    with nullcontext() if is_guarded else _credit_at_once():
        world.do(lambda uow: acts.withdraw(uow, quota, 6, "by hand"))
        asked = asks(world, 6)
    world.platforms[shop].buy(10)
    assert (oversold(world, 10, asked) == 0) is is_guarded
    assert world.owed == 10


@pytest.mark.parametrize("is_guarded", [True, False])
def test_take_from_the_pool_before_the_platform_hears_of_it(world, is_guarded):
    shop = one_shop(world, WriteKind.KEYED_DELTA, 10, 0)
    quota = world.quota_id(shop)
    off = patch.object(acts, "_take_cover", lambda *_: None)
    with nullcontext() if is_guarded else off:
        world.do(lambda uow: acts.grant(uow, quota, 6, "by hand"))
        asked = asks(world, 6)
        world.deliver(shop)
    assert (oversold(world, 10, asked) == 0) is is_guarded
    assert served(world, asked + asks(world, 4)) >= 10


@pytest.mark.parametrize("is_guarded", [True, False])
def test_say_an_unkeyed_difference_once(world, is_guarded):
    shop = one_shop(world, WriteKind.PLAIN_DELTA, 10, 0)
    quota = world.quota_id(shop)
    off = patch.object(StockPusher, "_plain", StockPusher._keyed)
    with nullcontext() if is_guarded else off:
        world.platforms[shop].stock_faults = ["lost_after"]
        world.do(lambda uow: acts.grant(uow, quota, 8, "by hand"))
        world.turn(5)
    assert (oversold(world, 10) == 0) is is_guarded
    assert served(world, asks(world, 2)) >= 10


@pytest.mark.parametrize("is_guarded", [True, False])
def test_wait_for_every_order_before_a_clamped_number_is_believed(world, is_guarded):
    shop = one_shop(world, WriteKind.PLAIN_DELTA, 10, 10, below_zero=BelowZero.CLAMPS)
    quota, platform = world.quota_id(shop), world.platforms[shop]
    platform.buy(7)
    world.clock.advance(seconds=10)
    off = patch.object(settling, "_right_then", lambda uow, quota, *_: settling._Then(quota.right, quota.right))
    unknown = patch("core.sync.stock_plan.known_until", lambda *_: world.clock.now())
    with nullcontext() if is_guarded else off, nullcontext() if is_guarded else unknown:
        world.do(lambda uow: acts.withdraw(uow, quota, 10, "by hand"))
        world.deliver(shop)
        world.clock.advance(seconds=10)
        world.run_planner()  # nothing was pulled since
        asked = asks(world, 10)
    assert (oversold(world, 10, asked) == 0) is is_guarded
    world.turn(3)
    assert served(world, asked + asks(world, 3)) >= 10


@pytest.mark.parametrize("is_guarded", [True, False])
def test_set_a_number_only_while_nobody_buys(world, is_guarded):
    shop = one_shop(world, WriteKind.ABSOLUTE, 20, 10)
    quota, platform = world.quota_id(shop), world.platforms[shop]
    bought = []
    real_read = platform.read_stock

    def read(listed):
        said = real_read(listed)
        if not bought and platform.buy(5):
            bought.append(5)
        return said

    off = patch.object(StockLine, "resume", lambda *_: None), patch.object(platform, "pause_sale", lambda *_: None)
    with nullcontext() if is_guarded else off[1]:
        world.do(lambda uow: acts.grant(uow, quota, 8, "by hand"))
        if is_guarded:
            world.turn(4)
        else:
            # Read, then set, as a shop without a pause would be written to by the same code.
            with (
                patch("core.sync.stock_paused._wait", _set_at_once),
                patch.object(platform, "read_stock", lambda listed: _off_sale(read(listed))),
            ):
                world.deliver(shop)
    platform.buy(platform.number)
    world.turn(2)
    asked = asks(world, 2)
    assert (oversold(world, 20, asked) == 0) is is_guarded
    assert served(world, asked) >= 20


def _off_sale(said):
    from dataclasses import replace

    return replace(said, is_on_sale=None)


def _set_at_once(line, step):
    from dataclasses import replace

    # 18 from the number that was read before somebody bought five.
    return replace(step, name="set", target=18, done=8)


def test_without_a_pause_everything_that_may_be_sold_twice_is_covered_first(world):
    shop = one_shop(world, WriteKind.ABSOLUTE, 30, 10, pauses_sale=False)
    quota, platform = world.quota_id(shop), world.platforms[shop]
    real_read = platform.read_stock

    def read(listed):
        said = real_read(listed)
        platform.buy(10)
        return said

    with patch.object(platform, "read_stock", read):
        world.do(lambda uow: acts.grant(uow, quota, 5, "by hand"))
        world.deliver(shop)
    assert platform.number == 15, "ten that were sold came back with the number"
    assert world.level()[3] == 25, "and are covered twice until the orders are known"
    assert oversold(world, 30, asks(world, 6)) == 0
    world.clock.advance(seconds=30)
    world.turn(4)
    row = world.quota(shop)
    assert (row.right_qty, platform.number, row.drift_qty, row.slack_qty) == (15, 15, None, 0)
    # Where the pool cannot cover it, nothing is set.
    world.do(lambda uow: acts.grant(uow, quota, 2, "by hand"))
    world.deliver(shop)
    assert (platform.number, world.acts()[-1][:2]) == (15, ("grant", "refused"))
