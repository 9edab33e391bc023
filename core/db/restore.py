"""From a backup folder and the recovery code back to a working data folder, on any machine."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.db.backup import Backup, check_restored, read_backup, verify_backup
from core.db.driver import DATABASE_FILE
from core.db.files import sync_file, sync_folder
from core.db.keys import KeySource, adopt_key, open_with_code, read_keys
from core.db.line import ENDING
from core.db.lock import DeskLock, alone, is_database_open
from core.db.migrations.versions import known_revisions
from core.db.places import refuse_unsafe_folder
from core.db.setting_aside import set_aside
from core.runtime.clock import Clock
from core.runtime.errors import Refused, Unavailable

_SPARE_BYTES = 20 * 2**20
_WITH_DATABASE = ("", "-wal", "-shm", "-journal", ENDING)


@dataclass(frozen=True, slots=True)
class Restored:
    """`set_aside` is the folder that holds what was in the way, None when nothing was."""

    folder: Path
    backup_at: datetime
    revision: str
    rows: Mapping[str, int]
    set_aside: Path | None


def restore(backup: Path, recovery_code: str, target: Path, source: KeySource, clock: Clock) -> Restored:
    """Put a backup's database into `target` and wrap its key for this machine.

    What is there already is moved aside together (file, log and shared memory belong together), never overwritten.

    Raises:
        Refused: `backup.not_ours`, `backup.damaged`, `backup.too_new`, `key.code_*`, `desk.taken` (a window is
            open in the target), `db.in_use` (another program has it open), `db.network_folder`, `db.synced_folder`.
        Unavailable: `backup.no_space`, `key.*` of the source.
    """
    found = read_backup(backup)
    if found.revision not in known_revisions():
        raise Refused("backup.too_new", f"{found.folder} was made by a newer Packdesk; install that version")
    ring = read_keys(found.folder)
    key = open_with_code(ring, recovery_code)
    file_key = key.file_key
    verify_backup(found, file_key)
    refuse_unsafe_folder(target)
    target.mkdir(parents=True, exist_ok=True)
    _need_space(found, target)
    now = clock.now()
    with DeskLock.take(target, name="packdesk restore", desk="", since=now), alone(target):
        _refuse_open(target / DATABASE_FILE)
        part = _copy(found, target, file_key)
        aside = set_aside(target, now, "a backup was restored in this folder")
        # The key before the file: cut off in between, the next start finds a database missing and says so.
        adopt_key(target, ring | {"database_made": True}, key, source)
        part.replace(target / DATABASE_FILE)
        sync_folder(target)
    return Restored(target, found.at, found.revision, found.rows, aside)


def _refuse_open(database: Path) -> None:
    """A program that has the old file open would go on writing to it after it was moved aside."""
    if is_database_open(database):
        raise Refused("db.in_use", f"{database} is open in another program (packdesk serve?); stop it first")


def _need_space(backup: Backup, target: Path) -> None:
    free = shutil.disk_usage(target).free
    if free < backup.size + _SPARE_BYTES:
        raise Unavailable(
            "backup.no_space",
            f"restoring needs {backup.size // 2**20 + 20} MB in {target}, {free // 2**20} MB are free",
            free=free,
        )


def _copy(backup: Backup, target: Path, file_key: bytes) -> Path:
    part = target / f"{DATABASE_FILE}.restoring"
    for ending in _WITH_DATABASE:
        part.with_name(part.name + ending).unlink(missing_ok=True)
    try:
        shutil.copyfile(backup.folder / DATABASE_FILE, part)
        os.chmod(part, 0o600)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Unavailable("backup.no_space", f"{part} could not be written: {error.strerror}") from error
    check_restored(part, file_key)
    sync_file(part)
    return part
