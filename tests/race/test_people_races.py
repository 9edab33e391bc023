"""Two desks change people at the same moment. The race has a twin with its guard taken out, which must go wrong."""

import threading
from functools import partial

import pytest

from core.access import people, pins, tries
from core.access.rights import Role
from core.runtime.errors import Refused
from tests.race.test_spine_races import _GUARDED_S, _UNGUARDED_S, meet, together
from tests.support.staff import Staffed
from tests.support.world import World

pytestmark = pytest.mark.race


@pytest.fixture(autouse=True)
def quick_pins(monkeypatch):
    monkeypatch.setattr(pins, "_COST", 4)


def two_admins_go(world, monkeypatch, wait_s):
    """Each of two desks removes another of the two admins; both have looked before either writes, if they can."""
    first, second = Staffed(world, world.desk), Staffed(world, world.new_desk("desk 2"))
    left, right = first.hire("老板", Role.ADMIN), first.hire("二老板", Role.ADMIN)
    second.gate.refresh()
    first.arrive("老板")
    second.arrive("二老板")
    both = threading.Barrier(2)
    keep = people._keep_an_admin

    def looking(uow):
        meet(both, wait_s)
        keep(uow)
        meet(both, wait_s)

    monkeypatch.setattr(people, "_keep_an_admin", looking)
    said = together(
        partial(first.people.set_active, right.id, False), partial(second.people.set_active, left.id, False)
    )
    with first.gate.as_system():
        return said, [row.name for row in first.people.everybody() if row.is_active]


def test_of_two_last_admins_that_two_desks_remove_one_stays(world, monkeypatch):
    said, stayed = two_admins_go(world, monkeypatch, _GUARDED_S)
    assert len(stayed) == 1
    (refused,) = [one for one in said if isinstance(one, Exception)]
    # Who was removed first has no right to remove anybody any more.
    assert isinstance(refused, Refused)
    assert refused.code in {"right.missing", "people.last_admin"}


@pytest.mark.postgres
def test_twin_without_the_turn_both_admins_go(postgres_address, monkeypatch):
    monkeypatch.setattr(people, "_take_turn", lambda uow: None)
    world = World(postgres_address)
    try:
        _, stayed = two_admins_go(world, monkeypatch, _UNGUARDED_S)
        assert stayed == []
    finally:
        world.close()


def test_tries_made_at_the_same_moment_all_count(world):
    desks = [Staffed(world, world.desk)] + [Staffed(world, world.new_desk(f"desk {n}")) for n in range(2, 7)]
    desks[0].hire("老板", Role.ADMIN)
    said = together(*(partial(desk.sign_in.by_pin, "老板", "555123") for desk in desks for _ in range(4)))
    codes = [one.code for one in said]
    assert codes.count("signin.wrong") + codes.count("signin.wrong_wait") == tries.FREE_TRIES
    assert codes.count("signin.wait") == len(said) - tries.FREE_TRIES
