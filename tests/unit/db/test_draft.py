"""The developer's verbs write a revision that works."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

from core.db.driver import connect_sqlite
from core.db.engines import sqlite_engines
from core.db.migrations import __main__ as draft_verb
from core.db.migrations.draft import BY_HAND, first_body, next_body, write_version
from core.db.migrations.runner import migrate_sqlite
from tests.support.stores import TEST_KEY


def load(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def declared(*more: sa.Column) -> sa.MetaData:
    metadata = sa.MetaData(
        naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"}
    )
    sa.Table("goods", metadata, sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()), *more)
    return metadata


def test_first_and_next_bring_a_database_from_nothing_to_the_tables(tmp_path):
    path = tmp_path / "a.db"

    def connect():
        return connect_sqlite(path, TEST_KEY.file_key)

    write_version(tmp_path / "v0001.py", "All", "0001", None, first_body(declared()))
    first = load(tmp_path / "v0001.py")
    migrate_sqlite(connect, [first])
    newer = declared(sa.Column("colour", sa.Text(), index=True))
    engines = sqlite_engines(path, TEST_KEY.file_key)
    with engines.reader.begin() as connection:
        body = next_body(connection, newer)
    engines.dispose()
    write_version(tmp_path / "v0002.py", "Colour", "0002", "0001", body)
    migrate_sqlite(connect, [first, load(tmp_path / "v0002.py")])
    engines = sqlite_engines(path, TEST_KEY.file_key)
    with engines.reader.begin() as connection:
        columns = {column["name"] for column in sa.inspect(connection).get_columns("goods")}
        indexes = [index["name"] for index in sa.inspect(connection).get_indexes("goods")]
        assert next_body(connection, newer).strip() in {"", "pass"}
    engines.dispose()
    assert columns == {"id", "name", "colour"}
    assert indexes == ["ix_goods_colour"]


def test_what_was_written_by_hand_survives_making_it_anew(tmp_path):
    path = tmp_path / "v0001.py"
    write_version(path, "All", "0001", None, first_body(declared()))
    kept = path.read_text(encoding="utf-8").partition(BY_HAND)[0] + f"{BY_HAND}\ndef _by_hand():\n    return 'mine'\n"
    path.write_text(kept, encoding="utf-8")
    write_version(path, "All", "0001", None, first_body(declared(sa.Column("more", sa.Text()))))
    assert load(path)._by_hand() == "mine"
    assert "'more'" in path.read_text(encoding="utf-8")


def test_a_draft_against_the_tables_of_today_has_nothing_to_change(tmp_path, monkeypatch):
    monkeypatch.setattr(draft_verb, "_FOLDER", tmp_path)
    assert draft_verb.main(["new", "Nothing at all"]) == 0
    (written,) = tmp_path.glob("*_nothing_at_all.py")
    assert "pass\n" in written.read_text(encoding="utf-8").partition("def _generated()")[2].partition("#")[0]


def test_a_wrong_verb_says_how_it_is_used():
    done = subprocess.run(
        [sys.executable, "-m", "core.db.migrations", "what"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "usage" in done.stderr
