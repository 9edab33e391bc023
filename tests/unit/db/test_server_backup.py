"""The daily backup of a server: made by one desk, whole or not at all, and brought back without any server."""

from datetime import timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update

from core.app import CoreConfig, build
from core.backing_up import back_up, back_up_if_due, newest_backup
from core.db import leases, server_backup
from core.db.backup import list_backups
from core.db.driver import DATABASE_FILE
from core.db.home import has_server, keep_server
from core.db.key_sources import FileSource
from core.db.keys import adopt_key
from core.db.leases import LeaseLost
from core.db.models import Journal, Setting
from core.db.open import open_store
from core.db.restore import restore
from core.moving import move
from core.runtime.errors import Unavailable
from desktop.cli import main
from tests.support.opened import config_for
from tests.support.stores import START, TEST_KEY
from tests.support.world import Address, World
from tests.unit.db.test_moving import CODE, desk_with, file_contents, live, ring, server_contents

pytestmark = pytest.mark.postgres


def test_a_server_is_backed_up_and_comes_back_as_the_file_of_one_desk(
    tmp_path, sqlite_template, postgres_url, database_address, capsys
):
    machine = tmp_path / "machine.key"
    desk = desk_with(sqlite_template, tmp_path / "desk", machine)
    states = live(desk)
    config = config_for(desk, machine)
    move(config, postgres_url)
    before = server_contents(postgres_url)
    assert main(["backup", "--data", str(desk), "--key-file", str(machine)]) == 0
    assert "verified" in capsys.readouterr().out
    made = list_backups(desk / "backups")[0]
    assert (made.reason, made.rows["orders"]) == ("manual", len(states))

    # In the folder of the desk that made it: it works with the file from then on, and no more with the server.
    restore(made.folder, CODE, desk, FileSource(machine), config.clock)
    assert not has_server(desk)
    after = file_contents(desk)
    changed = {name for name, one in before.items() if after[name] != one}
    assert changed <= {"schema_fact", "lease", "journal", "setting"}, "the facts of the opening and of the backup"
    world = World(Address(sqlite_path=str(desk / DATABASE_FILE)), is_new=False)
    try:
        assert {row.order_no for row in world.listed(search="林晓")} == set(states), "the search was made anew"
        world.check_stock()
        world.desk._nonces = count(1000)
        world.desk.pack("READY")
        assert world.desk.ship(world.number("READY")).code == "parcel.shipped"
    finally:
        world.close()
    # And to a server again, when there is one.
    assert move(config, database_address("postgres", "again")).rows["orders"] == len(states)


@pytest.fixture
def opened(tmp_path: Path, database_address):
    """A desk that works with a server on which there is next to nothing."""
    folder, machine = tmp_path / "desk", FileSource(tmp_path / "machine.key")
    folder.mkdir()
    adopt_key(folder, ring(), TEST_KEY, machine)
    keep_server(folder, TEST_KEY, database_address("postgres", "server"))
    opened = open_store(config_for(folder, tmp_path / "machine.key"))
    yield opened
    opened.close()


def test_one_desk_a_day_makes_it_and_all_of_them_see_when_and_where(opened):
    store, clock = opened.store, opened.store.clock
    other = store.write(lambda uow: leases.take(uow, "backup", "desk 2", 60))
    assert back_up_if_due(opened, clock, "desk 1") is None, "another one makes it"
    with pytest.raises(LeaseLost):
        back_up(opened, opened.backup_root, clock, "desk 1")
    store.write(lambda uow: leases.release(uow, "backup", other))
    assert newest_backup(opened) is None

    made = back_up_if_due(opened, clock, "desk 1")
    newest = newest_backup(opened)
    assert (made.reason, newest.at, newest.desk) == ("daily", START, "desk 1")
    assert back_up_if_due(opened, clock, "desk 1") is None, "there is one of today"
    noted = select(Journal.id).where(Journal.action == "backup.made")
    assert len(store.read(lambda connection: connection.execute(noted).all())) == 1

    old = {"at": (START - timedelta(hours=25)).isoformat(), "desk": "desk 2"}
    aging = update(Setting).where(Setting.name == "backup.newest").values(value=old)
    store.write(lambda uow: uow.execute(aging))
    assert back_up_if_due(opened, clock, "desk 1") is not None, "that of desk 2 is old"


def test_nothing_is_left_of_a_backup_that_is_cut_off_or_not_whole(opened, monkeypatch):
    store, copied = opened.store, server_backup.copy_tables

    def refused(*more):
        with pytest.raises((Unavailable, LeaseLost)) as caught:
            back_up_if_due(opened, store.clock, "desk 1", *more)
        assert list(opened.backup_root.iterdir()) == []
        assert newest_backup(opened) is None
        return caught.value

    assert refused(lambda: True).code == "backup.stopped"

    def one_row_less(source, target, tell):
        sums = copied(source, target, tell)
        target.exec_driver_sql("DELETE FROM schema_fact WHERE name = 'database_id'")
        return sums

    monkeypatch.setattr(server_backup, "copy_tables", one_row_less)
    error = refused()
    assert (error.code, "schema_fact" in str(error)) == ("backup.failed", True)

    def slept(source, target, tell):
        # For so long that another desk took over: what it still had in its hands is not told of as the newest.
        store.write(lambda uow: leases.take(uow, "backup", "desk 1", 60))
        store.clock.advance(seconds=90)
        return copied(source, target, tell)

    monkeypatch.setattr(server_backup, "copy_tables", slept)
    assert refused().code == "lease.lost"


@pytest.mark.expected_log("no backup was made")
def test_a_program_goes_on_where_its_backup_cannot_be_made(tmp_path, monkeypatch, caplog):
    core = build(CoreConfig(tmp_path / "data", key_file=tmp_path / "key"))
    try:
        with monkeypatch.context() as patched:
            patched.setattr("core.db.backup.shutil.disk_usage", lambda _folder: SimpleNamespace(free=0))
            assert core.back_up_if_due() is None
        assert "no backup was made" in caplog.text
        assert core.newest_backup() is None
        made = core.back_up_if_due()
        assert (made.reason, core.newest_backup().at) == ("daily", made.at)
    finally:
        core.stop()
