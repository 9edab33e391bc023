"""Kill, EIO and a full disk at every kind of file operation: nothing acknowledged is lost, nothing is half done."""

import json
import os

import pytest

from tests.support.fault_shim import run_under_shim

#: how many points per case; the long run sets thousands
POINTS = int(os.environ.get("PACKDESK_FAULT_POINTS", "14"))
SEED = int(os.environ.get("PACKDESK_FAULT_SEED", "20260618"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "modes"),
    [
        ("writes", "kill,torn,eio,eio-for-ever,enospc,enospc-for-ever"),
        ("migration", "kill,eio,enospc"),
        ("backup", "kill,eio-for-ever,enospc-for-ever"),
        ("stock", "kill,torn,eio,enospc-for-ever"),
    ],
)
def test_whatever_fails_nothing_acknowledged_is_lost(shim, tmp_path, scenario, modes):
    said = json.loads(
        run_under_shim(shim, "tests.support.faults", [scenario, modes, str(POINTS), str(SEED), str(tmp_path)])
    )
    assert said["complaints"] == []
    assert said["operations"] > 10
    assert said["points"] == min(POINTS, said["operations"]) * len(modes.split(","))
