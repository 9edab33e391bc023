"""How long unpaid orders keep their units, and what becomes of money that comes after that: on both engines."""

import pytest

from core.orders.watches import paid_no_stock
from core.runtime.errors import NotFound, Refused
from core.runtime.standing import Severity
from tests.support.fake_shop import line


def level(world, code="BEAR"):
    from core.inventory.queries import availability

    found = world.store.read(lambda c: availability(c, [world.skus[code]]))
    return found[world.skus[code]][world.warehouse]


def take_everything(world, no, left=0, code="BEAR"):
    """Somebody else buys and pays what is there."""
    free = level(world, code).available_qty - left
    world.shop.place(no, line("1", code, free))
    world.sync(no)


def standing(world):
    return world.store.read(lambda c: paid_no_stock(c, world.clock.now()))


@pytest.mark.parametrize(("minutes", "kept_after"), [(15, 14), (40, 39), (1, 0)])
def test_each_shop_keeps_units_for_its_own_time(world, minutes, kept_after):
    world.desk.shops.set_hold(world.shop_id, minutes)
    world.shop.place("A1", line("1", "BEAR", 2), is_paid=False)
    world.sync("A1")
    world.clock.advance(minutes=kept_after)
    world.tidy()
    assert level(world).reserved_qty == 2
    world.clock.advance(minutes=1)
    world.tidy()
    assert level(world).reserved_qty == 0


def test_a_shop_that_keeps_orders_open_itself_keeps_the_units_until_it_says_so(world):
    world.desk.shops.set_hold(world.shop_id, 0)
    world.shop.place("A1", line("1", "BEAR", 2), is_paid=False)
    world.sync("A1")
    world.clock.advance(days=30)
    world.tidy()
    assert level(world).reserved_qty == 2
    assert world.listed("unpaid")[0].held_until is None
    world.shop.cancel("A1")
    world.sync("A1")
    assert level(world).reserved_qty == 0


def test_every_place_that_reserves_keeps_the_shop_time(world):
    """A changed order, one whose listing is matched later, and one that waited for goods."""
    world.desk.shops.set_hold(world.shop_id, 40)
    world.shop.place("A1", line("1", "BEAR", 2), is_paid=False)
    world.shop.place("A2", line("1", "BEAR", 200_000), is_paid=False)
    world.sync()
    world.clock.advance(minutes=10)
    world.shop.change("A1", lines=(line("1", "BEAR", 3),))
    world.sync("A1")
    world.receive("BEAR", 100_003)
    assert world.holds("A2") == set()
    assert level(world).reserved_qty == 200_003
    world.clock.advance(minutes=39)
    world.tidy()
    assert level(world).reserved_qty == 200_003
    world.clock.advance(minutes=1)
    world.tidy()
    assert level(world).reserved_qty == 0


def test_the_time_left_is_told(world):
    world.shop.place("A1", line("1", "BEAR", 2), is_paid=False)
    world.sync("A1")
    row = world.listed("unpaid")[0]
    assert (row.held_until - world.clock.now()).total_seconds() == 900
    detail = world.desk.orders.detail(row.id)
    assert (detail.lines[0].held_until - world.clock.now()).total_seconds() == 900
    world.shop.pay("A1")
    world.sync("A1")
    assert world.listed("all")[0].held_until is None
    assert world.desk.orders.detail(row.id).lines[0].held_until is None


@pytest.mark.parametrize("minutes", [-1, 10_081])
def test_a_time_that_nobody_means_is_refused(file_world, minutes):
    with pytest.raises(Refused, match="10080"):
        file_world.desk.shops.set_hold(file_world.shop_id, minutes)
    with pytest.raises(NotFound):
        file_world.desk.shops.set_hold(999, 5)


@pytest.mark.parametrize("is_swept", [True, False])
def test_late_money_without_goods_lands_in_its_own_pile(world, is_swept):
    world.shop.place("A1", line("1", "BEAR", 2), is_paid=False)
    world.sync("A1")
    world.clock.advance(minutes=16)
    if is_swept:
        world.tidy()
    take_everything(world, "B1", left=-2 if not is_swept else 0)
    if not is_swept:
        assert world.holds("B1") == set(), "what has run out is free for whoever comes, swept or not"
    world.shop.pay("A1")
    world.sync("A1")
    assert (world.order("A1").fulfilment, world.holds("A1")) == ("to_review", {"paid_no_stock"})
    counts = world.desk.orders.pile_counts()
    assert (counts["paid_no_stock"], counts["short"], counts["held"]) == (1, 0, 0)
    assert [row.order_no for row in world.listed("paid_no_stock")] == ["A1"]
    assert [(one.key, one.severity, one.facts["order_no"]) for one in standing(world)] == [
        (f"order:{world.order('A1').id}", Severity.CRITICAL, "A1")
    ]
    world.receive("BEAR", 2)
    assert (world.order("A1").fulfilment, world.holds("A1")) == ("to_pack", set())
    assert standing(world) == []


def test_a_shortage_before_payment_becomes_another_one_with_it(world):
    world.shop.place("A1", line("1", "BEAR", 100_001), is_paid=False)
    world.sync("A1")
    assert world.holds("A1") == {"short"}
    world.shop.pay("A1")
    world.sync("A1")
    assert world.holds("A1") == {"paid_no_stock"}
    world.shop.cancel("A1")
    world.sync("A1")
    assert (world.holds("A1"), standing(world)) == (set(), [])


def test_the_pile_is_in_the_order_of_the_promises(world):
    from datetime import timedelta

    for no, hours in (("late", 50), ("soon", 2), ("next", 20), ("none", None)):
        more = {} if hours is None else {"ship_by_at": world.clock.now() + timedelta(hours=hours)}
        world.shop.place(no, line("1", "BEAR", 100_001), is_paid=False, **more)
    world.sync()
    for no in ("late", "soon", "next", "none"):
        world.shop.pay(no)
    world.sync()
    assert [row.order_no for row in world.listed("paid_no_stock", limit=1)] == ["soon", "next", "none", "late"]
    assert {one.facts["order_no"] for one in standing(world)} == {"soon", "next", "none", "late"}


def test_money_that_came_does_not_leave_by_an_older_word(world):
    """A mall that lost the notice of a payment goes on calling the order unpaid, with ever newer copies."""
    from core.orders.paying import pay

    world.shop.place("A1", line("1", "BEAR", 2), is_paid=False)
    world.sync("A1")
    order_id = world.order("A1").id
    assert world.do(lambda uow: pay(uow, order_id, world.clock.now()))
    assert not world.do(lambda uow: pay(uow, order_id, world.clock.now()))
    world.shop.change("A1", seller_note="call first")
    world.sync("A1")
    order = world.order("A1")
    assert (order.payment, order.paid_at, order.seller_note) == ("paid", world.clock.now(), "call first")
    assert level(world).confirmed_qty == 2
