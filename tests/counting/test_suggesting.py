"""What to count today, by the rule that the module states."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.counting.suggesting import Facts, suggest, suggested
from core.inventory import ledger
from tests.support.inventory_world import START

DAY = timedelta(days=1)


def goods(code, **known):
    return Facts(sku_id=int(code), code=code, name=code, **known)


def picked(*facts, how_many=10):
    return [(one.code, one.reason, one.amount) for one in suggest(facts, how_many, START)]


def test_an_empty_shelf_goes_before_everything():
    empty = goods("2", short_qty=2, on_hand_qty=1, counted_at=START - DAY)
    assert picked(goods("1", on_hand_qty=5), empty) == [("2", "short", 2), ("1", "never", 5)]


def test_each_reason_by_itself():
    assert picked(goods("1", short_qty=2)) == [("1", "short", 2)]
    assert picked(goods("1", counted_at=START - 9 * DAY, difference_qty=-4)) == [("1", "difference", -4)]
    assert picked(goods("1", on_hand_qty=7)) == [("1", "never", 7)]
    assert picked(goods("1", on_hand_qty=7, counted_at=START - 90 * DAY)) == [("1", "age", 90)]
    fast = goods("1", on_hand_qty=7, counted_at=START - 4 * DAY, sold_qty=9)
    assert picked(fast) == [("1", "fast", 9)]
    assert picked(goods("1", on_hand_qty=7, counted_at=START - 4 * DAY, price_fen=100)) == [("1", "value", 700)]


def test_what_was_just_counted_is_left_in_peace():
    fresh = goods("1", on_hand_qty=7, counted_at=START - 2 * DAY, difference_qty=5, sold_qty=100)
    assert picked(fresh) == []
    assert picked(goods("1", counted_at=START - 2 * DAY, short_qty=1)) == [("1", "short", 1)]


def test_goods_that_are_not_there_are_not_looked_for():
    assert picked(goods("1"), goods("2", counted_at=START - 300 * DAY)) == []


def test_only_so_many_and_always_in_the_same_order():
    many = [goods(str(number), on_hand_qty=1) for number in range(1, 6)]
    assert [code for code, *_ in picked(*many, how_many=3)] == ["1", "2", "3"]


@given(
    st.lists(
        st.builds(
            Facts,
            sku_id=st.integers(1, 99),
            code=st.text("AB1", min_size=1, max_size=4),
            name=st.just("x"),
            on_hand_qty=st.integers(0, 1000),
            counted_at=st.none() | st.integers(0, 500).map(lambda days: START - days * DAY),
            difference_qty=st.integers(-5, 5),
            sold_qty=st.integers(0, 500),
            price_fen=st.integers(0, 10_000),
            short_qty=st.integers(0, 3),
        ),
        max_size=30,
    )
)
def test_points_stay_within_their_bounds_and_fall(facts):
    found = suggest(facts, 100, START)
    assert [one.points for one in found] == sorted((one.points for one in found), reverse=True)
    assert all(1 <= one.points <= 280 for one in found)
    assert len(found) <= len(facts)


def test_facts_come_from_the_records(counts):
    never, counted = counts.goods(5, "A-01"), counts.goods(8)
    counts.world.do(lambda uow: ledger.count(uow, 1, counted, 6, "stocktake", "c"))
    order = counts.world.bought((counted, 3), is_paid=True)
    counts.world.consume(order, "box")
    look = lambda days: counts.world.store.read(  # noqa: E731  said once, used below
        lambda c: suggested(c, 1, 10, START + days * DAY)
    )
    assert [(one.sku_id, one.reason, one.bin) for one in look(1)] == [(never, "never", "A-01")]
    later = look(10)
    assert [(one.sku_id, one.reason, one.amount) for one in later] == [
        (counted, "difference", -2),
        (never, "never", 5),
    ]
    counts.sheet("skus", counted)
    assert [one.sku_id for one in look(10)] == [never]
