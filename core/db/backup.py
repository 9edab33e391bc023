"""Verified backups: a copy gets its name only after it was opened, checked and counted.

A backup is a folder named by its time in UTC with `packdesk.db` (encrypted as the original), `keys.json` (the copy
that the recovery code opens) and `backup.json` (what is inside). That folder and the code are all another machine
needs.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.db.driver import DATABASE_FILE, connect_sqlite, key_pragma
from core.db.files import sync_file, sync_folder, write_durably
from core.db.integrity import check_file, counts_of, findings_of
from core.db.keys import KEYS_FILE, recovery_part
from core.runtime.clock import Clock
from core.runtime.errors import Refused, Unavailable

MANIFEST_FILE = "backup.json"
BACKUP_FOLDER = "backups"
KEEP_DAILY = 7
KEEP_WEEKLY = 4
KEEP_MIGRATION = 10
DUE_AFTER = timedelta(hours=24)
#: daily | manual | migration
DAILY, MANUAL, MIGRATION = "daily", "manual", "migration"
_FORMAT = 1
_STAMP = "%Y%m%dT%H%M%SZ"
_SPARE_BYTES = 20 * 2**20


@dataclass(frozen=True, slots=True)
class Backup:
    """A verified backup on disk. `rows` is the count per table, `revision` its schema."""

    folder: Path
    at: datetime
    reason: str
    revision: str
    size: int
    rows: Mapping[str, int]
    sha256: str


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest backup: `desk` made it where several work together, blank for a desk alone."""

    at: datetime
    desk: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """What is backed up: the database file, the key of the file, the content of its keys.json."""

    database: Path
    file_key: bytes
    keys: Mapping[str, Any]


def make_backup(source: Source, root: Path, clock: Clock, reason: str = MANUAL) -> Backup:
    """Copy the live database into a new folder under `root` and verify the copy. Others may go on writing.

    Raises:
        Unavailable: `backup.no_space`, `backup.failed` (facts `findings`); no half backup is left under a good name.
    """
    need = _size_of(source.database)
    keeping = Keeping(root, source.file_key, source.keys, reason)
    return keep(keeping, clock, need, lambda target: _copy(source, target))


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where a backup goes: `root`, the key of its file, the ring that the recovery code opens, why it is made."""

    root: Path
    file_key: bytes = field(repr=False)
    keys: Mapping[str, Any] = field(repr=False)
    reason: str


def keep(keeping: Keeping, clock: Clock, need: int, fill: Callable[[Path], tuple[Mapping[str, int], str]]) -> Backup:
    """Keep what `fill` writes into the file it is given, once it was opened again, checked and counted.

    Args:
        keeping: where to, and with which keys.
        clock: gives its time.
        need: bytes that the file will need, about.
        fill: gives the rows of each table and the schema's revision.

    Raises:
        Unavailable: as `make_backup`, and what `fill` raises.
    """
    from sqlcipher3 import dbapi2

    root, at = keeping.root, clock.now()
    part = root / f".{at.strftime(_STAMP)}-{os.getpid()}.part"
    try:
        root.mkdir(parents=True, exist_ok=True)
        _need_space(need, root)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        rows, revision = fill(part / DATABASE_FILE)
        _verify_copy(part / DATABASE_FILE, keeping.file_key, rows)
        return _finish(part, keeping, at, rows, revision)
    except OSError as error:
        raise Unavailable("backup.failed", f"the backup could not be written: {error.strerror}") from error
    except dbapi2.Error as error:
        raise Unavailable("backup.failed", f"the copy could not be read again: {error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _size_of(database: Path) -> int:
    log = database.with_name(f"{database.name}-wal")
    return database.stat().st_size + (log.stat().st_size if log.exists() else 0)


def _need_space(size: int, root: Path) -> None:
    need = size + _SPARE_BYTES
    free = shutil.disk_usage(root).free
    if free < need:
        raise Unavailable(
            "backup.no_space",
            f"a backup needs {need // 2**20} MB in {root}, {free // 2**20} MB are free",
            need=need,
            free=free,
        )


def _copy(source: Source, target: Path) -> tuple[Mapping[str, int], str]:
    from sqlcipher3 import dbapi2

    try:
        live = connect_sqlite(source.database, source.file_key, must_exist=True)
    except dbapi2.Error as error:
        raise Unavailable("backup.failed", f"the database could not be opened: {error}") from error
    try:
        # One snapshot for counting and copying, so that the copy can be compared with what was counted.
        live.execute("BEGIN")
        rows = counts_of(live)
        revision = str(live.execute("SELECT version_num FROM alembic_version").fetchone()[0])
        copy = _connect_copy(target, source.file_key)
        try:
            live.backup(copy)
            # One file, without a log beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
        finally:
            copy.close()
    except dbapi2.Error as error:
        raise Unavailable("backup.failed", f"the database could not be copied: {error}") from error
    else:
        return rows, revision
    finally:
        live.close()


def _connect_copy(target: Path, key: bytes) -> Any:
    from sqlcipher3 import dbapi2

    copy = dbapi2.connect(str(target), isolation_level=None, timeout=0)
    copy.execute(key_pragma(key))
    # Nothing to protect yet: the whole file is flushed before it gets its name.
    copy.execute("PRAGMA synchronous = OFF")
    return copy


def _verify_copy(path: Path, key: bytes, rows: Mapping[str, int]) -> None:
    copy = _connect_copy(path, key)
    try:
        findings = findings_of(copy, thorough=True)
        if not findings and counts_of(copy) != rows:
            findings = ["the copy does not hold as many rows as the original"]
    finally:
        copy.close()
    if findings:
        raise Unavailable(
            "backup.failed", f"the copy is not whole and was thrown away: {findings[0]}", findings=tuple(findings)
        )


def _finish(part: Path, keeping: Keeping, at: datetime, rows: Mapping[str, int], revision: str) -> Backup:
    root = keeping.root
    copy = part / DATABASE_FILE
    sync_file(copy)
    write_durably(part / KEYS_FILE, json.dumps(recovery_part(dict(keeping.keys)), indent=1).encode())
    folder = _free_name(root, at)
    facts = {
        "format": _FORMAT,
        "at": at.astimezone(UTC).isoformat(),
        "reason": keeping.reason,
        "revision": revision,
        "size": copy.stat().st_size,
        "rows": dict(rows),
        "sha256": _sha256(copy),
    }
    write_durably(part / MANIFEST_FILE, json.dumps(facts, indent=1).encode())
    sync_folder(part)
    part.rename(folder)
    sync_folder(root)
    return _read(folder)


def _free_name(root: Path, at: datetime) -> Path:
    name = at.astimezone(UTC).strftime(_STAMP)
    number = 1
    while (root / (name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return root / (name if number == 1 else f"{name}-{number}")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def list_backups(root: Path) -> list[Backup]:
    """The backups under `root`, newest first; folders that are none are passed over."""
    if not root.is_dir():
        return []
    found = []
    for folder in root.iterdir():
        if folder.is_dir() and not folder.name.startswith("."):
            try:
                found.append(_read(folder))
            except Refused:
                continue
    return sorted(found, key=lambda backup: (backup.at, backup.folder.name), reverse=True)


def read_backup(path: Path) -> Backup:
    """The backup in a folder (or the folder of one of its files).

    Raises:
        Refused: `backup.not_ours`: no manifest, so nobody ever verified it; a file copied by hand from under a
            running program looks like that.
    """
    return _read(path if path.is_dir() else path.parent)


def _read(folder: Path) -> Backup:
    try:
        facts = json.loads((folder / MANIFEST_FILE).read_bytes())
        if facts["format"] != _FORMAT:
            raise Refused("backup.too_new", f"{folder} was made by a newer Packdesk; install that version")
        return Backup(
            folder=folder,
            at=datetime.fromisoformat(facts["at"]),
            reason=str(facts["reason"]),
            revision=str(facts["revision"]),
            size=int(facts["size"]),
            rows={str(name): int(count) for name, count in facts["rows"].items()},
            sha256=str(facts["sha256"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(
            "backup.not_ours",
            f"{folder} is no verified backup: it has no readable {MANIFEST_FILE}. A database file copied by hand "
            "from under a running program cannot be trusted",
        ) from error


def verify_backup(backup: Backup, file_key: bytes) -> None:
    """Check a backup again as when it was made.

    Raises:
        Refused: `backup.damaged`.
    """
    path = backup.folder / DATABASE_FILE
    try:
        is_same = path.stat().st_size == backup.size and _sha256(path) == backup.sha256
    except OSError:
        is_same = False
    if not is_same:
        raise Refused("backup.damaged", f"{path} is not as it was when the backup was made; take an older backup")
    try:
        _verify_copy(path, file_key, backup.rows)
    except Unavailable as error:
        raise Refused("backup.damaged", f"{path} is damaged; take an older backup") from error


def kept(backups: Iterable[Backup]) -> set[Path]:
    """Which backups stay: the newest, the newest of 7 days, of 4 weeks, and the last 10 made before migrations."""
    ordered = sorted(backups, key=lambda backup: (backup.at, backup.folder.name), reverse=True)
    days: dict[object, Path] = {}
    weeks: dict[object, Path] = {}
    for backup in ordered:
        days.setdefault(backup.at.date(), backup.folder)
        weeks.setdefault(backup.at.isocalendar()[:2], backup.folder)
    migrations = [backup.folder for backup in ordered if backup.reason == MIGRATION]
    return {
        *[backup.folder for backup in ordered[:1]],
        *list(days.values())[:KEEP_DAILY],
        *list(weeks.values())[:KEEP_WEEKLY],
        *migrations[:KEEP_MIGRATION],
    }


def rotate(root: Path) -> list[Path]:
    """Delete the backups that need not stay; what else lies in `root` is left alone."""
    backups = list_backups(root)
    staying = kept(backups)
    gone = []
    for backup in backups:
        if backup.folder in staying:
            continue
        # Renamed first, so that a half deleted one is never offered.
        dying = backup.folder.with_name(f".{backup.folder.name}.deleted")
        backup.folder.rename(dying)
        shutil.rmtree(dying, ignore_errors=True)
        gone.append(backup.folder)
    return gone


def is_due(root: Path, now: datetime) -> bool:
    """Whether the newest backup is older than a day, or lies in the future because the clock was wrong."""
    newest = next(iter(list_backups(root)), None)
    return is_old(None if newest is None else newest.at, now)


def is_old(at: datetime | None, now: datetime) -> bool:
    """As `is_due`, of the newest backup's time."""
    return at is None or not (now - DUE_AFTER < at <= now + timedelta(hours=1))


def backup_if_due(source: Source, root: Path, clock: Clock) -> Backup | None:
    """The daily backup, when it is due; then the old ones go. Call it every now and then on a background thread."""
    if not is_due(root, clock.now()):
        return None
    made = make_backup(source, root, clock, DAILY)
    rotate(root)
    return made


def check_restored(path: Path, file_key: bytes) -> None:
    """Raise `backup.damaged` unless the file in its new place opens and is whole."""
    result = check_file(path, file_key, thorough=True)
    if not result.is_whole:
        raise Refused("backup.damaged", f"{path} is damaged after copying: {result.findings[0]}")
