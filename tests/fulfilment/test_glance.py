"""The first look at a data folder says what the services say, changes nothing, and steps back when in doubt."""

import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text

from core.access.rights import Role
from core.alerts.models import Alert
from core.channels.models import Shop
from core.db.driver import connect_sqlite, connect_sqlite_to_look
from core.db.key_sources import AskedOnce
from core.db.keys import adopt_key, load_key, read_keys
from core.db.lock import alone
from core.desk import first_page
from core.desk.first_page import FirstLook
from core.desk.glance import glance
from core.runtime.errors import Unavailable
from tests.support.data_folder import DataFolder, make_data_folder
from tests.support.fake_shop import line
from tests.support.staff import Staffed
from tests.support.world import KEY, START, World

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return make_data_folder(tmp_path / "data", tmp_path / "machine.key")


@pytest.fixture
def world(folder: DataFolder) -> Iterator[World]:
    made = folder.world()
    yield made
    made.close()


def seen(folder: DataFolder, world: World) -> FirstLook | None:
    return glance(folder.path, folder.source, world.clock.now())


def told(world: World) -> FirstLook:
    """What the services say at this moment."""
    desk = world.desk
    waves = desk.packing.waves()
    picks = desk.packing.pick_list(waves[0].id) if waves else ()
    status, to_pack = desk.status.status(), desk.packing.to_pack()
    return FirstLook(desk.packing.recent(), waves, picks, desk.labels.open_jobs(), status, to_pack)


def test_where_people_sign_in_nothing_is_shown_before_somebody_does(folder, world):
    assert seen(folder, world) is not None
    staff = Staffed(world, world.desk)
    staff.hire("老板", Role.ADMIN)
    assert seen(folder, world) is None


class Day:
    """A day at the desk: whatever comes next, chosen by a seed."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        self.orders = 0

    def step(self) -> str:
        acts = (
            self.order,
            self.order,
            self.wave,
            self.pack,
            self.pack,
            self.print,
            self.doubt,
            self.silence,
            self.rest,
        )
        act: Callable[[], None] = self.random.choice(acts)
        act()
        return act.__name__

    def order(self) -> None:
        self.orders += 1
        self.world.ready(f"A{self.orders}", line("1", "BEAR", self.random.randint(1, 3)))

    def wave(self) -> None:
        self.world.desk.packing.start_wave(self.random.choice(("batch", "scan_to_print")), self.random.randint(1, 3))

    def pack(self) -> None:
        opened = self.world.desk.packing.open_next(self.world.desk.nonce())
        if opened.parcel is not None and opened.code == "parcel.opened":
            done = self.world.desk.verify(opened)
            if self.random.random() < 0.8 and done.parcel is not None:
                self.world.desk.ship(done.parcel.waybill_no)

    def print(self) -> None:
        self.world.print_labels()

    def doubt(self) -> None:
        """A label of which nobody knows whether it came out, and perhaps one that waits."""
        self.orders += 1
        self.world.ready(f"A{self.orders}", line("1", "BAG", 1))
        for parcel in self.world.parcels(f"A{self.orders}"):
            self.world.desk.labels.print_label(parcel.id)
        job = self.world.desk.jobs.claim("virtual")
        assert job is not None
        if self.world.desk.jobs.mark_sending(job, "digest"):
            self.world.desk.jobs.mark_unknown(job, "the wire broke")

    def silence(self) -> None:
        """The shop grows silent, fails or is switched off; something for the outside waits or fails for good."""
        self.world.clock.advance(seconds=self.random.randint(10, 200))
        facts = self.random.choice(
            (
                {"is_active": False},
                {"is_active": True},
                {"last_error": "gone"},
                {"last_good_pull_at": self.world.clock.now()},
            )
        )
        self.world.do(lambda uow: uow.execute(Shop.__table__.update().values(**facts)))
        state = self.random.choice(("failed", "waiting", "leased", "done"))
        self.world.do(
            lambda uow: uow.execute(text("UPDATE outbox SET state = :state WHERE id % 2 = 0"), {"state": state})
        )

    def rest(self) -> None:
        self.world.tell_shop()
        self.world.clock.advance(seconds=self.random.randint(1, 100))


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.slow
def test_a_glance_is_what_the_services_say_in_many_states(folder, world, seed):
    day = Day(world, seed)
    assert seen(folder, world) == told(world)
    filled: set[str] = set()
    for _ in range(30):
        act = day.step()
        found = seen(folder, world)
        assert found == told(world), act
        filled |= {name for name in ("recent", "waves", "jobs") if getattr(found, name)}
        filled |= {job.state for job in found.jobs}
        filled |= {"failed"} if found.status.outbox_failed else set()
    assert {"recent", "waves", "jobs", "unknown", "failed"} <= filled


def files_of(folder: DataFolder) -> dict[str, str]:
    """What may never change by looking: the file and its log (an empty one says nothing)."""
    names = (folder.database, folder.database.with_name(f"{folder.database.name}-wal"))
    return {
        path.name: sha256(path.read_bytes()).hexdigest() for path in names if path.exists() and path.stat().st_size
    }


def killed_in_the_middle_of_its_work(folder: DataFolder) -> None:
    """A program that committed an order into the log and was killed before anything was copied from there."""
    work = (
        "import os, signal; from pathlib import Path\n"
        "from tests.support.data_folder import DataFolder; from tests.support.fake_shop import line\n"
        f"world = DataFolder(Path({str(folder.path)!r}), Path({str(folder.key_file)!r})).world()\n"
        "world.ready('A1', line('1', 'BEAR', 2)); world.desk.packing.start_wave('batch', 5)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", work], cwd=ROOT, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("is_shm_lost", [False, True])
def test_after_a_kill_it_reads_the_log_and_leaves_it_as_it_lies(folder, is_shm_lost):
    killed_in_the_middle_of_its_work(folder)
    wal = folder.database.with_name(f"{folder.database.name}-wal")
    assert wal.stat().st_size > 0
    if is_shm_lost:  # a power cut may take it
        folder.database.with_name(f"{folder.database.name}-shm").unlink()
    before = files_of(folder)
    found = glance(folder.path, folder.source, START)
    assert found is not None
    assert [wave.parcel_count for wave in found.waves] == [1]
    assert files_of(folder) == before
    connection = connect_sqlite(folder.database, KEY.file_key, must_exist=True)
    assert connection.execute("SELECT order_no FROM orders").fetchall() == [("A1",)]
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_a_look_cannot_write(folder, world):
    world.close()
    before = files_of(folder)
    looking = connect_sqlite_to_look(folder.database, KEY.file_key)
    looking.execute("PRAGMA query_only = OFF")  # the operating system still says no
    with pytest.raises(Exception, match="readonly"):
        looking.execute("INSERT INTO setting (name, value) VALUES ('a', '1')")
    looking.close()
    assert files_of(folder)["packdesk.db"] == before["packdesk.db"]


def test_writing_goes_on_beside_a_look_that_lasts(folder, world):
    looking = connect_sqlite_to_look(folder.database, KEY.file_key)
    looking.execute("BEGIN")
    assert looking.execute("SELECT count(*) FROM orders").fetchone() == (0,)
    world.ready("A1", line("1", "BEAR", 1))
    assert looking.execute("SELECT count(*) FROM orders").fetchone() == (0,)
    looking.close()
    assert seen(folder, world) == told(world)


def nothing_yet(folder: DataFolder) -> None:
    folder.database.unlink()


def an_old_schema(folder: DataFolder) -> None:
    change(folder, "UPDATE alembic_version SET version_num = '0000'")


def a_newer_schema(folder: DataFolder) -> None:
    change(folder, "UPDATE alembic_version SET version_num = '9999'")


def no_schema_noted(folder: DataFolder) -> None:
    change(folder, "DROP TABLE alembic_version")


def without_a_log(folder: DataFolder) -> None:
    change(folder, "PRAGMA journal_mode = DELETE")


def a_spoilt_beginning(folder: DataFolder) -> None:
    with folder.database.open("r+b") as file:
        file.write(bytes(4096))


def not_encrypted(folder: DataFolder) -> None:
    folder.database.write_bytes(b"SQLite format 3\x00" + bytes(4080))


def empty_file(folder: DataFolder) -> None:
    folder.database.write_bytes(b"")


def no_machine_key(folder: DataFolder) -> None:
    folder.key_file.unlink()


def another_machine_key(folder: DataFolder) -> None:
    folder.key_file.unlink()
    folder.source.save(KEY.id, bytes(32))


def no_key_ring(folder: DataFolder) -> None:
    (folder.path / "keys.json").unlink()


def change(folder: DataFolder, statement: str) -> None:
    connection = connect_sqlite(folder.database, KEY.file_key, must_exist=True)
    connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    "spoil",
    [
        nothing_yet,
        an_old_schema,
        a_newer_schema,
        no_schema_noted,
        without_a_log,
        a_spoilt_beginning,
        not_encrypted,
        empty_file,
        no_machine_key,
        another_machine_key,
        no_key_ring,
    ],
)
def test_where_something_has_to_be_decided_there_is_no_glance(folder, spoil):
    assert glance(folder.path, folder.source, START) is not None
    spoil(folder)
    before = files_of(folder)
    assert glance(folder.path, folder.source, START) is None
    assert files_of(folder) == before


def test_while_another_program_prepares_the_database_there_is_no_glance(folder):
    with alone(folder.path):
        assert glance(folder.path, folder.source, START) is None
    assert glance(folder.path, folder.source, START) is not None


def test_a_synced_folder_gets_no_glance(tmp_path):
    folder = make_data_folder(tmp_path / "OneDrive" / "data", tmp_path / "machine.key")
    assert glance(folder.path, folder.source, START) is None


def test_it_needs_neither_sqlalchemy_nor_the_rest(folder):
    look = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from core.db.key_sources import FileSource; from core.desk.glance import glance\n"
        f"found = glance(Path({str(folder.path)!r}), FileSource(Path({str(folder.key_file)!r})), datetime(2026, 1, 1, tzinfo=UTC))\n"
        "assert found is not None\n"
        "heavy = {'sqlalchemy', 'alembic', 'requests', 'psycopg', 'keyring', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", look], cwd=ROOT, check=True, timeout=60)


class Keyring:
    """Asks its owner each time."""

    name = "keyring"

    def __init__(self, secret: bytes | None, error: Exception | None = None) -> None:
        self.asked = 0
        self.secret = secret
        self.error = error

    def load(self, account: str) -> bytes | None:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return self.secret

    def save(self, account: str, secret: bytes) -> None:
        self.secret = secret


def test_the_keyring_is_asked_once_for_a_glance_and_the_rest(folder):
    keyring = Keyring(None)
    adopt_key(folder.path, read_keys(folder.path), KEY, keyring)
    keyring.asked = 0
    source = AskedOnce(keyring)
    assert glance(folder.path, source, START) is not None
    assert load_key(folder.path, source).value == KEY.value
    assert keyring.asked == 1


def test_a_keyring_that_does_not_answer_is_not_waited_for_twice(folder):
    keyring = Keyring(None, Unavailable("key.keyring_slow", "slow"))
    source = AskedOnce(keyring)
    for _ in range(2):
        with pytest.raises(Unavailable):
            source.load("account")
    assert keyring.asked == 1
    keyring.error = None
    source.save("account", bytes(32))
    assert source.load("account") == bytes(32)


def plans(folder: DataFolder) -> list[tuple[str, str]]:
    """Each statement of the first page with one step of how the database means to answer it."""
    looking = connect_sqlite_to_look(folder.database, KEY.file_key)

    def ask(statement: str, /, **values: object) -> list[tuple[object, ...]]:
        plan = looking.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        steps.extend((statement, row[3]) for row in plan)
        return [tuple(row) for row in looking.execute(statement, values)]

    steps: list[tuple[str, str]] = []
    first_page.first_look(ask, START)
    first_page.print_job(ask, 1)
    looking.close()
    return steps


def test_no_statement_of_the_first_page_walks_through_what_was_done_long_ago(folder, world):
    world.ready("A1", line("1", "BEAR", 1))
    world.desk.labels.print_label(world.parcels("A1")[0].id)
    alert = {"rule": "r", "key": "k", "severity": "critical", "facts": {}, "raised_at": START, "seen_at": START}
    world.do(lambda uow: uow.insert(Alert, alert))
    found = plans(folder)
    assert len({statement for statement, _ in found}) == 13
    walks = {step for _, step in found if step.startswith("SCAN")}
    # `waiting` is what was found through the index of open parcels, counted; a sale that goes on again has no row.
    few = {"SCAN shop", "SCAN sale_pause"}
    assert walks == few | {"SCAN print_job USING INDEX ix_print_job_open", "SCAN waiting"}
    # Alerts that stand are found by their all-clear, which they have not got: what is over is not looked at.
    alerts = {step for _, step in found if step.startswith("SEARCH alert ")}
    assert alerts == {"SEARCH alert USING INDEX ix_alert_cleared_at (cleared_at=?)"}
    assert any("USING COVERING INDEX ix_parcel_open" in step for _, step in found)
