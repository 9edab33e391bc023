"""The one way to write: all or nothing, repeated when others were in the way, and never unfair."""

import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlcipher3 import dbapi2

from core.db.engines import sqlite_engines
from core.db.line import Line
from core.db.models import Journal, Lease, Outbox, Setting
from core.db.unit_of_work import Changes, Store, UnitOfWork, Urgency, insert_or_ignore
from core.runtime.errors import Refused, Unavailable


def put(uow: UnitOfWork, name: str, value: object = 1) -> None:
    uow.insert(Setting, {"name": name, "value": value})


def names(store: Store) -> set[str]:
    return set(store.read(lambda connection: connection.execute(select(Setting.name)).scalars().all()))


def test_a_write_is_there_after_it_returned_with_its_journal_row(store, clock):
    def operation(uow):
        put(uow, "a")
        uow.record("setting.put", "setting", 7, colour="red")

    store.write(operation)
    assert names(store) == {"a"}
    row = store.read(lambda connection: connection.execute(select(Journal)).one())
    assert (row.at, row.operator, row.desk) == (clock.now(), "tester", "desk 1")
    assert (row.action, row.subject, row.subject_id, row.facts) == ("setting.put", "setting", 7, {"colour": "red"})


def test_an_exception_rolls_back_rows_and_journal_and_tells_nobody(store):
    heard: list[Changes] = []
    store.subscribe(heard.append)

    def operation(uow):
        put(uow, "a")
        uow.record("setting.put", "setting", 1)
        raise Refused("test.no", "no")

    with pytest.raises(Refused):
        store.write(operation)
    assert names(store) == set()
    assert (
        store.read(lambda connection: connection.execute(select(func.count()).select_from(Journal)).scalar_one()) == 0
    )
    assert heard == []


def test_a_broken_rule_of_the_tables_stays_our_defect(store):
    store.write(lambda uow: put(uow, "a"))
    with pytest.raises(IntegrityError):
        store.write(lambda uow: put(uow, "a"))


def test_listeners_hear_what_was_touched_and_a_failing_one_does_not_look_like_a_failed_write(store, expected_log):
    expected_log("a listener failed", "core.db.unit_of_work")
    heard: list[Changes] = []

    def broken(_):
        raise ValueError("boom")

    store.subscribe(broken)
    stop = store.subscribe(heard.append)
    assert store.write(lambda uow: uow.insert(Outbox, _outbox_row(uow))) == 1
    assert [dict(changes.tables) for changes in heard] == [{"outbox": frozenset({1})}]
    assert heard[0].touches("outbox", "x")
    assert not heard[0].touches("setting")
    stop()
    expected_log("a listener failed", "core.db.unit_of_work")
    store.write(lambda uow: put(uow, "a"))
    assert len(heard) == 1


def _outbox_row(uow):
    return {
        "kind": "k", "key": "1", "payload": {}, "state": "waiting", "lane": "l", "attempts": 0,
        "created_at": uow.now, "not_before_at": uow.now,
    }  # fmt: skip


def test_a_listener_may_write_itself(store):
    done = threading.Event()

    def follow(changes):
        if changes.touches("setting") and not done.is_set():
            done.set()
            store.write(lambda uow: put(uow, "second"))

    store.subscribe(follow)
    store.write(lambda uow: put(uow, "first"))
    assert names(store) == {"first", "second"}


def test_a_write_inside_a_write_is_named_as_the_defect_it_is(make_store):
    store = make_store("sqlite")
    with pytest.raises(RuntimeError, match="inside a write"):
        store.write(lambda uow: store.write(lambda inner: put(inner, "x")))
    store.write(lambda uow: put(uow, "y"))
    assert names(store) == {"y"}


def test_nobody_writes_through_the_reader(store):
    store.write(lambda uow: put(uow, "a"))
    with pytest.raises((DBAPIError, Unavailable)):
        store.read(lambda connection: connection.execute(text("DELETE FROM setting")))
    assert names(store) == {"a"}


def test_a_reader_sees_one_snapshot_while_others_write(store):
    store.write(lambda uow: put(uow, "a"))

    def query(connection):
        first = connection.execute(select(func.count()).select_from(Setting)).scalar_one()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(store.write, lambda uow: put(uow, "b")).result()
        return first, connection.execute(select(func.count()).select_from(Setting)).scalar_one()

    assert store.read(query) == (1, 1)
    assert names(store) == {"a", "b"}


def test_a_frozen_store_refuses_writes_with_the_reason_and_still_reads(store):
    store.write(lambda uow: put(uow, "a"))
    store.freeze(Unavailable("db.damaged", "damaged", findings=("x",)))
    with pytest.raises(Unavailable) as caught:
        store.write(lambda uow: put(uow, "b"))
    assert caught.value.code == "db.damaged"
    assert caught.value.facts == {"findings": ("x",)}
    assert names(store) == {"a"}
    store.thaw()
    store.write(lambda uow: put(uow, "b"))
    assert names(store) == {"a", "b"}


def test_another_program_holding_the_lock_is_waited_for_with_short_random_naps(make_store):
    store, other = make_store("sqlite"), make_store("sqlite", desk="desk 2")
    naps: list[float] = []
    holding = other.engines.writer.connect()
    transaction = holding.begin()

    def pause(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 20:
            transaction.commit()

    patient = Store(store.engines, store.clock, store.actor, pause=pause, rng=random.Random(1))
    patient.write(lambda uow: put(uow, "a"))
    holding.close()
    assert len(naps) == 20
    assert max(naps) <= 0.001
    assert len(set(naps)) > 15


def test_after_its_patience_a_write_says_that_nothing_was_changed(make_store):
    store, other = make_store("sqlite"), make_store("sqlite", desk="desk 2")
    short = Store(store.engines, store.clock, store.actor, pause=lambda _: None, patience_s=0.05)
    with other.engines.writer.begin(), pytest.raises(Unavailable) as caught:
        short.write(lambda uow: put(uow, "a"))
    assert caught.value.code == "db.busy"
    assert names(store) == set()


def test_a_write_that_gives_up_stands_in_nobodys_way(make_store):
    store, other = make_store("sqlite"), make_store("sqlite", desk="desk 2")
    short = Store(store.engines, store.clock, store.actor, pause=lambda _: None, patience_s=0.05)
    with other.engines.writer.begin(), pytest.raises(Unavailable):
        short.write(lambda uow: put(uow, "a"))
    assert short._line._place is None
    with pytest.raises(RuntimeError, match="a defect"), other.engines.writer.begin():
        Store(store.engines, store.clock, store.actor, pause=_defect).write(lambda uow: put(uow, "a"))
    assert short._line.is_our_turn()


def _defect(_seconds: float) -> None:
    raise RuntimeError("a defect")


def test_a_write_waits_for_programs_that_came_before_it(make_store, monkeypatch):
    store = make_store("sqlite")
    naps = []
    patient = Store(store.engines, store.clock, store.actor, pause=naps.append)
    monkeypatch.setattr(Line, "is_our_turn", lambda _self: len(naps) >= 7)
    patient.write(lambda uow: put(uow, "a"))
    assert len(naps) == 7, "the file was free all the time"


@pytest.mark.postgres
@pytest.mark.parametrize("is_asked", [True, False])
def test_on_postgres_a_connection_that_ended_while_nobody_used_it_is_replaced(make_store, monkeypatch, is_asked):
    """It is seen without asking the server; the twin looks away and fails."""
    store, other = make_store("postgres"), make_store("postgres", desk="desk 2")
    for _ in range(2):
        pid = store.write(lambda uow: uow.execute(text("SELECT pg_backend_pid()")).scalar_one())
    other.write(lambda uow: uow.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid}))
    if is_asked:
        store.write(lambda uow: put(uow, "a"))
        assert names(store) == {"a"}
        return
    monkeypatch.setattr("core.db.engines._is_quiet", lambda _descriptor: True)
    with pytest.raises(Unavailable):
        store.write(lambda uow: put(uow, "a"))


@pytest.mark.postgres
def test_on_postgres_a_connection_is_asked_again_only_after_a_while(make_store, monkeypatch):
    store, later_s = make_store("postgres"), time.monotonic() + 60
    for name in "ab":
        store.write(lambda uow, name=name: put(uow, name))
    looked = []
    monkeypatch.setattr("core.db.engines._is_quiet", lambda descriptor: looked.append(descriptor) or True)
    store.write(lambda uow: put(uow, "c"))
    assert len(looked) == 1
    monkeypatch.setattr("core.db.engines.time.monotonic", lambda: later_s)
    store.write(lambda uow: put(uow, "d"))
    assert len(looked) == 1, "so long after, the server itself is asked"


@pytest.mark.postgres
def test_on_postgres_a_serialisation_failure_repeats_the_whole_operation(make_store):
    store, other = make_store("postgres"), make_store("postgres", desk="desk 2")
    tries = []

    def operation(uow):
        tries.append(uow)
        put(uow, "a")
        if len(tries) < 3:
            uow.execute(text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$"))

    store.write(operation)
    assert len(tries) == 3
    assert names(other) == {"a"}


@pytest.mark.postgres
def test_on_postgres_a_desk_asleep_in_a_transaction_does_not_stop_the_others_for_ever(make_store):
    asleep = make_store("postgres", desk="desk 2")
    asleep.write(lambda uow: put(uow, "a"))
    with asleep.engines.writer.connect() as connection:
        limit = connection.execute(text("SHOW lock_timeout")).scalar_one()
        idle = connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one()
    assert (limit, idle) == ("3s", "1min")


@pytest.mark.postgres
def test_on_postgres_a_connection_lost_in_the_middle_changes_nothing_and_says_so(make_store):
    store, other = make_store("postgres"), make_store("postgres", desk="desk 2")

    def operation(uow):
        put(uow, "a")
        pid = uow.execute(text("SELECT pg_backend_pid()")).scalar_one()
        other.write(lambda inner: inner.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid}))
        put(uow, "b")

    with pytest.raises(Unavailable) as caught:
        store.write(operation)
    assert caught.value.code == "db.unreachable"
    assert names(store) == set()


@pytest.mark.postgres
def test_on_postgres_a_connection_lost_at_commit_is_told_as_unknown(make_store):
    store, other = make_store("postgres"), make_store("postgres", desk="desk 2")

    def operation(uow):
        put(uow, "a")
        pid = uow.execute(text("SELECT pg_backend_pid()")).scalar_one()
        other.write(lambda inner: inner.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid}))

    with pytest.raises(Unavailable) as caught:
        store.write(operation)
    assert caught.value.code == "db.outcome_unknown"


@pytest.mark.race
def test_a_deferred_transaction_that_reads_first_fails_at_once_where_immediate_holds(make_store):
    """The pair: with a plain BEGIN the second of two read-then-write transactions is refused, ours never."""
    assert _raced(make_store("sqlite")) == []
    assert _raced_deferred(make_store("sqlite", name="twin")) == 1


def _count_up(uow: UnitOfWork) -> None:
    seen = uow.execute(select(Setting.value).where(Setting.name == "n")).scalar_one()
    time.sleep(0.001)
    uow.count(update(Setting).where(Setting.name == "n").values(value=seen + 1))


def _raced(store: Store) -> list[BaseException]:
    store.write(lambda uow: put(uow, "n", 0))
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(store.write, _count_up) for _ in range(40)]
        failures = [future.exception() for future in futures]
    assert store.read(lambda connection: connection.execute(select(Setting.value)).scalar_one()) == 40
    return [failure for failure in failures if failure]


def _raced_deferred(store: Store) -> int:
    """The same work through plain BEGIN, two threads that both read before either writes."""
    store.write(lambda uow: put(uow, "n", 0))
    both_have_read = threading.Barrier(2)
    refused = []

    def work(_):
        with store.engines.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            driver = connection.connection.dbapi_connection
            driver.execute("BEGIN")
            driver.execute("SELECT value FROM setting").fetchone()
            both_have_read.wait()
            try:
                driver.execute("UPDATE setting SET value = '1'")
                driver.execute("COMMIT")
            except dbapi2.OperationalError as error:
                refused.append(error)
                driver.execute("ROLLBACK")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert all("locked" in str(error) for error in refused)
    return len(refused)


# --- the order of writers ----------------------------------------------------------------------


def _held(store: Store, entries: list[tuple[str, Urgency]], apart_ms: Sequence[int] = ()) -> list[str]:
    """Names in the order served, when `entries` queued up in order behind a write that holds the gate."""
    served: list[str] = []
    inside, go_on = threading.Event(), threading.Event()

    def holder(uow):
        inside.set()
        assert go_on.wait(10)

    with ThreadPoolExecutor(len(entries) + 1) as pool:
        pool.submit(store.write, holder)
        assert inside.wait(10)
        for position, (name, urgency) in enumerate(entries):
            pool.submit(store.write, lambda uow, name=name: served.append(name), urgency=urgency)
            _until(lambda position=position: store._gate.waiting() == position + 1)
            store.clock.advance(milliseconds=apart_ms[position] if apart_ms else 1)
        go_on.set()
    return served


def _until(holds) -> None:
    for _ in range(10_000):
        if holds():
            return
        time.sleep(0.001)
    raise AssertionError("it did not happen")


def test_a_scan_goes_first_and_equals_in_order_of_arrival(make_store):
    store = make_store("sqlite")
    order = _held(
        store,
        [("bulk", Urgency.BULK), ("lane", Urgency.LANE), ("clerk 1", Urgency.CLERK), ("scan 1", Urgency.SCAN),
         ("clerk 2", Urgency.CLERK), ("scan 2", Urgency.SCAN)],
    )  # fmt: skip
    assert order == ["scan 1", "scan 2", "clerk 1", "clerk 2", "lane", "bulk"]


def test_an_import_that_waited_long_enough_is_no_longer_passed(make_store):
    entries = [("bulk", Urgency.BULK), ("scan 1", Urgency.SCAN), ("scan 2", Urgency.SCAN)]
    assert _held(make_store("sqlite"), entries, [2500, 1, 1]) == ["scan 1", "scan 2", "bulk"]
    assert _held(make_store("sqlite", name="later"), entries, [3500, 1, 1]) == ["bulk", "scan 1", "scan 2"]


def test_a_waiter_that_gave_up_does_not_block_those_behind_it(make_store):
    base = make_store("sqlite")
    store = Store(base.engines, base.clock, base.actor, patience_s=0.05)
    inside, go_on = threading.Event(), threading.Event()

    def holder(uow):
        inside.set()
        assert go_on.wait(10)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(store.write, holder)
        assert inside.wait(10)
        with pytest.raises(Unavailable) as caught:
            store.write(lambda uow: put(uow, "late"))
        assert caught.value.code == "db.busy"
        assert store._gate.waiting() == 0
        go_on.set()
        first.result()
    store.write(lambda uow: put(uow, "after"))
    assert names(store) == {"after"}


def test_a_wait_broken_off_by_any_error_leaves_no_dead_ticket(make_store, monkeypatch):
    store = make_store("sqlite")

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(store._gate, "_is_turn_of", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.write(lambda uow: put(uow, "a"))
    monkeypatch.undo()
    assert store._gate.waiting() == 0
    store.write(lambda uow: put(uow, "b"))
    assert names(store) == {"b"}


def test_writes_wait_while_the_file_is_checked(make_store):
    store = make_store("sqlite")
    with ThreadPoolExecutor(1) as pool:
        with store.hold_writes():
            waiting = pool.submit(store.write, lambda uow: put(uow, "a"))
            assert names(store) == set()
            assert not waiting.done()
        waiting.result(10)
    assert names(store) == {"a"}


@pytest.mark.race
def test_no_writer_starves(make_store):
    """Two programs, four threads each, all writing: the slowest write is at most 60 times the usual one."""
    stores = [make_store("sqlite"), make_store("sqlite", desk="desk 2")]
    for number in range(8):
        stores[0].write(lambda uow, number=number: put(uow, f"n{number}", 0))

    def work(number: int) -> list[float]:
        taken = []
        for _ in range(40):
            start = time.perf_counter()
            stores[number % 2].write(
                lambda uow: uow.count(update(Setting).where(Setting.name == f"n{number}").values(value=1))
            )
            taken.append(time.perf_counter() - start)
        return taken

    with ThreadPoolExecutor(8) as pool:
        taken = sorted(second for seconds in pool.map(work, range(8)) for second in seconds)
    assert len(taken) == 320
    assert taken[-1] < max(60 * taken[160], 1.0)


def test_ids_taken_ahead_are_free_and_rising(store):
    def operation(uow):
        ids = list(uow.take_ids(Outbox, 3))
        uow.insert_many(Outbox, [_outbox_row(uow) | {"id": new, "key": str(new)} for new in ids])
        later = list(uow.take_ids(Outbox, 2))
        return ids, later

    ids, later = store.write(operation)
    assert ids == sorted(ids)
    assert len(set(ids) | set(later)) == 5
    assert min(later) > max(ids)


def test_enqueue_takes_each_key_once(store, clock):
    store.write(lambda uow: uow.enqueue("push", "sku 1", {"qty": 3}, lane="shop 1", delay_s=5))
    again = [("sku 1", {"qty": 4}), ("sku 2", {"qty": 5})]
    store.write(lambda uow: uow.enqueue_many("push", again, lane="shop 1"))
    rows = store.read(lambda connection: connection.execute(select(Outbox).order_by(Outbox.key)).all())
    assert [(row.key, row.payload) for row in rows] == [("sku 1", {"qty": 3}), ("sku 2", {"qty": 5})]
    assert (rows[0].not_before_at - clock.now()).total_seconds() == 5


def test_inserts_that_may_meet_an_existing_row_are_counted(store):
    """On the server an INSERT drops its row count unless it is asked for."""
    row = {"kind": "push", "key": "1", "payload": {}, "state": "waiting", "lane": "l", "attempts": 0}

    def operation(uow):
        times = {"created_at": uow.now, "not_before_at": uow.now}
        return uow.count(insert_or_ignore(uow.connection, Outbox), row | times)

    assert [store.write(operation), store.write(operation)] == [1, 0]


def test_postgres_and_sqlite_keep_times_to_the_millisecond(store, clock):
    store.write(lambda uow: uow.insert(Lease, {"name": "x", "holder": "h", "until_at": uow.now, "fence": 1}))
    assert store.read(lambda connection: connection.execute(select(Lease.until_at)).scalar_one()) == clock.now()


def test_readers_that_take_turns_share_one_cache_and_a_small_one(tmp_path):
    # Four caches of 64 MB each were a desk's after a working day.
    def number(connection) -> int:
        return id(connection.connection.dbapi_connection)

    engines = sqlite_engines(tmp_path / "a.db", bytes(range(32)))
    reader = engines.reader
    with reader.begin() as one, reader.begin() as two, reader.begin() as three:
        assert len({number(each) for each in (one, two, three)}) == 3
        assert one.exec_driver_sql("PRAGMA cache_size").scalar() == -8192
    again = set()
    for _ in range(6):
        with reader.begin() as connection:
            again.add(number(connection))
    assert len(again) == 1
    with engines.writer.begin() as writer:
        assert writer.exec_driver_sql("PRAGMA cache_size").scalar() == -65536
    engines.dispose()
