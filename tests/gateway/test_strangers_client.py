"""A client nobody here wrote, on the door's own description of itself: no call fails inside, no answer is undescribed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.gateway.contract import OPERATIONS
from core.gateway.openapi import document
from core.runtime.clock import SystemClock
from tests.support.door import line, open_door
from tests.support.repository import ROOT
from tests.support.world import Address, World, make_tables

#: how many calls of each kind it makes up; a long run sets hundreds
EXAMPLES = os.environ.get("PACKDESK_STRANGER_EXAMPLES", "6")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.mark.slow
def test_a_client_nobody_here_wrote_finds_no_failure(tmp_path: Path) -> None:
    address = Address(sqlite_path=str(tmp_path / "door.db"))
    make_tables(address)
    world = World(address, clock=SystemClock(), stock=1000)
    description = tmp_path / "openapi.json"
    description.write_text(json.dumps(document()), encoding="utf-8")
    with open_door(world) as stand:
        for number in range(3):
            stand.mall.reserve(f"S{number}", [line("BEAR")])
        known = {"PACKDESK_DOOR": f"{stand.address} {stand.key.key} {stand.key.secret}"}
        hooks = {"SCHEMATHESIS_HOOKS": "tests.gateway.stranger", "PYTHONPATH": str(ROOT)}
        command = [
            os.environ.get("PACKDESK_STRANGER", sys.executable),
            "-m",
            "schemathesis.cli",
            "run",
            str(description),
        ]
        command += ["--url", stand.address, "--checks", CHECKS, "--max-examples", EXAMPLES, "--continue-on-failure"]
        command += ["--request-timeout", "30", "--seed", "618", "--no-color"]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=os.environ | known | hooks,
            timeout=600,
            check=False,
        )
    world.check_stock()
    world.close()
    assert done.returncode == 0, done.stdout + done.stderr
    made = re.search(r"([\d,]+) generated", done.stdout)
    assert made is not None, done.stdout
    assert int(made[1].replace(",", "")) >= 200, done.stdout
    assert re.search(rf"Tested:\s+{len(OPERATIONS)}\b", done.stdout), done.stdout
