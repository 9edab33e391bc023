"""The lane that keeps the days' sales: rolled up without being told to, under a lease."""

from core.app import CoreConfig, build
from core.replenish.rolling import rolled_day


def test_a_program_rolls_up_by_itself(tmp_path):
    core = build(CoreConfig(tmp_path / "data", key_file=tmp_path / "key"))
    try:
        behind = core.behind
        assert core.store.read(rolled_day) is None
        assert behind._roll_lane() >= 120
        assert core.store.read(rolled_day) is not None
    finally:
        core.stop()
