"""Reading a foreign table: the bytes once, the rest in a child process that may die of it."""

import contextlib
import hashlib
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from core.files.guards import MOST_BYTES, kind_of
from core.files.progress import Progress
from core.files.records import Table
from core.runtime.china import CHINA
from core.runtime.errors import NotFound, Refused, Unavailable

#: an honest file of 20,000 rows takes one or two
MOST_S = 60.0
_LOOK_S = 0.05
_HEADER_WITHIN = 10
_ROOT = Path(__file__).resolve().parents[2]
_START = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from core.files.child import main; main()"
_MOST_ANSWER = 400 * 1024 * 1024
#: `ExportOrderList202611241030`, `orders_2026-11-24 10-30-05`
_STAMPED = re.compile(
    r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])"
    r"(?:[-_. T]?([01]\d|2[0-3])[-_.:]?([0-5]\d)(?:[-_.:]?([0-5]\d))?)?(?!\d)"
)
#: `1791430000_orders.csv`, as Doudian names its downloads
_EPOCH = re.compile(r"(?<!\d)(1[6-9]\d{8})(?!\d)")


def read_table(path: Path, now: datetime, progress: Progress | None = None, most_s: float = MOST_S) -> Table:
    """The table in a file. Nothing of the file is kept anywhere but in the result.

    Args:
        path: a file on this machine.
        now: no file was written later than that.
        progress: shows rows, and stops the reading when it is cancelled.
        most_s: seconds before the reading is given up.

    Raises:
        NotFound: `files.no_file`.
        Refused: what `core.files.guards` says; `files.too_heavy`, it took too much time or memory; `files.cancelled`;
            `files.no_rows`, there is no table in it.
    """
    data = _bytes_of(path)
    kind_of(data)
    progress = progress or Progress()
    rows, written = _ask_child(data, progress, most_s)
    if progress.is_cancelled:
        # Pressed while the child was quicker than whoever looks for it.
        raise _cancelled()
    if len(rows) < 2:
        raise Refused("files.no_rows", "there is no table with rows in this file")
    place = _header_place(rows)
    header = tuple(_name_of(cell) for cell in rows[place][1])
    written_at = _written_at(path, written, now)
    return Table(path.name, hashlib.sha256(data).hexdigest(), written_at, header, rows[place + 1 :])


def _cancelled() -> Refused:
    return Refused("files.cancelled", "the reading was stopped; nothing has changed")


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise NotFound("files.no_file", "there is no such file") from error
    except OSError as error:
        raise Unavailable("files.unreadable", f"the file cannot be read: {error.strerror}") from error


def _ask_child(data: bytes, progress: Progress, most_s: float) -> tuple[list[tuple[int, list[Any]]], str]:
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and module, nothing of the file among the words
        [sys.executable, "-I", "-c", _START],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    is_over = threading.Event()
    late = threading.Event()

    def watch() -> None:
        left = most_s
        while not is_over.wait(_LOOK_S):
            left -= _LOOK_S
            if left <= 0:
                late.set()
            if late.is_set() or progress.is_cancelled:
                child.kill()
                return

    watcher = threading.Thread(target=watch, name="file-watch", daemon=True)
    watcher.start()
    try:
        return _dialogue(child, data, progress)
    except _Silent as error:
        if progress.is_cancelled:
            raise _cancelled() from error
        raise Refused("files.too_heavy", "the file takes too much time or memory; no real one does") from error
    finally:
        is_over.set()
        watcher.join()
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                _close(pipe)


class _Silent(Exception):
    """The child ended without its last word."""


def _dialogue(
    child: "subprocess.Popen[bytes]", data: bytes, progress: Progress
) -> tuple[list[tuple[int, list[Any]]], str]:
    if child.stdin is None or child.stdout is None:
        raise _Silent
    try:
        child.stdin.write(data)
        child.stdin.close()
    except OSError as error:
        raise _Silent from error
    rows: list[tuple[int, list[Any]]] = []
    for answer in _answers(child.stdout):
        if "refused" in answer:
            code, sentence, facts = answer["refused"]
            raise Refused(code, sentence, **facts)
        if "end" in answer:
            return rows, str(answer["end"]["written"])
        rows += ((int(number), cells) for number, cells in answer["rows"])
        progress.show(len(rows), int(answer["of"]))
    raise _Silent


def _answers(pipe: IO[bytes]) -> Iterator[Any]:
    heard = 0
    for line in pipe:
        heard += len(line)
        if heard > _MOST_ANSWER or not line.endswith(b"\n"):
            return
        yield json.loads(line)


def _close(pipe: IO[bytes]) -> None:
    with contextlib.suppress(OSError):
        pipe.close()


def _name_of(cell: object) -> str:
    return str(cell).strip().lstrip("\ufeff") if cell not in (None, "") else ""


def _header_place(rows: Sequence[tuple[int, list[Any]]]) -> int:
    """The header is the first of the topmost rows that has the most texts: titles above it have one or two."""
    first = rows[:_HEADER_WITHIN]
    counts = [sum(1 for cell in cells if isinstance(cell, str) and cell.strip()) for _, cells in first]
    most = max(counts)
    return next(place for place, count in enumerate(counts) if count * 3 >= most * 2)


def _written_at(path: Path, written: str, now: datetime) -> datetime:
    """When the platform wrote the file: its name says it, or the workbook, or the disk; never after now."""
    return min(_stamp_of(path.name) or _said(written) or _modified(path) or now, now)


def _stamp_of(name: str) -> datetime | None:
    found = _STAMPED.search(name)
    if found is not None and found[4]:
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        try:
            return datetime(year, month, day, hour, minute, second, tzinfo=CHINA).astimezone(UTC)
        except ValueError:
            return None
    epoch = _EPOCH.search(name)
    return datetime.fromtimestamp(int(epoch[1]), UTC) if epoch is not None else None


def _said(written: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _modified(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return None
