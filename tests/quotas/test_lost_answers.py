"""What a platform refuses, loses or answers late on a repeat: it may have been done before all the same."""

import pytest
from sqlalchemy import select, update

from core.channels.stock_contract import BelowZero, WriteKind
from core.db.models import Outbox
from core.inventory.quotas import acts
from core.inventory.quotas.models import Quota, StockAct
from core.inventory.quotas.states import Mode
from core.runtime.remote_errors import ContractBroken, Rejected
from core.sync.delivering import LEASE_S
from tests.support.stock_platform import StockPlatform, rules


def one_shop(world, kind, stock=30, number=10, **more):
    world.receive("BEAR", stock)
    shop = world.add(StockPlatform(world.clock, rules(kind, **more), number=number))
    world.plan(Mode.MANUAL)
    world.turn(2)
    return shop


def ask(world, shop, qty):
    quota = world.quota_id(shop)
    act = acts.grant if qty > 0 else acts.withdraw
    return world.do(lambda uow: act(uow, quota, abs(qty), "by hand"))


def promised(world):
    """Units that buyers have or can buy at once."""
    return world.owed + sum(one.number for one in world.platforms.values())


def free(world):
    on_hand, reserved, confirmed, allotted = world.level()
    return on_hand - reserved - confirmed - allotted


def is_safe(world, stock=30):
    """Nobody else can be given what a platform may sell."""
    return promised(world) + free(world) <= stock


# --- a refusal on a repeat ------------------------------------------------------------------------------------------


def test_a_keyed_grant_that_is_refused_on_the_repeat_may_have_been_applied(world):
    shop = one_shop(world, WriteKind.KEYED_DELTA)
    platform = world.platforms[shop]
    platform.stock_faults = ["lost_after", "refuse"]
    ask(world, shop, 8)
    for _ in range(2):
        world.deliver(shop)
        world.clock.advance(seconds=20)
    assert platform.number == 18
    assert is_safe(world), "the eight are over there and here as well"
    world.turn(4)
    row = world.quota(shop)
    assert (row.right_qty, row.slack_qty, row.drift_qty) == (18, 0, None)


def test_a_number_that_is_refused_on_the_repeat_while_paused_may_have_been_set(world):
    shop = one_shop(world, WriteKind.ABSOLUTE)
    platform = world.platforms[shop]
    real = platform.set_stock

    def lost_then_refused(*arguments):
        if platform.stock_calls.count(("set", 18)):
            platform.stock_faults = ["refuse"]
        else:
            platform.stock_faults = ["lost_after"]
        return real(*arguments)

    platform.set_stock = lost_then_refused
    ask(world, shop, 8)
    for _ in range(8):
        world.pull(shop)
        world.deliver(shop)
        world.clock.advance(seconds=20)
        assert is_safe(world)
    platform.set_stock = real
    assert platform.number == 18
    world.turn(4)
    row = world.quota(shop)
    assert (row.right_qty, row.slack_qty, row.drift_qty, platform.is_on_sale) == (18, 0, None, True)


# --- over the version that was read ---------------------------------------------------------------------------------


def test_a_late_number_and_its_repeat_are_not_both_applied(world):
    """The first call arrives between the look at the version and the repeat."""
    shop = one_shop(world, WriteKind.COMPARE_AND_SET)
    platform = world.platforms[shop]
    platform.stock_faults = ["", "late"]
    ask(world, shop, 8)
    world.deliver(shop)
    world.clock.advance(seconds=19)
    real = platform.read_stock
    reads = []

    def read(listed):
        said = real(listed)
        reads.append(said)
        # Every look takes a moment, in which the late call arrives.
        world.clock.advance(seconds=2)
        platform.arrive()
        return said

    platform.read_stock = read
    world.deliver(shop)
    platform.read_stock = real
    assert reads
    assert platform.number == 18, "eight were granted, not sixteen"
    assert is_safe(world)
    world.clock.advance(seconds=40)
    world.turn(4)
    assert (world.quota(shop).right_qty, platform.number) == (18, 18)


def test_a_number_somebody_buys_from_all_the_time_is_tried_again_later_as_if_it_was_never_said(world):
    shop = one_shop(world, WriteKind.COMPARE_AND_SET)
    platform = world.platforms[shop]
    real = platform.set_stock

    def bought_before(listed, qty, if_version=None):
        platform.buy(1)
        return real(listed, qty, if_version)

    platform.set_stock = bought_before
    ask(world, shop, 8)
    world.deliver(shop)
    platform.set_stock = real
    assert world.acts()[-1][1] == "waiting"
    world.clock.advance(seconds=10)
    world.deliver(shop)
    assert world.acts()[-1] == ("grant", "done", 8, 8)
    assert platform.number == 10 - 4 + 8


# --- a difference that is cut ---------------------------------------------------------------------------------------


def test_a_repeated_difference_tells_nothing_of_how_much_it_took(world):
    """It was cut to what was left, the answer was lost, a buyer called off; the number is above zero on the repeat."""
    shop = one_shop(world, WriteKind.KEYED_DELTA, below_zero=BelowZero.CLAMPS)
    platform = world.platforms[shop]
    no = platform.buy(7)
    ask(world, shop, -10)
    platform.stock_faults = ["lost_after"]
    world.deliver(shop)
    assert platform.number == 0, "three were left"
    platform.call_off(no)
    world.clock.advance(seconds=10)
    world.deliver(shop)
    assert platform.number == 7
    assert is_safe(world), "three were taken back, not ten"
    world.turn(4)
    row = world.quota(shop)
    assert (row.right_qty, row.drift_qty, platform.number) == (7, None, 7)


# --- a number that somebody puts back -------------------------------------------------------------------------------


def drifted(world, kind, number=14, **more):
    shop = one_shop(world, kind, **more)
    world.platforms[shop].edit(number)
    world.clock.advance(minutes=11)
    world.turn(3)
    assert world.quota(shop).drift_qty == number - 10
    return shop


@pytest.mark.parametrize(
    ("kind", "pauses", "number"),
    [
        *((kind, True, 14) for kind in WriteKind),
        (WriteKind.ABSOLUTE, True, 6),
        (WriteKind.ABSOLUTE, False, 14),
        (WriteKind.ABSOLUTE, False, 6),
    ],
)
def test_ours_is_put_back_on_every_kind_of_platform(world, kind, pauses, number):
    shop = drifted(world, kind, number, pauses_sale=pauses)
    platform, quota = world.platforms[shop], world.quota_id(shop)
    world.do(lambda uow: acts.mend(uow, quota, "by hand"))
    platform.buy(1)
    world.turn(8)
    row = world.quota(shop)
    assert (row.right_qty, platform.number, row.drift_qty, row.slack_qty) == (9, 9, None, 0)
    assert platform.is_on_sale


def test_a_lost_mend_is_judged_only_when_it_cannot_arrive_any_more(world):
    shop = drifted(world, WriteKind.PLAIN_DELTA)
    platform, quota = world.platforms[shop], world.quota_id(shop)
    platform.stock_faults = ["late"]
    world.do(lambda uow: acts.mend(uow, quota, "by hand"))
    world.deliver(shop)
    world.clock.advance(seconds=5)
    world.pull(shop)
    world.run_planner()
    assert world.acts()[-1][:2] == ("mend", "unsettled"), "it may still be on its way"
    world.turn(6)
    row = world.quota(shop)
    assert (row.right_qty, platform.number, row.drift_qty) == (10, 10, None)


@pytest.mark.parametrize("number", [14, 6])
def test_a_lost_mend_of_a_cut_difference_costs_no_right(world, number):
    shop = drifted(world, WriteKind.KEYED_DELTA, number, below_zero=BelowZero.CLAMPS)
    platform, quota = world.platforms[shop], world.quota_id(shop)
    platform.stock_faults = ["lost_after"]
    world.do(lambda uow: acts.mend(uow, quota, "by hand"))
    world.turn(6)
    row = world.quota(shop)
    assert (row.right_qty, row.slack_qty, platform.number, row.drift_qty) == (10, 0, 10, None)


# --- links that are off sale ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["pause", "read", "set", "resume"])
def test_a_link_that_was_paused_is_on_sale_again_however_the_act_ends(world, step):
    shop = one_shop(world, WriteKind.ABSOLUTE)
    platform = world.platforms[shop]
    name = {"pause": "pause_sale", "read": "read_stock", "set": "set_stock", "resume": "resume_sale"}[step]
    real = getattr(platform, name)
    tries = []

    def broken(*arguments):
        # After the link is off sale the platform says nothing that anybody understands, until an engineer helps.
        if platform.is_on_sale and step != "pause":
            return real(*arguments)
        tries.append(step)
        if step == "pause":
            real(*arguments)
        raise ContractBroken("half an update", code="odd")

    setattr(platform, name, broken)
    ask(world, shop, 8)
    for _ in range(30):
        world.pull(shop)
        world.deliver(shop)
        world.clock.advance(seconds=60)
    assert tries
    assert not platform.is_on_sale
    setattr(platform, name, real)
    world.turn(6, seconds=65)
    row = world.quota(shop)
    assert platform.is_on_sale
    assert row.right_qty == platform.number
    assert (row.slack_qty, row.drift_qty, row.open_act) == (0, None, None)


def test_a_link_that_was_off_sale_before_stays_so(world):
    shop = one_shop(world, WriteKind.ABSOLUTE)
    platform = world.platforms[shop]
    platform.is_on_sale = False
    ask(world, shop, 8)
    world.turn(6)
    assert (platform.number, platform.is_on_sale) == (18, False)


def test_a_refused_resume_is_tried_again(world):
    shop = one_shop(world, WriteKind.ABSOLUTE)
    platform = world.platforms[shop]
    real = platform.resume_sale

    def no(listed):
        raise Rejected("not now", code="locked")

    platform.resume_sale = no
    ask(world, shop, 8)
    world.turn(6)
    assert (platform.number, platform.is_on_sale, world.quota(shop).right_qty) == (18, False, 18)
    platform.resume_sale = real
    world.turn(6)
    assert platform.is_on_sale


# --- one desk at a time ---------------------------------------------------------------------------------------------


def test_the_lease_is_renewed_before_each_call(world):
    """Each call takes half a minute: all of them together take longer than the lease."""
    shop = one_shop(world, WriteKind.ABSOLUTE)
    platform = world.platforms[shop]
    left = []

    def slow(name):
        real = getattr(platform, name)

        def call(*arguments):
            row = world.rows(select(Outbox.lease_until_at).where(Outbox.state == "leased"))[0]
            left.append((row.lease_until_at - world.clock.now()).total_seconds())
            world.clock.advance(seconds=50)
            return real(*arguments)

        return call

    for name in ("read_stock", "pause_sale", "set_stock", "resume_sale"):
        setattr(platform, name, slow(name))
    ask(world, shop, 8)
    for _ in range(8):
        world.pull(shop)
        world.deliver(shop)
        world.clock.advance(seconds=6)
    assert platform.number == 18
    assert len(left) > 4
    assert min(left) == LEASE_S


def test_a_desk_that_lost_its_lease_says_nothing_more(world):
    shop = one_shop(world, WriteKind.ABSOLUTE)
    platform = world.platforms[shop]
    real = platform.pause_sale

    def asleep(listed):
        real(listed)
        # The machine sleeps; another desk takes the act over, and this one wakes up in the middle of it.
        taken = {"leased_by": "desk 2", "lease_until_at": world.clock.now(), "attempts": Outbox.attempts + 1}
        world.do(lambda uow: uow.execute(update(Outbox).where(Outbox.state == "leased").values(**taken)))

    platform.pause_sale = asleep
    platform.stock_calls.clear()
    ask(world, shop, 8)
    world.deliver(shop)
    assert platform.stock_calls == [("read", 0)], "nothing after the pause"
    assert world.rows(select(StockAct.state).order_by(StockAct.id.desc()))[0].state == "sending"


def test_a_link_that_is_gone_is_no_reason_to_forget_what_was_said(world):
    shop = one_shop(world, WriteKind.KEYED_DELTA)
    platform, quota = world.platforms[shop], world.quota_id(shop)
    platform.stock_faults = ["lost_after"]
    ask(world, shop, 8)
    world.deliver(shop)
    world.do(lambda uow: uow.execute(update(Quota).where(Quota.id == quota).values(listing_id=None)))
    world.clock.advance(seconds=20)
    world.deliver(shop)
    assert platform.number == 18
    assert is_safe(world)
