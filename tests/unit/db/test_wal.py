"""Copying the log into the file is done by the work that fills it, never by a scan."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from core.db.engines import sqlite_engines
from core.db.models import Setting
from core.db.schema import all_tables
from core.db.unit_of_work import Actor, Store, UnitOfWork, Urgency
from core.db.wal import shorten_log
from core.runtime.clock import SystemClock
from tests.support.guards import ExpectedLog

#: fills a good many pages of 4 kB
_LARGE = "x" * 6_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(sqlite_engines(tmp_path / "a.db", bytes(32)), SystemClock(), Actor("clerk", "desk-1"))
    all_tables().create_all(store.engines.writer)
    yield store
    store.close()


def _log(store: Store) -> tuple[int, int]:
    """Pages in the log, and how many of them the file has."""
    connection = store.engines.reader.raw_connection()
    try:
        _, length, copied = connection.cursor().execute("PRAGMA wal_checkpoint(NOOP)").fetchone()
    finally:
        connection.close()
    return length, copied


def _write(store: Store, name: str, urgency: Urgency, value: str = "") -> None:
    def put(uow: UnitOfWork) -> None:
        uow.insert(Setting, {"name": name, "value": value})

    store.write(put, urgency=urgency)


@pytest.mark.parametrize("urgency", [Urgency.SCAN, Urgency.CLERK])
def test_whoever_waits_for_an_answer_does_not_wait_for_the_log(store: Store, urgency: Urgency) -> None:
    _write(store, "large", urgency, _LARGE)
    length, copied = _log(store)
    assert length > 1000
    assert copied < length


def test_a_lane_copies_a_long_log_after_its_own_write(store: Store) -> None:
    _write(store, "large", Urgency.SCAN, _LARGE)
    _write(store, "small", Urgency.LANE)
    length, copied = _log(store)
    assert length == copied


def test_the_log_of_busy_people_is_copied_beside_them(store: Store) -> None:
    _write(store, "large", Urgency.CLERK, _LARGE)
    for number in range(64):
        _write(store, f"small {number}", Urgency.CLERK)
    store._log_keeper.finish()
    length, copied = _log(store)
    assert length > 1000
    assert copied > length - 64 * 12, "all but what was written since the thread looked"


def test_a_short_log_is_left_alone(store: Store) -> None:
    shorten_log(store.engines.reader)
    _write(store, "a", Urgency.LANE, _LARGE)
    _write(store, "b", Urgency.LANE)
    length, copied = _log(store)
    assert copied < length < 1000


def test_others_write_and_read_while_a_reader_keeps_the_log_from_being_copied(store: Store) -> None:
    with store.engines.reader.connect() as reading:
        reading.exec_driver_sql("SELECT count(*) FROM setting").scalar_one()
        _write(store, "a", Urgency.LANE, _LARGE)
        _write(store, "b", Urgency.LANE)
    assert _log(store)[1] < _log(store)[0]
    _write(store, "c", Urgency.LANE)
    assert _log(store)[1] == _log(store)[0]


def test_a_disk_that_refuses_is_no_error_of_the_write_before(
    store: Store, expected_log: ExpectedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> object:
        raise store.engines.reader.dialect.loaded_dbapi.OperationalError("disk I/O error")

    monkeypatch.setattr(store.engines.reader, "raw_connection", refuse)
    expected_log("disk I/O error", "core.db.wal")
    _write(store, "a", Urgency.LANE)
    monkeypatch.undo()
    assert store.read(lambda connection: connection.execute(select(Setting.name)).scalars().all()) == ["a"]
