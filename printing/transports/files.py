"""Jobs as files: a folder with one file a job, or one growing file; and a list in memory for tests."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from printing.transports.contract import Receipt, digest
from printing.transports.failures import failure


@dataclass(frozen=True, slots=True)
class FolderTransport:
    """One file a job in `folder`, whole or not at all."""

    folder: Path
    suffix: str = ".tspl"

    @property
    def is_stream(self) -> bool:
        """Each job is whole or not there."""
        return False

    def send(self, data: bytes, name: str) -> Receipt:
        """Write the job under its serial number and `name`.

        Raises:
            NothingSent: the folder cannot be written; no part of the file stays.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"{next_serial(self.folder):06d}-{safe_name(name)}{self.suffix}"
            write_whole(path, data)
        except OSError as error:
            raise failure(error, 0) from error
        return Receipt(digest(data), is_confirmed=True, bytes_file=str(path))

    def query(self, request: bytes, is_whole: Callable[[bytes], bool]) -> None:  # noqa: ARG002  # it cannot
        """A file does not answer."""
        return


@dataclass(frozen=True, slots=True)
class AppendTransport:
    """All jobs one after the other in one file."""

    path: Path

    @property
    def is_stream(self) -> bool:
        """A kill while a job is being written leaves half of it in front of the next one."""
        return True

    def send(self, data: bytes, name: str) -> Receipt:  # noqa: ARG002  # one file holds all jobs
        """Append the job; a cut one is taken back.

        Raises:
            NothingSent: the file cannot be written and is as long as before.
        """
        try:
            with self.path.open("ab") as file:
                before = file.tell()
                try:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                except OSError:
                    os.truncate(self.path, before)
                    raise
        except OSError as error:
            raise failure(error, 0) from error
        return Receipt(digest(data), is_confirmed=True, bytes_file=str(self.path))

    def query(self, request: bytes, is_whole: Callable[[bytes], bool]) -> None:  # noqa: ARG002  # it cannot
        """A file does not answer."""
        return


@dataclass(slots=True)
class MemoryTransport:
    """Jobs in a list; `replies` answers queries by request."""

    jobs: list[tuple[str, bytes]] = field(default_factory=list)
    replies: dict[bytes, bytes] = field(default_factory=dict)

    @property
    def is_stream(self) -> bool:
        """Each job is whole or not there."""
        return False

    def send(self, data: bytes, name: str) -> Receipt:
        """Keep the job."""
        self.jobs.append((name, data))
        return Receipt(digest(data))

    def query(self, request: bytes, is_whole: Callable[[bytes], bool]) -> bytes | None:
        """The prepared answer, None without a whole one."""
        reply = self.replies.get(request)
        return reply if reply is not None and is_whole(reply) else None


def safe_name(name: str) -> str:
    """The name as part of a file name on every system."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)[:60].strip(".") or "job"


def next_serial(folder: Path) -> int:
    """One more than the highest serial number in the folder."""
    serials = [int(found[1]) for path in folder.iterdir() if (found := re.match(r"(\d{6,})-", path.name))]
    return max(serials, default=0) + 1


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that after a power cut it is there whole or not at all.

    Raises:
        OSError: it could not be written; nothing stays behind.
    """
    half = path.with_name(f".{path.name}.half")
    try:
        with half.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except OSError:
        half.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in the folder last; Windows needs and has no such call."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
