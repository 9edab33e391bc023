"""A reading that a trouble cut short goes on where it stood, and loses nothing by it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.runtime.remote_errors import RateLimited, Temporary
from core.sync.models import Cursor
from core.sync.open_rounds import OPEN
from tests.support.fake_shop import line

CUT = Temporary("cut")


@pytest.fixture
def long(world):
    """A shop of five pages, read from its watermark on."""
    shop = world.shop
    world.puller().pull(world.shop_record, shop)
    world.clock.advance(seconds=1)
    shop.capabilities = replace(shop.capabilities, page_size=1, resumes=True, overlap_s=0)
    for n in range(5):
        world.clock.advance(seconds=1)
        shop.place(f"A{n}", line("1", "BEAR"))
    shop.calls.clear()
    return world


def _pull(world, puller, *, fails=False):
    world.shop.calls.clear()
    if fails:
        with pytest.raises((Temporary, RateLimited)):
            puller.pull(world.shop_record, world.shop, all_open=False)
    else:
        puller.pull(world.shop_record, world.shop, all_open=False)
    return world.shop.calls.count("pull")


def _cursor(world, feed="changed"):
    rows = world.rows(select(Cursor.until_at).where(Cursor.feed == feed))
    return rows[0].until_at if rows else None


def _taken(world):
    return sorted(row.order_no for row in world.listed())


def test_it_goes_on_where_it_stood(long):
    puller, before, begun = long.puller(), _cursor(long), long.clock.now()
    long.shop.faults = [None, None, None, CUT]
    assert _pull(long, puller, fails=True) == 4
    assert (_taken(long), _cursor(long)) == (["A0", "A1", "A2"], before)
    long.clock.advance(seconds=60)
    long.shop.place("B1", line("1", "BEAR"))
    assert _pull(long, puller) == 3
    # What is known is what the first answer reached to: who came later is read once more, and no one is lost.
    assert (_taken(long), _cursor(long)) == (["A0", "A1", "A2", "A3", "A4", "B1"], begun)
    assert _pull(long, puller) == 2, "the order of that very moment, and the one that came later"
    assert _cursor(long) == long.clock.now()


def test_without_it_a_busy_shop_never_comes_to_its_end(long):
    """The twin: two of three pages come, then a ban; begun anew each time, the last pages are never seen."""
    for resumes, taken in ((False, 2), (True, 5)):
        long.shop.capabilities = replace(long.shop.capabilities, resumes=resumes)
        puller = long.puller()
        for _ in range(2):
            long.shop.faults = [None, None, RateLimited("slower", retry_after_s=60)]
            _pull(long, puller, fails=True)
            long.clock.advance(seconds=60)
        long.shop.faults = [None, RateLimited("slower", retry_after_s=60)] if not resumes else []
        _pull(long, puller, fails=not resumes)
        assert len(_taken(long)) == taken


def test_the_same_page_that_fails_again_and_again_has_the_reading_begun_anew(long):
    puller = long.puller()
    long.shop.faults = [None, None, CUT]
    _pull(long, puller, fails=True)
    for _ in range(2):
        long.shop.faults = [CUT]
        assert _pull(long, puller, fails=True) == 1
    assert _pull(long, puller) == 5


def test_another_desk_that_read_the_shop_meanwhile_makes_it_begin_anew(long):
    puller = long.puller()
    long.shop.faults = [None, None, CUT]
    _pull(long, puller, fails=True)
    _pull(long, long.puller())
    long.clock.advance(seconds=1)
    long.shop.place("B1", line("1", "BEAR"))
    _pull(long, puller)
    assert _cursor(long) == long.clock.now()
    assert "B1" in _taken(long)


def test_an_old_one_is_begun_anew(long):
    puller = long.puller()
    long.shop.faults = [None, None, CUT]
    _pull(long, puller, fails=True)
    long.clock.advance(seconds=3601)
    assert _pull(long, puller) == 5


def test_the_reading_of_the_open_ones_goes_on_too_and_holds_nothing_else_up(long):
    long.shop.capabilities = replace(long.shop.capabilities, needs_state_poll=True)
    puller = long.puller()
    long.shop.faults = [None] * 5 + [None, None, CUT]
    _pull(long, puller, fails=True)
    assert _cursor(long) == long.clock.now(), "what changed is known, whatever comes of the open ones"
    assert (long.shop.calls.count("open"), _cursor(long, OPEN)) == (3, None)
    long.clock.advance(seconds=10)
    _pull(long, puller)
    assert long.shop.calls.count("open") == 3
    assert _cursor(long, OPEN) - long.clock.now() == timedelta(minutes=2)
