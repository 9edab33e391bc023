"""A power cut at any moment loses nothing acknowledged; with less careful settings the same test sees losses."""

import json
import os

import pytest

from tests.support.fault_shim import run_under_shim
from tests.support.power_cut import SCENARIOS

CUTS = int(os.environ.get("PACKDESK_POWER_CUTS", "120"))
SEED = int(os.environ.get("PACKDESK_FAULT_SEED", "20260618"))

pytestmark = pytest.mark.slow


def cut(shim, folder, scenario: str, synchronous: str, cuts: int) -> dict[str, int]:
    said = run_under_shim(shim, "tests.support.power_cut", [scenario, synchronous, str(cuts), str(SEED), str(folder)])
    found: dict[str, int] = json.loads(said)
    assert found["cuts"] == cuts
    assert found["acknowledged"] == SCENARIOS[scenario].writes
    return found


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_cut_breaks_the_file_or_loses_an_acknowledged_write(shim, tmp_path, scenario):
    """Of the stock too: orders, payments, deliveries, counts, documents and quotas, and every sum afterwards."""
    found = cut(shim, tmp_path, scenario, "FULL", CUTS)
    assert (found["broken"], found["lost"]) == (0, 0)


@pytest.mark.parametrize(("synchronous", "what", "share"), [("NORMAL", "lost", 0.1), ("OFF", "broken", 0.1)])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_twin_with_less_careful_settings_fails(shim, tmp_path, scenario, synchronous, what, share):
    found = cut(shim, tmp_path, scenario, synchronous, 40)
    assert found[what] >= share * found["cuts"]
