"""What stands now, what is listed, what is decided, and who may."""

import pytest
from sqlalchemy import event, update

from core.channels.models import Shop
from core.channels.registry import built_in
from core.channels.stock_contract import WriteKind
from core.channels.stock_table import platform_table
from core.desk.quotas import Quotas
from core.inventory import ledger
from core.inventory.quotas import acts
from core.inventory.quotas.covering import unsellable_covers
from core.inventory.quotas.listing import QuotaFilter
from core.inventory.quotas.plans import PlanDraft
from core.inventory.quotas.states import ActKind, Mode
from core.inventory.quotas.watches import exposed_watch, quota_watch
from core.runtime.errors import Refused
from core.runtime.ids import SkuId
from core.runtime.standing import Severity
from tests.support.plans import walks
from tests.support.stock_platform import StockPlatform, rules


@pytest.fixture
def desk(world):
    return Quotas(world.store, world.open_channel, built_in)


def standing(world):
    at = world.clock.now()
    found = world.store.read(lambda connection: (*quota_watch(connection, at), *exposed_watch(connection, at)))
    return {one.rule: one for one in found}


def settled_shop(world, stock=10, number=6, **more):
    world.receive("BEAR", stock)
    shop = world.add(StockPlatform(world.clock, rules(WriteKind.KEYED_DELTA, **more), number=number), "天猫")
    world.plan(Mode.MANUAL)
    world.turn(2)
    return shop


def test_nothing_stands_while_everything_is_in_order(world):
    settled_shop(world)
    assert standing(world) == {}


def test_what_is_looked_for_every_few_seconds_is_named_by_an_index(world):
    if not world.store.is_sqlite:
        pytest.skip("the plans of SQLite")
    settled_shop(world)
    found = walks(world.store, lambda connection: quota_watch(connection, world.clock.now()))
    few = {"ix_quota_overdrawn", "ix_quota_drift", "ix_quota_locked", "uq_stock_act_open"}
    assert {step.rpartition("INDEX ")[2] for step in found} <= few
    # What ends soon or is blocked is found from its level, not by looking at every cover.
    found = walks(world.store, lambda connection: unsellable_covers(connection, 10**6))
    assert {step.rpartition("INDEX ")[2] for step in found} <= {"ix_stock_level_blocked"}


def test_a_right_without_goods_stands_until_the_shop_gave_it_back(world):
    shop = settled_shop(world)
    world.do(lambda uow: ledger.count(uow, world.warehouse, world.sku, 2, "stocktake", "c1"))
    said = standing(world)["quota.exposed"]
    assert (said.key, said.severity) == (f"quota:{world.quota_id(shop)}", Severity.CRITICAL)
    assert said.facts == {"sku_id": world.sku, "code": "BEAR", "name": "团团熊", "shop": "天猫", "qty": 4}
    world.turn(3)
    assert standing(world) == {}


def test_a_bundle_with_too_few_of_one_component_stands(world):
    world.receive("BEAR", 20)
    world.receive("BAG", 10)
    shop = world.add(StockPlatform(world.clock, number=8, code="SET"), "天猫")
    world.plan(Mode.MANUAL, sku="SET")
    world.turn(2)
    assert (world.quota(shop, "SET").covered_qty, standing(world)) == (8, {})
    bag = SkuId(world.skus["BAG"])
    world.do(lambda uow: ledger.count(uow, world.warehouse, bag, 3, "stocktake", "c1"))
    assert standing(world)["quota.exposed"].facts["qty"] == 5
    assert world.look("BAG").sentence.worst_qty == 5
    no = world.platforms[shop].buy(2)
    world.pull(shop)
    assert world.quota(shop, "SET").right_qty == 6
    assert {line.sku_id: line.qty for line in world.lines(no)} == {world.skus["BEAR"]: 4, world.skus["BAG"]: 2}
    assert world.level("BEAR")[2:] == (4, 12)
    assert world.level("BAG")[2:] == (2, 1)


def test_sales_beyond_the_right_and_numbers_that_differ_stand(world):
    shop = settled_shop(world)
    world.platforms[shop].edit(9)
    world.platforms[shop].buy(8)
    world.pull(shop)
    assert standing(world)["quota.overdrawn"].facts["qty"] == 2
    world.clock.advance(minutes=11)
    world.turn(3)
    said = standing(world)["quota.drift"]
    assert said.severity is Severity.CRITICAL
    assert (said.facts["listed"], said.facts["right"], said.facts["qty"]) == (1, -2, 3)


def test_fewer_over_there_is_a_warning(world):
    shop = settled_shop(world)
    world.platforms[shop].edit(2)
    world.clock.advance(minutes=11)
    world.turn(3)
    assert standing(world)["quota.drift"].severity is Severity.WARNING


def test_a_refused_withdrawal_and_an_act_that_does_not_get_through_stand(world, desk):
    shop = settled_shop(world, may_refuse_decrease=True)
    world.platforms[shop].stock_faults = ["refuse"]
    desk.withdraw(world.quota_id(shop), 2)
    world.deliver(shop)
    assert set(standing(world)) == {"quota.locked"}
    world.clock.advance(hours=5)
    assert standing(world) == {}
    desk.grant(world.quota_id(shop), 1)
    world.clock.advance(minutes=11)
    assert standing(world)["quota.stuck"].facts["minutes"] == 11


def test_the_list_goes_by_piles_and_search_page_by_page(world, desk):
    shop = settled_shop(world)
    world.plan(Mode.SHARED, sku="BAG")
    first = desk.page(QuotaFilter(), None, 1)
    assert [row.code for row in first.rows] == ["BAG"]
    assert [row.code for row in desk.page(QuotaFilter(), first.next_after, 1).rows] == ["BEAR"]
    assert [row.code for row in desk.page(QuotaFilter("all", "69012345678"), None, 9).rows] == []
    assert [row.code for row in desk.page(QuotaFilter("all", "6901234567892"), None, 9).rows] == ["BEAR"]
    assert [row.code for row in desk.page(QuotaFilter("all", "_"), None, 9).rows] == []
    assert desk.page(QuotaFilter("drift"), None, 9).rows == ()
    world.platforms[shop].edit(2)
    world.clock.advance(minutes=11)
    world.turn(3)
    assert [row.code for row in desk.page(QuotaFilter("drift"), None, 9).rows] == ["BEAR"]
    assert desk.counts("") == {"told": 2, "risk": 0, "drift": 1, "busy": 0}


def test_what_a_platform_has_beyond_our_right_is_a_risk_of_its_own(world, desk):
    shop = settled_shop(world)
    assert desk.page(QuotaFilter("risk"), None, 9).rows == ()
    world.platforms[shop].edit(3000)
    world.clock.advance(minutes=11)
    world.turn(3)
    (row,) = desk.page(QuotaFilter("risk"), None, 9).rows
    assert row.worst_qty > 0
    assert desk.counts("")["risk"] == 1


def test_the_detail_shows_what_would_be_written_to_a_read_only_shop(world, desk):
    world.receive("BEAR", 40)
    shop = world.add(StockPlatform(world.clock, number=4), "天猫", writes=False)
    desk.set_plan(world.sku, PlanDraft(Mode.QUOTA))
    world.turn(2)
    (planned,) = desk.detail(world.sku).planned
    assert (planned.kind, planned.qty, planned.is_written) == (ActKind.GRANT, 36, False)
    with pytest.raises(Refused, match="switched off"):
        desk.grant(world.quota_id(shop), 1)
    world.do(lambda uow: uow.execute(update(Shop).where(Shop.id == shop).values(writes_stock=True)))
    world.turn(2)
    assert world.platforms[shop].number == 40
    desk.stop_writing(shop)
    with pytest.raises(Refused, match="switched off"):
        desk.grant(world.quota_id(shop), 1)


def test_the_program_proposes_quota_for_the_scarce_and_shared_for_plenty(world, desk):
    world.receive("BEAR", 30)
    assert desk.detail(world.sku).proposal.mode is Mode.OFF
    world.add(StockPlatform(world.clock), "天猫")
    assert desk.detail(world.sku).proposal.mode is Mode.QUOTA
    world.receive("BEAR", 500)
    assert (desk.detail(world.sku).proposal.mode, desk.detail(world.sku).proposal.reason) == (Mode.SHARED, "plenty")


def test_goods_nobody_counts_have_no_quota_and_numbers_have_bounds(world, desk):
    with pytest.raises(Refused) as refused:
        desk.set_plan(SkuId(world.skus["GIFT"]), PlanDraft(Mode.QUOTA))
    assert refused.value.code == "stock.not_managed"
    with pytest.raises(Refused) as refused:
        desk.set_plan(world.sku, PlanDraft(Mode.QUOTA, min_lot=0))
    assert (refused.value.code, refused.value.facts["field"]) == ("quota.number", "min_lot")


def test_shared_goods_are_told_to_all_less_a_buffer_and_leave_quota_first(world, desk):
    shop = settled_shop(world, stock=100, number=6)
    other = world.add(StockPlatform(world.clock, rules(WriteKind.ABSOLUTE), number=0), "APP")
    desk.set_plan(world.sku, PlanDraft(Mode.SHARED, buffer_qty=10))
    world.turn(6)
    assert world.rights()[shop] == 0
    assert [world.platforms[one].number for one in (shop, other)] == [90, 90]
    world.platforms[other].buy(30)
    world.turn(2)
    assert [world.platforms[one].number for one in (shop, other)] == [60, 60]
    assert world.level() == (100, 0, 30, 0)


def test_an_owners_own_shares_and_the_parked_shop_are_kept(world, desk):
    world.receive("BEAR", 100)
    shops = [world.add(StockPlatform(world.clock), name) for name in ("天猫", "APP")]
    desk.set_plan(world.sku, PlanDraft(Mode.QUOTA, park_qty=5, parked_shop_id=shops[1]))
    world.turn(1)
    desk.set_weight(world.quota_id(shops[0]), 3)
    desk.set_weight(world.quota_id(shops[1]), 1)
    world.turn(4)
    assert [world.rights()[shop] for shop in shops] == [75, 25]
    for _ in range(74):
        world.platforms[shops[0]].buy(1)
    for _ in range(22):
        world.platforms[shops[1]].buy(1)
    world.turn(6)
    assert [world.rights()[shop] for shop in shops] == [0, 4]


def test_the_rule_table_names_every_platform_that_is_written_to():
    table = platform_table(built_in())
    assert [one.id for one in table] == [one.id for one in built_in().all() if one.stock_rules]
    assert {"taobao", "tmall", "jd", "pdd", "douyin", "wechat", "woocommerce", "medusa"} < {one.id for one in table}
    assert all(one.rules.source for one in table)


def test_a_shop_that_is_paused_for_us_is_not_planned(world):
    shop = settled_shop(world)
    world.do(lambda uow: uow.execute(update(Shop).where(Shop.id == shop).values(is_active=False)))
    world.platforms[shop].stock_calls.clear()
    world.clock.advance(hours=1)
    world.run_planner()
    world.deliver(shop)
    assert world.platforms[shop].stock_calls == []


def test_a_number_that_was_read_waits_for_its_orders_instead_of_being_read_again(world):
    """The planner looks every few seconds; orders come later: a number read anew each time would never settle."""
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock, rules(WriteKind.KEYED_DELTA, orders_lag_s=60), number=4))
    world.plan(Mode.MANUAL)
    world.turn(50, seconds=2)
    assert world.quota(shop).is_adopted
    assert world.acts() == [("read", "done", 0, 0)]


# --- one decision, one transaction ---------------------------------------------------------------------------------


def test_a_plan_and_what_stays_with_us_are_decided_together_or_not_at_all(world, desk):
    world.receive("BEAR", 5)
    with pytest.raises(Refused):
        desk.set_plan(world.sku, PlanDraft(Mode.QUOTA, min_lot=0), {world.warehouse: 3})
    assert (world.look().safety_by_warehouse, world.look().mode) == ({}, Mode.OFF)
    desk.set_plan(world.sku, PlanDraft(Mode.QUOTA), {world.warehouse: 3})
    assert (world.look().safety_by_warehouse, world.look().mode) == ({world.warehouse: 3}, Mode.QUOTA)


def test_what_is_decided_names_what_has_to_be_planned_anew(world, desk):
    named = []
    world.store.subscribe(named.append)
    shop = settled_shop(world)
    quota = world.quota_id(shop)
    named.clear()
    desk.set_plan(world.sku, PlanDraft(Mode.MANUAL, buffer_qty=1))
    desk.set_weight(quota, 3)
    assert [world.planner().touched(changes) for changes in named] == [[world.sku], [world.sku]]


def test_an_act_is_looked_at_under_the_locks_that_answering_it_takes(world):
    """Levels before quotas, as everywhere: two desks would wait for each other crosswise."""
    if world.store.is_sqlite:
        pytest.skip("one writer, no locks")
    shop = settled_shop(world)
    quota = world.quota_id(shop)
    act = world.do(lambda uow: acts.grant(uow, quota, 1, "by hand"))
    locks = []

    def note(_connection, _cursor, statement, _values, _context, _many):
        if "FOR NO KEY UPDATE" in statement:
            locks.append("stock_level" if "FROM stock_level" in statement else "quota")

    def answer(uow):
        event.listen(uow.connection, "before_cursor_execute", note)
        assert acts.peek(uow, act) is not None
        acts.refused(uow, act, "no")

    world.do(answer)
    assert locks[:2] == ["stock_level", "quota"]
