"""Running revisions: everything in one transaction, nothing lost on the way, one process at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from core.db.engines import is_busy
from core.db.migrations.state import VERSION_TABLE, schema_state
from core.db.migrations.versions import Revision, revisions
from core.runtime.errors import Unavailable

#: any number, the same in every program version
_ADVISORY_LOCK = 0x5041434B_4445534B
#: kinds of hidden tables that belong to a full-text index
_SHADOWS = ("_data", "_idx", "_content", "_docsize", "_config")
_LOCK_TIMEOUT_MS = 120_000


class MigrationBroken(Exception):
    """A revision would have lost or damaged something; it was undone. A defect of ours."""


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a run did. `steps` is empty when another process had done it before."""

    before: str | None
    after: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Guard:
    """What must be the same afterwards."""

    rows: Mapping[str, int]
    objects: Mapping[str, str]


def migrate_sqlite(connect: Callable[[], Any], steps: Sequence[Revision] | None = None) -> Migrated:
    """Bring a SQLite database to the newest revision; `connect` gives a bare driver connection.

    Raises:
        Refused: `db.too_new`, `db.foreign`.
        Unavailable: `db.busy`, another program writes.
        MigrationBroken: a step lost rows or left references to nothing; the database is as before.
    """
    from sqlcipher3 import dbapi2

    engine = create_engine("sqlite://", module=dbapi2, creator=connect, poolclass=StaticPool, hide_parameters=True)
    try:
        with engine.connect() as connection:
            # Only outside a transaction: batch mode drops and makes tables anew, and with keys on, the drop deletes
            # every row that points there.
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            if connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() != 0:
                raise MigrationBroken("foreign keys could not be switched off")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                done = _run(connection, steps, sqlite_guard=True)
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")
            return done
    except DBAPIError as error:
        if is_busy(error):
            raise Unavailable("db.busy", "another program is writing to this database; close it first") from error
        raise
    finally:
        engine.dispose()


def migrate_postgres(engine: Engine, steps: Sequence[Revision] | None = None) -> Migrated:
    """Bring a PostgreSQL database to the newest revision; desks that start together wait for the first.

    Raises:
        Refused: `db.too_new`, `db.foreign`.
        Unavailable: `db.busy`, other desks did not let go of a table within two minutes.
        MigrationBroken: as above.
    """
    try:
        with engine.connect() as plain:
            connection = plain.execution_options(isolation_level="READ COMMITTED")
            with connection.begin():
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_LOCK_TIMEOUT_MS}")
                connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
                connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ADVISORY_LOCK})
                return _run(connection, steps, sqlite_guard=False)
    except DBAPIError as error:
        if is_busy(error):
            raise Unavailable("db.busy", "other desks are still working; let them close Packdesk first") from error
        raise


def _run(connection: Connection, steps: Sequence[Revision] | None, *, sqlite_guard: bool) -> Migrated:
    chain = revisions() if steps is None else tuple(steps)
    numbers = [step.revision for step in chain]
    # Read again inside the lock: another process may have been faster.
    before = schema_state(connection, numbers).revision
    todo = chain if before is None else chain[numbers.index(before) + 1 :]
    if not todo:
        return Migrated(before, numbers[-1], ())
    guard = _Guard(count_rows(connection), _put_aside(connection) if sqlite_guard else {})
    with _operations(connection):
        for step in todo:
            step.upgrade()
    if sqlite_guard:
        _bring_back(connection, guard.objects, _declared(todo, "DROPPED_TRIGGERS"))
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise MigrationBroken(f"{len(broken)} rows point to nothing, the first in table {broken[0][0]}")
    _compare(guard.rows, count_rows(connection), todo)
    _note(connection, numbers[-1])
    return Migrated(before, numbers[-1], tuple(step.revision for step in todo))


@contextmanager
def _operations(connection: Connection) -> Iterator[None]:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    context = MigrationContext.configure(connection, opts={"transactional_ddl": True})
    with Operations.context(context):
        yield


def count_rows(connection: Connection) -> dict[str, int]:
    """Rows per table, without full-text indexes (their hidden tables count pages, not rows)."""
    counts = {}
    quote = connection.dialect.identifier_preparer.quote
    for table in own_tables(connection):
        counts[table] = int(connection.exec_driver_sql(f"SELECT count(*) FROM {quote(table)}").scalar_one())  # noqa: S608 - a quoted name
    return counts


def own_tables(connection: Connection) -> list[str]:
    """Names of the ordinary tables, in order; neither full-text indexes nor what the engine keeps for itself."""
    names = inspect(connection).get_table_names()
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%'"
        virtual = set(connection.exec_driver_sql(query).scalars())
        shadows = {f"{name}{ending}" for name in virtual for ending in _SHADOWS}
        names = [name for name in names if name not in virtual | shadows and not name.startswith("sqlite_")]
    return sorted(name for name in names if name != VERSION_TABLE)


def _put_aside(connection: Connection) -> dict[str, str]:
    """Drop triggers and views, keeping their text.

    Batch mode would lose the ones on a remade table without a word, and renaming fails while one anywhere names a
    table that is missing for a moment.
    """
    query = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY type DESC, rowid"
    objects = {}
    quote = connection.dialect.identifier_preparer.quote
    for kind, name, definition in connection.exec_driver_sql(query).all():
        connection.exec_driver_sql(f"DROP {kind} IF EXISTS {quote(name)}")
        objects[name] = definition
    # Views first, a trigger may stand on one.
    return dict(sorted(objects.items(), key=lambda item: not item[1].upper().startswith("CREATE VIEW")))


def _bring_back(connection: Connection, objects: Mapping[str, str], dropped: set[str]) -> None:
    query = "SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view')"
    made = set(connection.exec_driver_sql(query).scalars())
    for name, definition in objects.items():
        if name not in made and name not in dropped:
            connection.exec_driver_sql(definition)


def _compare(before: Mapping[str, int], after: Mapping[str, int], steps: Sequence[Revision]) -> None:
    changed = _declared(steps, "ROW_CHANGES")
    dropped = _declared(steps, "DROPPED_TABLES")
    for table, rows in before.items():
        if table in dropped or table in changed:
            continue
        if after.get(table) != rows:
            raise MigrationBroken(f"table {table} had {rows} rows and has {after.get(table)} now")


def _declared(steps: Sequence[Revision], name: str) -> set[str]:
    return {entry for step in steps for entry in getattr(step, name, ())}


def _note(connection: Connection, revision: str) -> None:
    connection.exec_driver_sql(
        f"CREATE TABLE IF NOT EXISTS {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL, "
        f"CONSTRAINT {VERSION_TABLE}_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql(f"DELETE FROM {VERSION_TABLE}")  # noqa: S608 - a constant
    connection.execute(text(f"INSERT INTO {VERSION_TABLE} VALUES (:revision)"), {"revision": revision})  # noqa: S608 - a constant
