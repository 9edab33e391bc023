"""A database file of every schema version, with rows in each table.

`python -m tests.support.schema_files` makes the one of the newest schema anew; run it after
`python -m core.db.migrations first` or `new`. Files of released versions never change.
"""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Column, MetaData, Table, insert

from core.db.driver import connect_sqlite
from core.db.engines import sqlite_engines
from core.db.integrity import counts_of
from core.db.migrations.runner import migrate_sqlite
from core.db.migrations.versions import known_revisions
from core.db.schema import all_tables
from core.db.types import Instant, PersonalJson
from tests.support.stores import TEST_KEY

FOLDER = Path(__file__).parents[1] / "fixtures" / "schema"
COUNTS_FILE = FOLDER / "rows.json"
_ROWS = 2
#: on hand more than the one of each that is promised
_ON_HAND = 5


def fill_every_table(connection: Any, tables: MetaData | None = None) -> None:
    """Two rows in each table, every reference pointing to a row that exists.

    Args:
        connection: to a database without rows.
        tables: as an older schema has them; None for the newest.
    """
    for table in (tables or all_tables()).sorted_tables:
        connection.execute(insert(table), [row_of(table, number) for number in range(1, _ROWS + 1)])


def row_of(table: Table, number: int) -> Mapping[str, Any]:
    """A row in which every column has something of its kind."""
    return {column.name: _value(column, number) for column in table.columns}


def _value(column: Column[Any], number: int) -> Any:
    if isinstance(column.type, Instant):
        return datetime(2026, 6, 18, tzinfo=UTC) + timedelta(seconds=number)
    if isinstance(column.type, PersonalJson):
        return {"n": number}
    kind = getattr(column.type, "impl_instance", column.type).python_type
    if kind is int:
        if column.foreign_keys or column.primary_key:
            return number
        return _ON_HAND if column.name == "on_hand_qty" else 1
    plain = {dict: {"n": number}, bool: False, bytes: b"raw"}
    return plain.get(kind, f"测试 {number}")


def write_newest() -> Path:
    """Make the file of the newest schema; it is closed and has no log beside it."""
    revision = known_revisions()[-1]
    path = FOLDER / f"{revision}.db"
    FOLDER.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    migrate_sqlite(lambda: connect_sqlite(path, TEST_KEY.file_key))
    engines = sqlite_engines(path, TEST_KEY.file_key)
    with engines.writer.begin() as connection:
        fill_every_table(connection)
    engines.dispose()
    bare = connect_sqlite(path, TEST_KEY.file_key)
    counts = dict(counts_of(bare))
    bare.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    bare.execute("VACUUM")
    bare.close()
    known = json.loads(COUNTS_FILE.read_text()) if COUNTS_FILE.exists() else {}
    COUNTS_FILE.write_text(json.dumps(known | {revision: counts}, indent=1, sort_keys=True) + "\n")
    return path


if __name__ == "__main__":
    sys.stdout.write(f"{write_newest()} written\n")
