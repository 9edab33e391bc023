"""What goes first, by whose clock, and what is left behind: the work around the acts themselves."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from core.catalog.models import Listing
from core.catalog.records import SkuSpec
from core.catalog.service import take_in
from core.channels.stock_contract import WriteKind
from core.db import leases
from core.db.models import Journal, Outbox
from core.inventory import ledger
from core.inventory.quotas import acts
from core.inventory.quotas.models import Quota, StockAct
from core.inventory.quotas.plans import PlanDraft, set_plan
from core.inventory.quotas.queries import quotas_of
from core.inventory.quotas.states import ActKind, Mode
from core.runtime.clock import SystemClock
from core.runtime.ids import SkuId
from core.sync import stock_log, stock_plan
from core.sync.delivering import Deliverer
from core.sync.handlers import Handlers
from core.sync.lane_names import lane_names
from core.sync.stock_lane import StockLane
from tests.support.plans import plans_on
from tests.support.quota_world import QuotaWorld
from tests.support.stock_platform import StockPlatform, rules


def many(world, shop, how_many):
    """More goods of the same shop, all told; gives their SKUs, in the order of their ids."""

    def furnish(uow):
        codes = [f"M{number:03d}" for number in range(how_many)]
        skus = take_in(uow, [SkuSpec(code, code) for code in codes])
        for code in codes:
            link = {"shop_id": shop, "item_id": f"item-{code}", "channel_sku_id": f"sku-{code}"}
            uow.insert(Listing, link | {"merchant_code": code, "title": code, "spec": "", "sku_id": skus[code]})
            set_plan(uow, SkuId(skus[code]), PlanDraft(Mode.MANUAL))
        return [skus[code] for code in codes]

    return world.do(furnish)


def asked(world):
    """(SKU, kind, reason) of the acts that wait, in the order they were asked for."""
    query = (
        select(Quota.sku_id, StockAct.kind, StockAct.reason)
        .join(Quota, Quota.id == StockAct.quota_id)
        .where(StockAct.state == "waiting")
        .order_by(StockAct.id)
    )
    return [tuple(row) for row in world.rows(query)]


def test_what_nothing_stands_behind_goes_before_any_number_of_looks(world):
    shop = world.add(StockPlatform(world.clock, rules(WriteKind.KEYED_DELTA, calls_per_minute=3)))
    skus = many(world, shop, 8)
    world.turn(4, seconds=70)
    last = skus[-1]
    right = {"adopted_at": world.clock.now() - timedelta(days=1), "granted_qty": 4, "listed_at": world.clock.now()}
    world.do(lambda uow: uow.execute(update(Quota).where(Quota.sku_id == last).values(**right)))
    world.clock.advance(minutes=11)
    world.do(lambda uow: uow.execute(update(Quota).where(Quota.sku_id == last).values(listed_at=uow.now)))
    world.run_planner()
    assert asked(world)[0] == (last, "withdraw", "uncovered")
    assert len(asked(world)) <= 4


def test_whose_number_is_known_longest_is_looked_at_first_so_that_everyone_has_a_turn(world):
    shop = world.add(StockPlatform(world.clock, rules(WriteKind.KEYED_DELTA, calls_per_minute=3)))
    skus = many(world, shop, 7)
    looked = set()
    for _ in range(4):
        world.run_planner()
        looked |= {sku for sku, kind, _ in asked(world) if kind == "read"}
        world.clock.advance(seconds=61)
        world.deliver(shop)
        # Every look is old at once: those with the smallest numbers must not be looked at over and over.
        world.clock.advance(minutes=11)
        world.pull(shop)
    assert looked == set(skus)


def test_what_waits_already_counts_as_called(world):
    shop = world.add(StockPlatform(world.clock, rules(WriteKind.KEYED_DELTA, calls_per_minute=3)))
    many(world, shop, 8)
    for _ in range(3):
        world.run_planner()
    assert len(asked(world)) == 3


def test_numbers_have_a_lane_of_their_own(world):
    shop = world.add(StockPlatform(world.clock), "天猫")
    world.plan(Mode.MANUAL)
    world.run_planner()
    assert {row.lane for row in world.rows(select(Outbox.lane))} == {f"stock:{shop}"}
    assert world.store.read(lane_names)[f"stock:{shop}"] == "天猫"


def test_what_this_desk_changed_while_another_planned_is_planned_afterwards(world):
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock, number=6))
    world.plan(Mode.MANUAL)
    world.turn(2)
    lane = StockLane(world.store, world.open_channel, "desk 1")
    world.store.subscribe(lane.note)
    lane.plan()
    fence = world.do(lambda uow: leases.take(uow, "stock", "desk 2", 60))
    world.do(lambda uow: ledger.count(uow, world.warehouse, world.sku, 2, "stocktake", "c1"))
    lane.plan()
    assert world.quota(shop).open_act is None
    world.do(lambda uow: leases.release(uow, "stock", fence))
    lane.plan()
    assert world.quota(shop).open_act.kind is ActKind.WITHDRAW


# --- what is left behind --------------------------------------------------------------------------------------------


def test_looks_and_deliveries_are_forgotten_and_what_changed_a_number_is_kept(world):
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock, number=4))
    world.plan(Mode.MANUAL)
    world.turn(2)
    quota = world.quota_id(shop)
    world.do(lambda uow: acts.grant(uow, quota, 2, "by hand"))
    world.deliver(shop)
    for _ in range(5):
        world.clock.advance(minutes=11)
        world.turn(1)
    newest = world.clock.now()
    world.clock.advance(days=2, minutes=-20)
    lane = StockLane(world.store, world.open_channel, "desk 1")
    lane.plan()
    kinds = [row.kind for row in world.rows(select(StockAct.kind).order_by(StockAct.id))]
    assert kinds.count("grant") == 1
    settled = world.rows(select(StockAct.settled_at).where(StockAct.kind == "read", StockAct.state == "done"))
    assert 0 < len(settled) < 5
    assert all(row.settled_at >= newest - timedelta(minutes=20) for row in settled)
    old = select(func.count()).where(Outbox.state == "done", Outbox.done_at < world.clock.now() - stock_log.KEPT)
    assert world.rows(old)[0][0] == 0


def test_every_change_of_an_act_is_told_to_screens_and_what_moved_a_right_is_in_the_journal(world):
    world.receive("BEAR", 20)
    shop = world.add(StockPlatform(world.clock, rules(WriteKind.ABSOLUTE), number=4))
    world.plan(Mode.MANUAL)
    world.turn(2)
    quota = world.quota_id(shop)
    world.do(lambda uow: acts.grant(uow, quota, 2, "by hand"))
    states = []

    def note(changes):
        row = world.rows(select(StockAct.state, StockAct.step).order_by(StockAct.id.desc()).limit(1))[0]
        states.append((row.state, row.step, quota in changes.tables.get("quota", ())))

    world.store.subscribe(note)
    world.turn(2)
    seen = {state[:2] for state in states} - {("waiting", "")}
    assert len(seen) > 4
    assert {state[:2] for state in states if state[2]} == seen
    said = select(Journal.action).where(Journal.subject == "quota", Journal.subject_id == quota).order_by(Journal.id)
    assert [row.action for row in world.rows(said)][-4:] == [
        "quota.grant",
        "quota.paused",
        "quota.done",
        "quota.resumed",
    ]


def test_what_is_looked_for_every_few_seconds_is_found_by_an_index(world):
    if not world.address.sqlite_path:
        return  # small tables are walked there, whatever the index
    world.receive("BEAR", 10)
    world.add(StockPlatform(world.clock, number=4))
    world.plan(Mode.MANUAL)
    world.turn(2)

    def look(connection):
        connection.execute(stock_plan._TO_SETTLE).all()
        connection.execute(stock_plan._WAITING).all()
        quotas_of(connection, [world.sku], world.clock.now())

    steps = world.store.read(lambda connection: plans_on(connection, lambda: look(connection)))
    used = [step for statement, step in steps if "FROM quota" in statement or "FROM stock_act" in statement]
    assert any("ix_quota_evidence" in step for step in used), used
    assert sum("uq_stock_act_open" in step for step in used) == 2, used


class _HourAhead(SystemClock):
    """The clock of a desk that somebody set wrong."""

    def now(self):
        return super().now() + timedelta(hours=1)


def test_a_desk_with_a_wrong_clock_judges_by_the_time_all_share(postgres_address):
    world = QuotaWorld(postgres_address)
    try:
        world.receive("BEAR", 10)
        shop = world.add(StockPlatform(SystemClock(), number=4))
        platform = world.platforms[shop]
        platform._said = lambda real=platform._said: replace(real(), at=None)
        world.plan(Mode.MANUAL)
        world._wall = _HourAhead()
        store = world.new_store("desk 2")
        stock_plan.StockPlanner(store, world.open_channel).run()
        handlers = Handlers(store, {}, world.open_channel)
        began = SystemClock().now()
        assert Deliverer(store, "desk 2", handlers.by_kind(), handlers.give_ups()).drain(acts.lane_of(shop)) == 1
        row = world.rows(select(Quota.evidence_from, Quota.evidence_to, Quota.listed_at))[0]
        for at in row:
            assert abs(at - began) < timedelta(minutes=5)
        # What was read a moment ago is not old, although it is an hour ago by this desk's clock.
        assert stock_plan.StockPlanner(store, world.open_channel).run().asked == 0
    finally:
        world.close()


@pytest.mark.parametrize("kind", [WriteKind.KEYED_DELTA, WriteKind.COMPARE_AND_SET])
def test_a_slow_platform_that_tells_the_time_may_have_looked_at_any_moment_of_the_call(world, kind):
    """What was sold while it answered may be in its number or not: the number alone settles nothing then."""
    world.receive("BEAR", 20)
    shop = world.add(StockPlatform(world.clock, rules(kind), number=6))
    platform = world.platforms[shop]
    world.plan(Mode.MANUAL)
    world.turn(2)
    real = platform.read_stock

    def slow(listed):
        said = real(listed)
        platform.buy(2)
        world.clock.advance(seconds=8)
        return replace(said, at=world.clock.now())

    platform.read_stock = slow
    quota = world.quota_id(shop)
    world.do(lambda uow: acts.ask_number(uow, quota, "look"))
    world.deliver(shop)
    platform.read_stock = real
    world.clock.advance(seconds=20)
    world.pull(shop)
    world.run_planner()
    assert world.quota(shop).drift_qty is None
    world.turn(3)
    assert (world.quota(shop).right_qty, world.quota(shop).drift_qty) == (4, None)
