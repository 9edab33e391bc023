"""Where counting and quotas meet."""

from core.counting.listed import listed_numbers
from core.inventory import ledger
from core.inventory.assertions import Asserted
from core.inventory.quotas.states import Mode
from tests.support.stock_platform import StockPlatform


def test_a_count_sheet_uncovers_rights_before_it_takes_from_orders(world):
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock, number=6))
    world.plan(Mode.MANUAL)
    world.turn(2)
    world.platforms[shop].buy(2)
    world.pull(shop)

    # Counted as 3 when the books said 10: seven are missing, four of them stood behind the right.
    seen = Asserted(world.clock.now(), 1, 10, 3)
    place = (world.warehouse, world.sku, "")
    counted = world.do(lambda uow: ledger.correct_count(uow, place, seen, "stocktake", "s1", "PD-1"))

    assert counted.deficits == ()
    assert (world.level(), world.rights()[shop], world.look().worst_qty) == ((3, 0, 2, 1), 4, 3)


def test_the_comparison_hears_what_each_platform_says_of_its_own_share(world):
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock, number=6), "天猫店")
    world.plan(Mode.MANUAL)
    world.turn(2)

    (said,) = world.store.read(lambda connection: listed_numbers(connection, [world.sku]))[world.sku]
    assert (said.shop, said.qty) == ("天猫店", 6)
    assert said.at is not None

    # One number that all are told together says nothing of what is promised twice.
    world.plan(Mode.SHARED)
    world.turn(2)
    assert world.store.read(lambda connection: listed_numbers(connection, [world.sku])) == {}
    assert shop in world.platforms
