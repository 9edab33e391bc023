"""Orders that lack goods go on when goods come, the earliest deadline first."""

from datetime import timedelta

import pytest

from core.inventory.ledger import receive
from core.runtime.errors import Refused
from tests.support.fake_shop import line

ALL = 100_000


def _three_short(world):
    now = world.clock.now()
    world.shop.place("all", line("1", "BEAR", ALL))
    for no, hours in (("late", 30), ("soon", 2), ("later", 40)):
        world.shop.place(no, line("1", "BEAR", 2), ship_by_at=now + timedelta(hours=hours))
    world.sync()
    assert all(world.holds(no) == {"short"} for no in ("late", "soon", "later"))


def test_booked_goods_serve_the_earliest_deadline_first(world):
    _three_short(world)
    world.receive("BEAR", 3)
    assert [world.order(no).fulfilment for no in ("soon", "late", "later")] == ["to_pack", "to_review", "to_review"]
    world.receive("BEAR", 3)
    assert world.holds("late") == world.holds("later") == set()


def test_the_tidy_lane_serves_what_a_cancellation_gave_back(world):
    _three_short(world)
    world.shop.cancel("all")
    world.sync("all")
    world.tidy()
    assert [world.order(no).fulfilment for no in ("soon", "late", "later")] == ["to_pack"] * 3


def test_a_clerk_releases_a_short_order_when_goods_are_there_and_not_before(world):
    _three_short(world)
    late = world.order("late").id
    with pytest.raises(Refused, match="still missing"):
        world.desk.orders.release_hold(late)
    assert world.holds("late") == {"short"}
    world.do(lambda uow: receive(uow, world.warehouse, world.skus["BEAR"], 4, "delivery", "by hand"))
    world.desk.orders.release_hold(late)
    # What was there was shared out by deadline, and the other order it served does not stay held for nothing.
    assert [world.holds(no) for no in ("soon", "late", "later")] == [set(), set(), {"short"}]


def test_a_short_order_under_another_hold_waits_for_a_person(world):
    _three_short(world)
    world.desk.orders.hold(world.order("soon").id, "by_hand", "ask the owner")
    world.receive("BEAR", 2)
    assert (world.holds("soon"), world.order("soon").fulfilment) == ({"by_hand"}, "to_review")
    world.desk.orders.release_hold(world.order("soon").id)
    assert world.order("soon").fulfilment == "to_pack"
