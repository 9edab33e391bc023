"""A backup of the records on a server: a file as a desk alone has it, so that `restore` brings it back without one.

It is read in one transaction, so it is the state of one moment, while the other desks go on working.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, delete, text
from sqlalchemy.engine import Connection
from sqlalchemy.pool import StaticPool

from core.db.backup import Backup, Keeping, keep
from core.db.cipher import AesCipher, Digester
from core.db.copying import Tell, copy_tables, sums_of
from core.db.driver import connect_sqlite
from core.db.engines import postgres_engines
from core.db.facts import MOVED_FROM, key_ring_of, read_facts
from core.db.failures import told_plainly
from core.db.integrity import counts_of
from core.db.keys import DataKey
from core.db.migrations.state import schema_state
from core.db.models import SchemaFact
from core.db.unit_of_work import Actor, UnitOfWork
from core.runtime.clock import Clock
from core.runtime.errors import Unavailable

#: makes what the tables alone do not hold: (the file's transaction, digest, tell)
Index = Callable[[UnitOfWork, Callable[[str, str], str], Tell], None]


def back_up_server(
    url: str, key: DataKey, root: Path, reason: str, *, actor: Actor, clock: Clock, index: Index, tell: Tell
) -> Backup:
    """Copy the records behind `url` into a new encrypted file under `root`, compare every row, and count again.

    Args:
        url: of the server; its schema is this program's.
        key: of its records. The ring beside the file is the server's: the newest recovery code opens it.
        root: where backups go.
        reason: daily | manual.
        actor: who makes it.
        clock: gives its time.
        index: see `Index`.
        tell: hears how far it is; what it raises ends the backup, and nothing is left of it.

    Raises:
        Unavailable: `backup.no_space`, `backup.failed`, `db.unreachable`.
        Refused: `move.value_refused`.
    """
    server = postgres_engines(url, AesCipher(key))
    try:
        with told_plainly(), server.reader.begin() as source:
            source.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            ring = key_ring_of(read_facts(source))
            if ring is None:
                raise Unavailable("backup.failed", "the server does not say which recovery code opens its records")
            size = int(source.execute(text("SELECT pg_database_size(current_database())")).scalar_one())

            def fill(target: Path) -> tuple[Mapping[str, int], str]:
                with _new_file(target, key) as file:
                    _copy(source, file, tell)
                    index(UnitOfWork(file, actor, clock), Digester(key).digest, tell)
                    return _whole(file)

            return keep(Keeping(root, key.file_key, ring, reason), clock, size, fill)
    finally:
        server.dispose()


@contextmanager
def _new_file(target: Path, key: DataKey) -> Iterator[Connection]:
    """A file with the tables of this program and no row; inside a transaction, with its references switched off."""
    from sqlcipher3 import dbapi2

    from core.db.migrations.runner import migrate_sqlite

    migrate_sqlite(lambda: connect_sqlite(target, key.file_key))
    engine = create_engine(
        "sqlite://",
        module=dbapi2,
        creator=lambda: connect_sqlite(target, key.file_key, must_exist=True),
        poolclass=StaticPool,
        hide_parameters=True,
    )
    try:
        with engine.connect() as file:
            # Only outside a transaction.
            file.exec_driver_sql("PRAGMA foreign_keys = OFF")
            file.exec_driver_sql("BEGIN IMMEDIATE")
            yield file
    finally:
        engine.dispose()


def _copy(source: Connection, file: Connection, tell: Tell) -> None:
    sent = copy_tables(source, file, tell)
    found = sums_of(file, tell)
    differing = [name for name, one in sent.items() if found[name] != one]
    if differing:
        raise Unavailable("backup.failed", f"the copy holds other rows than the server: {', '.join(differing[:3])}")
    # A file that is moved to a server again gets a mark of its own then.
    file.execute(delete(SchemaFact).where(SchemaFact.name == MOVED_FROM))


def _whole(file: Connection) -> tuple[Mapping[str, int], str]:
    """End the writing: one file, without a log beside it."""
    file.exec_driver_sql("COMMIT")
    file.exec_driver_sql("PRAGMA journal_mode = DELETE")
    return counts_of(file.connection.driver_connection), schema_state(file).revision or ""
