"""What is in the way in a data folder goes aside together, and is never overwritten."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from core.db.driver import DATABASE_FILE
from core.db.files import sync_file, sync_folder
from core.db.home import SERVER_FILE
from core.db.keys import KEYS_FILE
from core.db.line import ENDING
from core.runtime.errors import Refused

#: what belongs to a database file, itself first: its log left behind alone would be nobody's, but the file without
#: its log would look whole and be old
WITH_DATABASE: Final = tuple(f"{DATABASE_FILE}{ending}" for ending in ("", "-wal", "-shm", "-journal", ENDING))


def set_aside(folder: Path, now: datetime, why: str) -> Path | None:
    """Move a folder's database, and its way to a server, into a folder of their own in it; a copy of the keys too.

    None where there was nothing.

    Raises:
        Refused: `db.in_use`: another program has it open (Windows; elsewhere the caller has to look first).
    """
    # With the way to a server, or the desk would go on working there.
    present = [name for name in (*WITH_DATABASE, SERVER_FILE) if (folder / name).exists()]
    if not present and not (folder / KEYS_FILE).exists():
        return None
    aside = free_folder(folder, "replaced", now)
    aside.mkdir()
    (aside / "README.txt").write_text(json.dumps({"replaced_at": now.isoformat(), "why": why}), encoding="utf-8")
    if (folder / KEYS_FILE).exists():
        shutil.copy2(folder / KEYS_FILE, aside / KEYS_FILE)
        sync_file(aside / KEYS_FILE)
    try:
        for name in present:
            (folder / name).replace(aside / name)
    except PermissionError as error:
        # Windows, while another program has a file open.
        raise Refused("db.in_use", f"{folder / DATABASE_FILE} is open in another program; stop it first") from error
    sync_folder(aside)
    sync_folder(folder)
    return aside


def free_folder(folder: Path, stem: str, now: datetime) -> Path:
    """A name in `folder` that is not taken yet."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = folder / f"{stem}-{stamp}"
    number = 1
    while aside.exists():
        number += 1
        aside = folder / f"{stem}-{stamp}-{number}"
    return aside
