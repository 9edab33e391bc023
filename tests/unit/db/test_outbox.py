"""Deliveries are claimed once, come back when their holder is gone, and tell why they failed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.db import leases, outbox
from core.db.models import Outbox
from tests.support.plans import plans_on


def put(store, *keys: str, lane: str = "shop 1", delay_s: float = 0) -> None:
    for key in keys:
        store.write(lambda uow, key=key: uow.enqueue("push", key, {"k": key}, lane=lane, delay_s=delay_s))


def take(store, holder="desk 1", lane="shop 1", lease_s=60, limit=1):
    return store.write(lambda uow: outbox.claim(uow, lane, holder, lease_s, limit))


def state_of(store, key):
    return store.read(lambda connection: connection.execute(select(Outbox).where(Outbox.key == key)).one())


def test_the_oldest_due_delivery_of_the_lane_comes_first_and_once(store, clock):
    put(store, "a")
    clock.advance(seconds=1)
    put(store, "b")
    put(store, "other", lane="shop 2")
    put(store, "later", delay_s=60)
    assert [one.key for one in take(store, limit=5)] == ["a", "b"]
    assert take(store, limit=5) == []
    clock.advance(seconds=59)
    assert take(store, "desk 2", lane="shop 2")[0].payload == {"k": "other"}
    clock.advance(seconds=2)
    assert sorted(one.key for one in take(store, limit=5)) == ["a", "b", "later"]


def test_what_lapsed_goes_before_what_waits(store, clock):
    put(store, "waits")
    put(store, "was taken", delay_s=1)
    clock.advance(seconds=1)
    first, second = take(store, lease_s=5, limit=2)
    store.write(lambda uow: outbox.fail(uow, first, "x", permanent=False, retry_after_s=1))
    clock.advance(seconds=5)
    assert [one.key for one in take(store, "desk 2", limit=1)] == ["was taken"]
    assert [one.key for one in take(store, "desk 2", limit=5)] == ["waits"]
    assert second.key == "was taken"


@pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)
def test_a_claim_sorts_nothing_however_much_waits(store):
    put(store, "a", "b")
    steps = store.write(lambda uow: plans_on(uow.connection, lambda: outbox.claim(uow, "shop 1", "desk 1", 60)))
    (waiting,) = [step for statement, step in steps if "not_before_at <=" in statement]
    assert waiting.startswith("SEARCH outbox USING INDEX ix_outbox_state_lane_not_before_at"), steps


def test_done_is_done(store):
    put(store, "a")
    claimed = take(store)[0]
    assert store.write(lambda uow: outbox.done(uow, claimed))
    assert not store.write(lambda uow: outbox.done(uow, claimed))
    assert state_of(store, "a").state == "done"
    assert take(store) == []
    assert not store.write(lambda uow: outbox.retry(uow, claimed.id))


def test_a_lapsed_lease_is_claimed_by_another_and_its_old_holder_is_turned_away(store, clock):
    put(store, "a")
    old = take(store, "desk 1", lease_s=30)[0]
    clock.advance(seconds=31)
    new = take(store, "desk 2")[0]
    assert (old.id, old.attempts, new.attempts) == (new.id, 1, 2)
    assert not store.write(lambda uow: outbox.done(uow, old))
    assert not store.write(lambda uow: outbox.fail(uow, old, "x", permanent=True))
    assert store.write(lambda uow: outbox.done(uow, new))


def test_the_same_desk_restarted_is_another_holder(store, clock):
    put(store, "a")
    old = take(store, lease_s=30)[0]
    clock.advance(seconds=31)
    new = take(store)[0]
    assert old.holder == new.holder
    assert not store.write(lambda uow: outbox.done(uow, old))
    assert store.write(lambda uow: outbox.done(uow, new))


def test_temporary_failures_wait_longer_each_time_or_as_long_as_asked(store, clock):
    put(store, "a")
    waits = []
    for _ in range(7):
        claimed = take(store)[0]
        store.write(lambda uow, claimed=claimed: outbox.fail(uow, claimed, "timeout", permanent=False))
        row = state_of(store, "a")
        waits.append((row.not_before_at - clock.now()).total_seconds())
        assert (row.state, row.last_error, row.leased_by) == ("waiting", "timeout", None)
        assert take(store) == []
        clock.advance(seconds=waits[-1])
    assert waits == [5, 15, 60, 300, 900, 900, 900]
    claimed = take(store)[0]
    store.write(lambda uow: outbox.fail(uow, claimed, "429", permanent=False, retry_after_s=7))
    assert state_of(store, "a").not_before_at == clock.now() + timedelta(seconds=7)


def test_a_permanent_failure_waits_for_a_person(store, clock):
    put(store, "a")
    claimed = take(store)[0]
    assert store.write(lambda uow: outbox.fail(uow, claimed, "rejected" * 200, permanent=True))
    clock.advance(days=3)
    assert take(store) == []
    assert len(state_of(store, "a").last_error) == 500
    assert store.write(lambda uow: outbox.retry(uow, claimed.id))
    assert take(store)[0].key == "a"


def test_the_counts_and_the_oldest_tell_what_does_not_drain(store, clock):
    put(store, "a", "b", "c")
    put(store, "x", lane="shop 2")
    failing = take(store)[0]
    store.write(lambda uow: outbox.fail(uow, failing, "no", permanent=True))
    take(store)
    assert store.read(outbox.counts) == {"shop 1": {"failed": 1, "leased": 1, "waiting": 1}, "shop 2": {"waiting": 1}}


def test_what_was_done_long_ago_is_forgotten(store, clock):
    put(store, "a", "b")
    for claimed in take(store, limit=1):
        store.write(lambda uow, claimed=claimed: outbox.done(uow, claimed))
    clock.advance(days=91)
    before = clock.now() - timedelta(days=90)
    assert store.write(lambda uow: outbox.prune(uow, before)) == 1
    assert store.read(lambda connection: connection.execute(select(Outbox.key)).scalars().all()) == ["b"]


def test_a_backlog_of_done_deliveries_is_forgotten_in_slices(store, clock, monkeypatch):
    monkeypatch.setattr(outbox, "AT_ONCE", 2)
    put(store, "failed", "a", "b", "c", "young")
    failed, *done = take(store, limit=4)
    store.write(lambda uow: outbox.fail(uow, failed, "no", permanent=True))
    for claimed in done:
        store.write(lambda uow, claimed=claimed: outbox.done(uow, claimed))
    clock.advance(days=91)
    before = clock.now() - timedelta(days=90)
    assert [store.write(lambda uow: outbox.prune(uow, before)) for _ in range(3)] == [2, 1, 0]
    left = store.read(lambda connection: connection.execute(select(Outbox.key)).scalars().all())
    assert sorted(left) == ["failed", "young"]


@pytest.mark.race
def test_four_desks_claim_every_delivery_exactly_once(make_store, engine_kind, clock):
    desks = [make_store(engine_kind, clock, desk=f"desk {number}") for number in range(4)]
    put(desks[0], *[f"k{number:03d}" for number in range(60)])

    def work(number: int) -> list[str]:
        mine: list[str] = []
        while claims := take(desks[number], f"desk {number}", limit=2):
            mine += [one.key for one in claims]
            for one in claims:
                assert desks[number].write(lambda uow, one=one: outbox.done(uow, one))
        return mine

    with ThreadPoolExecutor(4) as pool:
        claimed = [key for keys in pool.map(work, range(4)) for key in keys]
    assert len(claimed) == 60
    assert len(set(claimed)) == 60


@pytest.mark.postgres
def test_on_postgres_a_claimer_passes_over_what_another_is_claiming(make_store, clock):
    slow, quick = make_store("postgres", clock), make_store("postgres", clock, desk="desk 2")
    put(slow, "a", "b")
    found = []

    def operation(uow):
        mine = outbox.claim(uow, "shop 1", "desk 1", 60)
        found.append(take(quick, "desk 2")[0].key)
        return mine

    assert slow.write(operation)[0].key == "a"
    assert found == ["b"]


# --- leases ----------------------------------------------------------------------


def grab(store, holder, seconds=60):
    return store.write(lambda uow: leases.take(uow, "pull shop 1", holder, seconds))


def test_a_lease_has_one_holder_until_it_runs_out_and_the_fence_rises(store, clock):
    first = grab(store, "desk 1")
    assert first == 1
    assert grab(store, "desk 2") is None
    clock.advance(seconds=61)
    second = grab(store, "desk 2")
    assert second == 2
    assert not store.write(lambda uow: leases.renew(uow, "pull shop 1", first, 60))
    assert not store.write(lambda uow: leases.is_held(uow, "pull shop 1", first))
    assert store.write(lambda uow: leases.is_held(uow, "pull shop 1", second))


def test_renewing_keeps_others_out_and_releasing_lets_them_in(store, clock):
    fence = grab(store, "desk 1")
    clock.advance(seconds=59)
    assert store.write(lambda uow: leases.renew(uow, "pull shop 1", fence, 60))
    clock.advance(seconds=59)
    assert grab(store, "desk 2") is None
    assert store.write(lambda uow: leases.release(uow, "pull shop 1", fence))
    assert grab(store, "desk 2") == fence + 1
    assert not store.write(lambda uow: leases.release(uow, "pull shop 1", fence))


def test_a_lease_that_ran_out_unseen_may_be_renewed_but_is_not_held_meanwhile(store, clock):
    fence = grab(store, "desk 1")
    clock.advance(seconds=61)
    assert not store.write(lambda uow: leases.is_held(uow, "pull shop 1", fence))
    assert store.write(lambda uow: leases.renew(uow, "pull shop 1", fence, 60))
    assert store.write(lambda uow: leases.is_held(uow, "pull shop 1", fence))


def test_the_same_desk_started_again_takes_over_from_its_former_self(store):
    former = grab(store, "desk 1")
    now = grab(store, "desk 1")
    assert now == former + 1
    assert not store.write(lambda uow: leases.renew(uow, "pull shop 1", former, 60))


@pytest.mark.race
def test_of_eight_desks_one_gets_the_lease(make_store, engine_kind, clock):
    desks = [make_store(engine_kind, clock, desk=f"desk {number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for round_number in range(3):
            fences = list(pool.map(lambda number: grab(desks[number], f"desk {number}"), range(8)))
            assert [fence for fence in fences if fence is not None] == [round_number + 1]
            clock.advance(seconds=61)


def test_a_restarted_program_takes_its_own_leases_back_and_nobody_elses(store):
    for key in ("mine", "theirs"):
        store.write(lambda uow, key=key: uow.enqueue("push", key, {}, lane="shop 1"))
    store.write(lambda uow: outbox.claim(uow, "shop 1", "desk-1", 60))
    store.write(lambda uow: outbox.claim(uow, "shop 1", "desk-2", 60))
    assert store.write(lambda uow: outbox.take_back(uow, "desk-1")) == 1
    again = store.write(lambda uow: outbox.claim(uow, "shop 1", "desk-1", 60, limit=5))
    assert [claim.key for claim in again] == ["mine"]
