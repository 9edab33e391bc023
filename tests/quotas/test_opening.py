"""Every number of a shop's part opens into what makes it: acts, sales, what was called off, what the platform told."""

from core.inventory.figures.records import Figure, Name
from core.inventory.quotas import acts
from core.inventory.quotas.states import Mode
from tests.inventory.test_figures import opened, prove
from tests.support.quota_world import QuotaWorld
from tests.support.stock_platform import StockPlatform


def parts(world: QuotaWorld, quota_id: int, name: Name) -> list[tuple[str, int]]:
    found = opened(world.store, Figure(name, world.sku, quota_id=quota_id), world.clock.now(), limit=2)
    return [(part.code, part.qty) for part in found.parts]


def test_a_shops_numbers_open_into_acts_and_orders(world):
    world.receive("BEAR", 60)
    first = world.add(StockPlatform(world.clock, number=4), "天猫")
    second = world.add(StockPlatform(world.clock), "APP")
    world.plan(Mode.QUOTA, buffer_qty=10)
    world.turn(4)
    quota = world.quota_id(first)
    assert ("taken_over", 4) in parts(world, quota, Name.GRANTED)
    assert {code for code, _ in parts(world, quota, Name.GRANTED)} == {"act_grant", "taken_over"}
    numbers = [world.platforms[first].buy(2) for _ in range(5)]
    world.turn(3)
    assert parts(world, quota, Name.SOLD) == [("sale", 2)] * 5
    world.platforms[first].call_off(numbers[0])
    world.turn(3)
    world.platforms[second].stock_faults = ["lost_after", "lost_before", "refuse"]
    world.platforms[second].buy(9)
    world.turn(6)
    world.platforms[first].edit(3)
    world.turn(8, seconds=90)
    prove(world.store, world.sku, world.clock.now())
    listed = parts(world, quota, Name.LISTED)
    assert sum(qty for _, qty in listed) == world.quota(first).listed_qty
    assert [code for code, _ in listed] == ["right", "drift"], "a number edited by hand is shown as such"
    cover = opened(world.store, Figure(Name.ALLOTTED, world.sku), world.clock.now()).parts
    assert {part.shop_name for part in cover} == {"天猫", "APP"}
    assert sum(part.qty for part in cover) == world.level()[3]


def test_many_acts_and_calls_off_are_read_page_by_page(world):
    world.receive("BEAR", 60)
    shop = world.add(StockPlatform(world.clock), "天猫")
    world.plan(Mode.MANUAL)
    world.turn(3)
    quota = world.quota_id(shop)
    for qty in (5, 4, 3, 2):
        world.do(lambda uow, qty=qty: acts.grant(uow, quota, qty, "by_hand"))
        world.turn(2)
    assert parts(world, quota, Name.GRANTED) == [("act_grant", qty) for qty in (2, 3, 4, 5)]
    for qty in (1, 2, 3):
        world.do(lambda uow, qty=qty: acts.withdraw(uow, quota, qty, "by_hand"))
        world.turn(2)
    assert parts(world, quota, Name.WITHDRAWN) == [("act_withdraw", qty) for qty in (3, 2, 1)]
    numbers = [world.platforms[shop].buy(1) for _ in range(4)]
    world.turn(2)
    for number in numbers:
        world.platforms[shop].call_off(number)
    world.turn(3)
    assert parts(world, quota, Name.RESTORED) == [("called_off", 1)] * 4
    prove(world.store, world.sku, world.clock.now())


def test_a_shared_number_is_what_the_platform_says(world):
    world.receive("BEAR", 60)
    shop = world.add(StockPlatform(world.clock), "天猫")
    world.plan(Mode.SHARED, buffer_qty=10)
    world.run_planner()
    assert parts(world, world.quota_id(shop), Name.LISTED) == []
    world.turn(4)
    listed = parts(world, world.quota_id(shop), Name.LISTED)
    assert listed == ([] if world.quota(shop).listed_qty is None else [("said", world.quota(shop).listed_qty)])
    assert listed
