"""Every revision keeps every row, every reference and every trigger, or nothing at all happens."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic import op
from sqlalchemy import create_engine, text

from core.db.driver import connect_sqlite
from core.db.engines import postgres_engines, sqlite_engines
from core.db.integrity import check_file, counts_of
from core.db.migrations import runner, versions
from core.db.migrations.draft import differences, first_body
from core.db.migrations.runner import MigrationBroken, migrate_postgres, migrate_sqlite, own_tables
from core.db.migrations.state import Standing, schema_state
from core.db.migrations.versions import known_revisions, revisions
from core.db.open import open_store
from core.db.schema import all_tables
from core.runtime.errors import Refused, Unavailable
from tests.support.opened import config_for
from tests.support.schema_files import COUNTS_FILE, FOLDER, fill_every_table
from tests.support.stores import TEST_KEY

FILE_KEY = TEST_KEY.file_key


def step(revision: str, upgrade, **declared: Any) -> Any:
    return SimpleNamespace(revision=revision, down_revision=None, upgrade=upgrade, **declared)


# --- the real revisions ----------------------------------------------------------------------


def test_the_chain_is_unbroken_and_the_list_complete():
    chain = revisions()
    assert [one.revision for one in chain] == list(known_revisions())
    assert [one.down_revision for one in chain] == [None, *known_revisions()[:-1]]
    files = {path.stem for path in Path(versions.__file__).parent.glob("[0-9]*.py")}
    assert {name.partition("_")[0] for name in files} == set(known_revisions())


def _shape_of_sqlite(connection: Any) -> set[tuple[str, str, str]]:
    rows = connection.exec_driver_sql(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'"
    )
    return {(kind, name, _in_one_order(sql)) for kind, name, sql in rows}


def _in_one_order(sql: str) -> str:
    """The text with its parts sorted: SQLite writes an added column behind the constraints.

    A table that was made anew under another name has its own in quotes since.
    """
    head, opened, body = " ".join(sql.split()).partition("(")
    if not opened or "VIRTUAL" in head or " INDEX " in head or " TRIGGER " in head:
        return sql
    parts, depth = [""], 0
    for char in body.rpartition(")")[0]:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "," and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return "\n".join([head.strip().replace('"', ""), *sorted(part.strip() for part in parts)])


def test_on_sqlite_the_revisions_make_exactly_the_declared_tables(tmp_path):
    migrate_sqlite(lambda: connect_sqlite(tmp_path / "migrated.db", FILE_KEY))
    migrated = sqlite_engines(tmp_path / "migrated.db", FILE_KEY)
    declared = sqlite_engines(tmp_path / "declared.db", FILE_KEY)
    with declared.writer.begin() as connection:
        all_tables().create_all(connection)
    with migrated.reader.begin() as one, declared.reader.begin() as two:
        assert _shape_of_sqlite(one) == _shape_of_sqlite(two)
        assert differences(one, all_tables()) == []
    migrated.dispose()
    declared.dispose()


def _shape_of_postgres(connection: Any) -> set[tuple[str, ...]]:
    questions = (
        "SELECT 'column', table_name, column_name, data_type, is_nullable, coalesce(column_default, '') "
        "FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace",
    )
    rows = [tuple(row) for question in questions for row in connection.execute(text(question))]
    return {row for row in rows if "alembic_version" not in row}


def test_on_postgres_the_revisions_make_exactly_the_declared_tables(postgres_cluster):
    with postgres_cluster.fresh_database() as one_url, postgres_cluster.fresh_database() as two_url:
        migrated, declared = postgres_engines(one_url), postgres_engines(two_url)
        migrate_postgres(migrated.writer)
        with declared.writer.begin() as connection:
            all_tables().create_all(connection)
        with migrated.reader.begin() as one, declared.reader.begin() as two:
            shapes = _shape_of_postgres(one), _shape_of_postgres(two)
            found = differences(one, all_tables())
        migrated.dispose()
        declared.dispose()
    assert shapes[0] == shapes[1]
    assert found == []


def test_the_comparison_notices_a_forgotten_column(tmp_path):
    migrate_sqlite(lambda: connect_sqlite(tmp_path / "a.db", FILE_KEY))
    engines = sqlite_engines(tmp_path / "a.db", FILE_KEY)
    with engines.writer.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE journal DROP COLUMN desk")
    with engines.reader.begin() as connection:
        assert differences(connection, all_tables()) != []
    engines.dispose()


def test_the_first_revision_is_what_the_tables_draft():
    if len(known_revisions()) > 1:
        pytest.skip("0001 is released")
    code = "".join(first_body(all_tables()).split())
    kept = (Path(versions.__file__).parent / "0001_first.py").read_text(encoding="utf-8")
    tables = list(all_tables().tables)
    assert all(f'"{name}"' in kept for name in tables)
    assert code.count("op.create_table(") == kept.count("op.create_table(") == len(tables)


@pytest.mark.parametrize("revision", known_revisions())
def test_a_file_of_every_version_reaches_the_newest_and_keeps_its_rows(revision, tmp_path):
    path = shutil.copy(FOLDER / f"{revision}.db", tmp_path / "old.db")
    counts = json.loads(COUNTS_FILE.read_text(encoding="utf-8"))[revision]
    assert sum(counts.values()) > 20
    done = migrate_sqlite(lambda: connect_sqlite(Path(path), FILE_KEY, must_exist=True))
    assert done.before == revision
    assert done.after == known_revisions()[-1]
    connection = connect_sqlite(Path(path), FILE_KEY, must_exist=True)
    now = counts_of(connection)
    connection.close()
    assert {table: now[table] for table in counts} == counts
    assert check_file(Path(path), FILE_KEY, thorough=True).is_whole


def test_clear_values_of_an_older_server_are_encrypted_on_the_way(postgres_cluster, tmp_path, monkeypatch):
    """Through the door: verified backup, conversion, and no clear value left in the server's files."""
    mark = f"m{uuid4().hex[:10]}"
    with postgres_cluster.fresh_database() as url:
        config = config_for(tmp_path / "data", tmp_path / "machine.key", url=url)
        older = tuple(name for name in versions._MODULES if name < "0002")
        monkeypatch.setattr(versions, "_MODULES", older)
        open_store(config).close()
        monkeypatch.undo()
        engines = postgres_engines(url)
        tables = sa.MetaData()
        with engines.writer.begin() as connection:
            names = set(runner.own_tables(connection)) - {"order_search", "schema_fact"}
            tables.reflect(connection, only=lambda name, _: name in names)
            fill_every_table(connection, tables)
            for table, name in PERSONAL:
                value = f'\'{{"name": "{mark}"}}\'' if name == "sender" else f"'{mark}' || id"
                connection.exec_driver_sql(f"UPDATE {table} SET {name} = {value}")
            connection.exec_driver_sql("UPDATE identity SET buyer_name = NULL")
            connection.exec_driver_sql("UPDATE identity SET channel = 'phone' WHERE id = 2")
            connection.exec_driver_sql("UPDATE order_line SET is_current = true")
            connection.exec_driver_sql("INSERT INTO order_search (order_id, terms) VALUES (1, '{77}')")
            counts = runner.count_rows(connection)
        assert mark.encode() in postgres_cluster.raw_data()
        opened = open_store(config)
        assert opened.migrated_from == "0001"
        assert opened.backup_before.is_file()
        with opened.store.engines.reader.begin() as connection:
            now = runner.count_rows(connection)
            assert {name: now[name] for name in counts} == counts
            for table, name in PERSONAL[:-1]:
                column = all_tables().tables[table].c[name]
                clear = connection.execute(sa.select(column).order_by(column.table.c.id)).scalars().all()
                assert clear == ([{"name": mark}] * 2 if name == "sender" else [f"{mark}1", f"{mark}2"])
            keys = connection.execute(text("SELECT buyer_key FROM identity ORDER BY id")).scalars().all()
            assert keys == [opened.digester.digest("account", f"{mark}1"), f"{mark}2"]
            goods = connection.execute(text("SELECT terms FROM order_search")).scalars().all()
            assert goods == [[77, -1]]
        opened.close()
        engines.dispose()
        left = postgres_cluster.raw_data().replace(f"{mark}2".encode(), b"")
        assert left.count(mark.encode()) == 0


#: what stood in clear before revision 0002
PERSONAL = (
    ("orders", "buyer_note"),
    ("orders", "seller_note"),
    ("hold", "note"),
    ("scan", "raw"),
    ("consignee", "province"),
    ("consignee", "city"),
    ("consignee", "district"),
    ("waybill_account", "sender"),
    ("identity", "buyer_key"),
)


def test_every_version_has_its_file():
    assert {path.stem for path in FOLDER.glob("*.db")} == set(known_revisions())


# --- the guards, on a small schema of their own -------------------------------------------------------------------


def _first() -> None:
    op.create_table("parent", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()))
    op.create_table(
        "child",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("parent_id", sa.Integer(), sa.ForeignKey("parent.id", ondelete="CASCADE"), nullable=False),
    )
    op.execute("CREATE VIRTUAL TABLE words USING fts5(name, content='parent', content_rowid='id')")
    op.execute(
        "CREATE TRIGGER parent_words AFTER INSERT ON parent BEGIN "
        "INSERT INTO words(rowid, name) VALUES (new.id, new.name); END"
    )
    op.execute(
        "CREATE TRIGGER child_touches AFTER INSERT ON child BEGIN "
        "UPDATE parent SET name = name || '+' WHERE id = new.parent_id; END"
    )
    op.execute("CREATE VIEW names AS SELECT name FROM parent")


def _remake_parent() -> None:
    with op.batch_alter_table("parent", recreate="always") as batch:
        batch.add_column(sa.Column("colour", sa.Text(), nullable=False, server_default="red"))


FIRST = step("0001", _first)
SECOND = step("0002", _remake_parent)


class Small:
    """A little database at 0001: three parents, two children each."""

    def __init__(self, path: Path) -> None:
        self.path = path
        migrate_sqlite(self.connect, [FIRST])
        connection = self.connect()
        for parent in range(1, 4):
            connection.execute("INSERT INTO parent VALUES (?, ?)", (parent, f"p{parent}"))
            for child in (1, 2):
                connection.execute("INSERT INTO child VALUES (?, ?)", (parent * 10 + child, parent))
        connection.close()

    def connect(self) -> Any:
        return connect_sqlite(self.path, FILE_KEY)

    def ask(self, question: str) -> list[Any]:
        connection = self.connect()
        try:
            return connection.execute(question).fetchall()
        finally:
            connection.close()


@pytest.fixture
def small(tmp_path) -> Small:
    return Small(tmp_path / "small.db")


def test_remaking_a_table_keeps_children_triggers_views_and_words(small):
    done = migrate_sqlite(small.connect, [FIRST, SECOND])
    assert (done.before, done.after, done.steps) == ("0001", "0002", ("0002",))
    assert small.ask("SELECT count(*) FROM child") == [(6,)]
    assert small.ask("SELECT id, name, colour FROM parent WHERE id = 1") == [(1, "p1++", "red")]
    assert small.ask("SELECT name FROM names ORDER BY 1") == [("p1++",), ("p2++",), ("p3++",)]
    connection = small.connect()
    connection.execute("INSERT INTO parent (id, name) VALUES (9, 'fresh')")
    connection.execute("INSERT INTO child VALUES (91, 9)")
    assert connection.execute("SELECT rowid FROM words WHERE words MATCH 'fresh'").fetchall() == [(9,)]
    assert connection.execute("SELECT name FROM parent WHERE id = 9").fetchall() == [("fresh+",)]
    connection.close()


def test_the_twin_with_foreign_keys_on_loses_the_children(small):
    """What the guard is for: the same step under PRAGMA foreign_keys = ON deletes every child, and is caught."""
    connection = small.connect()
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=sa.StaticPool)
    with engine.connect() as bound:
        bound.exec_driver_sql("BEGIN IMMEDIATE")
        for (name,) in bound.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
            bound.exec_driver_sql(f"DROP TRIGGER {name}")
        bound.exec_driver_sql("DROP VIEW names")
        with pytest.raises(MigrationBroken, match="child had 6 rows"):
            runner._run(bound, [FIRST, SECOND], sqlite_guard=True)
        bound.exec_driver_sql("ROLLBACK")
    engine.dispose()


def test_the_twin_that_leaves_triggers_in_place_loses_them_or_fails(small, monkeypatch):
    monkeypatch.setattr(runner, "_put_aside", lambda _: {})
    try:
        migrate_sqlite(small.connect, [FIRST, SECOND])
    except sa.exc.DBAPIError:
        return
    assert small.ask("SELECT name FROM sqlite_master WHERE name = 'parent_words'") == []


def _lose_rows() -> None:
    op.execute("DELETE FROM child WHERE id = 11")


def _leave_dangling() -> None:
    op.execute("UPDATE child SET parent_id = 99 WHERE id = 11")


def _fail_halfway() -> None:
    op.execute("ALTER TABLE parent ADD COLUMN half TEXT")
    op.execute("DELETE FROM child")
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("upgrade", "error"),
    [(_lose_rows, MigrationBroken), (_leave_dangling, MigrationBroken), (_fail_halfway, KeyboardInterrupt)],
)
def test_a_step_that_goes_wrong_leaves_the_old_database_as_it_was(small, upgrade, error):
    before = small.ask("SELECT type, name, sql FROM sqlite_master ORDER BY rowid")
    with pytest.raises(error):
        migrate_sqlite(small.connect, [FIRST, step("0002", upgrade)])
    assert small.ask("SELECT count(*) FROM child") == [(6,)]
    assert small.ask("SELECT version_num FROM alembic_version") == [("0001",)]
    assert sorted(small.ask("SELECT type, name, sql FROM sqlite_master")) == sorted(before)


def test_what_a_step_declares_it_may_do(small):
    migrate_sqlite(small.connect, [FIRST, step("0002", _lose_rows, ROW_CHANGES=("child",))])
    assert small.ask("SELECT count(*) FROM child") == [(5,)]

    def drop() -> None:
        op.drop_table("child")

    declared = step("0003", drop, DROPPED_TABLES=("child",), DROPPED_TRIGGERS=("child_touches",))
    migrate_sqlite(small.connect, [FIRST, step("0002", _lose_rows), declared])
    assert small.ask("SELECT name FROM sqlite_master WHERE name LIKE 'child%'") == []


def test_full_text_tables_are_neither_counted_nor_compared(small):
    engine = create_engine("sqlite://", creator=small.connect, poolclass=sa.StaticPool)
    with engine.connect() as connection:
        assert own_tables(connection) == ["child", "parent"]
        assert not any("words" in str(found) for found in differences(connection, sa.MetaData()))
    engine.dispose()


def test_a_second_run_does_nothing(small):
    assert migrate_sqlite(small.connect, [FIRST]).steps == ()


def test_a_schema_nobody_here_knows_is_refused(small):
    engine = create_engine("sqlite://", creator=small.connect, poolclass=sa.StaticPool)
    with engine.connect() as connection:
        assert schema_state(connection, ["0001"]).standing is Standing.CURRENT
        assert schema_state(connection, ["0001", "0002"]).standing is Standing.OLD
        with pytest.raises(Refused) as caught:
            schema_state(connection, ["0000"])
        assert caught.value.code == "db.too_new"
    engine.dispose()


def test_on_postgres_two_desks_that_start_together_migrate_once_and_a_broken_step_is_undone(postgres_url):
    from concurrent.futures import ThreadPoolExecutor

    engines = postgres_engines(postgres_url)

    def make() -> None:
        op.create_table("goods", sa.Column("id", sa.Integer(), primary_key=True))
        op.execute("INSERT INTO goods VALUES (1), (2)")

    first = step("0001", make)
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: migrate_postgres(engines.writer, [first]), range(4)))
    assert sorted(len(run.steps) for run in runs) == [0, 0, 0, 1]
    lossy = step("0002", lambda: op.execute("DELETE FROM goods WHERE id = 1"))
    with pytest.raises(MigrationBroken):
        migrate_postgres(engines.writer, [first, lossy])
    with engines.reader.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM goods")).scalar_one() == 2
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "0001"
    engines.dispose()


# --- through the door ----------------------------------------------------------------------


def test_an_old_database_is_backed_up_verified_and_then_migrated(tmp_path, monkeypatch):
    config = config_for(tmp_path / "data", tmp_path / "machine.key")
    open_store(config).close()
    newer = step("9999", lambda: op.execute("ALTER TABLE journal ADD COLUMN colour TEXT"))
    monkeypatch.setattr(runner, "revisions", lambda: (*revisions(), newer))
    monkeypatch.setattr("core.db.migrations.state.known_revisions", lambda: (*known_revisions(), "9999"))
    opened = open_store(config)
    opened.close()
    assert opened.migrated_from == known_revisions()[-1]
    backup = json.loads((opened.backup_before / "backup.json").read_text())
    assert (backup["reason"], backup["revision"]) == ("migration", known_revisions()[-1])
    again = open_store(config)
    again.close()
    assert again.backup_before is None


def test_without_room_for_the_backup_nothing_is_migrated(tmp_path, monkeypatch):
    config = config_for(tmp_path / "data", tmp_path / "machine.key")
    open_store(config).close()
    monkeypatch.setattr("core.db.migrations.state.known_revisions", lambda: (*known_revisions(), "9999"))
    monkeypatch.setattr("core.db.backup.shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(Unavailable) as caught:
        open_store(config)
    assert caught.value.code == "backup.no_space"
    connection = connect_sqlite(config.folder / "packdesk.db", open_key(config), must_exist=True)
    assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(known_revisions()[-1],)]
    connection.close()


def open_key(config):
    from core.db.keys import load_key

    return load_key(config.folder, config.key_source).file_key


def test_an_ordinary_start_loads_no_migration_library(tmp_path):
    program = (
        "import sys, pathlib\n"
        "from core.db.open import open_store\n"
        "from tests.support.opened import config_for\n"
        "open_store(config_for(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))).close()\n"
        "print(sorted(name for name in sys.modules if name in ('alembic', 'mako')))\n"
    )
    arguments = [sys.executable, "-c", program, str(tmp_path / "data"), str(tmp_path / "machine.key")]
    subprocess.run(arguments, check=True, capture_output=True)
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
