"""Moving a file's records to a server: every row and sum arrives, or nothing; and nobody sells from both."""

import json
import multiprocessing
import shutil
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from core.db import copying, keys, moving
from core.db.backup import list_backups
from core.db.cipher import AesCipher
from core.db.copying import row_counts, sums_of
from core.db.driver import DATABASE_FILE
from core.db.engines import postgres_engines, sqlite_engines
from core.db.home import SERVER_FILE, has_server
from core.db.key_sources import FileSource
from core.db.keys import adopt_key, new_recovery_code, renew_recovery_code
from core.db.lock import DeskLock
from core.db.migrations.versions import known_revisions
from core.db.models import Setting
from core.db.open import open_store
from core.db.restore import restore
from core.moving import move
from core.orders.models import Order
from core.runtime.errors import Refused, Unavailable
from desktop.cli import main
from tests.support.fake_shop import line
from tests.support.opened import config_for
from tests.support.schema_files import FOLDER
from tests.support.stores import START, TEST_KEY
from tests.support.world import Address, World

pytestmark = pytest.mark.postgres

CODE = new_recovery_code()


@pytest.fixture
def server(database_address) -> str:
    """A database with tables and not one row, which counts as empty: as a move leaves it that was cut off."""
    return database_address("postgres", "server")


class _Killed(BaseException):
    """The program is gone, whatever it was doing."""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    return tmp_path / "machine.key"


@pytest.fixture
def desk(tmp_path: Path, machine: Path, sqlite_template: Path) -> Path:
    """The data folder of a desk with an empty file."""
    return desk_with(sqlite_template, tmp_path / "desk", machine)


def desk_with(file: Path, folder: Path, machine: Path) -> Path:
    folder.mkdir()
    shutil.copyfile(file, folder / DATABASE_FILE)
    adopt_key(folder, ring(), TEST_KEY, FileSource(machine))
    return folder


def ring() -> dict:
    """Keys that `CODE` opens."""
    recovery = keys._wrap_by_code(TEST_KEY, CODE)
    return {"format": 1, "key_id": TEST_KEY.id, "recovery": recovery, "database_made": True}


def live(folder: Path) -> dict:
    """A shop that has worked for a while; what every order is."""
    world = World(Address(sqlite_path=str(folder / DATABASE_FILE)))
    try:
        world.ready("SENT", line("1", "BEAR", 2))
        world.desk.pack("SENT")
        assert world.desk.ship(world.number("SENT")).code == "parcel.shipped"
        world.tell_shop()
        world.ready("READY", line("1", "BAG"), line("2", "CARD"), buyer_note="放门口 ☂")
        world.shop.place("UNPAID", line("1", "BEAR"), is_paid=False)
        world.shop.place("SHORT", line("1", "SET", 90_000))
        world.shop.place("NOBODY", line("1", "unknown goods"))
        world.sync()
        world.do(lambda uow: uow.execute(insert(Setting), {"name": "nothing", "value": None}))
        world.check_stock()
        return {row.order_no: row.fulfilment for row in world.rows(select(Order.order_no, Order.fulfilment))}
    finally:
        world.close()


def contents(engines) -> dict:
    with engines.reader.begin() as connection:
        return dict(sums_of(connection, lambda *_: None))


def file_contents(folder: Path) -> dict:
    engines = sqlite_engines(folder / DATABASE_FILE, TEST_KEY.file_key, must_exist=True)
    try:
        return contents(engines)
    finally:
        engines.dispose()


def server_contents(url: str) -> dict:
    engines = postgres_engines(url, AesCipher(TEST_KEY))
    try:
        return contents(engines)
    finally:
        engines.dispose()


def test_a_shop_that_was_worked_in_goes_on_at_the_server(desk, machine, postgres_url):
    states = live(desk)
    before = file_contents(desk)
    heard = []
    done = move(config_for(desk, machine), postgres_url, lambda *said: heard.append(said))

    assert sum(done.rows.values()) == sum(one.rows for one in before.values()) + 4, "with the facts of the opening"
    assert heard[-1] == ("order_search", len(states), len(states))
    assert [backup.reason for backup in list_backups(desk / "backups")] == ["migration"]
    after = server_contents(postgres_url)
    changed = {name for name, one in before.items() if after[name] != one}
    assert changed == {"schema_fact", "journal"}
    assert after["journal"].rows == before["journal"].rows + 1

    world = World(Address(postgres_url=postgres_url), is_new=False)
    try:
        found = {row.order_no: row.fulfilment for row in world.rows(select(Order.order_no, Order.fulfilment))}
        assert found == states
        assert {row.order_no for row in world.listed(search="林晓")} == set(states), "the search was made anew"
        assert [row.order_no for row in world.listed(search="BAG")] or world.listed(search="READY")
        world.check_stock()
        # The keys of acts came too: a repeat of an old one would be told its old answer.
        world.desk._nonces = count(1000)
        # The numbers of new rows begin behind those that came; what was begun is ended.
        world.ready("NEW", line("1", "BEAR"))
        world.desk.pack("READY")
        assert world.desk.ship(world.number("READY")).code == "parcel.shipped"
        world.check_stock()
        assert world.order("READY").buyer_note == "放门口 ☂"
    finally:
        world.close()


@pytest.mark.parametrize("revision", ["0014", known_revisions()[-1]])
def test_a_file_of_any_version_is_brought_up_and_moved(revision, tmp_path, machine, server):
    """Two rows in every table, each value of which has to come through."""
    desk = desk_with(FOLDER / f"{revision}.db", tmp_path / "desk", machine)
    done = move(config_for(desk, machine), server)
    old = sqlite_engines(done.old_file, TEST_KEY.file_key, must_exist=True)
    try:
        before = contents(old)
    finally:
        old.dispose()
    after = server_contents(server)
    assert {name for name, one in before.items() if after[name] != one} == {"schema_fact", "journal"}
    assert revision == "0014" or all(rows >= 2 for rows in done.rows.values())


def test_no_value_and_null_stay_two_things(desk, machine, server):
    live(desk)
    move(config_for(desk, machine), server)
    engines = postgres_engines(server)
    with engines.reader.begin() as connection:
        text = connection.exec_driver_sql("SELECT value::text FROM setting WHERE name = 'nothing'").scalar_one()
    engines.dispose()
    assert text == "null"


def test_the_desk_works_with_the_server_from_then_on_and_nobody_with_the_file(desk, machine, server, tmp_path):
    states = live(desk)
    done = move(config_for(desk, machine), f"{server}&password=secret-word")
    assert b"secret-word" not in (desk / SERVER_FILE).read_bytes()
    opened = open_store(config_for(desk, machine))
    try:
        assert not opened.store.is_sqlite
        assert "secret-word" in opened.server_url
        assert "secret-word" not in repr(opened)
        assert len(opened.store.read(lambda c: c.execute(select(Order.id)).all())) == len(states)
    finally:
        opened.close()
    # Whoever takes the old file by hand is told.
    assert done.old_file.stat().st_mode & 0o222 == 0
    by_hand = tmp_path / "by hand"
    shutil.copytree(done.old_file.parent, by_hand)
    (by_hand / DATABASE_FILE).chmod(0o600)
    keys_file = json.loads((by_hand / "keys.json").read_text())
    assert keys_file["key_id"] == TEST_KEY.id
    with pytest.raises(Refused) as caught:
        open_store(config_for(by_hand, machine))
    assert caught.value.code == "db.moved"
    with pytest.raises(Refused) as caught:
        move(config_for(desk, machine), server)
    assert caught.value.code == "move.done_before"


def test_who_restores_a_backup_over_it_works_with_that_and_not_with_the_server(desk, machine, server):
    live(desk)
    done = move(config_for(desk, machine), server)
    back = restore(done.backup, CODE, desk, FileSource(machine), config_for(desk, machine).clock)
    opened = open_store(config_for(desk, machine))
    assert opened.store.is_sqlite
    opened.close()
    assert (back.set_aside / SERVER_FILE).exists()


def test_a_newer_recovery_code_lets_a_desk_join(desk, machine, server, tmp_path):
    open_store(config_for(desk, machine)).close()
    code = renew_recovery_code(desk, TEST_KEY)
    move(config_for(desk, machine), server)
    joined = open_store(config_for(tmp_path / "second", tmp_path / "other.key", url=server, code=code))
    assert joined.key == TEST_KEY
    joined.close()


def test_a_server_with_records_is_refused_and_nothing_changes(desk, machine, server, tmp_path):
    open_store(config_for(tmp_path / "other", tmp_path / "other.key", url=server)).close()
    there = server_contents(server)
    with pytest.raises(Refused) as caught:
        move(config_for(desk, machine), server)
    assert caught.value.code == "move.not_empty"
    assert server_contents(server) == there
    assert not has_server(desk)
    open_store(config_for(desk, machine)).close()


def _hold_open(folder: str, machine: str, pipe) -> None:
    opened = open_store(config_for(Path(folder), Path(machine)))
    opened.store.read(lambda connection: connection.exec_driver_sql("SELECT 1").all())
    pipe.send("open")
    pipe.recv()
    opened.close()


def test_a_program_that_is_at_work_is_not_moved_away_from(desk, machine, server):
    with (
        DeskLock.take(desk, name="lin", desk="desk 1", since=START),
        pytest.raises(Refused) as caught,
    ):
        move(config_for(desk, machine), server)
    assert caught.value.code == "desk.taken"
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_hold_open, args=(str(desk), str(machine), theirs))
    process.start()
    try:
        assert ours.poll(60)
        with pytest.raises(Refused) as caught:
            move(config_for(desk, machine), server)
        assert caught.value.code == "db.in_use"
    finally:
        ours.send("end")
        process.join(60)
    assert move(config_for(desk, machine), server).rows


def test_a_row_that_is_lost_or_changed_on_the_way_ends_the_move(desk, machine, server, monkeypatch):
    live(desk)
    written = copying._insert

    def forgetful(table, **how):
        made = written(table, **how)
        return made if table.name != "customer" else made.values(created_at=START)

    monkeypatch.setattr(copying, "_insert", forgetful)
    with pytest.raises(Refused) as caught:
        move(config_for(desk, machine), server)
    assert (caught.value.code, caught.value.facts["table"]) == ("move.differs", "customer")
    monkeypatch.undo()
    # Nothing has happened: the desk works as before, and the move can be made.
    world = World(Address(sqlite_path=str(desk / DATABASE_FILE)), is_new=False)
    world.check_stock()
    world.close()
    assert sum(one.rows for one in server_contents(server).values()) == 0
    assert move(config_for(desk, machine), server).rows


@pytest.mark.parametrize("moment", ["copied", "marked", "committed"])
def test_a_move_that_is_killed_leaves_one_place_to_work_in(desk, machine, server, monkeypatch, moment):
    live(desk)
    commits = []
    if moment == "committed":
        monkeypatch.setattr(moving, "keep_server", lambda *_: _die())
    else:
        monkeypatch.setattr(
            moving,
            "_commit",
            lambda step: _die() if step == {"copied": "file", "marked": "server"}[moment] else commits.append(step),
        )
    with pytest.raises(_Killed):
        move(config_for(desk, machine), server)
    monkeypatch.undo()
    assert not has_server(desk)
    if moment != "copied":
        with pytest.raises(Refused) as caught:
            open_store(config_for(desk, machine))
        assert caught.value.code == "db.moved"
        # While the server cannot be asked nobody works with the file.
        with pytest.raises(Unavailable):
            move(config_for(desk, machine), "postgresql://packdesk@127.0.0.1:9/none")
    done = move(config_for(desk, machine), server)
    assert (done.backup is None) is (moment == "committed")
    opened = open_store(config_for(desk, machine))
    counts = opened.store.read(row_counts)
    opened.close()
    assert counts["orders"] == 5
    assert counts["setting"] == 1


def _die() -> None:
    raise _Killed


def test_the_verb_says_what_it_did(desk, machine, server, capsys):
    words = ["move", server, "--data", str(desk), "--key-file", str(machine), "--json"]
    assert main(words) == 0
    said = json.loads(capsys.readouterr().out)
    assert Path(said["old_file"]).parent.parent == desk
    assert main(words) == 1
    assert json.loads(capsys.readouterr().out)["error"] == "move.done_before"
