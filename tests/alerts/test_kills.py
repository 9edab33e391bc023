"""Killed for real, again and again, at any moment: every alert is raised once, and no message is doubled unmarked."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from core.alerts.channels import put_channel
from core.alerts.models import Alert, AlertNotice
from core.runtime.clock import SystemClock
from tests.alerts.conftest import KEYS, SECRETS
from tests.simulators.robot_server import RobotServer
from tests.support.world import World

ROOT = Path(__file__).resolve().parents[2]
#: as many as one message lists, so that each is found by its name whatever was gathered
KILLS, CAUSES = 6, 12

pytestmark = pytest.mark.slow


def test_killed_again_and_again_every_alert_is_told_and_none_twice_without_a_mark(sqlite_address, tmp_path):
    chance = random.Random(20261128)
    world = World(sqlite_address, clock=SystemClock())
    server = RobotServer(time.time)
    causes = tmp_path / "causes"
    causes.write_text("", "utf-8")
    robot = server.add("feishu", KEYS["feishu"], SECRETS["feishu"])
    entered = {"token": KEYS["feishu"], "secret": SECRETS["feishu"]}
    world.do(lambda uow: put_channel(uow, None, "feishu", "群", entered))
    command = [sys.executable, "-m", "tests.alerts.kill_child", sqlite_address.sqlite_path, server.url, str(causes)]

    def child():
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        return process

    keys = [f"key-{number:02d}." for number in range(CAUSES)]
    process = child()
    try:
        for turn in range(KILLS):
            with causes.open("a", encoding="utf-8") as file:
                file.writelines(f"{key}\n" for key in keys[turn * CAUSES // KILLS : (turn + 1) * CAUSES // KILLS])
            time.sleep(chance.uniform(0.02, 0.5))
            process.kill()
            process.communicate()
            process = child()
        # What was on its way when the program died waits until nobody else can be carrying it.
        deadline = time.monotonic() + 100
        while time.monotonic() < deadline:
            if all(any(key in text for text in robot.got) for key in keys):
                break
            time.sleep(0.2)
    finally:
        process.kill()
        process.communicate()
        server.stop()
    raised = [row.key for row in world.rows(select(Alert.key))]
    assert sorted(raised) == keys
    unmarked = [text for text in robot.got if "可能重复" not in text]
    for key in keys:
        assert sum(key in text for text in unmarked) <= 1, key
        assert any(key in text for text in robot.got), key
    assert len(world.rows(select(AlertNotice.id))) == CAUSES
    world.close()
