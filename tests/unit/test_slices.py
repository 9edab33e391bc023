"""A page is taken whole while nobody scans, and in parts that follow the machine's speed while somebody does."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.channels.contract import ChannelOrder
from core.db.engines import sqlite_engines
from core.db.unit_of_work import Actor, Store, Urgency
from core.fulfilment.taking import slices
from core.runtime.clock import ManualClock
from tests.bench.shop import Pages

_START = datetime(2026, 6, 18, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(_START)


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> Iterator[Store]:
    store = Store(sqlite_engines(tmp_path / "a.db", bytes(32)), clock, Actor("clerk", "desk-1"))
    yield store
    store.close()


def _sizes(store: Store, clock: ManualClock, order_ms: float) -> list[int]:
    page = Pages().next()
    sizes: list[int] = []
    seen: list[ChannelOrder] = []
    for part in slices(store, page):
        clock.advance(milliseconds=order_ms * len(part))
        sizes.append(len(part))
        seen += part
    assert seen == list(page)
    return sizes


def _scan(store: Store) -> None:
    store.write(lambda _: None, urgency=Urgency.SCAN)


def test_a_page_is_taken_whole_while_nobody_scans(store: Store, clock: ManualClock) -> None:
    assert _sizes(store, clock, 2) == [100]
    _scan(store)
    clock.advance(seconds=61)
    assert _sizes(store, clock, 2) == [100]


def test_parts_are_small_while_somebody_scans(store: Store, clock: ManualClock) -> None:
    _scan(store)
    assert _sizes(store, clock, 0.5) == [25] * 4


def test_parts_get_smaller_where_they_take_too_long_but_never_tiny(store: Store, clock: ManualClock) -> None:
    _scan(store)
    assert _sizes(store, clock, 1.5) == [25, *[12] * 6, 3]
    assert _sizes(store, clock, 50)[:4] == [25, 12, 6, 5]
    assert set(_sizes(store, clock, 50)[3:-1]) == {5}
