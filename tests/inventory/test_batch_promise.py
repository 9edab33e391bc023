"""Which batch an order is promised: what ends first goes first, and a shop that promises a life gets one."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.inventory import service
from core.inventory.batches import note_batch, set_blocked
from core.inventory.records import OrderWants, Want
from core.inventory.shelves import NEVER, fill_shelves, pick
from tests.support.inventory_world import START

TODAY = (START + timedelta(hours=8)).date()


def days(number):
    return TODAY + timedelta(days=number)


def shop_promises(world, number):
    world.do(lambda uow: uow.execute(text("UPDATE shop SET min_life_days = :n"), {"n": number}))


def batches(world, sku, **ends):
    for code, (qty, end) in ends.items():
        world.do(lambda uow, code=code, end=end: note_batch(uow, sku, code, end))
        world.receive(sku, qty, batch=code)


def held(world, sku, *codes):
    return {code: sum(world.level(sku, batch=code)[1:3]) for code in codes}


def test_a_lax_shop_gets_the_short_lived_first(world):
    sku = world.sku()
    batches(world, sku, long=(5, days(400)), short=(2, days(20)))
    world.bought((sku, 2), is_paid=True)
    assert held(world, sku, "long", "short") == {"long": 0, "short": 2}


def test_a_strict_shop_never_gets_what_ends_too_soon_and_is_told_why_it_is_short(world):
    sku = world.sku()
    batches(world, sku, long=(3, days(180)), short=(9, days(179)))
    shop_promises(world, 180)
    world.bought((sku, 3), is_paid=True)
    assert held(world, sku, "long", "short") == {"long": 3, "short": 0}
    order = world.order((sku, 2))
    outcome = world.reserve(order)[order.order_id]
    assert outcome.has_short_lived_only
    assert [(one.wanted_qty, one.available_qty, one.short_lived_qty) for one in outcome.shortages] == [(2, 0, 9)]
    more = world.order((sku, 10))
    assert not world.reserve(more)[more.order_id].has_short_lived_only, "of those there are not enough either way"
    assert held(world, sku, "short") == {"short": 0}


def test_no_other_way_of_promising_forgets_the_life(world):
    sku = world.sku()
    batches(world, sku, long=(1, days(180)))
    shop_promises(world, 180)
    late, short = world.bought((sku, 1)), world.order((sku, 1), is_paid=True)
    assert not world.reserve(short)[short.order_id].is_reserved
    batches(world, sku, short=(9, days(30)))
    assert world.do(lambda uow: service.retry_short(uow, [sku])) == ()
    world.clock.advance(seconds=service.HOLD_S + 1)
    # Paid after its time: the unit is claimed anew, and so is what it lacks when asked for again.
    assert world.confirm(late).is_reserved
    assert not world.confirm(short).is_reserved
    assert not world.reserve(short)[short.order_id].is_reserved
    assert held(world, sku, "long", "short") == {"long": 1, "short": 0}
    shop_promises(world, 0)
    assert world.do(lambda uow: service.retry_short(uow, [sku])) == (short.order_id,)
    assert held(world, sku, "short") == {"short": 1}


def test_a_repeat_that_asks_for_the_rest_keeps_the_life_it_was_given(world):
    sku = world.sku()
    batches(world, sku, long=(1, days(180)), short=(9, days(30)))
    order = world.order((sku, 1))
    strict = OrderWants(order.order_id, order.warehouse_id, order.wants, False, (), 180)
    assert world.reserve(strict)[order.order_id].is_reserved
    more = OrderWants(order.order_id, order.warehouse_id, (Want(*order.wants[0][:2], 2),), False, (), 180)
    assert not world.reserve(more)[order.order_id].is_reserved
    assert held(world, sku, "long", "short") == {"long": 1, "short": 0}


def test_parts_of_several_batches_leave_the_last_that_is_not_needed(world):
    sku = world.sku()
    batches(world, sku, b=(2, days(20)), a=(2, days(10)), c=(5, days(30)), blocked=(9, days(5)))
    blocked = world.do(lambda uow: note_batch(uow, sku, "blocked"))
    world.do(lambda uow: set_blocked(uow, blocked.id, is_blocked=True, why="test"))
    world.bought((sku, 5), is_paid=True)
    assert held(world, sku, "a", "b", "c", "blocked") == {"a": 0, "b": 0, "c": 5, "blocked": 0}, (
        "one batch has them all"
    )
    world.bought((sku, 3), is_paid=True)
    assert held(world, sku, "a", "b") == {"a": 2, "b": 1}


# --- the rule against a plain model -----------------------------------------------------------------------------------

LEVELS = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(-3, 40)), st.integers(0, 4), st.booleans()), min_size=1, max_size=6
)
ORDERS = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 30)), min_size=1, max_size=8)


def model_of(shelf, qty, life, today):
    """By hand: the earliest batch that has them all, else from the earliest on; None where there are not enough."""
    usable = sorted(
        (NEVER if end is None else today + end, number)
        for number, (end, free, is_blocked) in enumerate(shelf)
        if free and not is_blocked and (end is None or (end >= 0 and end >= life))
    )
    whole = [number for _, number in usable if shelf[number][1] >= qty]
    if whole:
        return {whole[0]: qty}
    taken = {}
    for _, number in usable:
        part = min(qty - sum(taken.values()), shelf[number][1])
        if part:
            taken[number] = part
    return taken if sum(taken.values()) == qty else None


@settings(max_examples=300)
@given(LEVELS, ORDERS)
def test_promising_follows_a_plain_model(levels, orders):
    today = TODAY.toordinal()
    rows = [
        (number, 1, 1, f"b{number}", free, 0, 0, 0, 0, None if end is None else today + end, blocked)
        for number, (end, free, blocked) in enumerate(levels)
    ]
    shelves = fill_shelves(rows, {}, today)
    shelf = [list(one) for one in levels]
    for number, (qty, life) in enumerate(orders):
        order = OrderWants(number, 1, (Want(number, 1, qty),), True, (), life)
        picks, shortages = pick(order, shelves, (), today)
        expected = model_of(shelf, qty, life, today)
        if expected is None:
            assert not picks
            assert shortages[0].available_qty + shortages[0].short_lived_qty == sum(
                free for end, free, blocked in shelf if not blocked and (end is None or end >= 0)
            )
            continue
        assert {level: part for _, _, level, part in picks} == expected
        for level, part in expected.items():
            shelf[level][1] -= part


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(levels=LEVELS, orders=ORDERS)
def test_the_books_follow_it_too(world, levels, orders):
    sku = world.sku()
    shelf = [list(one) for one in levels]
    for number, (end, free, blocked) in enumerate(levels):
        if not free:
            continue
        batches(
            world, sku, **{f"b{number}": (free, None if end is None else date.fromordinal(TODAY.toordinal() + end))}
        )
        if blocked:
            batch = world.do(lambda uow, number=number: note_batch(uow, sku, f"b{number}"))
            world.do(lambda uow, batch=batch: set_blocked(uow, batch.id, is_blocked=True, why="test"))
    for qty, life in orders:
        shop_promises(world, life)
        order = world.order((sku, qty), is_paid=True)
        expected = model_of(shelf, qty, life, TODAY.toordinal())
        assert world.reserve(order)[order.order_id].is_reserved is (expected is not None)
        for level, part in (expected or {}).items():
            shelf[level][1] -= part
    left = {f"b{number}": free for number, (_, free, _) in enumerate(shelf) if levels[number][1]}
    assert {code: world.level(sku, batch=code)[0] - held(world, sku, code)[code] for code in left} == left
