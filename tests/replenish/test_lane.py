"""The lane that keeps the days' sales: rolled up without being told to, under a lease."""

import pytest

from core.app import CoreConfig, build
from core.db import leases
from core.replenish import rolling
from core.replenish.rolling import rolled_day


@pytest.fixture
def core(tmp_path):
    core = build(CoreConfig(tmp_path / "data", key_file=tmp_path / "key"))
    yield core
    core.stop()


def test_a_program_rolls_up_by_itself(core):
    behind = core.behind
    assert core.store.read(rolled_day) is None
    assert behind._roll_lane() >= 120
    assert core.store.read(rolled_day) is not None


@pytest.mark.parametrize("is_guarded", [True, False])
def test_what_a_desk_rolled_up_while_another_took_over_is_not_noted(core, monkeypatch, is_guarded):
    store, fresh = core.store, rolling.fresh
    if not is_guarded:
        monkeypatch.setattr(leases.Held, "write", leases.Freely.write)

    def slept(connection, day):
        monkeypatch.setattr(rolling, "fresh", fresh)
        # As after a sleep in which the lease ran out.
        store.write(lambda uow: leases.release(uow, "roll_up", 1))
        assert store.write(lambda uow: leases.take(uow, "roll_up", "another desk", 120)) == 2
        return fresh(connection, day)

    monkeypatch.setattr(rolling, "fresh", slept)
    assert core.behind._roll_lane() >= 120, "it looks again later, and is no defect"
    assert (core.store.read(rolled_day) is None) == is_guarded
    assert store.write(lambda uow: leases.is_held(uow, "roll_up", 2)), "what it let go of was not its own any more"
