"""An order of which the platform makes several: the goods go over to the parts, and leave once."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from core.inventory.models import Reservation
from core.orders import splitting
from tests.support.fake_shop import line


def _part(world, whole, no, *lines, **more):
    world.clock.advance(seconds=1)
    return world.shop.place(no, *lines, split_from=(whole,), **more)


def _claimed(world):
    """SKU -> units that orders claim."""
    claims = select(Reservation.sku_id, func.sum(Reservation.qty)).where(
        Reservation.state.in_(("reserved", "confirmed"))
    )
    codes = {sku_id: code for code, sku_id in world.skus.items()}
    return {codes[sku_id]: int(qty) for sku_id, qty in world.rows(claims.group_by(Reservation.sku_id))}


@pytest.mark.parametrize("is_paid", [False, True])
def test_the_goods_move_to_the_parts_and_the_whole_is_over_with_the_last(world, is_paid):
    world.shop.place("whole", line("1", "BEAR", 3), line("2", "SET"), is_paid=is_paid)
    world.sync()
    before = _claimed(world)
    assert before == {"BEAR": 5, "BAG": 1}

    _part(world, "whole", "a", line("1", "BEAR", 2))
    world.sync("a")
    assert _claimed(world) == before, "no unit was free for somebody else"
    assert world.holds("whole") == {"split_by_platform"}
    assert world.desk.open("whole").code != "parcel.opened"
    assert world.desk.open("a").code == "parcel.opened"

    _part(world, "whole", "b", line("1", "BEAR", 1), line("2", "SET"))
    world.sync("b")
    assert (world.order("whole").fulfilment, world.holds("whole")) == ("cancelled", set())
    assert _claimed(world) == before
    world.check_stock()


def test_goods_of_which_nothing_is_left_are_enough_for_the_parts(world):
    stock = 100_000
    world.shop.place("whole", line("1", "BEAR", stock))
    world.sync()
    _part(world, "whole", "a", line("1", "BEAR", stock - 1))
    _part(world, "whole", "b", line("1", "BEAR", 1))
    world.sync("a", "b")
    assert (world.holds("a"), world.holds("b")) == (set(), set())
    world.check_stock()


def test_without_room_made_the_parts_find_the_goods_taken_and_the_whole_is_packed_besides(world, monkeypatch):
    monkeypatch.setattr(splitting, "make_room", lambda *_: ((), frozenset()))
    world.shop.place("whole", line("1", "BEAR", 60_000))
    world.sync()
    _part(world, "whole", "a", line("1", "BEAR", 60_000))
    world.sync("a")
    assert "short" in str(world.holds("a"))
    assert world.desk.open("whole").code == "parcel.opened"


def test_a_parcel_that_was_ready_is_taken_apart(world):
    number = world.ready("whole", line("1", "BEAR"), line("2", "BAG"))
    _part(world, "whole", "a", line("1", "BEAR"))
    _part(world, "whole", "b", line("1", "BAG"))
    world.sync("a", "b")
    assert world.order("whole").fulfilment == "cancelled"
    assert world.desk.ship(number).code != "parcel.shipped"
    assert [world.desk.open(no).code for no in "ab"] == ["parcel.opened"] * 2


def test_a_copy_that_was_read_before_the_split_does_not_bring_the_whole_back(world):
    old = world.shop.place("whole", line("1", "BEAR"), is_paid=False)
    world.sync()
    _part(world, "whole", "a", line("1", "BEAR"))
    world.sync("a")
    world.take(replace(old, version=0))
    assert world.order("whole").fulfilment == "cancelled"
    assert _claimed(world) == {"BEAR": 1}


def test_parts_of_what_has_left_as_a_whole_wait_for_a_person(world):
    number = world.ready("whole", line("1", "BEAR"))
    world.desk.pack("whole")
    assert world.desk.ship(number).code == "parcel.shipped"
    _part(world, "whole", "a", line("1", "BEAR"))
    world.sync("a")
    assert world.holds("a") == {"split_by_platform"}
    assert world.desk.open("a").code != "parcel.opened"


def test_a_part_of_a_part_and_one_of_nothing_known(world):
    world.shop.place("whole", line("1", "BEAR", 2))
    world.sync()
    _part(world, "whole", "a", line("1", "BEAR", 2))
    world.sync("a")
    world.clock.advance(seconds=1)
    world.shop.place("a1", line("1", "BEAR"), split_from=("a", "whole"))
    world.shop.place("a2", line("1", "BEAR"), split_from=("a", "whole"))
    world.shop.place("strange", line("1", "BAG"), split_from=("nobody",))
    world.sync("a1", "a2", "strange")
    assert [world.order(no).fulfilment for no in ("whole", "a")] == ["cancelled"] * 2
    assert _claimed(world) == {"BEAR": 2, "BAG": 1}
    # The same page again changes nothing.
    world.sync("a1", "a2", "strange")
    assert _claimed(world) == {"BEAR": 2, "BAG": 1}
