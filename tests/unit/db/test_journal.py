"""Following the journal gives every entry once, whatever the order of commits."""

import pytest
from sqlalchemy import text

from core.db.journal import JournalTail, newest_id, tail, timeline
from core.db.models import Journal


def note(store, subject_id: int, action: str = "test.done", subject: str = "order") -> None:
    store.write(lambda uow: uow.record(action, subject, subject_id, n=subject_id))


def test_a_follower_from_now_hears_only_what_comes(store):
    note(store, 1)
    follower = store.read(JournalTail.from_now)
    assert store.read(follower.new_entries) == []
    note(store, 2)
    note(store, 3)
    assert [entry.subject_id for entry in store.read(follower.new_entries)] == [2, 3]
    assert store.read(follower.new_entries) == []


def test_a_follower_forgets_what_it_need_not_know(store):
    follower = JournalTail(0, overlap=3)
    for number in range(1, 21):
        note(store, number)
        assert [entry.subject_id for entry in store.read(follower.new_entries)] == [number]
    assert len(follower._seen) <= 3


def test_the_time_line_of_a_subject_is_its_own_in_order(store, clock):
    for number in (1, 2, 1):
        note(store, number)
        clock.advance(seconds=1)
    note(store, 1, subject="parcel")
    entries = store.read(lambda connection: timeline(connection, ["order"], 1))
    assert [entry.subject_id for entry in entries] == [1, 1]
    assert entries[0].at < entries[1].at
    assert entries[0].facts == {"n": 1}
    assert len(store.read(lambda connection: timeline(connection, ["order"], 1, limit=1))) == 1


@pytest.mark.postgres
def test_on_postgres_a_smaller_id_that_commits_later_is_still_heard(make_store, clock):
    """Two open transactions: the first draws its id, the second commits before it."""
    slow, quick, other = (make_store("postgres", clock, desk=f"desk {number}") for number in (1, 2, 3))
    follower, twin_after = other.read(JournalTail.from_now), other.read(newest_id)
    with slow.engines.writer.begin() as connection:
        row = {"at": clock.now(), "operator": "o", "desk": "d", "action": "slow", "subject": "order",
               "subject_id": 1, "facts": {}}  # fmt: skip
        connection.execute(Journal.__table__.insert(), row)
        note(quick, 2, action="quick")
        assert [entry.action for entry in other.read(follower.new_entries)] == ["quick"]
        twin_after = other.read(newest_id)
    assert [entry.action for entry in other.read(follower.new_entries)] == ["slow"]
    assert other.read(follower.new_entries) == []
    # The twin that only asks for larger ids never hears of it.
    assert other.read(lambda connection: tail(connection, twin_after, overlap=0)) == []
    ids = other.read(
        lambda connection: connection.execute(text("SELECT action FROM journal ORDER BY id")).scalars().all()
    )
    assert list(ids) == ["slow", "quick"]
