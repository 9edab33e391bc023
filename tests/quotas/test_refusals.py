"""What is refused and why, and what is said twice: nothing has changed then."""

import pytest
from sqlalchemy import select

from core.channels.stock_contract import CancelledUnit, WriteKind
from core.inventory.quotas import acts
from core.inventory.quotas.models import SafetyStock
from core.inventory.quotas.passing import Passed, count_passed
from core.inventory.quotas.plans import PlanDraft, set_plan, set_weight
from core.inventory.quotas.safety import set_safety
from core.inventory.quotas.settling import Settled, settle
from core.inventory.quotas.states import Mode
from core.inventory.records import Want
from core.inventory.service import release
from core.runtime.errors import DomainError, NotFound, Refused
from core.runtime.ids import OrderLineId, SkuId
from tests.support.fake_shop import line
from tests.support.stock_platform import StockPlatform, rules

NOBODY = 987_654


def settled_shop(world, number=4, stock=10, **more):
    world.receive("BEAR", stock)
    shop = world.add(StockPlatform(world.clock, rules(WriteKind.KEYED_DELTA, **more), number=number))
    world.plan(Mode.MANUAL)
    world.turn(2)
    return shop, world.quota_id(shop)


def state(world, shop):
    row = world.quota(shop)
    counters = (row.granted_qty, row.withdrawn_qty, row.sold_qty, row.restored_qty, row.overdrawn_qty, row.slack_qty)
    return counters, world.level()


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("quota.unknown", lambda uow: acts.grant(uow, NOBODY, 1, "test")),
        ("quota.unknown", lambda uow: acts.expect_written(uow, NOBODY)),
        ("quota.unknown", lambda uow: set_weight(uow, NOBODY, 1)),
        ("quota.no_act", lambda uow: acts.applied(uow, NOBODY, 1)),
        ("stock.no_sku", lambda uow: set_plan(uow, SkuId(NOBODY), PlanDraft(Mode.QUOTA))),
    ],
    ids=["grant", "expect_written", "set_weight", "applied", "set_plan"],
)
def test_what_is_not_there_is_not_found(world, code, act):
    with pytest.raises(NotFound) as missing:
        world.do(act)
    assert missing.value.code == code


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("quota.pool_short", lambda uow, quota: acts.grant(uow, quota, 0, "test")),
        ("quota.pool_short", lambda uow, quota: acts.grant(uow, quota, 7, "test")),
        ("quota.nothing_left", lambda uow, quota: acts.withdraw(uow, quota, 0, "test")),
        ("quota.no_drift", lambda uow, quota: acts.mend(uow, quota, "test")),
        ("quota.number", lambda uow, quota: set_weight(uow, quota, -1)),
    ],
    ids=["nothing", "too many", "withdraw", "mend", "weight"],
)
def test_what_cannot_be_is_refused_and_nothing_has_changed(world, code, act):
    shop, quota = settled_shop(world)
    before = state(world, shop)
    with pytest.raises(Refused) as refused:
        world.do(lambda uow: act(uow, quota))
    assert refused.value.code == code
    assert (state(world, shop), world.acts()[-1][0]) == (before, "read")


def test_nothing_is_granted_before_the_platforms_number_was_taken_over(world):
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock))
    world.plan(Mode.MANUAL)
    quota = world.do(
        lambda uow: acts.open_quota(uow, shop, world.sku, listing_id=None, cancelled_unit="platform", is_counted=True)
    )
    with pytest.raises(Refused) as refused:
        world.do(lambda uow: acts.grant(uow, quota, 1, "test"))
    assert refused.value.code == "quota.not_adopted"


@pytest.mark.parametrize("qty", [-1, 10**9 + 1])
def test_a_safety_stock_is_a_quantity_of_goods(world, qty):
    with pytest.raises(DomainError) as refused:
        world.do(lambda uow: set_safety(uow, world.sku, world.warehouse, qty))
    assert refused.value.code == "stock.qty_out_of_range"
    world.do(lambda uow: set_safety(uow, world.sku, world.warehouse, 3))
    world.do(lambda uow: set_safety(uow, world.sku, world.warehouse, 0))
    assert world.rows(select(SafetyStock.qty)) == []


@pytest.mark.parametrize("kind", ["grant", "withdraw"])
def test_an_answer_that_comes_twice_counts_once(world, kind):
    shop, quota = settled_shop(world)
    act = world.do(lambda uow: getattr(acts, kind)(uow, quota, 2, "test"))
    world.do(lambda uow: acts.begin(uow, act))
    world.do(lambda uow: acts.applied(uow, act, 2))
    after = state(world, shop)
    assert after[0][:2] == ((6, 0) if kind == "grant" else (4, 2))
    for again in (
        lambda uow: acts.applied(uow, act, 2),
        lambda uow: acts.refused(uow, act, "no"),
        lambda uow: acts.unsettled(uow, act, 2, "lost"),
    ):
        world.do(again)
    assert state(world, shop) == after
    assert world.do(lambda uow: acts.peek(uow, act)) is None
    assert world.do(lambda uow: acts.begin(uow, act)) is None


def test_of_a_grant_only_what_the_platform_took_stands(world):
    shop, quota = settled_shop(world)
    act = world.do(lambda uow: acts.grant(uow, quota, 5, "test"))
    world.do(lambda uow: acts.begin(uow, act))
    world.do(lambda uow: acts.applied(uow, act, 3))
    assert (world.rights()[shop], world.level()[3]) == (7, 7)


def test_a_number_of_a_quota_that_is_gone_settles_nothing(world):
    assert world.do(lambda uow: settle(uow, NOBODY, world.clock.now())) is Settled.LATER


def test_a_risk_that_was_reserved_is_not_reserved_again(world):
    shop, quota = settled_shop(world)
    act = world.do(lambda uow: acts.withdraw(uow, quota, 1, "test"))
    assert not world.do(lambda uow: acts.reserve_risk(uow, act, 1, 1, 3)), "it is not being said"
    world.do(lambda uow: acts.begin(uow, act))
    assert not world.do(lambda uow: acts.reserve_risk(uow, act, 7, 7, 3)), "the pool has six"
    for _ in range(2):
        assert world.do(lambda uow: acts.reserve_risk(uow, act, 2, 2, 3))
    assert (world.rights()[shop], world.level()[3]) == (6, 6)


# --- orders that are over when they are first seen -----------------------------------------------------------------


def test_an_order_that_somebody_else_has_sent_is_sold_and_its_cover_is_free(world):
    shop, _ = settled_shop(world)
    platform = world.platforms[shop]
    platform.edit(2)
    platform.place("S1", line("1", "BEAR", 2), line("2", "CARD", 1), is_shipped=True)
    world.pull(shop)
    assert (world.rights()[shop], world.level()) == (2, (10, 0, 0, 2))


@pytest.mark.parametrize("unit", list(CancelledUnit))
def test_an_order_called_off_before_it_is_seen(world, unit):
    shop, _ = settled_shop(world, cancelled_unit=unit)
    no = world.platforms[shop].buy(3)
    world.clock.advance(seconds=30)
    world.platforms[shop].call_off(no)
    world.pull(shop)
    expected = 1 if unit is CancelledUnit.CENTRE else 4
    assert (world.rights()[shop], world.level()[3]) == (expected, expected)
    world.clock.advance(minutes=11)
    world.turn(3)
    assert (world.quota(shop).drift_qty, world.quota(shop).slack_qty) == (None, 0)


def test_what_has_no_quota_is_passed_over(world):
    shop, _ = settled_shop(world)
    before = state(world, shop)
    now = world.clock.now()
    other = Want(OrderLineId(1), SkuId(world.skus["CARD"]), 1)
    world.do(lambda uow: count_passed(uow, [Passed(shop, (), now, None)]))
    world.do(lambda uow: count_passed(uow, [Passed(shop, (other,), now, None)]))
    assert state(world, shop) == before


# --- a quota that is counted no more -------------------------------------------------------------------------------


def test_what_a_quota_sold_that_is_counted_no_more_comes_back_to_the_pool(world):
    """The platform is told one number with the others now: no right rises."""
    shop, _ = settled_shop(world, number=2)
    no = world.platforms[shop].buy(2)
    world.pull(shop)
    world.plan(Mode.SHARED)
    world.turn(2)
    assert world.quota(shop).is_counted is False
    lines = [OrderLineId(row.id) for row in world.lines(no)]
    world.do(lambda uow: release(uow, lines, "cancelled"))
    assert (world.rights()[shop], world.level()) == (0, (10, 0, 0, 0))


def test_the_bundle_of_a_quota_gives_back_whole_bundles(world):
    world.receive("BEAR", 10)
    world.receive("BAG", 5)
    shop = world.add(StockPlatform(world.clock, number=3, code="SET"))
    world.plan(Mode.MANUAL, "SET")
    world.turn(2)
    no = world.platforms[shop].buy(2)
    world.pull(shop)
    assert (world.rights("SET")[shop], world.level(), world.level("BAG")) == (1, (10, 0, 4, 2), (5, 0, 2, 1))
    world.clock.advance(seconds=30)
    world.platforms[shop].call_off(no)
    world.pull(shop)
    assert (world.rights("SET")[shop], world.level(), world.level("BAG")) == (3, (10, 0, 0, 6), (5, 0, 0, 3))
