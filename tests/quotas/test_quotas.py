"""Rights of shops: granted out of the pool first, taken back only as confirmed, spent by their own orders alone."""

import pytest
from sqlalchemy import update

from core.channels.models import Shop
from core.channels.stock_contract import BelowZero, CancelledUnit, WriteKind
from core.fulfilment.taking import take_page
from core.inventory import ledger
from core.inventory.documents import booking, drafting, reversing
from core.inventory.documents.records import Head, LineIn
from core.inventory.documents.states import DocKind
from core.inventory.quotas import acts
from core.inventory.quotas.safety import set_safety
from core.inventory.quotas.states import Mode
from core.runtime.errors import Refused
from core.sync.shops import shop_of
from tests.support.fake_shop import line
from tests.support.quota_world import CARRIER
from tests.support.stock_platform import StockPlatform, rules

KINDS = [WriteKind.KEYED_DELTA, WriteKind.PLAIN_DELTA, WriteKind.COMPARE_AND_SET, WriteKind.ABSOLUTE]


def two_shops(world, stock=300, **more):
    world.receive("BEAR", stock)
    first = world.add(StockPlatform(world.clock, rules(WriteKind.KEYED_DELTA, **more)), "天猫")
    second = world.add(StockPlatform(world.clock, rules(WriteKind.KEYED_DELTA, **more)), "APP")
    world.plan(buffer_qty=30)
    return first, second


@pytest.mark.parametrize("kind", KINDS)
def test_the_stock_is_split_told_and_sold(world, kind):
    world.receive("BEAR", 300)
    shops = [world.add(StockPlatform(world.clock, rules(kind))) for _ in range(2)]
    world.plan(buffer_qty=30)

    world.turn(6)

    assert [world.rights()[shop] for shop in shops] == [135, 135]
    assert [world.platforms[shop].number for shop in shops] == [135, 135]
    assert world.level() == (300, 0, 0, 270)
    first = world.platforms[shops[0]]
    for _ in range(40):
        first.buy(1)
    world.turn(1)
    assert world.quota(shops[0]).sold_qty == 40
    assert world.level()[2] == 40
    assert world.look().worst_qty == 0


def test_the_sentence_says_where_every_unit_is(world):
    first, _ = two_shops(world)
    world.turn(4)
    world.platforms[first].buy(5)
    world.pull(first)

    said = world.look().sentence

    assert said.on_hand_qty == 300
    assert said.on_hand_qty == sum(qty for _, qty in said.by_shop) + said.sold_qty + said.pool_qty
    assert (dict(said.by_shop), said.sold_qty, said.pool_qty, said.worst_qty) == ({"APP": 135, "天猫": 130}, 5, 30, 0)


def test_what_a_platform_has_before_us_is_taken_over_and_covered(world):
    world.receive("BEAR", 50)
    shop = world.add(StockPlatform(world.clock, number=20))
    world.plan(Mode.MANUAL)
    world.turn(3)
    row = world.quota(shop)
    assert (row.is_adopted, row.right_qty, row.covered_qty) == (True, 20, 20)
    assert world.acts() == [("read", "done", 0, 0)]


def test_a_platform_that_may_sell_more_than_there_is_is_cut_at_once(world):
    world.receive("BEAR", 5)
    shop = world.add(StockPlatform(world.clock, number=20))
    world.plan(Mode.MANUAL)
    world.turn(1)
    world.pull(shop)
    world.run_planner()
    assert world.look().worst_qty == 15
    world.turn(2)
    assert (world.platforms[shop].number, world.rights()[shop], world.look().worst_qty) == (5, 5, 0)


def test_another_shops_right_is_untouchable(world):
    first, second = two_shops(world, stock=10)
    world.plan(Mode.QUOTA)
    world.turn(4)
    assert world.rights() == {first: 5, second: 5}
    # The first shop of the world has no quota: it lives from the pool, which is empty.
    world.shop.place("P1", line("1", "BEAR", 1))
    world.sync("P1")
    assert "short" in world.holds("P1")
    # A shop that sold more than its right gets nothing of the other's either.
    world.platforms[first].edit(6)
    world.platforms[first].buy(6)
    world.pull(first)
    assert world.quota(first).overdrawn_qty == 1
    assert world.level() == (10, 0, 0, 10)
    world.platforms[second].buy(5)
    world.pull(second)
    assert world.level() == (10, 0, 5, 5)


def test_a_grant_stands_before_the_platform_hears_of_it_and_is_taken_back_when_it_says_no(world):
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock))
    world.plan(Mode.MANUAL)
    world.turn(2)
    quota = world.quota_id(shop)
    world.do(lambda uow: acts.grant(uow, quota, 4, "by hand"))
    assert (world.rights()[shop], world.platforms[shop].number, world.level()[3]) == (4, 0, 4)
    world.platforms[shop].stock_faults = ["refuse"]
    world.deliver(shop)
    assert (world.rights()[shop], world.platforms[shop].number, world.level()[3]) == (0, 0, 0)
    assert world.acts()[-1] == ("grant", "refused", 4, 0)


def test_a_withdrawal_is_ours_only_when_the_platform_said_so(world):
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock, number=8))
    world.plan(Mode.MANUAL)
    world.turn(2)
    quota = world.quota_id(shop)
    world.do(lambda uow: acts.withdraw(uow, quota, 5, "by hand"))
    assert (world.rights()[shop], world.level()[3]) == (8, 8)
    world.deliver(shop)
    assert (world.rights()[shop], world.level()[3], world.platforms[shop].number) == (3, 3, 3)


def test_more_than_the_pool_has_is_not_granted_and_safety_stays(world):
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock))
    world.plan(Mode.MANUAL)
    world.turn(2)
    quota = world.quota_id(shop)
    world.do(lambda uow: set_safety(uow, world.sku, world.warehouse, 4))
    with pytest.raises(Refused) as refused:
        world.do(lambda uow: acts.grant(uow, quota, 7, "by hand"))
    assert (refused.value.code, refused.value.facts["available_qty"]) == ("quota.pool_short", 6)
    world.do(lambda uow: acts.grant(uow, quota, 6, "by hand"))
    with pytest.raises(Refused, match="under way"):
        world.do(lambda uow: acts.grant(uow, quota, 1, "by hand"))


def test_a_lost_answer_to_a_keyed_difference_is_asked_again_and_counts_once(world):
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock))
    world.plan(Mode.MANUAL)
    world.turn(2)
    quota = world.quota_id(shop)
    world.platforms[shop].stock_faults = ["lost_after", "lost_before"]
    world.do(lambda uow: acts.grant(uow, quota, 4, "by hand"))
    for _ in range(4):
        world.deliver(shop)
        world.clock.advance(seconds=60)
    assert (world.platforms[shop].number, world.rights()[shop]) == (4, 4)
    assert world.acts()[-1] == ("grant", "done", 4, 4)


@pytest.mark.parametrize("kind", [WriteKind.PLAIN_DELTA, WriteKind.COMPARE_AND_SET])
@pytest.mark.parametrize("fault", ["lost_after", "lost_before"])
def test_an_unkeyed_write_is_never_said_twice_and_the_number_settles_it(world, kind, fault):
    world.receive("BEAR", 20)
    shop = world.add(StockPlatform(world.clock, rules(kind), number=10))
    world.plan(Mode.MANUAL)
    world.turn(2)
    platform, quota = world.platforms[shop], world.quota_id(shop)
    platform.stock_faults = [fault] if kind is WriteKind.PLAIN_DELTA else ["", fault]
    world.do(lambda uow: acts.withdraw(uow, quota, 4, "by hand"))
    world.deliver(shop)
    assert world.rights()[shop] == 10, "nothing is ours yet"
    platform.buy(1)
    world.turn(4)
    assert world.rights()[shop] == platform.number
    assert world.look().worst_qty == 0
    changes = [call for call in platform.stock_calls if call[0] == "change"]
    assert len(changes) <= 1
    assert world.quota(shop).drift_qty is None


def test_a_platform_that_clamps_gives_back_only_what_was_left(world):
    world.receive("BEAR", 20)
    clamps = rules(WriteKind.PLAIN_DELTA, below_zero=BelowZero.CLAMPS)
    shop = world.add(StockPlatform(world.clock, clamps, number=10))
    world.plan(Mode.MANUAL)
    world.turn(2)
    platform, quota = world.platforms[shop], world.quota_id(shop)
    platform.buy(7)  # nobody here knows yet
    world.clock.advance(seconds=10)
    world.do(lambda uow: acts.withdraw(uow, quota, 10, "by hand"))
    world.deliver(shop)
    assert platform.number == 0
    assert world.rights()[shop] == 10, "whether 10 or 3 were taken away only the orders tell"
    world.turn(3)
    row = world.quota(shop)
    assert (row.right_qty, row.sold_qty, row.withdrawn_qty) == (0, 7, 3)
    assert world.acts()[-1] == ("withdraw", "done", 10, 3)
    assert world.level() == (20, 0, 7, 0)


def test_a_cancelled_order_gives_the_unit_to_whom_the_platforms_rule_says(world):
    for unit in CancelledUnit:
        world.receive("BEAR", 10)
        before = world.level()
        shop = world.add(StockPlatform(world.clock, rules(WriteKind.KEYED_DELTA, cancelled_unit=unit), number=5))
        world.plan(Mode.MANUAL)
        world.turn(2)
        no = world.platforms[shop].buy(2)
        world.pull(shop)
        assert world.rights()[shop] == 3
        world.clock.advance(seconds=30)
        world.platforms[shop].call_off(no)
        world.pull(shop)
        expected = 3 if unit is CancelledUnit.CENTRE else 5
        assert world.rights()[shop] == expected
        assert world.level()[3] - before[3] == expected
        world.clock.advance(minutes=15)
        world.turn(3)
        assert world.quota(shop).drift_qty is None
        assert world.rights()[shop] == world.platforms[shop].number == expected


def test_an_unpaid_order_of_a_quota_shop_stays_as_long_as_the_platform_keeps_it(world):
    world.receive("BEAR", 3)
    shop = world.add(StockPlatform(world.clock, number=2))
    world.plan(Mode.MANUAL)
    world.turn(2)
    no = world.platforms[shop].buy(2, is_paid=False)
    world.pull(shop)
    world.clock.advance(hours=2)
    world.tidy()
    assert world.level() == (3, 2, 0, 0)
    world.platforms[shop].call_off(no)
    world.pull(shop)
    assert world.level() == (3, 0, 0, 2)


def test_a_stocktake_uncovers_rights_before_it_takes_from_orders_and_the_shop_is_cut(world):
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock, number=6))
    world.plan(Mode.MANUAL)
    world.turn(2)
    world.platforms[shop].buy(2)
    world.pull(shop)
    counted = world.do(lambda uow: ledger.count(uow, world.warehouse, world.sku, 3, "stocktake", "c1"))
    assert counted.deficits == ()
    assert (world.rights()[shop], world.look().worst_qty) == (4, 3)
    world.turn(3)
    assert (world.rights()[shop], world.platforms[shop].number, world.look().worst_qty) == (1, 1, 0)


def test_a_sale_goes_before_a_right_that_lacks_goods(world):
    world.receive("BEAR", 6)
    shop = world.add(StockPlatform(world.clock, number=6))
    world.plan(Mode.MANUAL)
    world.turn(2)
    world.do(lambda uow: ledger.count(uow, world.warehouse, world.sku, 3, "stocktake", "c1"))
    no = world.platforms[shop].buy(2)
    world.pull(shop)
    assert world.holds(no) == set()
    assert world.level() == (3, 0, 2, 1)
    assert world.look().worst_qty == 3


def test_what_a_short_order_was_sold_is_kept_for_it(world):
    """One line of it is missing: the other's units wait for it, and nobody else gets them."""
    world.receive("BEAR", 4)
    shop = world.add(StockPlatform(world.clock, number=4))
    world.plan(Mode.MANUAL)
    world.turn(2)
    platform = world.platforms[shop]
    platform.edit(2)
    platform.place("N1", line("1", "BEAR", 2), line("2", "BAG", 1))
    world.pull(shop)
    assert "short" in world.holds("N1")
    assert world.level() == (4, 0, 0, 4)
    world.shop.place("P1", line("1", "BEAR", 1))
    world.sync("P1")
    assert "short" in world.holds("P1")
    world.receive("BAG", 1)
    assert world.holds("N1") == set()
    assert world.level() == (4, 0, 2, 2)


def test_goods_that_belong_to_shops_are_not_taken_away_by_hand(world):
    world.receive("BEAR", 10)
    world.add(StockPlatform(world.clock, number=8))
    world.plan(Mode.MANUAL)
    world.turn(2)
    for act in (ledger.quarantine, lambda *more: ledger.adjust(*more[:3], -more[3], *more[4:])):
        with pytest.raises(Refused) as refused:
            world.do(lambda uow, act=act: act(uow, world.warehouse, world.sku, 3, "damaged", "k"))
        assert refused.value.code == "stock.allotted"
        assert refused.value.facts["allotted_qty"] == 8


def test_a_document_is_not_taken_back_over_what_belongs_to_shops(world):
    head, line_in = Head(world.warehouse), LineIn(world.sku, 0, done_qty=10)
    made = world.do(lambda uow: drafting.begin(uow, DocKind.RECEIPT, head, [line_in], "draft"))
    world.do(lambda uow: booking.book(uow, made.document_id, made.version, "book"))
    world.add(StockPlatform(world.clock, number=8))
    world.plan(Mode.MANUAL)
    world.turn(2)
    with pytest.raises(Refused) as refused:
        world.do(lambda uow: reversing.reverse(uow, made.document_id, None, "back"))
    assert refused.value.code == "stock.allotted"
    facts = refused.value.facts
    assert (facts["qty"], facts["available_qty"], facts["allotted_qty"]) == (10, 2, 8)


@pytest.mark.parametrize(("kind", "number"), [*((kind, 9) for kind in KINDS), (KINDS[0], 2)])
def test_another_number_over_there_is_drift_shown_and_left_alone(world, kind, number):
    world.receive("BEAR", 20)
    shop = world.add(StockPlatform(world.clock, rules(kind), number=5))
    world.plan(Mode.MANUAL)
    world.turn(2)
    world.platforms[shop].edit(number)
    world.clock.advance(minutes=11)
    world.turn(4)
    row = world.quota(shop)
    assert (row.right_qty, row.drift_qty, row.drift_right_qty, row.listed_qty) == (5, number - 5, 5, number)
    assert world.platforms[shop].number == number
    assert world.look().worst_qty == max(number - 5, 0)
    quota = world.quota_id(shop)
    with pytest.raises(Refused, match="decide"):
        world.do(lambda uow: acts.grant(uow, quota, 1, "by hand"))


@pytest.mark.parametrize(("kind", "number"), [*((kind, 9) for kind in KINDS), (KINDS[0], 2)])
@pytest.mark.parametrize("theirs", [True, False])
def test_a_person_decides_about_drift(world, kind, number, theirs):
    world.receive("BEAR", 20)
    shop = world.add(StockPlatform(world.clock, rules(kind), number=5))
    world.plan(Mode.MANUAL)
    world.turn(2)
    world.platforms[shop].edit(number)
    world.clock.advance(minutes=11)
    world.turn(3)
    quota = world.quota_id(shop)
    world.do(lambda uow: acts.take_theirs(uow, quota) if theirs else acts.mend(uow, quota, "ours"))
    world.turn(2)
    world.clock.advance(minutes=11)
    world.turn(3)
    row, expected = world.quota(shop), number if theirs else 5
    assert (row.right_qty, world.platforms[shop].number, row.drift_qty) == (expected, expected, None)
    assert world.level()[3] == expected


def test_goods_in_a_promotion_stay_and_are_not_asked_for_again_and_again(world):
    world.receive("BEAR", 10)
    promotion = rules(WriteKind.KEYED_DELTA, may_refuse_decrease=True)
    shop = world.add(StockPlatform(world.clock, promotion, number=8))
    world.plan(Mode.MANUAL)
    world.turn(2)
    world.platforms[shop].stock_faults = ["refuse"]
    quota = world.quota_id(shop)
    world.do(lambda uow: acts.withdraw(uow, quota, 5, "by hand"))
    world.deliver(shop)
    assert world.quota(shop).locked_until is not None
    assert world.rights()[shop] == 8


def test_nothing_is_written_to_a_shop_that_is_read_only(world):
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock, number=3), writes=False)
    world.plan()
    world.turn(4)
    assert {call[0] for call in world.platforms[shop].stock_calls} == {"read"}
    assert (world.rights()[shop], world.level()[3]) == (3, 3)
    # Switched off after it was asked for, and before it was said: it is not said.
    world.do(lambda uow: uow.execute(update(Shop).where(Shop.id == shop).values(writes_stock=True)))
    quota = world.quota_id(shop)
    world.do(lambda uow: acts.grant(uow, quota, 4, "by hand"))
    world.do(lambda uow: uow.execute(update(Shop).where(Shop.id == shop).values(writes_stock=False)))
    world.deliver(shop)
    assert (world.platforms[shop].number, world.rights()[shop]) == (3, 3)


@pytest.mark.parametrize("change", [{"is_blocked": True}, {"expires_day": 1}])
def test_goods_that_may_not_be_sold_any_more_cover_nothing_and_the_shop_is_cut(world, change):
    from core.inventory.models import StockLevel

    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock, number=6))
    world.plan(Mode.MANUAL)
    world.turn(2)
    world.do(lambda uow: uow.execute(update(StockLevel).where(StockLevel.sku_id == world.sku).values(**change)))
    world.run_planner()
    assert (world.level()[3], world.look().worst_qty) == (0, 6)
    world.turn(2)
    assert (world.rights()[shop], world.platforms[shop].number, world.look().worst_qty) == (0, 0, 0)


def test_a_unit_that_waits_for_its_order_is_no_cover_of_another_that_comes_back(world):
    """Sold out; one is called off and bought again, and the new order is heard of first; then another is called off."""
    world.receive("BEAR", 2)
    shop = world.add(StockPlatform(world.clock, number=2))
    world.plan(Mode.MANUAL)
    world.turn(2)
    platform = world.platforms[shop]
    first, second = platform.buy(1), platform.buy(1)
    world.pull(shop)
    platform.call_off(first)
    third = platform.buy(1)
    take(world, shop, third)
    take(world, shop, first)
    assert "short" in world.holds(third)
    assert world.level() == (2, 0, 1, 1)
    platform.call_off(second)
    take(world, shop, second)
    assert world.rights()[shop] == platform.number == 1
    assert world.level() == (2, 0, 0, 2), "one for the order that waits, one for the next buyer"
    world.tidy()
    assert world.holds(third) == set()
    assert world.level() == (2, 0, 1, 1)


def take(world, shop, no):
    """The newest copy of one order of a shop arrives."""
    record = world.store.read(lambda connection: shop_of(connection, shop))
    order = world.platforms[shop].orders[no]
    world.do(lambda uow: take_page(uow, record.facts, [order], world.digest, CARRIER))
