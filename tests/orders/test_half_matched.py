"""An order of which one line matches no SKU of ours yet: its other lines are sold all the same."""

import pytest
from sqlalchemy import select

from core.catalog.records import SkuSpec
from core.catalog.service import take_in
from core.inventory.models import StockLevel
from core.orders.paying import confirm_paid
from tests.support.fake_shop import line
from tests.support.world import World

#: the stock that the world begins with
STOCK = 100_000


def bears(world: World) -> tuple[int, int]:
    """Reserved and confirmed."""
    columns = (StockLevel.reserved_qty, StockLevel.confirmed_qty)
    (row,) = world.rows(select(*columns).where(StockLevel.sku_id == world.skus["BEAR"]))
    return (row[0], row[1])


def matched(world: World) -> None:
    world.do(lambda uow: take_in(uow, [SkuSpec("NEW", "新品", is_stock_managed=False)]))
    world.tidy()


@pytest.mark.parametrize("is_paid", [True, False])
def test_the_matched_lines_are_claimed_when_the_order_is_taken_in(world, is_paid):
    world.shop.place("A1", line("1", "NEW", 2), line("2", "BEAR", 3), is_paid=is_paid)
    world.sync("A1")
    assert world.holds("A1") == {"unmatched"}
    assert bears(world) == ((0, 3) if is_paid else (3, 0))

    matched(world)

    assert world.holds("A1") == set()
    assert bears(world) == ((0, 3) if is_paid else (3, 0))


def test_what_is_held_is_confirmed_when_the_money_comes_and_nothing_more_is_said(world):
    world.shop.place("A1", line("1", "NEW"), line("2", "BEAR", 2), is_paid=False)
    world.sync("A1")
    world.shop.pay("A1")
    world.sync("A1")
    assert (bears(world), world.holds("A1")) == ((0, 2), {"unmatched"})
    assert world.do(lambda uow: confirm_paid(uow, world.order("A1").id)) is False
    matched(world)
    assert world.do(lambda uow: confirm_paid(uow, world.order("A1").id)) is True


def test_the_last_unit_is_not_sold_again_while_a_listing_waits_for_its_match(world):
    world.shop.place("A1", line("1", "NEW"), line("2", "BEAR", STOCK))
    world.shop.place("B1", line("1", "BEAR"))
    world.sync("A1")
    world.sync("B1")
    assert (world.holds("A1"), world.holds("B1")) == ({"unmatched"}, {"short"})


def test_goods_that_are_missing_are_said_beside_the_missing_match_and_served_when_they_come(world):
    world.shop.place("A1", line("1", "NEW"), line("2", "BEAR", STOCK + 1))
    world.sync("A1")
    assert world.holds("A1") == {"unmatched", "short"}
    world.receive("BEAR", 1)
    assert (world.holds("A1"), bears(world)) == ({"unmatched"}, (0, STOCK + 1))


def test_a_copy_that_changes_the_order_claims_what_is_matched_of_it(world):
    world.shop.place("A1", line("1", "NEW"), line("2", "BEAR", 2))
    world.sync("A1")
    world.shop.change("A1", lines=(line("1", "NEW"), line("2", "BEAR", 5)))
    world.sync("A1")
    assert (bears(world), world.holds("A1")) == ((0, 5), {"unmatched"})
    world.shop.cancel("A1")
    world.sync("A1")
    assert bears(world) == (0, 0)
