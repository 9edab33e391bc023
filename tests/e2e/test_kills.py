"""P2, P3, P5: the program may be killed at any moment of the job; started again it goes on, nothing lost or twice."""

import contextlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.db.key_sources import FileSource
from core.db.open import StoreConfig, open_store
from core.db.unit_of_work import Actor
from core.inventory.queries import check_sums
from core.runtime.clock import SystemClock
from core.waybills.models import PrintJob, Waybill
from printing.transports.virtual import read_virtual_labels

ROOT = Path(__file__).resolve().parents[2]
ORDERS = int(os.environ.get("PACKDESK_KILL_ORDERS", "20"))
KILLS = int(os.environ.get("PACKDESK_KILLS", "6"))

pytestmark = pytest.mark.slow


def child(folder: Path, orders: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.e2e.crash_child", str(folder), str(orders), "7"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_killed_again_and_again_the_job_ends_with_nothing_lost_and_nothing_twice(tmp_path):
    chance = random.Random(20261123)
    process = child(tmp_path, ORDERS)
    killed = 0
    for _ in range(KILLS):
        if ended_before(process, tmp_path, chance):
            break
        process.kill()
        process.communicate()
        killed += 1
        # Orders that were placed stay placed: only the very first start may have died before placing any.
        process = child(tmp_path, 0 if placed(tmp_path) else ORDERS)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert killed >= 1, "the run ended before it was ever killed: raise PACKDESK_KILL_ORDERS"
    result = json.loads(out.splitlines()[-1])
    assert result["left_open"] == 0
    assert result["stock_ok"]
    assert result["orders"] == result["shipped"] == result["confirmed_by_shop"] >= ORDERS
    assert_one_valid_label_per_parcel(tmp_path)


def ended_before(process: subprocess.Popen[str], folder: Path, chance: random.Random) -> bool:
    """Wait for the moment of the next kill: a few labels further, and a little; True when the run ended before."""
    tray = folder / "labels"
    wanted = len(read_virtual_labels(tray)) + chance.randint(0, 4)
    while process.poll() is None and len(read_virtual_labels(tray)) < wanted:
        time.sleep(0.01)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(chance.uniform(0.0, 1.2))
    return process.poll() is not None


def placed(folder: Path) -> bool:
    memory = folder / "data" / "practice" / "practice.sqlite3"
    if not memory.exists():
        return False
    with sqlite3.connect(memory) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        return "orders" in tables and connection.execute("SELECT count(*) FROM orders").fetchone()[0] > 0


def assert_one_valid_label_per_parcel(folder: Path) -> None:
    opened = open_store(
        StoreConfig(folder / "data", FileSource(folder / "demo.key"), Actor("test", "test"), SystemClock())
    )
    try:
        store = opened.store
        assert store.read(check_sums) == []
        per_parcel = (
            select(Waybill.parcel_id, func.count()).where(Waybill.state == "obtained").group_by(Waybill.parcel_id)
        )
        assert {count for _, count in store.read(lambda c: c.execute(per_parcel).all())} == {1}
        jobs = select(Waybill.number, PrintJob.copy_no).join(Waybill, Waybill.id == PrintJob.waybill_id)
        asked_for = Counter(row.number for row in store.read(lambda c: c.execute(jobs).all()))
    finally:
        opened.close()
    papers = Counter(label.name for label in read_virtual_labels(folder / "labels"))
    # A second paper exists only where the clerk was asked and wanted one, and it is a copy of its own.
    assert all(papers[number] <= asked_for[number] for number in papers)
    assert set(papers) == set(asked_for)
