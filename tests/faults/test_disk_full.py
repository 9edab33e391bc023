"""A really full disk: nothing is half saved, reading goes on, and giving back the reserve makes it writable again."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from core.db.integrity import check_file
from core.db.models import Setting
from core.db.space import ensure_ballast, release_ballast
from core.db.unit_of_work import Actor, Store
from core.runtime.clock import ManualClock
from core.runtime.errors import Unavailable
from tests.support.stores import START, TEST_KEY, engines_for


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 3 MB of its own; needs root."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(store: Store) -> tuple[int, str]:
    """Write until the disk is full; how many writes were acknowledged, and the code of the refusal."""
    for number in range(100_000):
        try:
            store.write(lambda uow, number=number: uow.insert(Setting, {"name": str(number), "value": "x" * 3000}))
        except Unavailable as error:
            return number, error.code
    raise AssertionError("the disk never became full")


def count(store: Store) -> int:
    return store.read(lambda connection: connection.execute(select(func.count()).select_from(Setting)).scalar_one())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting needs root")
def test_on_a_full_disk_reading_goes_on_and_the_reserve_helps(small_disk, sqlite_template, monkeypatch):
    monkeypatch.setattr("core.db.space.STOP_BELOW", 0)
    path = Path(shutil.copyfile(sqlite_template, small_disk / "packdesk.db"))
    assert ensure_ballast(small_disk, 512 * 1024)
    store = Store(engines_for("sqlite", str(path)), ManualClock(START), Actor("t", "d"))
    acknowledged, code = fill(store)
    assert code == "db.full"
    assert acknowledged > 50
    assert count(store) == acknowledged
    with pytest.raises(Unavailable) as caught:
        store.write(lambda uow: [uow.count(delete(Setting).where(Setting.name == str(n))) for n in range(50)])
    assert caught.value.code == "db.full"
    assert release_ballast(small_disk)
    store.write(lambda uow: uow.insert(Setting, {"name": "after", "value": 1}))
    assert count(store) == acknowledged + 1
    store.close()
    assert check_file(path, TEST_KEY.file_key).is_whole


_LIMITED = """
import resource, signal, sys
from pathlib import Path
from core.db.models import Setting
from core.db.unit_of_work import Actor, Store
from core.runtime.clock import ManualClock
from core.runtime.errors import Unavailable
from tests.support.stores import START, engines_for
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (900_000, 900_000))
store = Store(engines_for("sqlite", str(path)), ManualClock(START), Actor("t", "d"))
for number in range(100_000):
    try:
        store.write(lambda uow: uow.insert(Setting, {"name": str(number), "value": "x" * 3000}))
    except Unavailable as error:
        print(number, error.code, flush=True)
        break
"""


def test_a_file_that_may_not_grow_refuses_in_words_and_keeps_what_it_has(tmp_path, sqlite_template):
    path = Path(shutil.copyfile(sqlite_template, tmp_path / "packdesk.db"))
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(path)], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    number, code = done.stdout.split()
    assert int(number) > 10
    assert code in {"db.full", "db.io", "db.outcome_unknown"}
    store = Store(engines_for("sqlite", str(path)), ManualClock(START), Actor("t", "d"))
    assert count(store) in {int(number), int(number) + (code == "db.outcome_unknown")}
    store.close()
    assert check_file(path, TEST_KEY.file_key).is_whole
