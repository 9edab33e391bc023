"""Run real writes, a migration or a backup in forked children, and fail or kill each at a chosen file operation.

Started under the shim by `test_faults`: `python -m tests.support.faults SCENARIO MODES POINTS SEED FOLDER` prints
one JSON object with the number of points and every complaint.
"""

import errno
import json
import os
import random
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from core.db.backup import Source, list_backups, make_backup, verify_backup
from core.db.driver import connect_sqlite
from core.db.engines import sqlite_engines
from core.db.integrity import findings_of
from core.db.migrations.runner import migrate_sqlite
from core.db.models import Setting
from core.db.unit_of_work import Actor, Store, UnitOfWork
from core.runtime.clock import ManualClock
from core.runtime.errors import DomainError, Unavailable
from tests.support import stock_acts
from tests.support.fault_shim import Mode, Shim
from tests.support.stores import START, TEST_KEY, make_sqlite_template

DATABASE = "packdesk.db"
WRITES = 8
_KEYS = {"format": 1, "key_id": TEST_KEY.id, "recovery": {}}


@dataclass(frozen=True, slots=True)
class Said:
    """What a child told before it ended: acknowledged, refused for sure, and of unknown outcome."""

    acknowledged: frozenset[int]
    refused: frozenset[int]
    unknown: frozenset[int]


def open_store(path: Path, synchronous: str = "FULL", checkpoint_pages: int = 12) -> Store:
    """A store on the file, checkpointing often so that checkpoints are hit too."""
    engines = sqlite_engines(path, TEST_KEY.file_key, must_exist=True)

    @event.listens_for(engines.writer, "connect")
    def small_log(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA wal_autocheckpoint = {checkpoint_pages}")
        connection.execute(f"PRAGMA synchronous = {synchronous}")

    return Store(engines, ManualClock(START), Actor("tester", "desk 1"), pause=lambda _: None, patience_s=0.01)


def write_one(uow: UnitOfWork, number: int) -> None:
    """Rows in three tables that belong together."""
    uow.insert(Setting, {"name": str(number), "value": "x" * (200 + 150 * (number % 7))})
    uow.enqueue("test", str(number), {"n": number}, lane="test")
    uow.record("test.written", "setting", number)


def numbers_in(connection: Any) -> tuple[set[int], list[str]]:
    """The numbers that are wholly there, and a complaint for each that is half there."""
    settings = {int(row[0]) for row in connection.execute("SELECT name FROM setting")}
    outbox = {int(row[0]) for row in connection.execute("SELECT key FROM outbox")}
    journal = {int(row[0]) for row in connection.execute("SELECT subject_id FROM journal")}
    halves = (settings | outbox | journal) - (settings & outbox & journal)
    return settings, [f"write {number} is half there" for number in sorted(halves)]


def _findings(connection: Any) -> list[str]:
    """What is wrong: first as the next start finds it, then with the log written back."""
    found = findings_of(connection, thorough=False)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return found + findings_of(connection, thorough=True)


# --- scenarios: what runs in the child, and what must hold afterwards ------------------------------------------


def run_writes(folder: Path, tell: Callable[[str], None]) -> None:
    """Eight writes, each told when it was acknowledged."""
    store = open_store(folder / DATABASE)
    for number in range(1, WRITES + 1):
        try:
            store.write(lambda uow, number=number: write_one(uow, number))  # type: ignore[misc]  # loop value bound
            tell(f"a{number}")
        except Unavailable as error:
            tell(f"{'u' if error.code == 'db.outcome_unknown' else 'r'}{number}")
    store.close()


def check_writes(folder: Path, said: Said) -> list[str]:
    """Every acknowledged write is whole, none is half, none that was refused for sure is there."""
    connection = connect_sqlite(folder / DATABASE, TEST_KEY.file_key, must_exist=True)
    try:
        complaints = _findings(connection)
        there, halves = numbers_in(connection)
    finally:
        connection.close()
    complaints += halves
    complaints += [f"acknowledged write {number} is lost" for number in sorted(said.acknowledged - there)]
    complaints += [f"write {number} was refused and is there" for number in sorted(said.refused & there)]
    return complaints


def _widen() -> None:
    from alembic import op

    with op.batch_alter_table("setting", recreate="always") as batch:
        batch.add_column(sa.Column("colour", sa.Text()))


def run_migration(folder: Path, tell: Callable[[str], None]) -> None:
    """From the newest real revision to one that remakes a table."""
    from types import SimpleNamespace

    from core.db.migrations.versions import revisions

    newer: Any = SimpleNamespace(revision="0999", down_revision=None, upgrade=_widen)
    path = folder / DATABASE
    try:
        migrate_sqlite(lambda: connect_sqlite(path, TEST_KEY.file_key, must_exist=True), [*revisions(), newer])
        tell("a1")
    except (Unavailable, sa.exc.DBAPIError):
        tell("u1")


def check_migration(folder: Path, said: Said) -> list[str]:
    """The database is wholly old or wholly new, with its rows."""
    connection = connect_sqlite(folder / DATABASE, TEST_KEY.file_key, must_exist=True)
    try:
        complaints = _findings(connection)
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        columns = {row[1] for row in connection.execute("PRAGMA table_info(setting)")}
        rows = connection.execute("SELECT count(*) FROM setting").fetchone()[0]
    finally:
        connection.close()
    if (revision == "0999") != ("colour" in columns):
        complaints.append(f"revision {revision} with columns {sorted(columns)}")
    if rows != 1:
        complaints.append(f"{rows} rows instead of 1")
    if said.acknowledged and revision != "0999":
        complaints.append("the migration was acknowledged and is lost")
    return complaints


def run_backup(folder: Path, tell: Callable[[str], None]) -> None:
    """One backup."""
    source = Source(folder / DATABASE, TEST_KEY.file_key, _KEYS)
    try:
        make_backup(source, folder / "backups", ManualClock(START))
        tell("a1")
    except Unavailable:
        tell("r1")


def check_backup(folder: Path, said: Said) -> list[str]:
    """Whatever has the name of a backup is a whole one, and the live database is untouched."""
    complaints = []
    made = list_backups(folder / "backups")
    for backup in made:
        verify_backup(backup, TEST_KEY.file_key)
    named = [path.name for path in (folder / "backups").glob("[!.]*")] if (folder / "backups").exists() else []
    if len(named) != len(made):
        complaints.append(f"{named} under good names, {len(made)} are backups")
    if said.acknowledged and not made:
        complaints.append("the backup was acknowledged and is lost")
    return complaints + check_writes(folder, Said(frozenset({1}), frozenset(), frozenset()))


def run_stock(folder: Path, tell: Callable[[str], None]) -> None:
    """Every act of the stock once; what builds on one that failed may be refused by the product itself."""
    store = stock_acts.prepare(open_store(folder / DATABASE))
    for number in range(1, len(stock_acts.ACTS) + 1):
        try:
            store.write(lambda uow, number=number: stock_acts.act(uow, number))  # type: ignore[misc]  # loop value bound
            tell(f"a{number}")
        except DomainError as error:
            tell(f"{'u' if error.code == 'db.outcome_unknown' else 'r'}{number}")
    store.close()


def check_stock(folder: Path, said: Said) -> list[str]:
    """Every acknowledged act is there, and the file is what the same acts leave where nothing fails."""
    there, complaints = check_stock_file(folder / DATABASE)
    complaints += check_file(folder / DATABASE)
    complaints += [f"acknowledged act {number} is lost" for number in sorted(said.acknowledged - there)]
    return complaints + [f"act {number} was refused and is there" for number in sorted(said.refused & there)]


def check_stock_file(path: Path) -> tuple[frozenset[int], list[str]]:
    """The acts that are in the file; sums that do not hold, and tables that are not as just these acts leave them."""
    store = stock_acts.prepare(open_store(path))
    try:
        there, complaints, found = (
            store.read(stock_acts.numbers_in),
            stock_acts.wrong_sums(store),
            stock_acts.dump(store),
        )
    finally:
        store.close()
    expected = _undisturbed(path.parent.parent, there)
    return there, complaints + [
        f"{name} is not as these acts leave it" for name in expected if found[name] != expected[name]
    ]


def _undisturbed(folder: Path, there: frozenset[int]) -> dict[str, list[tuple[Any, ...]]]:
    if there not in _LEFT:
        calm = folder / "calm.db"
        shutil.copyfile(folder / "template.db", calm)
        store = stock_acts.prepare(open_store(calm))
        for number in sorted(there):
            store.write(lambda uow, number=number: stock_acts.act(uow, number))  # type: ignore[misc]  # loop value bound
        _LEFT[there] = stock_acts.dump(store)
        store.close()
    return _LEFT[there]


#: what is left by acts that nothing disturbed, by their numbers
_LEFT: dict[frozenset[int], dict[str, list[tuple[Any, ...]]]] = {}


def check_file(path: Path) -> list[str]:
    """What is wrong with the file itself."""
    connection = connect_sqlite(path, TEST_KEY.file_key, must_exist=True)
    try:
        return _findings(connection)
    finally:
        connection.close()


Run = Callable[[Path, Callable[[str], None]], None]
Check = Callable[[Path, Said], list[str]]
SCENARIOS: dict[str, tuple[Run, Check]] = {
    "writes": (run_writes, check_writes),
    "migration": (run_migration, check_migration),
    "backup": (run_backup, check_backup),
    "stock": (run_stock, check_stock),
}
MODES: dict[str, dict[str, Any]] = {
    "kill": {"mode": Mode.KILL},
    "torn": {"mode": Mode.TORN},
    "eio": {"mode": Mode.FAIL, "error": errno.EIO},
    "eio-for-ever": {"mode": Mode.FAIL, "error": errno.EIO, "sticky": True},
    "enospc": {"mode": Mode.FAIL, "error": errno.ENOSPC},
    "enospc-for-ever": {"mode": Mode.FAIL, "error": errno.ENOSPC, "sticky": True},
}


class Bench:
    """Runs one scenario again and again, each time with a fault at another operation."""

    def __init__(self, scenario: str, folder: Path) -> None:
        self._run, self._check = SCENARIOS[scenario]
        self._folder = folder
        self._shim = Shim()
        self._template = make_sqlite_template(folder / "template.db")
        if scenario == "stock":
            stock_acts.furnish(self._template)
        elif scenario != "writes":
            store = open_store(self._template)
            store.write(lambda uow: write_one(uow, 1))
            store.close()

    def count(self) -> int:
        """How many operations the scenario makes when nothing fails."""
        folder = self._fresh()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            self._shim.arm(Mode.COUNT, str(folder))
            self._run(folder, lambda _: None)
            os.write(writer, str(self._shim.counted()).encode())
            os._exit(0)
        os.close(writer)
        os.waitpid(child, 0)
        text = os.read(reader, 100)
        os.close(reader)
        return int(text)

    def try_at(self, at: int, mode: str, recovery_at: int = 0) -> list[str]:
        """Complaints after a fault at operation `at`, and a kill at `recovery_at` of the next start."""
        folder = self._fresh()
        said, status = self._child(folder, self._run, at, MODES[mode])
        if recovery_at:
            self._child(folder, _reopen, recovery_at, MODES["kill"])
        complaints = self._check(folder, said)
        if mode.startswith(("eio", "enospc")) and status != 0:
            complaints.append(f"the program ended by itself with status {status}")
        return [f"{mode} at {at} (then {recovery_at}): {complaint}" for complaint in complaints]

    def _fresh(self) -> Path:
        folder = self._folder / "case"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copyfile(self._template, folder / DATABASE)
        return folder

    def _child(self, folder: Path, run: Run, at: int, fault: dict[str, Any]) -> tuple[Said, int]:
        # Pages of a pipe outlive a killed writer.
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.close(reader)
                self._shim.arm(path_part=str(folder), at=at, **fault)
                run(folder, lambda text: _tell(writer, text))
                status = 0
            finally:
                self._shim.disarm()
                os._exit(status)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            words = pipe.read().split()
        _, status = os.waitpid(child, 0)
        numbers = {kind: frozenset(int(word[1:]) for word in words if word[0] == kind) for kind in "aru"}
        return Said(numbers["a"], numbers["r"], numbers["u"]), status


def _tell(writer: int, text: str) -> None:
    os.write(writer, f"{text}\n".encode())


def _reopen(folder: Path, _: Callable[[str], None]) -> None:
    connection = connect_sqlite(folder / DATABASE, TEST_KEY.file_key, must_exist=True)
    connection.execute("SELECT count(*) FROM setting").fetchone()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def main(arguments: Sequence[str]) -> int:
    """Try `POINTS` faults of each mode spread over the whole scenario."""
    scenario, modes, points, seed, folder = arguments
    rng = random.Random(int(seed))
    bench = Bench(scenario, Path(folder))
    total = bench.count()
    complaints: list[str] = []
    tried = 0
    for mode in modes.split(","):
        for at in sorted(rng.sample(range(1, total + 1), min(int(points), total))):
            tried += 1
            complaints += bench.try_at(at, mode, rng.choice([0, 0, 1, 2, 3, 5]) if mode in {"kill", "torn"} else 0)
    sys.stdout.write(json.dumps({"operations": total, "points": tried, "complaints": complaints}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
