"""Free space: warn early, stop printing in time, and keep a reserve that makes a full disk writable again."""

import os
import shutil
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.db.files import sync_folder

BALLAST_FILE = "ballast.bin"
BALLAST_BYTES = 64 * 2**20
WARN_BELOW = 2 * 2**30
STOP_BELOW = 200 * 2**20
_BLOCK = 2**20


class SpaceLevel(StrEnum):
    """`low`: tell the owner. `stop`: print no more labels, what is said about them could not be saved."""

    OK = "ok"
    LOW = "low"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Space:
    """Free bytes of the disk under a folder, and what follows."""

    free: int
    level: SpaceLevel


def space_of(folder: Path, free: int | None = None) -> Space:
    """The free space under `folder`; `free` replaces the measured number."""
    left = shutil.disk_usage(folder).free if free is None else free
    if left < STOP_BELOW:
        return Space(left, SpaceLevel.STOP)
    return Space(left, SpaceLevel.LOW if left < WARN_BELOW else SpaceLevel.OK)


def ensure_ballast(folder: Path, size: int = BALLAST_BYTES) -> bool:
    """Make the reserve file unless it is there or space is short already; True when it is there afterwards.

    On a full disk even deleting rows fails, because the log has to grow first; deleting this file helps at once.
    """
    path = folder / BALLAST_FILE
    try:
        if path.stat().st_size >= size:
            return True
    except FileNotFoundError:
        pass
    if shutil.disk_usage(folder).free < size + STOP_BELOW:
        return False
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as file:
            # Random, because a compressing file system keeps zeros for nothing.
            block = os.urandom(_BLOCK)
            for start in range(0, size, _BLOCK):
                file.write(block[: min(_BLOCK, size - start)])
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        return False
    return True


def release_ballast(folder: Path) -> bool:
    """Give the reserve back to a full disk; False when it was used up already."""
    try:
        (folder / BALLAST_FILE).unlink()
    except FileNotFoundError:
        return False
    sync_folder(folder)
    return True
