"""One desktop window per data folder: an operating system lock that names its holder."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from core.runtime.errors import Refused, Unavailable

LOCK_FILE = "packdesk.lock"
#: of the always-on node, which may work beside a window
SERVE_LOCK_FILE = "packdesk.serve.lock"
_ALONE_FILE = "packdesk.opening"
#: Windows locks bytes and then nobody may read them: this one lies far behind the text
_LOCKED_BYTE = 2**30
#: the "dead man switch" of SQLite's shared memory: byte 120 + 8 (os_unix.c, UNIX_SHM_DMS)
_WAL_BYTE = 128
_LOOKS = 20
_LOOK_S = 0.01


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock, as told to whoever comes second."""

    name: str
    desk: str
    pid: int
    since: str


@contextmanager
def alone(folder: Path, patience_s: float = 60.0) -> Iterator[None]:
    """Be the only process that makes, migrates or replaces the database of `folder` while the block runs.

    Raises:
        Unavailable: `db.busy`, another one is at it for longer than `patience_s`; `db.unreachable`, nothing can be
            made in the folder.
    """
    path = folder.resolve() / _ALONE_FILE
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise Unavailable(
            "db.unreachable", f"{path} cannot be made: {error.strerror}; choose another data folder"
        ) from error
    try:
        waited_s = 0.0
        while not _lock(descriptor):
            if waited_s >= patience_s:
                raise Unavailable("db.busy", f"another Packdesk is preparing the database in {folder}; try again")
            time.sleep(_LOOK_S)
            waited_s += _LOOK_S
        yield
    finally:
        os.close(descriptor)


class DeskLock:
    """Held from `take` until `release` or the end of the process, however it ends.

    Take it before the database is opened. The file stays: deleting it would let two holders lock two files of one
    name.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor: int | None = descriptor

    @classmethod
    def take(cls, folder: Path, *, name: str, desk: str, since: datetime, file_name: str = LOCK_FILE) -> "DeskLock":
        """Lock `folder` (links followed) for this process, against others with the same `file_name`.

        Raises:
            Refused: `desk.taken`, with the holder's `name`, `desk`, `pid` and `since`.
            Unavailable: `desk.no_lock`, the file cannot be made.
        """
        path = folder.resolve() / file_name
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        except OSError as error:
            raise Unavailable(
                "desk.no_lock", f"{path} cannot be made: {error.strerror}; choose another data folder"
            ) from error
        try:
            if not _lock(descriptor):
                raise _refusal(path)  # noqa: TRY301 - the file must be closed on every way out
            holder = Holder(name, desk, os.getpid(), since.isoformat(timespec="seconds"))
            text = json.dumps(asdict(holder), ensure_ascii=False).encode()
            os.ftruncate(descriptor, 0)
            os.write(descriptor, text)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(path, descriptor)

    def release(self) -> None:
        """Let the next one in; harmless when done already."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> "DeskLock":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def holder_of(folder: Path, file_name: str = LOCK_FILE) -> Holder | None:
    """Who wrote the name into the lock file last; None when nobody is named. Says nothing about being alive."""
    try:
        facts = json.loads((folder.resolve() / file_name).read_bytes())
        return Holder(str(facts["name"]), str(facts["desk"]), int(facts["pid"]), str(facts["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _refusal(path: Path) -> Refused:
    holder = holder_of(path.parent, path.name)
    for _ in range(_LOOKS):
        if holder is not None:
            break
        # The other one has the lock and is about to write its name.
        time.sleep(_LOOK_S)
        holder = holder_of(path.parent, path.name)
    if holder is None:
        return Refused("desk.taken", f"{path.parent} is open in another window", folder=str(path.parent))
    return Refused(
        "desk.taken",
        f"{path.parent} is open already: {holder.name} at desk {holder.desk}, since {holder.since} "
        f"(process {holder.pid}); use that window or close it",
        folder=str(path.parent),
        **asdict(holder),
    )


def is_database_open(database: Path) -> bool:
    """Whether another process has this SQLite file open in WAL mode, found without its key.

    Every connection keeps a shared lock on one byte of the file's shared memory. Never ask about a file that this
    process has open: looking would drop our own lock. Windows refuses to rename open files by itself.
    """
    if sys.platform == "win32":
        return False
    try:
        descriptor = os.open(database.with_name(f"{database.name}-shm"), os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _WAL_BYTE)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
