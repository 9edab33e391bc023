"""What happens to a claim after it was made: payment, expiry, giving back, shipping, another try."""

import pytest

from core.inventory import service
from core.inventory.claims import Claim, Draft
from core.inventory.records import Shortage
from core.inventory.states import STEPS, ClaimState
from core.runtime.errors import Refused
from core.runtime.ids import OrderLineId, ReservationId, SkuId
from tests.support.inventory_world import lines_of


def test_payment_confirms_once(world):
    sku = world.stocked(5)
    order = world.bought((sku, 2))
    assert world.confirm(order).is_reserved
    assert world.level(sku) == (5, 0, 2, 0)
    before = world.stock()

    assert world.confirm(order).is_reserved
    assert world.stock() == before


def test_i5_payment_after_expiry_reserves_anew_and_never_revives(world):
    sku = world.stocked(2)
    late = world.bought((sku, 2))
    world.clock.advance(minutes=16)

    assert world.confirm(late).is_reserved  # nobody took it: a new attempt, in the same transaction
    assert world.claims(late) == [("released", 2), ("confirmed", 2)]
    assert world.level(sku) == (2, 0, 2, 0)


def test_i5_payment_after_expiry_is_short_when_somebody_else_took_the_units(world):
    sku, other = world.stocked(2), world.stocked(9)
    late = world.bought((sku, 2), (other, 1))
    world.clock.advance(minutes=16)
    world.bought((sku, 1), is_paid=True)

    outcome = world.confirm(late)

    assert outcome.shortages == (Shortage(late.wants[0].order_line_id, sku, 2, 1),)
    assert not outcome.is_reserved
    assert world.level(sku) == (2, 0, 1, 0)
    assert world.level(other) == (9, 0, 0, 0)  # all lines or none
    assert world.claims(late) == [("released", 2), ("expired", 1), ("short", 2), ("short", 1)] or (
        sorted(world.claims(late)) == [("released", 1), ("released", 2), ("short", 1), ("short", 2)]
    )
    before = world.stock()
    assert world.confirm(late) == outcome
    assert world.stock() == before


def test_confirming_what_was_given_back_revives_nothing(world):
    sku = world.stocked(2)
    order = world.bought((sku, 2))
    world.release(order)

    outcome = world.confirm(order)

    assert not outcome.is_reserved
    assert outcome.unclaimed_ids == tuple(lines_of(order))
    assert world.level(sku) == (2, 0, 0, 0)


def test_i7_release_twice_gives_back_once(world):
    sku = world.stocked(5)
    order = world.bought((sku, 3), is_paid=True)
    assert world.release(order) == 3
    before = world.stock()
    assert world.release(order) == 0
    assert world.stock() == before
    assert world.level(sku) == (5, 0, 0, 0)


def test_i7_release_after_shipping_gives_nothing_back(world):
    sku = world.stocked(5)
    order = world.bought((sku, 3), is_paid=True)
    world.consume(order, "P1")
    assert world.release(order) == 0
    assert world.level(sku) == (2, 0, 0, 0)


def test_i7_cancel_during_ship_gives_back_only_the_rest(world):
    sku = world.stocked(5)
    order = world.bought((sku, 3), is_paid=True)
    world.consume(order, "box 1", qty=1)
    assert world.release(order) == 2
    with pytest.raises(Refused, match="holds 0 confirmed"):
        world.consume(order, "box 2", qty=1)
    assert world.level(sku) == (4, 0, 0, 0)
    assert world.claims(order) == [("released", 2), ("consumed", 1)]


def test_i7_partial_refund_during_pack_is_capped_and_its_key_counts_once(world):
    sku = world.stocked(5)
    order = world.bought((sku, 3), is_paid=True)

    assert world.release(order, qty=1, key="refund 1") == 1
    before = world.stock()
    assert world.release(order, qty=1, key="refund 1") == 1
    assert world.stock() == before
    assert world.level(sku) == (5, 0, 2, 0)
    with pytest.raises(Refused) as refusal:
        world.release(order, qty=2, key="refund 1")
    assert refusal.value.code == "stock.key_reused"
    assert world.release(order, qty=99) == 2
    assert world.level(sku) == (5, 0, 0, 0)


def test_a_part_is_given_up_first_where_it_costs_least(world):
    sku = world.stocked(4)
    order = world.bought((sku, 4), is_paid=True)
    world.do(lambda uow: service_count(uow, world, sku, 3))
    assert world.claims(order) == [("confirmed", 3), ("released", 1), ("short", 1)]

    assert world.release(order, qty=2) == 1  # one wanted, one held
    assert world.level(sku) == (3, 0, 2, 0)


def service_count(uow, world, sku, qty):
    from core.inventory import ledger

    return ledger.count(uow, world.main, sku, qty, "stocktake", world.key())


def test_a_part_is_at_least_one_unit(world):
    with pytest.raises(ValueError, match="at least one"):
        world.release(qty=0)


def test_shipping_lowers_on_hand_and_confirmed_together_with_one_movement(world):
    sku = world.stocked(5)
    order = world.bought((sku, 3), is_paid=True)

    world.consume(order, "P1", qty=2)

    assert world.level(sku) == (3, 0, 1, 0)
    assert world.claims(order) == [("confirmed", 1), ("consumed", 2)]
    movements = [(row[3], row[4], row[6]) for row in world.stock()["movement"]]
    assert movements == [(5, "receipt", ""), (-2, "sale", "P1")]


def test_i9_the_same_reference_again_has_no_effect(world):
    sku = world.stocked(5)
    order = world.bought((sku, 3), is_paid=True)
    lines = [(line, 1) for line in lines_of(order)] * 2
    first = world.do(lambda uow: service.consume(uow, lines, "P1"))
    before = world.stock()

    again = world.do(lambda uow: service.consume(uow, lines, "P1"))

    assert world.stock() == before
    assert (first.is_repeat, again.is_repeat) == (False, True)
    assert again.qty_by_line == first.qty_by_line == {lines_of(order)[0]: 2}
    with pytest.raises(Refused) as refusal:
        world.consume(order, "P1", qty=1)
    assert refusal.value.code == "stock.key_reused"
    assert world.stock() == before


def test_unpaid_units_do_not_leave_the_house(world):
    sku, other = world.stocked(5), world.stocked(5)
    order = world.bought((sku, 3))
    paid = world.bought((other, 1), is_paid=True)
    before = world.stock()
    lines = [(line, 1) for line in lines_of(paid, order)]

    with pytest.raises(Refused) as refusal:
        world.do(lambda uow: service.consume(uow, lines, "P1"))

    assert refusal.value.code == "stock.not_confirmed"
    assert refusal.value.facts == {"order_line_id": lines_of(order)[0], "wanted_qty": 1, "held_qty": 0}
    assert world.stock() == before
    with pytest.raises(ValueError, match="at least one"):
        world.consume(order, "P2", qty=0)


def test_the_sweeper_expires_the_oldest_first_up_to_its_limit(world):
    sku = world.stocked(9)
    first = world.bought((sku, 2))
    world.clock.advance(seconds=1)
    second = world.bought((sku, 3))
    world.clock.advance(hours=1)

    assert world.do(lambda uow: service.expire_due(uow, limit=1)) == tuple(lines_of(first))
    assert world.level(sku) == (9, 3, 0, 0)
    assert world.do(service.expire_due) == tuple(lines_of(second))
    assert world.do(service.expire_due) == ()
    assert world.level(sku) == (9, 0, 0, 0)


def test_cancelling_an_expired_order_ends_its_want(world):
    sku = world.stocked(2)
    order = world.bought((sku, 2))
    world.clock.advance(hours=1)
    world.do(service.expire_due)
    assert world.release(order) == 0
    assert world.confirm(order).unclaimed_ids == tuple(lines_of(order))


def retry(world, *skus, limit=100):
    return world.do(lambda uow: service.retry_short(uow, skus, limit))


def test_short_orders_are_served_in_the_order_of_their_deadlines(world):
    sku = world.sku()
    orders = {h: world.order((sku, 2), ship_by_h=h, is_paid=h == 8) for h in (None, 48, 8, 24)}
    for order in orders.values():
        assert not world.reserve(order)[order.order_id].is_reserved
    world.receive(sku, 5)

    assert retry(world, sku) == (orders[8].order_id, orders[24].order_id)

    assert world.claims(orders[8]) == [("released", 2), ("confirmed", 2)]
    assert world.claims(orders[24]) == [("released", 2), ("reserved", 2)]
    assert world.claims(orders[48]) == [("short", 2)]
    assert world.level(sku) == (5, 2, 2, 0)
    before = world.stock()
    assert retry(world, sku) == ()
    assert world.stock() == before


def test_an_order_that_lacks_something_else_steps_aside_and_the_limit_counts_the_served(world):
    sku, missing = world.sku(), world.sku()
    stuck = world.order((sku, 1), (missing, 1), ship_by_h=1)
    waiting = [world.order((sku, 1), ship_by_h=2 + number) for number in range(3)]
    world.reserve(stuck, *waiting)
    world.receive(sku, 9)

    assert retry(world, sku, limit=2) == tuple(order.order_id for order in waiting[:2])
    assert world.claims(stuck) == [("short", 1), ("short", 1)]
    assert retry(world, sku) == (waiting[2].order_id,)
    assert world.level(sku) == (9, 3, 0, 0)


def test_a_line_partly_short_and_partly_expired_wants_all_of_it_again(world):
    sku = world.stocked(3)
    order = world.bought((sku, 3))
    world.do(lambda uow: service_count(uow, world, sku, 2))
    world.clock.advance(hours=1)
    world.do(service.expire_due)
    world.receive(sku, 1)

    assert retry(world, sku) == (order.order_id,)
    assert world.level(sku) == (3, 3, 0, 0)
    assert world.confirm(order).is_reserved
    assert world.level(sku) == (3, 0, 3, 0)


def claim(state):
    return Claim(ReservationId(1), OrderLineId(1), SkuId(1), None, 1, state, 1, None)


@pytest.mark.parametrize("before", list(ClaimState))
@pytest.mark.parametrize("after", list(ClaimState))
def test_only_the_steps_in_the_table_exist(before, after):
    if after in STEPS[before]:
        assert Draft().step(claim(before), after) == 1
    else:
        with pytest.raises(ValueError, match=f"no step from {before} to {after}"):
            Draft().step(claim(before), after)
