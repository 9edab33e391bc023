"""P2, P3, P5 together: the power is cut at random moments of the whole job, and the work goes on from what the disk kept.

`PACKDESK_JOB_CUTS=200` makes the long run; `python -m tests.e2e.test_power_cuts FOLDER CUTS SEED` prints its figures.
"""

import os
import sys
from pathlib import Path

import pytest

from tests.e2e.power_world import WHILE_PACKING, Tally, World
from tests.support.fault_shim import compile_shim

CUTS = int(os.environ.get("PACKDESK_JOB_CUTS", "5"))
SEED = int(os.environ.get("PACKDESK_FAULT_SEED", "20261124"))
#: cuts in one life, at most: then the job is let end and everything is counted
_PER_LIFE = 8

pytestmark = pytest.mark.slow


def cut_power(folder: Path, shim: Path, cuts: int, seed: int) -> Tally:
    world = World(folder, shim, seed)
    while world.tally.cuts < cuts:
        world.live(min(_PER_LIFE, cuts - world.tally.cuts))
    return world.tally


def test_whatever_the_cut_nothing_is_lost_and_nothing_done_twice(shim, tmp_path):
    tally = cut_power(tmp_path, shim, CUTS, SEED)
    assert tally.complaints == []
    assert (tally.broken, tally.lost) == (0, 0)
    assert tally.cuts == CUTS
    assert tally.acts > tally.orders


def test_the_twin_without_syncing_each_commit_loses_what_was_acknowledged(shim, tmp_path):
    world = World(tmp_path, shim, SEED, synchronous="NORMAL", places=WHILE_PACKING)
    for _ in range(4):
        world.live(2, is_ended=False)
        if world.tally.lost:
            break
    assert world.tally.lost > 0


def main(folder: Path, cuts: int, seed: int) -> int:
    """A long run that says after each life how it stands; what it found so far is not lost when it is stopped."""
    folder.mkdir(parents=True)
    library = compile_shim(folder)
    assert library is not None, "needs Linux and a C compiler"
    world = World(folder / "run", library, seed)
    while world.tally.cuts < cuts:
        world.live(min(_PER_LIFE, cuts - world.tally.cuts))
        print(world.tally, flush=True)
    return 1 if world.tally.complaints or world.tally.broken or world.tally.lost else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
