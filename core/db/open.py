"""Opening the database: everything that can be wrong is found and said before the first row is read."""

import contextlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from core.db.backup import BACKUP_FOLDER, MIGRATION, Backup, Source, list_backups, make_backup
from core.db.cipher import AesCipher, Digester
from core.db.driver import DATABASE_FILE, OLDEST_SAFE_SQLITE, connect_sqlite, sqlite_library_is_safe
from core.db.engines import Engines, is_busy, postgres_engines, sqlite_engines
from core.db.facts import MOVED_TO, key_ring_of, note_facts, note_key_ring, read_facts
from core.db.failures import as_domain_error, told_plainly
from core.db.files import sync_file, sync_folder
from core.db.home import has_server, server_of
from core.db.integrity import Integrity, guard
from core.db.keys import (
    OPENED_BY_CODE,
    DataKey,
    KeySource,
    adopt_key,
    create_key,
    has_keys,
    load_key,
    mark_database_made,
    open_with_code,
    read_keys,
    recovery_part,
    renew_recovery_code,
    unlock_with_code,
)
from core.db.lock import alone
from core.db.migrations.state import SchemaState, Standing, schema_state
from core.db.places import refuse_unsafe_folder
from core.db.postgres_backup import dump_postgres
from core.db.unit_of_work import Actor, Store
from core.runtime.clock import Clock
from core.runtime.errors import DomainError, Refused, Unavailable

_CLEAR_HEADER = b"SQLite format 3\x00"
_WITH_DATABASE = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """Which database to open and how.

    `folder` holds the SQLite database, or beside a PostgreSQL database only this desk's keys. `recovery_code` is
    needed where this machine has no secret yet: after a move, or for a desk that joins.
    """

    folder: Path
    key_source: KeySource
    actor: Actor
    clock: Clock
    database_url: str | None = None
    program_version: str = ""
    recovery_code: str | None = field(default=None, repr=False)
    #: PostgreSQL without pg_dump: somebody says that a backup was made another way
    may_migrate_without_backup: bool = False


@dataclass(frozen=True, slots=True)
class OpenedStore:
    """An open database at the newest schema.

    `new_recovery_code` is set on the first start alone: show it, and let it be typed once (`confirm_recovery_code`).
    """

    store: Store
    key: DataKey
    digester: Digester
    folder: Path
    migrated_from: str | None = None
    backup_before: Path | None = None
    #: of the server, with its password; None where the records are in a file
    server_url: str | None = field(default=None, repr=False)
    new_recovery_code: str | None = field(default=None, repr=False)

    @property
    def database(self) -> Path | None:
        """The SQLite file, None on PostgreSQL."""
        return self.folder / DATABASE_FILE if self.store.is_sqlite else None

    @property
    def backup_root(self) -> Path:
        """Where backups go unless somebody chooses another place."""
        return self.folder / BACKUP_FOLDER

    def backup_source(self) -> Source:
        """What `backup.make_backup` and `backup_if_due` copy.

        Raises:
            Refused: `backup.server`: on PostgreSQL `server_backup` makes backups.
        """
        if self.database is None:
            raise Refused("backup.server", "this desk works on a PostgreSQL server: there is no file here to copy")
        return Source(self.database, self.key.file_key, read_keys(self.folder))

    def renew_recovery_code(self) -> str:
        """A new recovery code for the same key; the old one opens old backups alone.

        Raises:
            Unavailable: as `Store.write`; this desk's own keys have the new code then.
        """
        code = renew_recovery_code(self.folder, self.key)
        ring = recovery_part(read_keys(self.folder))
        self.store.write(lambda uow: note_key_ring(uow, ring))
        return code

    def check(self) -> Integrity:
        """Check the file (see `integrity.guard`); run it in the background after the first page is shown."""
        return Integrity(()) if self.database is None else guard(self.store, self.database, self.key.file_key)

    def close(self) -> None:
        """Close every connection."""
        self.store.close()


def open_store(config: StoreConfig) -> OpenedStore:
    """Open the database of `config`, making it on the first start and migrating an old one behind a backup.

    Raises:
        Refused: `db.network_folder`, `db.synced_folder`, `db.missing`, `db.not_encrypted`, `db.wrong_key`,
            `db.no_wal`, `db.too_new`, `db.foreign`, `db.backup_first`, `db.moved`, `db.server_file`, `key.*`.
        Unavailable: `db.library_old`, `db.damaged`, `db.unreachable`, `db.busy`, `db.full`, `backup.*`, `key.*`.
    """
    refuse_unsafe_folder(config.folder)
    try:
        config.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Unavailable(
            "db.unreachable", f"{config.folder} cannot be made: {error.strerror}; choose another data folder"
        ) from error
    with alone(config.folder):
        if config.database_url is not None:
            return _open_postgres(config, config.database_url)
        if has_server(config.folder):
            return _open_postgres(config, server_of(config.folder, _key_for(config)))
        return _open_sqlite(config)


def _open_sqlite(config: StoreConfig) -> OpenedStore:
    if not sqlite_library_is_safe():
        oldest = ".".join(str(part) for part in OLDEST_SAFE_SQLITE)
        raise Unavailable("db.library_old", f"the SQLite library is older than {oldest} and may lose data; update it")
    path = config.folder / DATABASE_FILE
    if not path.exists():
        return _first_start(config, path)
    key = _key_for(config)
    _refuse_clear_file(path)
    engines = sqlite_engines(path, key.file_key, must_exist=True)
    try:
        state = _look(engines, path)
        backup = None
        if state.standing is Standing.OLD:
            source = Source(path, key.file_key, read_keys(config.folder))
            backup = make_backup(source, config.folder / BACKUP_FOLDER, config.clock, MIGRATION)
            engines.dispose()
            _migrate_file(path, key)
        _refuse_moved(engines)
        if not read_keys(config.folder).get("database_made"):
            mark_database_made(config.folder)
        return _opened(config, engines, key, state, backup)
    except BaseException:
        engines.dispose()
        raise


def _first_start(config: StoreConfig, path: Path) -> OpenedStore:
    """A new database under another name, which gets its own only when it is complete."""
    leftovers = [
        f"{path.name}{ending}" for ending in _WITH_DATABASE if path.with_name(f"{path.name}{ending}").exists()
    ]
    was_made = has_keys(config.folder) and read_keys(config.folder).get("database_made")
    traces = (
        any(config.folder.glob("replaced-*"))
        or any(config.folder.glob("moved-*"))
        or list_backups(config.folder / BACKUP_FOLDER)
    )
    if leftovers or was_made or traces:
        raise Refused(
            "db.missing",
            f"{path} is missing although it was there before. Look for it in the folders named replaced-..., or "
            "restore a backup; nothing new was made in its place",
            folder=str(config.folder),
        )
    if has_keys(config.folder):
        # The first start was cut off before the code was shown.
        key = load_key(config.folder, config.key_source)
        code = renew_recovery_code(config.folder, key)
    else:
        made = create_key(config.folder, config.key_source)
        key, code = made.key, made.recovery_code
    part = path.with_name(f"{path.name}.new")
    for ending in ("", *_WITH_DATABASE):
        part.with_name(f"{part.name}{ending}").unlink(missing_ok=True)
    _migrate_file(part, key)
    sync_file(part)
    part.replace(path)
    sync_folder(path.parent)
    mark_database_made(config.folder)
    engines = sqlite_engines(path, key.file_key, must_exist=True)
    return _opened(config, engines, key, _look(engines, path), None, code)


def _migrate_file(path: Path, key: DataKey) -> None:
    from core.db.migrations.runner import migrate_sqlite

    migrate_sqlite(lambda: connect_sqlite(path, key.file_key))


def _refuse_clear_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            header = file.read(len(_CLEAR_HEADER))
    except OSError as error:
        raise Unavailable("db.unreachable", f"{path} cannot be read: {error.strerror}") from error
    if header == _CLEAR_HEADER:
        raise Refused("db.not_encrypted", f"{path} is not encrypted, so it is not a Packdesk database")
    if not header:
        raise Unavailable("db.damaged", f"{path} is empty; restore the newest backup")


def _look(engines: Engines, path: Path) -> SchemaState:
    """Read the schema's revision, and find out on the way whether the file opens at all."""

    def look(connection: Connection) -> SchemaState:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        if mode != "wal":
            # Network and some cloud drives quietly refuse it.
            raise Refused("db.no_wal", f"the disk under {path} cannot keep a log beside the file ({mode})")
        return schema_state(connection)

    try:
        with engines.reader.begin() as connection:
            state = look(connection)
    except DBAPIError as error:
        raise _sentence(error, path) from error
    if state.standing is Standing.EMPTY:
        raise Unavailable("db.damaged", f"{path} holds no tables; restore the newest backup")
    return state


def _refuse_moved(engines: Engines) -> None:
    """Its records are on a server, or were about to be: whoever goes on with the file sells the same goods twice."""
    with engines.reader.begin() as connection:
        if MOVED_TO in read_facts(connection):
            raise Refused(
                "db.moved",
                "the records of this file were moved to a server. If the move was cut off, ask for it again with "
                "`packdesk move`; else let this desk join",
            )


def _sentence(error: DBAPIError, path: Path) -> DomainError:
    if is_busy(error):
        return Unavailable("db.busy", f"another program holds {path}; close it and try again")
    name = getattr(error.orig, "sqlite_errorname", "") or ""
    if name == "SQLITE_NOTADB":
        return Refused(
            "db.wrong_key",
            f"{path} does not open: its beginning is damaged, or keys.json beside it belongs to another database. "
            "Restore the newest backup; nothing was changed",
        )
    known = as_domain_error(error, is_committing=False)
    if known is None:
        return Unavailable("db.damaged", f"{path} cannot be read; restore the newest backup")
    return type(known)(known.code, f"{path}: {known}")


def _key_for(config: StoreConfig) -> DataKey:
    try:
        return load_key(config.folder, config.key_source)
    except Refused as error:
        if error.code not in OPENED_BY_CODE or config.recovery_code is None:
            raise
    return unlock_with_code(config.folder, config.recovery_code, config.key_source)


def _open_postgres(config: StoreConfig, url: str) -> OpenedStore:
    engines = postgres_engines(url)
    try:
        with told_plainly():
            return _open_server(config, engines, url)
    finally:
        engines.dispose()


def _open_server(config: StoreConfig, engines: Engines, url: str) -> OpenedStore:
    from core.db.migrations.runner import migrate_postgres

    with engines.reader.begin() as connection:
        state = schema_state(connection)
        facts = read_facts(connection) if state.standing is not Standing.EMPTY else {}
    key, code = _key_of_server(config, facts)
    backup = None
    if state.standing is Standing.OLD and not config.may_migrate_without_backup:
        backup = dump_postgres(url, config.folder / BACKUP_FOLDER, config.clock).file
    if state.standing is not Standing.CURRENT:
        # Revisions that seal a column need the cipher; whose key it is was compared with the database's above.
        _give_cipher(engines, AesCipher(key))
        migrate_postgres(engines.writer)
    opened = replace(_opened(config, postgres_engines(url, AesCipher(key)), key, state, None, code), server_url=url)
    kept = opened.store.read(read_facts)
    if kept.get("key_id") != key.id:
        opened.close()
        raise Refused(
            "db.wrong_key", "this desk's key belongs to another database; enter the recovery code of this one"
        )
    return opened if backup is None else replace(opened, backup_before=backup)


def _key_of_server(config: StoreConfig, facts: dict[str, str]) -> tuple[DataKey, str | None]:
    """This desk's key for the server, joining with the recovery code when it has none."""
    ring = key_ring_of(facts)
    if has_keys(config.folder):
        own = read_keys(config.folder)["key_id"]
        if ring is None or ring["key_id"] == own:
            return _key_for(config), None
        raise Refused(
            "db.wrong_key",
            f"{config.folder} holds the key of another database; choose another data folder for this one",
        )
    if ring is None:
        made = create_key(config.folder, config.key_source)
        return made.key, made.recovery_code
    if config.recovery_code is None:
        raise Refused("key.recovery_needed", "this desk joins a database for the first time; enter the recovery code")
    key = open_with_code(ring, config.recovery_code)
    adopt_key(config.folder, ring, key, config.key_source)
    return key, None


def _give_cipher(engines: Engines, cipher: AesCipher) -> None:
    for engine in (engines.writer, engines.reader):
        engine.dialect.personal_cipher = cipher  # type: ignore[attr-defined]  # read back in types.cipher_of


def _opened(
    config: StoreConfig,
    engines: Engines,
    key: DataKey,
    state: SchemaState,
    backup: Backup | None,
    code: str | None = None,
) -> OpenedStore:
    _give_cipher(engines, AesCipher(key))
    store = Store(engines, config.clock, config.actor)
    ring: dict[str, Any] = recovery_part(read_keys(config.folder))
    facts = store.read(read_facts)
    if facts.get("program_version") != config.program_version or "key_id" not in facts:
        # A full disk must not keep anybody from reading.
        with contextlib.suppress(Unavailable):
            store.write(
                lambda uow: note_facts(uow, key_id=key.id, key_ring=ring, program_version=config.program_version)
            )
    return OpenedStore(
        store=store,
        key=key,
        digester=Digester(key),
        folder=config.folder,
        migrated_from=state.revision if state.standing is Standing.OLD else None,
        backup_before=None if backup is None else backup.folder,
        new_recovery_code=code,
    )
