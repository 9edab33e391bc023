"""The program itself: its lanes go the rounds, a cause becomes an alert within a stated time, and nothing loads early."""

import subprocess
import sys
import time

import pytest
from sqlalchemy import insert, select

from core import behind
from core.alerts.models import Alert, AlertNotice
from core.alerts.rounds import EVERY_S
from core.app import CoreConfig, build
from core.db.models import Outbox
from desktop.alert_words import catalogue_words
from tests.simulators.robot_server import RobotServer


@pytest.fixture
def core(tmp_path, monkeypatch):
    monkeypatch.setattr(behind, "_AFTER_START_S", 0.0)
    made = build(CoreConfig(tmp_path / "data", key_file=tmp_path / "key", say=catalogue_words()))
    yield made
    made.stop()


def failed_row(core):
    at = core.store.clock.now()
    row = {
        "kind": "from the future", "key": "k", "payload": {}, "state": "failed", "lane": "shop:1",
        "created_at": at, "not_before_at": at, "attempts": 1,
    }  # fmt: skip
    core.store.write(lambda uow: uow.execute(insert(Outbox), row))


def waited_for(read, seconds=20.0):
    """What `read` gives once it gives something, and how long that took."""
    begun = time.monotonic()
    while not (found := read()):
        assert time.monotonic() - begun < seconds, "it never came"
        time.sleep(0.05)
    return found, time.monotonic() - begun


def test_a_running_program_raises_an_alert_within_a_round_and_carries_the_message(core):
    server = RobotServer(time.time)
    try:
        robot = server.add("wecom", "a-key-of-a-robot")
        core.alerting.carrier._ways._places = {"wecom": server.url}
        core.alert_settings.put_channel(None, "wecom", "群", {"key": "a-key-of-a-robot"})
        core.alerting.rounds._settle_s = 0
        core.start()
        waited_for(lambda: core.alerting.rounds.is_watching)
        failed_row(core)
        rows, took_s = waited_for(lambda: core.store.read(lambda c: c.execute(select(Alert.rule)).all()))
        assert rows[0].rule == "outbox.failed"
        assert took_s < EVERY_S + 5, "the bound is a round, and whatever this machine needs for it"
        assert core.status.status().alerts.open == 1
        page = core.alerts.page("open", None, 9)
        core.alerts.acknowledge(page.rows[0].id)
        assert core.status.status().alerts.open == 0
        assert robot.kind == "wecom"
    finally:
        server.stop()


def test_a_critical_alert_of_a_running_program_reaches_the_robot(core):
    server = RobotServer(time.time)
    try:
        robot = server.add("wecom", "a-key-of-a-robot")
        core.alerting.carrier._ways._places = {"wecom": server.url}
        core.alert_settings.put_channel(None, "wecom", "群", {"key": "a-key-of-a-robot"})
        from core.desk.alert_settings import RuleDraft

        core.alert_settings.put_rule(RuleDraft("outbox.failed", True, "critical", {}))
        core.alerting.rounds._settle_s = 0
        core.start()
        failed_row(core)
        waited_for(lambda: robot.got)
        assert "被拒绝" in robot.got[0]
        waited_for(
            lambda: core.store.read(lambda c: c.execute(select(AlertNotice.state)).scalars().all()) == ["told"]
        )
    finally:
        server.stop()


def test_a_program_that_only_looks_loads_nothing_of_the_alerts():
    code = "import sys, core.app; print(sorted(m for m in sys.modules if m in {'smtplib', 'core.alerts', 'core.alerting'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_program_that_starts_shows_its_first_page_before_it_loads_what_speaks_to_others(tmp_path):
    """Even one with a payment gateway and a channel of alerts."""
    code = f"""
import sys, time
from pathlib import Path
from sqlalchemy import insert
from core.app import CoreConfig, build
from core.alerts.models import AlertChannel
from core.payments.models import PaymentGateway
from core.sync.shops import add_shop
folder = Path({str(tmp_path)!r})
core = build(CoreConfig(folder / "data", key_file=folder / "key"))
at = core.store.clock.now()
def furnish(uow):
    shop = add_shop(uow, "file", "店", {{}}, "", 1)
    uow.insert(PaymentGateway, dict(shop_id=shop, kind="wechat", settings={{}}, secret="", template="", is_active=True, created_at=at))
    uow.insert(AlertChannel, dict(kind="wecom", name="群", access={{}}, is_on=True, rank=1, created_at=at))
core.store.write(furnish)
core.start()
time.sleep(1.0)
print(sorted({{"requests", "smtplib", "core.alerting", "core.payments.asking", "core.payments.bills"}} & set(sys.modules)))
core.stop()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_verb_lists_what_stands_and_tests_a_channel(core, tmp_path, capsys):
    from desktop.cli import main

    server = RobotServer(time.time)
    try:
        server.add("wecom", "a-key-of-a-robot")
        core.alert_settings.put_channel(None, "wecom", "群", {"key": "a-key-of-a-robot"})
        options = ["--data", str(tmp_path / "data"), "--key-file", str(tmp_path / "key"), "--json"]
        assert main(["alerts", *options]) == 0
        told = capsys.readouterr().out
        assert '"alerts": []' in told
        assert main(["alerts", "test", "另一个", *options]) != 0
        assert main(["alerts", "test", *options]) == 2
    finally:
        server.stop()
