"""The outbox reaches the outside: at least once, by its key, whatever breaks."""

import pytest
from sqlalchemy import select

from core.db import outbox
from core.db.models import Outbox
from core.runtime.errors import NotFound, Unavailable
from core.runtime.remote_errors import AuthExpired, ContractBroken, RateLimited, Rejected, Temporary
from core.sync.delivering import Deliverer, failure_of
from tests.support.fake_shop import line


def _queue(world, *kinds):
    for place, kind in enumerate(kinds):
        world.do(lambda uow, place=place, kind=kind: uow.enqueue(kind, f"key {place}", {"n": place}, lane="lane"))


def _states(world):
    return [
        (row.kind, row.state, row.attempts) for row in world.rows(select(*Outbox.__table__.c).order_by(Outbox.id))
    ]


def test_a_defect_in_one_delivery_stands_in_nobodys_way_and_does_not_spin(world, expected_log):
    expected_log("a defect", "core.sync")
    seen = []

    def broken(claim):
        seen.append(claim.key)
        raise KeyError("defect")

    deliverer = Deliverer(world.store, "desk 1", {"broken": broken, "good": lambda claim: None}, {})
    _queue(world, "broken", "good")
    assert deliverer.drain("lane") == 1
    assert _states(world) == [("broken", "waiting", 1), ("good", "done", 1)]
    assert deliverer.drain("lane") == 0
    assert seen == ["key 0"]
    world.clock.advance(seconds=6)
    deliverer.drain("lane")
    assert len(seen) == 2


def test_a_kind_this_program_does_not_know_is_left_for_a_newer_one(world):
    _queue(world, "from the future")
    assert Deliverer(world.store, "desk 1", {}, {}).drain("lane") == 0
    assert _states(world) == [("from the future", "waiting", 1)]
    world.clock.advance(minutes=16)
    newer = Deliverer(world.store, "desk 2", {"from the future": lambda claim: None}, {})
    assert newer.drain("lane") == 1


def test_a_delivery_whose_desk_died_is_made_by_another(world):
    from core.db import outbox

    _queue(world, "good")
    claim = world.do(lambda uow: outbox.claim(uow, "lane", "dead desk", 120.0))[0]
    other = Deliverer(world.store, "desk 2", {"good": lambda claim: None}, {})
    assert other.drain("lane") == 0
    world.clock.advance(seconds=121)
    assert other.drain("lane") == 1
    # The dead one wakes up again: its word comes too late.
    assert world.do(lambda uow: outbox.fail(uow, claim, "late", permanent=True)) is False
    assert _states(world) == [("good", "done", 2)]


@pytest.mark.parametrize(
    ("error", "attempts", "is_permanent", "retry_after_s"),
    [
        (RateLimited("slow", retry_after_s=7), 9, False, 7),
        (Temporary("cut"), 9, False, None),
        (AuthExpired("key"), 1, False, 300.0),
        (Unavailable("db.busy", "busy"), 1, False, None),
        (Rejected("no"), 1, True, None),
        (NotFound("shop.unknown", "gone"), 1, True, None),
        (ContractBroken("html"), 1, False, None),
        (ContractBroken("html"), 4, True, None),
    ],
)
def test_errors_are_sorted_by_what_a_repeat_may_mend(error, attempts, is_permanent, retry_after_s):
    failure = failure_of(error, attempts)
    assert (failure.is_permanent, failure.retry_after_s) == (is_permanent, retry_after_s)


def test_a_confirmation_survives_a_shop_that_is_away(world):
    number = world.ready("A1", line("1", "BEAR", 3))
    world.desk.pack("A1")
    world.desk.ship(number)
    world.shop.faults = [Temporary("away"), AuthExpired("key")]
    assert world.tell_shop() == 0
    world.clock.advance(minutes=1)
    assert world.tell_shop() == 0
    world.clock.advance(minutes=6)
    assert world.tell_shop() == 1
    assert list(world.shop.told) == [f"{number}-A1"]
    assert world.shop.told_qty("A1", "1") == 3


def test_a_refused_confirmation_is_shown(world):
    number = world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    world.desk.ship(number)
    world.shop.faults = [Rejected("closed")]
    world.tell_shop()
    assert world.desk.status.status().outbox_failed == 1


def test_a_shop_that_may_not_be_told_is_not_told(world):
    from core.channels.models import Shop

    world.do(lambda uow: uow.execute(Shop.__table__.update().values(confirms_shipments=False)))
    number = world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    world.desk.ship(number)
    assert world.tell_shop() == 0
    assert world.shop.told == {}


def test_an_idle_lane_looks_without_writing_and_knows_when_to_look_again(world):
    deliverer = Deliverer(world.store, "desk 1", {"good": lambda claim: None}, {})
    written = []
    write = world.store.write
    world.store.write = lambda *args, **more: written.append(args) or write(*args, **more)
    assert deliverer.drain("lane") == 0
    assert (written, deliverer.pause_s("lane")) == ([], 10.0)
    world.store.write = write
    world.do(lambda uow: uow.enqueue("good", "later", {}, lane="lane", delay_s=4))
    world.do(lambda uow: uow.enqueue("good", "other lane", {}, lane="other"))
    assert deliverer.drain("lane") == 0
    assert deliverer.pause_s("lane") == pytest.approx(4, abs=0.01)
    world.clock.advance(seconds=4)
    assert deliverer.pause_s("lane") == 0.5
    assert deliverer.drain("lane") == 1
    # What a desk held when it died is due when its lease has run out.
    world.do(lambda uow: uow.enqueue("good", "held", {}, lane="lane"))
    assert world.do(lambda uow: outbox.claim(uow, "lane", "desk 2", 7.0))
    assert deliverer.pause_s("lane") == pytest.approx(7, abs=0.01)
    world.clock.advance(seconds=8)
    assert deliverer.drain("lane") == 1
