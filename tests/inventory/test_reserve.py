"""Reserving: all lines of an order or none, never more than there is."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from core.inventory import service
from core.inventory.levels import LevelsChanged
from core.inventory.records import OrderWants, Shortage, Want
from core.inventory.shelves import day_of
from core.runtime.ids import OrderId


def test_unpaid_order_is_reserved_and_paid_order_is_confirmed_at_once(world):
    sku = world.stocked(10)
    unpaid, paid = world.order((sku, 3)), world.order((sku, 4), is_paid=True)

    outcomes = world.reserve(unpaid, paid)

    assert [outcome.is_reserved for outcome in outcomes.values()] == [True, True]
    assert world.level(sku) == (10, 3, 4, 0)
    assert world.claims(unpaid) == [("reserved", 3)]
    assert world.claims(paid) == [("confirmed", 4)]


def test_an_order_that_lacks_one_line_gets_nothing_and_names_the_line(world):
    plenty, scarce = world.stocked(10), world.stocked(2)
    order = world.order((plenty, 3), (scarce, 5))

    outcome = world.reserve(order)[order.order_id]

    assert not outcome.is_reserved
    assert outcome.shortages == (Shortage(order.wants[1].order_line_id, scarce, 5, 2),)
    assert world.level(plenty) == (10, 0, 0, 0)
    assert world.level(scarce) == (2, 0, 0, 0)
    assert world.claims(order) == [("short", 3), ("short", 5)]


def test_i4_two_lines_of_one_sku_and_a_bundle_with_its_component_are_counted_together(world):
    cup, lid = world.stocked(5), world.stocked(5)
    # a set of one cup and one lid, twice, and two more cups: 4 cups in three lines
    fits = world.order((cup, 2), (lid, 2), (cup, 1), (cup, 1))
    assert world.reserve(fits)[fits.order_id].is_reserved
    assert world.level(cup) == (5, 4, 0, 0)

    too_much = world.order((cup, 1), (cup, 1))
    outcome = world.reserve(too_much)[too_much.order_id]
    assert outcome.shortages == (Shortage(too_much.wants[1].order_line_id, cup, 1, 0),)
    assert world.level(cup) == (5, 4, 0, 0)


def test_scarce_units_go_by_priority_and_a_smaller_order_may_still_fit(world):
    sku = world.stocked(5)
    late = world.order((sku, 3), priority=(9,))
    early = world.order((sku, 3), priority=(1,))
    small = world.order((sku, 2), priority=(10,))

    outcomes = world.reserve(late, early, small)

    assert [order.order_id for order in (late, early, small) if outcomes[order.order_id].is_reserved] == [
        early.order_id,
        small.order_id,
    ]
    assert world.level(sku) == (5, 5, 0, 0)


def test_a_repeat_changes_nothing(world):
    sku, scarce = world.stocked(5), world.stocked(1)
    good, bad = world.order((sku, 2)), world.order((scarce, 2))
    first = world.reserve(good, bad)
    before = world.stock()

    again = world.reserve(good, bad)

    assert again == first
    assert world.stock() == before


def test_a_repeat_as_paid_confirms_what_is_held_and_shipped_units_count(world):
    sku = world.stocked(5)
    order = world.bought((sku, 3))
    paid = OrderWants(order.order_id, order.warehouse_id, order.wants, is_paid=True)
    assert world.reserve(paid)[order.order_id].is_reserved
    assert world.level(sku) == (5, 0, 3, 0)
    world.consume(order, "P1", qty=1)

    assert world.reserve(paid)[order.order_id].is_reserved
    assert world.level(sku) == (4, 0, 2, 0)


def test_a_line_that_grew_reserves_only_the_difference(world):
    sku = world.stocked(5)
    order = world.bought((sku, 2))
    line = order.wants[0].order_line_id
    grown = OrderWants(order.order_id, order.warehouse_id, (Want(line, sku, 4),), is_paid=False)

    assert world.reserve(grown)[order.order_id].is_reserved
    assert world.claims(order) == [("reserved", 2), ("reserved", 2)]
    assert world.level(sku) == (5, 4, 0, 0)


def test_a_short_order_that_shrinks_replaces_its_shortage(world):
    sku = world.stocked(1)
    order = world.order((sku, 5))
    world.reserve(order)
    smaller = OrderWants(
        order.order_id, order.warehouse_id, (Want(order.wants[0].order_line_id, sku, 3),), is_paid=False
    )

    assert not world.reserve(smaller)[order.order_id].is_reserved
    assert world.claims(order) == [("released", 5), ("short", 3)]


def test_goods_that_are_not_counted_always_succeed_and_never_expire(world):
    free = world.sku(is_stock_managed=False)
    order = world.order((free, 1_000))

    assert world.reserve(order)[order.order_id].is_reserved
    assert world.level(free) is None
    world.clock.advance(days=9)
    assert world.do(service.expire_due) == ()
    assert world.confirm(order).is_reserved
    world.consume(order, "P1", qty=400)
    assert world.claims(order) == [("confirmed", 600), ("consumed", 400)]
    assert world.stock()["movement"] == []


def test_an_expired_claim_of_another_order_gives_way_in_the_same_transaction(world):
    sku = world.stocked(3)
    sleeper = world.bought((sku, 3))
    world.clock.advance(seconds=899)
    buyer = world.order((sku, 3), is_paid=True)
    assert not world.reserve(buyer)[buyer.order_id].is_reserved

    world.clock.advance(seconds=1)
    assert world.reserve(buyer)[buyer.order_id].is_reserved

    assert world.claims(sleeper) == [("expired", 3)]
    assert world.claims(buyer) == [("released", 3), ("confirmed", 3)]
    assert world.level(sku) == (3, 0, 3, 0)


def test_the_earliest_batch_that_suffices_is_taken(world):
    sku = world.sku()
    world.receive(sku, 2, batch="2026-01")
    world.receive(sku, 9, batch="2026-02")

    world.bought((sku, 3))
    assert world.level(sku, batch="2026-01") == (2, 0, 0, 0)
    assert world.level(sku, batch="2026-02") == (9, 3, 0, 0)
    world.bought((sku, 2))
    assert world.level(sku, batch="2026-01") == (2, 2, 0, 0)


def test_i8_a_line_over_several_batches_is_the_sum_of_its_parts(world):
    sku, other = world.sku(), world.stocked(1)
    for batch, qty in (("a", 2), ("b", 3), ("c", 4)):
        world.receive(sku, qty, batch=batch)
    refused = world.order((sku, 6), (other, 2))
    assert not world.reserve(refused)[refused.order_id].is_reserved
    assert [world.level(sku, batch=batch) for batch in "abc"] == [(2, 0, 0, 0), (3, 0, 0, 0), (4, 0, 0, 0)]

    order = world.bought((sku, 8), is_paid=True)
    second = world.order((sku, 2), warehouse=world.second)
    assert not world.reserve(second)[second.order_id].is_reserved  # the other warehouse has none

    assert world.claims(order) == [("confirmed", 2), ("confirmed", 3), ("confirmed", 3)]
    assert [world.level(sku, batch=batch) for batch in "abc"] == [(2, 0, 2, 0), (3, 0, 3, 0), (4, 0, 3, 0)]
    world.consume(order, "P1", qty=4)
    assert [world.level(sku, batch=batch) for batch in "abc"] == [(0, 0, 0, 0), (1, 0, 1, 0), (4, 0, 3, 0)]
    assert world.release(order) == 4
    assert [world.level(sku, batch=batch) for batch in "abc"] == [(0, 0, 0, 0), (1, 0, 0, 0), (4, 0, 0, 0)]


def test_an_emptied_batch_is_passed_over(world):
    sku = world.sku()
    for batch in ("a", "b", "c"):
        world.receive(sku, 2, batch=batch)
    world.bought((sku, 2))

    order = world.bought((sku, 3))
    assert world.claims(order) == [("reserved", 2), ("reserved", 1)]
    assert [world.level(sku, batch=batch) for batch in "abc"] == [(2, 2, 0, 0), (2, 2, 0, 0), (2, 1, 0, 0)]


def test_i6_reserved_confirmed_and_quarantined_units_all_count_against_a_new_order(world):
    from core.inventory import ledger

    sku = world.stocked(10)
    world.bought((sku, 3))
    world.bought((sku, 3), is_paid=True)
    world.do(lambda uow: ledger.quarantine(uow, world.main, sku, 3, "damp", "q1"))
    order = world.order((sku, 2))

    assert world.reserve(order)[order.order_id].shortages[0].available_qty == 1
    assert world.level(sku) == (10, 3, 3, 3)


def test_an_order_without_wants_holds_nothing_and_lacks_nothing(world):
    order = world.order()
    assert world.reserve(order)[order.order_id].is_reserved
    assert world.reserve() == {}


def test_a_page_costs_the_same_number_of_statements_however_many_orders_it_has(world):
    skus = [world.stocked(1_000) for _ in range(5)]

    def statements(how_many: int) -> int:
        orders = [world.order(*((sku, 1) for sku in skus)) for _ in range(how_many)]
        seen = []
        engine = world.store.engines.writer
        event.listen(engine, "before_cursor_execute", note := lambda *_: seen.append(1))
        world.reserve(*orders)
        event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    assert statements(1) == statements(20)


def test_a_line_named_twice_is_a_defect_of_the_caller(world):
    sku = world.stocked(5)
    order = world.order((sku, 1))
    with pytest.raises(ValueError, match="once per page"):
        world.reserve(order, order)
    assert world.level(sku) == (5, 0, 0, 0)


def test_nobody_wants_less_than_one_unit(world):
    sku = world.stocked(5)
    order = world.order((sku, 1))
    nothing = Want(order.wants[0].order_line_id, sku, 0)
    with pytest.raises(ValueError, match="at least one"):
        world.reserve(OrderWants(order.order_id, order.warehouse_id, (nothing,), is_paid=False))
    assert world.level(sku) == (5, 0, 0, 0)


def test_a_level_written_around_the_lock_stops_the_whole_page(world):
    """The row count decides even where the lock should have made it certain."""
    sku = world.stocked(3)
    # Two of them: one alone takes no lock on PostgreSQL before the very statement.
    order, other = world.order((sku, 2)), world.order((sku, 1))
    engine = world.store.engines.writer

    def take_away(connection, cursor, statement, *_):
        if statement.startswith("UPDATE stock_level"):
            cursor.execute("UPDATE stock_level SET quarantined_qty = 1")

    event.listen(engine, "before_cursor_execute", take_away)
    with pytest.raises(LevelsChanged, match="changed under their lock"):
        world.reserve(order, other)
    event.remove(engine, "before_cursor_execute", take_away)
    assert world.level(sku) == (3, 0, 0, 0)
    assert world.claims(order, other) == []


def test_a_claim_changed_around_the_lock_stops_the_whole_act(world):
    sku = world.stocked(3)
    order = world.bought((sku, 3))
    engine = world.store.engines.writer

    def change(connection, cursor, statement, *_):
        if statement.startswith("UPDATE reservation"):
            cursor.execute("UPDATE reservation SET state = 'expired'")

    event.listen(engine, "before_cursor_execute", change)
    with pytest.raises(LevelsChanged, match="1 of 1 claims"):
        world.confirm(order)
    event.remove(engine, "before_cursor_execute", change)
    assert world.level(sku) == (3, 3, 0, 0)
    assert world.claims(order) == [("reserved", 3)]


def test_outcomes_are_given_for_every_order_of_the_page(world):
    sku = world.stocked(3)
    orders = [world.order((sku, 1)) for _ in range(5)]
    outcomes = world.reserve(*orders)
    assert list(outcomes) == [order.order_id for order in orders]
    assert sum(outcome.is_reserved for outcome in outcomes.values()) == 3
    assert OrderId(0) not in outcomes


def set_level(world, assignment, batch=""):
    query = text(f"UPDATE stock_level SET {assignment} WHERE batch = :batch")
    world.do(lambda uow: uow.execute(query, {"batch": batch}))


def test_what_is_allotted_to_shops_is_not_free_for_others(world):
    sku = world.stocked(5)
    set_level(world, "allotted_qty = 3")
    refused = world.order((sku, 3))

    outcome = world.reserve(refused)[refused.order_id]

    assert [(one.wanted_qty, one.available_qty) for one in outcome.shortages] == [(3, 2)]
    world.bought((sku, 2))
    with pytest.raises(IntegrityError):
        set_level(world, "allotted_qty = 4")
    set_level(world, "allotted_qty = 0")


def test_what_expires_first_goes_first_and_nothing_goes_after_its_last_day(world):
    sku, today = world.sku(), day_of(world.clock.now())
    for batch, last in (("a", today + 9), ("b", today + 2), ("c", today), ("d", today - 1), ("e", None)):
        world.receive(sku, 1, batch=batch)
        set_level(world, f"expires_day = {'NULL' if last is None else last}", batch)

    for expected in ("c", "b", "a", "e"):
        world.bought((sku, 1))
        assert world.level(sku, batch=expected) == (1, 1, 0, 0)
    late = world.order((sku, 1))
    assert not world.reserve(late)[late.order_id].is_reserved


def test_goods_that_last_too_short_for_a_shop_are_left_for_the_others(world):
    sku, today = world.sku(), day_of(world.clock.now())
    for batch, last in (("a", today + 29), ("b", today + 30)):
        world.receive(sku, 2, batch=batch)
        set_level(world, f"expires_day = {last}", batch)
    strict = replace(world.order((sku, 3)), min_life_days=30)

    outcome = world.reserve(strict)[strict.order_id]
    assert [(one.wanted_qty, one.available_qty) for one in outcome.shortages] == [(3, 2)]
    strict = replace(world.order((sku, 2)), min_life_days=30)
    assert world.reserve(strict)[strict.order_id].is_reserved
    assert world.level(sku, batch="b") == (2, 2, 0, 0)
    world.bought((sku, 2))


def test_days_are_those_of_china():
    assert day_of(datetime(2026, 6, 18, 15, 59, tzinfo=UTC)) == date(2026, 6, 18).toordinal()
    assert day_of(datetime(2026, 6, 18, 16, 0, tzinfo=UTC)) == date(2026, 6, 19).toordinal()
