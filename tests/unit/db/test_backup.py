"""A backup is verified before it has a name, and with the recovery code it works on any machine."""

import json
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import func, insert, select

from core.db import backup as backup_module
from core.db.backup import (
    DAILY,
    MIGRATION,
    Backup,
    backup_if_due,
    is_due,
    kept,
    list_backups,
    make_backup,
    read_backup,
    rotate,
    verify_backup,
)
from core.db.key_sources import FileSource
from core.db.keys import read_keys
from core.db.lock import DeskLock
from core.db.models import Setting
from core.db.open import open_store
from core.db.postgres_backup import dump_postgres
from core.db.recovery_code import new_recovery_code
from core.db.restore import restore
from core.runtime.clock import ManualClock
from core.runtime.errors import Refused, Unavailable
from tests.support.opened import config_for
from tests.support.stores import START

PHONE = "13800138000"


@pytest.fixture
def opened(tmp_path, clock):
    found = open_store(config_for(tmp_path / "data", tmp_path / "machine.key", clock=clock))
    found.store.write(lambda uow: uow.insert(Setting, {"name": "phone", "value": PHONE}))
    yield found
    found.close()


@pytest.fixture
def made(opened, clock) -> Backup:
    return make_backup(opened.backup_source(), opened.backup_root, clock)


def settings(opened) -> dict[str, object]:
    rows = opened.store.read(lambda connection: connection.execute(select(Setting.name, Setting.value)).all())
    return {row.name: row.value for row in rows}


def test_another_machine_needs_the_folder_and_the_code_alone(opened, made, tmp_path, clock):
    carried = shutil.copytree(made.folder, tmp_path / "stick" / "backup")
    target, machine = tmp_path / "elsewhere", tmp_path / "other.key"
    done = restore(carried, opened.new_recovery_code, target, FileSource(machine), clock)
    assert done.set_aside is None
    assert done.rows == made.rows
    again = open_store(config_for(target, machine, clock=clock))
    assert settings(again) == {"phone": PHONE}
    assert again.new_recovery_code is None
    assert again.check().is_whole
    again.close()


def test_the_backup_is_one_file_encrypted_and_without_this_machines_secret(opened, made):
    assert sorted(path.name for path in made.folder.iterdir()) == ["backup.json", "keys.json", "packdesk.db"]
    for path in made.folder.iterdir():
        assert PHONE.encode() not in path.read_bytes()
    assert "file" not in read_keys(made.folder)
    assert made.rows["setting"] == 1
    assert list_backups(opened.backup_root) == [made]


def test_restoring_over_something_moves_it_aside_together(opened, made, tmp_path, clock):
    opened.store.write(lambda uow: uow.insert(Setting, {"name": "later", "value": 1}))
    folder = opened.folder
    there = {path.name for path in folder.iterdir() if path.name.startswith("packdesk.db")}
    assert "packdesk.db-wal" in there
    copied = shutil.copytree(folder, tmp_path / "crashed")
    done = restore(made.folder, opened.new_recovery_code, copied, FileSource(tmp_path / "machine.key"), clock)
    assert done.set_aside is not None
    assert there | {"keys.json"} <= {path.name for path in done.set_aside.iterdir()}
    again = open_store(config_for(copied, tmp_path / "machine.key", clock=clock))
    assert settings(again) == {"phone": PHONE}
    again.close()
    old = shutil.copytree(done.set_aside, tmp_path / "old")
    before = open_store(config_for(old, tmp_path / "machine.key", clock=clock))
    assert settings(before) == {"phone": PHONE, "later": 1}
    before.close()


def test_nothing_is_touched_while_a_window_is_open_or_with_a_wrong_code(opened, made, tmp_path, clock):
    target = tmp_path / "target"
    target.mkdir()
    (target / "packdesk.db").write_bytes(b"precious")
    source = FileSource(tmp_path / "other.key")
    with pytest.raises(Refused) as caught:
        restore(made.folder, new_recovery_code(), target, source, clock)
    assert caught.value.code == "key.code_wrong"
    with DeskLock.take(target, name="clerk", desk="desk 2", since=START), pytest.raises(Refused) as caught:
        restore(made.folder, opened.new_recovery_code, target, source, clock)
    assert caught.value.code == "desk.taken"
    assert (target / "packdesk.db").read_bytes() == b"precious"
    assert not list(target.glob("replaced-*"))


_HOLDING = """
import sys
from pathlib import Path
from tests.support.opened import config_for
from core.db.open import open_store
opened = open_store(config_for(Path(sys.argv[1]), Path(sys.argv[2])))
print("open", flush=True)
sys.stdin.readline()
opened.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows refuses to rename open files by itself")
def test_a_database_that_another_program_has_open_is_not_moved_from_under_it(opened, made, tmp_path, clock):
    opened.close()
    target = shutil.copytree(opened.folder, tmp_path / "served")
    program = subprocess.Popen(
        [sys.executable, "-c", _HOLDING, str(target), str(tmp_path / "machine.key")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout.readline() == "open\n"
    source = FileSource(tmp_path / "machine.key")
    with pytest.raises(Refused) as caught:
        restore(made.folder, opened.new_recovery_code, target, source, clock)
    assert caught.value.code == "db.in_use"
    assert (target / "packdesk.db").exists()
    program.communicate("\n")
    assert restore(made.folder, opened.new_recovery_code, target, source, clock).set_aside


def test_a_file_copied_by_hand_under_load_is_rejected(opened, tmp_path, clock):
    stop = threading.Event()

    def work() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            opened.store.write(lambda uow, number=number: uow.insert(Setting, {"name": str(number), "value": 1}))

    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(work)
        by_hand = tmp_path / "by hand"
        by_hand.mkdir()
        shutil.copy(opened.database, by_hand)
        shutil.copy(opened.folder / "keys.json", by_hand)
        stop.set()
        busy.result()
    with pytest.raises(Refused) as caught:
        restore(by_hand, opened.new_recovery_code, tmp_path / "target", FileSource(tmp_path / "k"), clock)
    assert caught.value.code == "backup.not_ours"
    assert not (tmp_path / "target").exists()


def test_a_backup_under_load_is_one_moment_of_the_database(opened, tmp_path, clock):
    """Each write adds two rows at once; no backup ever holds an odd number of them."""
    stop = threading.Event()

    def work() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            rows = [{"name": f"{number} {half}", "value": "x" * 500} for half in "ab"]
            opened.store.write(lambda uow, rows=rows: uow.insert_many(Setting, rows))

    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(work)
        backups = [make_backup(opened.backup_source(), tmp_path / "b", clock) for _ in range(5)]
        stop.set()
        busy.result()
    assert [one.rows["setting"] % 2 for one in backups] == [1] * 5
    assert backups[-1].rows["setting"] > backups[0].rows["setting"]


@pytest.mark.parametrize("spoil", ["cut", "flip", "swap"])
def test_a_backup_that_changed_since_is_refused(opened, made, tmp_path, clock, spoil):
    path = made.folder / "packdesk.db"
    content = bytearray(path.read_bytes())
    if spoil == "cut":
        content = content[:-4096]
    elif spoil == "flip":
        content[len(content) // 2] ^= 1
    else:
        content[4096:8192], content[8192:12288] = content[8192:12288], content[4096:8192]
    path.write_bytes(content)
    with pytest.raises(Refused) as caught:
        restore(made.folder, opened.new_recovery_code, tmp_path / "target", FileSource(tmp_path / "k"), clock)
    assert caught.value.code == "backup.damaged"
    assert not (tmp_path / "target").exists()


def test_a_copy_that_is_not_whole_never_gets_a_name(opened, clock, monkeypatch):
    honest = backup_module._copy

    def spoiled(source, target):
        rows = honest(source, target)
        content = bytearray(target.read_bytes())
        content[-3000] ^= 1
        target.write_bytes(content)
        return rows

    monkeypatch.setattr(backup_module, "_copy", spoiled)
    with pytest.raises(Unavailable) as caught:
        make_backup(opened.backup_source(), opened.backup_root, clock)
    assert caught.value.code == "backup.failed"
    assert list(opened.backup_root.iterdir()) == []


def test_a_copy_that_lost_a_row_never_gets_a_name(opened, clock, monkeypatch):
    honest = backup_module._copy

    def lossy(source, target):
        rows, revision = honest(source, target)
        return {**rows, "setting": rows["setting"] + 1}, revision

    monkeypatch.setattr(backup_module, "_copy", lossy)
    with pytest.raises(Unavailable, match="not whole"):
        make_backup(opened.backup_source(), opened.backup_root, clock)
    assert list_backups(opened.backup_root) == []


def test_without_space_no_backup_is_begun(opened, clock, monkeypatch):
    monkeypatch.setattr(backup_module.shutil, "disk_usage", lambda _: SimpleNamespace(free=2**20))
    with pytest.raises(Unavailable) as caught:
        make_backup(opened.backup_source(), opened.backup_root, clock)
    assert caught.value.code == "backup.no_space"


def test_a_damaged_database_makes_no_backup(opened, clock):
    opened.store.close()
    content = bytearray(opened.database.read_bytes())
    content[-2000] ^= 1
    opened.database.write_bytes(content)
    with pytest.raises(Unavailable) as caught:
        make_backup(opened.backup_source(), opened.backup_root, clock)
    assert caught.value.code == "backup.failed"
    assert list_backups(opened.backup_root) == []


# --- when, and how long they stay ----------------------------------------------------------------------


def test_one_backup_a_day_and_old_ones_go(opened, clock):
    root, source = opened.backup_root, opened.backup_source()
    made = []
    for _ in range(4):
        made += [backup_if_due(source, root, clock), backup_if_due(source, root, clock)]
        clock.advance(hours=13)
    assert [one is not None for one in made] == [True, False, False, False, True, False, False, False]
    assert len(list_backups(root)) == 2


def test_a_clock_that_was_wrong_does_not_stop_backups(opened, clock):
    source, root = opened.backup_source(), opened.backup_root
    make_backup(source, root, ManualClock(clock.now() + timedelta(days=400)))
    assert is_due(root, clock.now())


def _at(days_ago: float, reason: str = DAILY) -> Backup:
    at = datetime(2026, 6, 18, 9, tzinfo=UTC) - timedelta(days=days_ago)
    return Backup(Path(f"{at:%Y%m%dT%H%M%SZ}-{reason}"), at, reason, "0001", 1, {}, "")


def test_seven_days_four_weeks_and_ten_migrations_stay():
    daily = [_at(number) for number in range(60)]
    stays = kept(daily)
    days_ago = sorted((daily[0].at - one.at).days for one in daily if one.folder in stays)
    # 18 June 2026 is a Thursday: the newest of the weeks before are Sundays, 4, 11 and 18 days ago.
    assert days_ago == [0, 1, 2, 3, 4, 5, 6, 11, 18]
    migrations = [_at(number + 0.5, MIGRATION) for number in range(30, 45)]
    stays = kept(daily + migrations)
    assert sum(one.folder in stays for one in migrations) == 10


def test_the_only_backup_stays_however_old():
    assert kept([_at(1000)]) == {_at(1000).folder}


def test_rotation_leaves_what_is_not_its_own(opened, clock):
    root = opened.backup_root
    for _ in range(30):
        make_backup_quickly(opened, root, clock)
        clock.advance(days=1)
    (root / "holiday pictures").mkdir()
    (root / "notes.txt").write_text("x")
    gone = rotate(root)
    assert gone
    assert not any(path.exists() for path in gone)
    assert (root / "holiday pictures").exists()
    assert (root / "notes.txt").exists()
    assert len(list_backups(root)) == 9


def make_backup_quickly(opened, root, clock):
    """A folder that looks like a backup of that time."""
    folder = root / clock.now().strftime("%Y%m%dT%H%M%SZ")
    folder.mkdir(parents=True)
    facts = {"format": 1, "at": clock.now().isoformat(), "reason": DAILY, "revision": "0001", "size": 1,
             "rows": {}, "sha256": ""}  # fmt: skip
    (folder / "backup.json").write_text(json.dumps(facts))


def test_what_a_backup_says_can_be_checked_again_later(opened, made):
    verify_backup(read_backup(made.folder / "packdesk.db"), opened.key.file_key)


def test_a_restore_cut_off_in_the_middle_is_never_followed_by_an_empty_database(opened, made, tmp_path, clock):
    opened.close()
    target = shutil.copytree(opened.folder, tmp_path / "cut")

    class Cut(FileSource):
        def save(self, account, secret):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(made.folder, opened.new_recovery_code, target, Cut(tmp_path / "cut.key"), clock)
    with pytest.raises(Refused) as caught:
        open_store(config_for(target, tmp_path / "machine.key", clock=clock))
    assert caught.value.code == "db.missing"
    restore(made.folder, opened.new_recovery_code, target, FileSource(tmp_path / "new.key"), clock)
    again = open_store(config_for(target, tmp_path / "new.key", clock=clock))
    assert settings(again) == {"phone": PHONE}
    again.close()


# --- PostgreSQL ----------------------------------------------------------------------


def test_a_server_is_dumped_and_comes_back_in_an_empty_database(postgres_cluster, postgres_url, tmp_path, clock):
    first = open_store(config_for(tmp_path / "one", tmp_path / "one.key", url=postgres_url, clock=clock))
    first.store.write(lambda uow: uow.execute(insert(Setting), {"name": "phone", "value": PHONE}))
    first.close()
    dump = dump_postgres(postgres_url, tmp_path / "dumps", clock)
    assert dump.tables > 20
    with postgres_cluster.fresh_database() as empty:
        plain = empty.replace("postgresql+psycopg", "postgresql")
        command = dump.restore_command.replace("EMPTY_DATABASE", plain).split()
        subprocess.run(command, check=True, capture_output=True)
        joining = config_for(
            tmp_path / "two", tmp_path / "two.key", url=empty, code=first.new_recovery_code, clock=clock
        )
        second = open_store(joining)
        count = second.store.read(lambda c: c.execute(select(func.count()).select_from(Setting)).scalar_one())
        second.close()
    assert count == 1
    assert [path.suffix for path in (tmp_path / "dumps").iterdir()] == [".dump"]


def test_without_pg_dump_the_sentence_says_what_to_install(tmp_path, clock, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused) as caught:
        dump_postgres("postgresql://x@localhost/y", tmp_path, clock)
    assert caught.value.code == "db.backup_first"
    assert "postgresql-client" in str(caught.value)


def test_a_dump_that_fails_says_why_and_leaves_nothing(tmp_path, clock):
    with pytest.raises(Unavailable) as caught:
        dump_postgres(f"postgresql://nobody@/none?host={tmp_path}", tmp_path / "dumps", clock)
    assert caught.value.code == "backup.failed"
    assert list((tmp_path / "dumps").iterdir()) == []
