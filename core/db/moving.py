"""From the file of one desk to a server for several: all of it or nothing, and never two that sell the same goods.

Both sides are written in one transaction each. The file is marked as moved before the server's transaction is
committed, so that at no moment both may be worked with: where it ends in between, the mark stays, nobody opens the
file, and the move is asked for again. It looks at the server then: what it brought there is complete, or nothing is.
"""

import json
import logging
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, insert, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from core.db.backup import BACKUP_FOLDER, MIGRATION, Source, make_backup
from core.db.cipher import AesCipher, Digester
from core.db.copying import Tell, copy_tables, is_without_rows, row_counts, sums_of
from core.db.driver import DATABASE_FILE
from core.db.engines import Engines, postgres_engines, sqlite_engines
from core.db.facts import MOVED_FROM, MOVED_TO, read_facts
from core.db.failures import told_plainly
from core.db.files import sync_folder, write_durably
from core.db.home import has_server, keep_server
from core.db.keys import KEYS_FILE, DataKey, has_keys, load_key, read_keys, recovery_part
from core.db.lock import DeskLock, alone, is_database_open
from core.db.migrations.state import SchemaState, Standing, schema_state
from core.db.models import SchemaFact
from core.db.open import StoreConfig, open_store
from core.db.setting_aside import WITH_DATABASE, free_folder
from core.db.unit_of_work import UnitOfWork
from core.runtime.errors import Refused, Unavailable

_log = logging.getLogger(__name__)

#: makes what the tables alone do not hold, and compares both sides: (source, the server's transaction, digest, tell)
Finish = Callable[[Connection, UnitOfWork, Callable[[str, str], str], Tell], None]


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move did. `backup` is None where an earlier one had been cut off at its very end."""

    rows: Mapping[str, int]
    old_file: Path
    backup: Path | None


def move_to_server(config: StoreConfig, url: str, finish: Finish, tell: Tell, *, is_locked: bool = False) -> Moved:
    """Move the records in `config.folder` to the empty database behind `url`; this desk works there from then on.

    Args:
        config: the desk whose file it is; its `database_url` is not looked at.
        url: of the server.
        finish: see `Finish`; what it raises ends the move with nothing changed.
        tell: hears how far it is.
        is_locked: the caller holds the folder's `DeskLock`.

    Raises:
        Refused: `move.nothing_here`; `move.done_before`, this desk works with a server already; `desk.taken`,
            `db.in_use`, somebody works with the file; `move.not_empty`, there are records on the server;
            `db.foreign`, `db.too_new`, `move.value_refused`, `move.differs`, and what `open_store` refuses.
        Unavailable: `db.unreachable`, `backup.*`; `move.outcome_unknown`: ask for it again.
    """
    path = config.folder / DATABASE_FILE
    if has_server(config.folder):
        raise Refused("move.done_before", f"the desk of {config.folder} works with a server already")
    if not path.exists() or not has_keys(config.folder):
        raise Refused("move.nothing_here", f"there are no records in {config.folder}; name their folder with --data")
    with _locked(config, is_locked=is_locked):
        if is_database_open(path):
            raise Refused("db.in_use", f"{path} is open in another program (packdesk serve?); stop it first")
        key = load_key(config.folder, config.key_source)
        begun = mark_of(path, key)
        if begun is not None:
            ended = _end_what_was_begun(config, key, url, begun)
            if ended is not None:
                return ended
        # Brings an old file to the newest schema, behind a backup of its own.
        open_store(config).close()
        backup = make_backup(
            Source(path, key.file_key, read_keys(config.folder)),
            config.folder / BACKUP_FOLDER,
            config.clock,
            MIGRATION,
        )
        with alone(config.folder):
            rows = _move(config, key, url, finish, tell)
            return Moved(rows, _put_away(config, key, url), backup.folder)


@contextmanager
def _locked(config: StoreConfig, *, is_locked: bool) -> Iterator[None]:
    if is_locked:
        yield
        return
    with DeskLock.take(config.folder, name="packdesk move", desk=config.actor.desk, since=config.clock.now()):
        yield


@contextmanager
def _both(path: Path, key: DataKey, url: str) -> Iterator[tuple[Engines, Engines]]:
    file, server = sqlite_engines(path, key.file_key, must_exist=True), postgres_engines(url, AesCipher(key))
    try:
        with told_plainly():
            yield file, server
    finally:
        file.dispose()
        server.dispose()


def mark_of(path: Path, key: DataKey) -> str | None:
    """The mark of a move that was cut off; None where there was none. An older schema may have no such table yet."""
    engines = sqlite_engines(path, key.file_key, must_exist=True)
    try:
        with engines.reader.begin() as connection:
            return read_facts(connection).get(MOVED_TO)
    except DBAPIError:
        return None
    finally:
        engines.dispose()


def _move(config: StoreConfig, key: DataKey, url: str, finish: Finish, tell: Tell) -> Mapping[str, int]:
    from core.db.migrations.runner import migrate_postgres

    mark = secrets.token_hex(16)
    with _both(config.folder / DATABASE_FILE, key, url) as (file, server):
        with server.reader.begin() as connection:
            _refuse_used(connection, schema_state(connection))
        migrate_postgres(server.writer)
        # From here to its end nobody else writes the file: not even a program that opened it by a way of its own.
        with file.writer.connect() as source, server.writer.connect() as target:
            reading, writing = source.begin(), target.begin()
            try:
                target.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
                # Another desk that starts here now waits, and finds whose records these are.
                target.exec_driver_sql("LOCK TABLE schema_fact IN EXCLUSIVE MODE")
                _refuse_used(target, schema_state(target))
                rows = _copy(config, key, source, target, finish, tell)
                target.execute(insert(SchemaFact), {"name": MOVED_FROM, "value": mark})
                source.execute(insert(SchemaFact), {"name": MOVED_TO, "value": mark})
                _commit("file")
                reading.commit()
            except BaseException:
                with suppress(DBAPIError):
                    writing.rollback()
                if reading.is_active:
                    reading.rollback()
                raise
            _commit("server")
            try:
                writing.commit()
            except DBAPIError as error:
                raise Unavailable(
                    "move.outcome_unknown",
                    "the server did not say whether it has kept the records; ask for the move again as soon as it "
                    "answers, until then the old file stays closed",
                ) from error
    return rows


def _commit(step: str) -> None:
    """Where a kill matters: before the file's, and before the server's transaction is committed."""
    _log.info("moving: the %s's transaction is committed", step)


def _refuse_used(connection: Connection, state: SchemaState) -> None:
    """Only an empty database is moved into; tables without a row are what a move that was cut off leaves."""
    if state.standing is Standing.EMPTY:
        return
    if state.standing is Standing.OLD or not is_without_rows(connection):
        raise Refused(
            "move.not_empty", "there are records in this database already; make an empty one, or let this desk join"
        )


def _copy(
    config: StoreConfig, key: DataKey, source: Connection, target: Connection, finish: Finish, tell: Tell
) -> Mapping[str, int]:
    sums = copy_tables(source, target, tell)
    # As it is now: somebody may have had a new recovery code made since it was noted.
    ring = json.dumps(recovery_part(read_keys(config.folder)), sort_keys=True)
    found = sums_of(target, tell)
    differing = [name for name, one in sums.items() if found[name] != one]
    if differing:
        raise Refused(
            "move.differs",
            f"the server holds other rows than were sent: {', '.join(differing[:3])}",
            table=differing[0],
        )
    uow = UnitOfWork(target, config.actor, config.clock)
    finish(source, uow, Digester(key).digest, tell)
    target.execute(update(SchemaFact).where(SchemaFact.name == "key_ring").values(value=ring))
    uow.record("database.moved", "setting", 0, rows=sum(one.rows for one in sums.values()))
    uow.flush_journal()
    return {name: one.rows for name, one in sums.items()}


def _end_what_was_begun(config: StoreConfig, key: DataKey, url: str, mark: str) -> Moved | None:
    """A move was cut off between its two ends; None where nothing has arrived and it has to be made anew."""
    with alone(config.folder), _both(config.folder / DATABASE_FILE, key, url) as (file, server):
        with server.reader.begin() as connection:
            state = schema_state(connection)
            facts = {} if state.standing is Standing.EMPTY else read_facts(connection)
            rows = row_counts(connection) if facts.get(MOVED_FROM) == mark else None
            if rows is None:
                _refuse_used(connection, state)
        if rows is None:
            with file.writer.begin() as source:
                source.execute(delete(SchemaFact).where(SchemaFact.name == MOVED_TO))
            return None
    with alone(config.folder):
        return Moved(rows, _put_away(config, key, url), None)


def _put_away(config: StoreConfig, key: DataKey, url: str) -> Path:
    """Let the desk work with the server, and lay the file aside where nobody writes to it."""
    folder = config.folder
    keep_server(folder, key, url)
    aside = free_folder(folder, "moved", config.clock.now())
    aside.mkdir()
    why = {
        "moved_at": config.clock.now().isoformat(),
        "why": "the records are on a server now; this is what they were",
    }
    write_durably(aside / "README.txt", json.dumps(why, indent=1).encode())
    write_durably(aside / KEYS_FILE, (folder / KEYS_FILE).read_bytes())
    for name in WITH_DATABASE:
        old = folder / name
        if old.exists():
            # Windows does not move what a program has open: it stays where it is, marked, and nobody opens it.
            with suppress(PermissionError):
                old.replace(aside / old.name)
    kept = aside / DATABASE_FILE
    if kept.exists():
        os.chmod(kept, 0o400)
    sync_folder(aside)
    sync_folder(folder)
    return kept if kept.exists() else folder / DATABASE_FILE
