"""How much to order: the sentence an owner would say, and what must hold whatever the numbers are."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.replenish.queries import Days, EmptyDay, Sold, sold_over
from core.replenish.suggesting import Situation, Suggestion, Terms, Why, suggest

USUAL = Terms(lead_days=7, cover_days=14)


def test_twelve_a_day_four_days_left_and_seven_to_come():
    have = Situation(sold_qty=336, counted_days=28, available_qty=48)
    terms = Terms(lead_days=7, cover_days=2, pack_qty=12)
    assert suggest(have, terms) == Suggestion(60, Why.LOW, Fraction(12), 4, -3)


@pytest.mark.parametrize(
    ("have", "terms", "qty", "why"),
    [
        (Situation(0, 28, available_qty=5), USUAL, 0, Why.NO_SALES),
        (Situation(0, 0), USUAL, 0, Why.NO_SALES),
        (Situation(0, 28, available_qty=5, safety_qty=20), USUAL, 15, Why.SAFETY),
        (Situation(0, 28, available_qty=5, safety_qty=20, coming_qty=15), USUAL, 0, Why.NO_SALES),
        (Situation(28, 28, available_qty=100), USUAL, 0, Why.ENOUGH),
        (Situation(28, 28, available_qty=3, coming_qty=100), USUAL, 0, Why.COMING),
        (Situation(28, 28, available_qty=3, drafted_qty=100), USUAL, 0, Why.COMING),
        (Situation(28, 28, available_qty=3), USUAL, 18, Why.LOW),
        (Situation(28, 28, available_qty=0), USUAL, 21, Why.GONE),
        (Situation(28, 28, available_qty=0, short_qty=4), USUAL, 25, Why.SHORT),
        (Situation(28, 28, available_qty=3), Terms(7, 14, pack_qty=10), 20, Why.LOW),
        (Situation(28, 28, available_qty=3), Terms(7, 14, pack_qty=10, min_qty=45), 50, Why.LOW),
        (Situation(28, 28, available_qty=3), Terms(7, 14, boost_percent=200), 39, Why.LOW),
        (Situation(28, 14, out_days=14, available_qty=3), USUAL, 39, Why.LOW),
        (Situation(28, 28, available_qty=10, safety_qty=5), USUAL, 16, Why.LOW),
        (Situation(0, 28, short_qty=3), USUAL, 3, Why.SHORT),
        (Situation(28, 28, available_qty=3), Terms(7, 14, boost_percent=0), 0, Why.NO_SALES),
    ],
)
def test_what_is_suggested(have, terms, qty, why):
    said = suggest(have, terms)
    assert (said.qty, said.why) == (qty, why)


QTY = st.integers(0, 5000)
SITUATIONS = st.builds(
    Situation,
    sold_qty=QTY,
    counted_days=st.integers(0, 90),
    out_days=st.integers(0, 90),
    available_qty=QTY,
    coming_qty=QTY,
    drafted_qty=QTY,
    short_qty=QTY,
    safety_qty=QTY,
)
TERMS = st.builds(
    Terms,
    lead_days=st.integers(0, 90),
    cover_days=st.integers(0, 90),
    pack_qty=st.integers(1, 60),
    min_qty=st.integers(0, 300),
    boost_percent=st.integers(0, 400),
)


@given(SITUATIONS, TERMS)
def test_what_holds_for_every_suggestion(have, terms):
    said = suggest(have, terms)
    position = have.available_qty - have.short_qty + have.coming_qty + have.drafted_qty
    assert said.qty % terms.pack_qty == 0
    assert said.qty == 0 or said.qty >= terms.min_qty
    if said.qty:
        # It lasts until the goods are here and as long as wished, and a box less would not (but for the smallest lot).
        target = said.per_day * (terms.lead_days + terms.cover_days) + have.safety_qty
        assert position + said.qty >= target
        least = -(-terms.min_qty // terms.pack_qty) * terms.pack_qty
        assert said.qty <= max(least, terms.pack_qty) or position + said.qty - terms.pack_qty < target
    elif said.per_day:
        assert position - have.safety_qty >= said.per_day * terms.lead_days
    assert (said.cover_days is None) == (said.per_day == 0)


@given(SITUATIONS, TERMS, st.integers(1, 500))
def test_what_comes_never_raises_a_suggestion_and_waiting_orders_never_lower_it(have, terms, more):
    from dataclasses import replace

    said = suggest(have, terms).qty
    assert suggest(replace(have, coming_qty=have.coming_qty + more), terms).qty <= said
    assert suggest(replace(have, available_qty=have.available_qty + more), terms).qty <= said
    assert suggest(replace(have, short_qty=have.short_qty + more), terms).qty >= said


# --- days that count -----------------------------------------------------------------------------------------------

TODAY = 1000
#: day -> units wanted, moved, come
Kept = dict[int, tuple[int, int, int]]


def summed(kept: Kept, on_hand: int) -> Days | None:
    """What the database makes of the kept days."""
    if not kept:
        return None
    sold = sum(wanted for day, (wanted, _, _) in kept.items() if day < TODAY)
    days = Days(sold, kept.get(TODAY, (0, 0, 0))[0], min(kept), max(kept))
    opening, before = on_hand, dict(zip(sorted(kept)[1:], sorted(kept), strict=False))
    for day in sorted(kept, reverse=True):
        wanted, moved, came = kept[day]
        opening -= moved
        if opening <= 0:
            days.empty.append(EmptyDay(day, before.get(day), wanted, came))
    return days


def day_by_day(kept: Kept, on_hand: int, created: int, first: int) -> Sold:
    """The same, plainly."""
    began = max(first, min([created, *kept]))
    if began >= TODAY:
        wanted = kept.get(TODAY, (0, 0, 0))[0]
        return Sold(wanted, 1, 0) if wanted else Sold(0, 0, 0)
    closing = on_hand - kept.get(TODAY, (0, 0, 0))[1]
    sold = counted = out = 0
    for day in range(TODAY - 1, began - 1, -1):
        wanted, moved, came = kept.get(day, (0, 0, 0))
        opening = closing - moved
        if wanted or came or opening > 0:
            sold += wanted
            counted += 1
        else:
            out += 1
        closing = opening
    return Sold(sold, counted, out)


def sold(kept: Kept, on_hand: int, created: int = 900, first: int = 990) -> Sold:
    found = sold_over(summed(kept, on_hand), on_hand, created, first, TODAY)
    assert found == day_by_day(kept, on_hand, created, first)
    return found


def test_days_on_which_nothing_was_there_are_not_days_without_demand():
    # 4 a day until it ran out six days ago; nothing came since.
    days = dict.fromkeys(range(990, 994), (4, -4, 0))
    assert sold(days, 0) == Sold(16, 4, 6)
    # Two units were still here all the time: then nobody wanted it.
    assert sold(days, 2) == Sold(16, 10, 0)


def test_orders_for_what_was_not_there_count_with_their_day():
    assert sold({995: (3, 0, 0)}, 0) == Sold(3, 1, 9)


def test_new_goods_are_looked_at_since_they_are_known():
    days = {997: (0, 50, 50), 998: (5, -5, 0), 999: (7, -7, 0)}
    assert sold(days, 38, 997, 972) == Sold(12, 3, 0)
    assert sold({TODAY: (6, 14, 20)}, 14, TODAY, 972) == Sold(6, 1, 0), "their first day is all there is"
    assert sold({}, 0, TODAY, 972) == Sold(0, 0, 0)
    assert sold({980: (1, -1, 0)}, 9, TODAY, 972).counted_days == 20, "orders of before count their days too"


def test_today_is_not_over_and_counts_only_in_what_was_there():
    assert sold({TODAY: (30, -30, 0)}, 70) == Sold(0, 10, 0)


@given(
    st.dictionaries(
        st.integers(990, TODAY), st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), max_size=8
    ),
    st.integers(985, TODAY),
)
def test_days_are_counted_as_if_each_were_looked_at(happened, created):
    on_hand, kept = 0, {}
    for day in sorted(happened):
        wanted, gone, came = happened[day]
        moved = came - min(gone, on_hand + came)
        on_hand += moved
        if wanted or moved or came:
            kept[day] = (wanted, moved, came)
    sold(kept, on_hand, created)
