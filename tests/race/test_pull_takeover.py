"""A shop is pulled by one desk: it keeps its lease while pages come, another one takes over when it is gone."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.sync.models import Cursor
from tests.support.pulling_desk import ORDERS, PAGE, PAGE_TIME, full_shop, lanes_of, pull_and_wait
from tests.support.world import START, World

pytestmark = [pytest.mark.race, pytest.mark.postgres]

_SPAWN = multiprocessing.get_context("spawn")
#: it was held on for the last time when the second page was stored
_RUNS_OUT = START + 2 * PAGE_TIME + timedelta(seconds=120)


@pytest.fixture
def second(postgres_address) -> Iterator[World]:
    """The world as the second desk sees it."""
    world = World(postgres_address)
    world.shop = full_shop(world.clock)
    try:
        yield world
        world.check_stock()
    finally:
        world.close()


@contextmanager
def first_desk(world: World, *, is_guarded: bool = True):
    """Another process that has stored two pages and waits for the third; gives it and the way to it."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=pull_and_wait, args=(world.address, theirs, is_guarded))
    process.start()
    theirs.close()
    try:
        assert ours.poll(120)
        assert ours.recv() == "third page"
        yield process, ours
    finally:
        process.kill()
        process.join(60)


def pull_at(world: World, at) -> int | None:
    world.clock.advance(seconds=(at - world.clock.now()).total_seconds())
    done = lanes_of(world, "desk 2").pull_shop(world.shop_id)
    return None if done is None else done.new_count


def cursor(world: World):
    return world.rows(select(Cursor.until_at))[0].until_at


def everything(world: World) -> list[str]:
    return sorted(row.order_no for row in world.listed())


def test_a_killed_desks_shop_is_pulled_by_another_and_no_order_comes_twice(second):
    with first_desk(second) as (process, _pipe):
        # Its first two minutes are over since a page; it works, so nobody takes its shop.
        assert pull_at(second, _RUNS_OUT - timedelta(seconds=1)) is None
        process.kill()
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        # A dead desk says nothing: its lease has to run out.
        assert pull_at(second, _RUNS_OUT - timedelta(milliseconds=1)) is None
        assert pull_at(second, _RUNS_OUT) == ORDERS - 2 * PAGE
    assert everything(second) == sorted(second.shop.orders)


def _overtake(second: World, *, is_guarded: bool) -> tuple[int | None, bool]:
    """What a desk says that slept while another took over, and whether the cursor stands where that one left it."""
    with first_desk(second, is_guarded=is_guarded) as (process, pipe):
        os.kill(process.pid, signal.SIGSTOP)
        pipe.send("go on")
        assert pull_at(second, _RUNS_OUT) == ORDERS - 2 * PAGE
        reached = cursor(second)
        os.kill(process.pid, signal.SIGCONT)
        assert pipe.poll(120)
        said = pipe.recv()
        process.join(60)
        assert process.exitcode == 0
    assert everything(second) == sorted(second.shop.orders)
    return said, cursor(second) == reached


def test_a_desk_that_slept_through_the_take_over_writes_nothing_when_it_wakes(second):
    assert _overtake(second, is_guarded=True) == (None, True)


def test_twin_without_the_fence_it_goes_on_and_turns_the_cursor_back(second):
    assert _overtake(second, is_guarded=False) == (2 * PAGE, False)
