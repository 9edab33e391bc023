"""Opening says what is wrong, and never puts an empty database where one was."""

import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from core.db import driver as driver_module
from core.db import integrity as integrity_module
from core.db.backup import make_backup
from core.db.driver import connect_sqlite
from core.db.facts import read_facts
from core.db.keys import load_key
from core.db.models import Setting
from core.db.open import open_store
from core.runtime.errors import Refused, Unavailable
from tests.support.disk import spoil_tables
from tests.support.opened import config_for

PHONE = "13800138000"


def code_of(config) -> str:
    with pytest.raises((Refused, Unavailable)) as caught:
        open_store(config)
    assert str(config.folder) in str(caught.value) or config.database_url
    return caught.value.code


@pytest.fixture
def machine(tmp_path) -> Path:
    return tmp_path / "machine.key"


@pytest.fixture
def made(tmp_path, machine):
    """A data folder with one row in it, closed; gives its configuration and the recovery code."""
    config = config_for(tmp_path / "data", machine)
    opened = open_store(config)
    opened.store.write(lambda uow: uow.insert(Setting, {"name": "phone", "value": PHONE}))
    opened.close()
    return config, opened.new_recovery_code


def value(opened):
    found = opened.store.read(lambda connection: connection.execute(select(Setting.value)).scalar_one())
    opened.close()
    return found


def test_the_second_start_finds_what_the_first_wrote_and_has_no_new_code(made):
    config, code = made
    assert code
    opened = open_store(config)
    assert opened.new_recovery_code is None
    assert opened.check().is_whole
    assert value(opened) == PHONE


def test_the_database_knows_its_key_and_program(made, tmp_path, machine):
    opened = open_store(config_for(tmp_path / "data", machine, version="0.2.0"))
    facts = opened.store.read(read_facts)
    opened.close()
    assert facts["program_version"] == "0.2.0"
    assert facts["key_id"] == opened.key.id


def test_no_other_program_reads_the_file_and_nothing_personal_stands_in_it(made):
    config, _ = made
    path = config.folder / "packdesk.db"
    stock = sqlite3.connect(path)
    with pytest.raises(sqlite3.DatabaseError):
        stock.execute("SELECT * FROM setting")
    stock.close()
    for file in config.folder.iterdir():
        if file.is_file():
            words = subprocess.run(
                ["strings", "-n", "6", str(file)], capture_output=True, text=True, check=True
            ).stdout
            assert PHONE not in words, file
            assert "CREATE TABLE" not in words, file


def test_a_file_in_clear_text_is_refused(made):
    config, _ = made
    (config.folder / "packdesk.db").unlink()
    clear = sqlite3.connect(config.folder / "packdesk.db")
    clear.execute("CREATE TABLE t (x)")
    clear.close()
    assert code_of(config) == "db.not_encrypted"


@pytest.mark.parametrize("also", [[], ["packdesk.db-wal"]])
def test_a_file_that_vanished_is_missed_and_not_replaced(made, also):
    config, _ = made
    (config.folder / "packdesk.db").unlink()
    for name in also:
        (config.folder / name).write_bytes(b"x")
    assert code_of(config) == "db.missing"
    assert not (config.folder / "packdesk.db").exists()


def test_backups_in_the_folder_say_that_there_was_a_database(made):
    config, _ = made
    opened = open_store(config)
    make_backup(opened.backup_source(), opened.backup_root, config.clock)
    opened.close()
    for name in ("packdesk.db", "keys.json"):
        (config.folder / name).unlink()
    assert code_of(config) == "db.missing"
    assert not (config.folder / "keys.json").exists()


def test_a_folder_where_nothing_can_be_made_is_told(tmp_path, machine):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "packdesk.opening").mkdir()
    assert code_of(config_for(tmp_path / "data", machine)) == "db.unreachable"


def test_a_log_without_its_file_is_missed_even_without_keys(tmp_path, machine):
    config = config_for(tmp_path / "data", machine)
    config.folder.mkdir()
    (config.folder / "packdesk.db-wal").write_bytes(b"x")
    assert code_of(config) == "db.missing"


def test_an_emptied_file_is_damaged_and_stays_empty(made):
    config, _ = made
    (config.folder / "packdesk.db").write_bytes(b"")
    assert code_of(config) == "db.damaged"
    assert (config.folder / "packdesk.db").stat().st_size == 0


def test_keys_of_another_database_are_told_and_change_nothing(made, tmp_path, machine):
    config, _ = made
    other = config_for(tmp_path / "other", machine)
    open_store(other).close()
    shutil.copy(other.folder / "keys.json", config.folder / "keys.json")
    before = (config.folder / "packdesk.db").read_bytes()
    assert code_of(config) == "db.wrong_key"
    assert (config.folder / "packdesk.db").read_bytes() == before


def test_a_lost_keys_file_is_told(made):
    config, _ = made
    (config.folder / "keys.json").unlink()
    assert code_of(config) == "key.no_file"


def test_a_new_machine_asks_for_the_code_once(made, tmp_path):
    config, code = made
    moved = config_for(config.folder, tmp_path / "other machine.key")
    assert code_of(moved) == "key.recovery_needed"
    assert value(open_store(config_for(config.folder, tmp_path / "other machine.key", code=code))) == PHONE
    assert value(open_store(moved)) == PHONE


def test_a_damaged_page_is_found_writing_stops_and_reading_goes_on(made):
    config, _ = made
    path = config.folder / "packdesk.db"
    content = bytearray(path.read_bytes())
    content[-2000] ^= 1
    path.write_bytes(content)
    opened = open_store(config)
    found = opened.check()
    assert not found.is_whole
    with pytest.raises(Unavailable) as caught:
        opened.store.write(lambda uow: uow.insert(Setting, {"name": "x", "value": 1}))
    assert caught.value.code == "db.damaged"
    assert value(opened) == PHONE


def test_a_first_page_spoiled_while_it_was_copied_from_the_log_opens_at_once(made):
    """The log holds it whole; without a salt of our own the key would be taken from the spoiled bytes."""
    config, _ = made
    path = config.folder / "packdesk.db"
    connection = connect_sqlite(path, open_store_key(config), must_exist=True)
    connection.execute("CREATE TABLE later (x)")
    for name in ("packdesk.db", "packdesk.db-wal"):
        shutil.copy(config.folder / name, config.folder / f"{name}.cut")
    connection.close()
    for name in ("packdesk.db", "packdesk.db-wal"):
        (config.folder / f"{name}.cut").replace(config.folder / name)
    content = bytearray(path.read_bytes())
    content[:4096] = bytes(4096)
    path.write_bytes(content)
    assert value(open_store(config)) == PHONE


def open_store_key(config) -> bytes:
    return load_key(config.folder, config.key_source).file_key


def test_a_damaged_first_page_is_told(made):
    config, _ = made
    path = config.folder / "packdesk.db"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    assert code_of(config) == "db.wrong_key"


def test_a_newer_database_is_refused_with_the_version_to_install(made):
    config, _ = made
    opened = open_store(config)
    opened.store.write(lambda uow: uow.execute(text("UPDATE alembic_version SET version_num = '0999'")))
    opened.close()
    with pytest.raises(Refused) as caught:
        open_store(config)
    assert caught.value.code == "db.too_new"
    assert "0999" in str(caught.value)
    assert "program 0.1.0" in str(caught.value)


def test_an_old_sqlite_library_is_refused(tmp_path, machine, monkeypatch):
    monkeypatch.setattr(driver_module, "OLDEST_SAFE_SQLITE", (99, 0, 0))
    with pytest.raises(Unavailable) as caught:
        open_store(config_for(tmp_path / "data", machine))
    assert caught.value.code == "db.library_old"
    assert not (tmp_path / "data" / "packdesk.db").exists()


def test_a_synced_folder_is_refused_before_anything_is_made(tmp_path, machine):
    assert code_of(config_for(tmp_path / "Dropbox" / "data", machine)) == "db.synced_folder"
    assert not (tmp_path / "Dropbox").exists()


def test_a_first_start_cut_off_anywhere_is_simply_done_again(tmp_path, machine, monkeypatch):
    config = config_for(tmp_path / "data", machine)

    def cut(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("core.db.open._migrate_file", cut)
        with pytest.raises(KeyboardInterrupt):
            open_store(config)
    with monkeypatch.context() as patch:
        patch.setattr("core.db.open.mark_database_made", cut)
        with pytest.raises(KeyboardInterrupt):
            open_store(config)
    opened = open_store(config)
    assert opened.check().is_whole
    opened.close()
    assert sorted(path.name for path in config.folder.iterdir()) == [
        "keys.json",
        "packdesk.db",
        "packdesk.db-line",
        "packdesk.opening",
    ]


@pytest.mark.race
def test_several_programs_on_their_first_start_make_one_database(tmp_path, machine):
    program = (
        "import sys, pathlib\n"
        "from core.db.open import open_store\n"
        "from core.db.models import Setting\n"
        "from tests.support.opened import config_for\n"
        "opened = open_store(config_for(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))\n"
        "opened.store.write(lambda uow: uow.insert(Setting, {'name': sys.argv[3], 'value': 1}))\n"
        "print(opened.key.id, bool(opened.new_recovery_code))\n"
        "opened.close()\n"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "data"), str(machine), str(number)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    said = [run.communicate()[0].split() for run in runs]
    assert [run.returncode for run in runs] == [0] * 4
    assert len({key for key, _ in said}) == 1
    assert sorted(is_new for _, is_new in said) == ["False", "False", "False", "True"]


def test_the_settings_of_every_connection_hold(made):
    config, _ = made
    opened = open_store(config)
    for engine in (opened.store.engines.writer, opened.store.engines.reader):
        with engine.connect() as connection:
            found = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            ]
        assert found == ["wal", 2, 1, 0]
    opened.close()


def test_a_connection_never_makes_a_file_that_must_exist(tmp_path):
    from sqlcipher3 import dbapi2

    with pytest.raises(dbapi2.OperationalError):
        connect_sqlite(tmp_path / "none.db", bytes(32), must_exist=True)
    assert not (tmp_path / "none.db").exists()


# --- PostgreSQL ----------------------------------------------------------------------


def test_desks_share_a_server_and_the_second_joins_with_the_code(postgres_url, tmp_path):
    first = open_store(config_for(tmp_path / "one", tmp_path / "one.key", url=postgres_url))
    first.store.write(lambda uow: uow.insert(Setting, {"name": "phone", "value": PHONE}))
    first.close()
    joining = config_for(tmp_path / "two", tmp_path / "two.key", url=postgres_url)
    assert code_of(joining) == "key.recovery_needed"
    with_code = config_for(tmp_path / "two", tmp_path / "two.key", url=postgres_url, code=first.new_recovery_code)
    second = open_store(with_code)
    assert second.key == first.key
    assert second.new_recovery_code is None
    assert value(second) == PHONE
    assert value(open_store(joining)) == PHONE


def test_a_desk_with_another_key_is_turned_away_from_the_server(postgres_url, tmp_path):
    open_store(config_for(tmp_path / "one", tmp_path / "one.key", url=postgres_url)).close()
    open_store(config_for(tmp_path / "two", tmp_path / "two.key")).close()
    assert code_of(config_for(tmp_path / "two", tmp_path / "two.key", url=postgres_url)) == "db.wrong_key"


def test_personal_columns_on_the_server_hold_cipher_text(postgres_url, tmp_path):
    from core.customers.models import Customer, Identity

    opened = open_store(config_for(tmp_path / "one", tmp_path / "one.key", url=postgres_url))

    def operation(uow):
        customer = uow.insert(Customer, {"created_at": uow.now})
        uow.execute(
            insert(Identity),
            {"channel": "mall", "buyer_key": "b", "customer_id": customer, "buyer_name": "王小明"},
        )

    opened.store.write(operation)
    clear = opened.store.read(lambda connection: connection.execute(select(Identity.buyer_name)).scalar_one())
    raw = opened.store.read(
        lambda connection: connection.execute(text("SELECT buyer_name FROM identity")).scalar_one()
    )
    opened.close()
    assert clear == "王小明"
    assert "王小明" not in raw


def test_an_unreachable_server_is_told(tmp_path):
    url = f"postgresql://nobody@/none?host={tmp_path}"
    assert code_of(config_for(tmp_path / "one", tmp_path / "one.key", url=url)) == "db.unreachable"


def test_a_database_of_another_program_is_left_alone(postgres_url, tmp_path):
    import psycopg

    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE theirs (x int)")
    assert code_of(config_for(tmp_path / "one", tmp_path / "one.key", url=postgres_url)) == "db.foreign"


def write_during_the_check(opened, monkeypatch, within_s: float) -> bool:
    """Whether a write that comes while the file is checked is done before the check ends, `within_s` later at most."""
    done = threading.Event()

    def write() -> None:
        opened.store.write(lambda uow: uow.insert(Setting, {"name": "meanwhile", "value": 1}))
        done.set()

    seen: list[bool] = []

    def slow_check(path, key):
        writer.start()
        seen.append(done.wait(within_s))
        return integrity_module.Integrity(())

    writer = threading.Thread(target=write)
    monkeypatch.setattr(integrity_module, "check_file", slow_check)
    opened.check()
    writer.join(10)
    assert done.is_set()
    return seen == [True]


def test_writing_waits_while_a_small_file_is_checked_and_not_for_a_large_one(made, monkeypatch):
    config, _ = made
    opened = open_store(config)
    assert not write_during_the_check(opened, monkeypatch, within_s=0.5)
    opened.store.write(lambda uow: uow.execute(text("DELETE FROM setting WHERE name = 'meanwhile'")))
    monkeypatch.setattr(integrity_module, "_WAITED_FOR_BYTES", 0)
    assert write_during_the_check(opened, monkeypatch, within_s=10)
    opened.close()


def test_nothing_more_is_written_to_a_file_found_damaged(made):
    config, _ = made
    opened = open_store(config)
    opened.close()
    path = config.folder / "packdesk.db"
    spoil_tables(path, load_key(config.folder, config.key_source).file_key)
    opened = open_store(config)
    assert not opened.check().is_whole
    with pytest.raises(Unavailable) as caught:
        opened.store.write(lambda uow: uow.insert(Setting, {"name": "late", "value": 1}))
    assert caught.value.code == "db.damaged"
    opened.close()


def test_a_file_that_another_program_holds_while_it_closes_is_waited_for(made):
    config, _ = made
    path, key = config.folder / "packdesk.db", load_key(config.folder, config.key_source).file_key
    other = connect_sqlite(path, key, must_exist=True)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    other.execute("DELETE FROM setting WHERE name = 'none'")
    other.execute("COMMIT")
    leaves = threading.Timer(0.3, other.close)
    leaves.start()
    opened = open_store(config)
    leaves.join()
    with opened.store.engines.writer.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 0
    opened.close()
