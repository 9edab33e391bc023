"""A capped shop that sells without asking: what it may sell beyond the cap is taken back, and nothing more is granted."""

from collections.abc import Iterator

import pytest

from core.channels.stock_contract import WriteKind
from core.inventory.pausing import capped_shops, pause_sale, resume_sale
from core.inventory.quotas.states import Mode
from tests.support.quota_world import QuotaWorld
from tests.support.stock_platform import StockPlatform, rules
from tests.support.world import Address


@pytest.fixture
def world(spine_address: Address) -> Iterator[QuotaWorld]:
    """A merchant with sixty bears and two shops."""
    made = QuotaWorld(spine_address)
    made.receive("BEAR", 60)
    yield made
    made.check_stock()
    made.close()


def test_a_capped_shop_keeps_so_many_units_and_gets_no_more(world):
    first, second = (world.add(StockPlatform(world.clock, rules(WriteKind.KEYED_DELTA))) for _ in range(2))
    world.plan()
    world.turn(6)
    assert world.rights() == {first: 30, second: 30}
    world.do(lambda uow: pause_sale(uow, first, None, "test", cap_qty=8))
    assert world.store.read(capped_shops) == {first}
    world.turn(4)
    assert (world.quota(first).cap_qty, world.rights()[first], world.platforms[first].number) == (8, 8, 8)
    assert world.quota(second).cap_qty is None
    world.platforms[first].buy(5)
    world.turn(4)
    assert (world.quota(first).cap_qty, world.rights()[first]) == (3, 3), "what it has sold since counts"
    world.do(lambda uow: resume_sale(uow, first, None))
    world.turn(6)
    assert world.rights()[first] > 3


def test_a_number_that_is_shared_is_told_no_higher_than_the_cap(world):
    shop = world.add(StockPlatform(world.clock, rules(WriteKind.KEYED_DELTA)))
    world.plan(Mode.SHARED, buffer_qty=10)
    world.turn(4)
    assert world.platforms[shop].number == 50
    world.do(lambda uow: pause_sale(uow, None, world.sku, "test", cap_qty=6))
    world.turn(4)
    assert world.platforms[shop].number == 6
