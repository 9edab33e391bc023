"""What goes wrong, kept as a file beside the data: a program that a double click started has no console.

Warnings and defects only, and nothing personal: of an error it keeps the kind, our own code and the places in the
program, never its words, for those of a database or a parser repeat what they were given. Of what other people's
libraries log it keeps the sentence without what was filled in.
"""

import faulthandler
import io
import logging
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_log = logging.getLogger(__name__)

FOLDER: Final = "log"
#: bytes after which the file is put aside, in the place of the one before
_LARGEST: Final = 2_000_000
#: the same defect, met again each few seconds for days, must not push the others out
_MOST_KNOWN: Final = 500
_OURS: Final = ("core", "desktop", "printing")


def log_path(folder: Path, program: str) -> Path:
    """Where a program (`window`, `serve`) of a data folder keeps its log."""
    return folder / FOLDER / f"{program}.log"


@contextmanager
def kept_log(folder: Path, program: str) -> Iterator[None]:
    """Keep the log of a program while it runs; what ends it is the last thing in it.

    Where it cannot be written (a full disk), the program goes on without: this is never the reason that work stops.
    """
    path = log_path(folder, program)
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        crashes = None if faulthandler.is_enabled() else _private(str(path.with_suffix(".crash")))
    except OSError as error:
        _log.warning("no log is kept: %s", error.strerror)
        yield
        return
    handler = _KeptFile(path)
    logging.getLogger().addHandler(handler)
    if crashes is not None:
        # What ends a program without Python: a fault of Qt, a driver, a library.
        faulthandler.enable(crashes)
    try:
        yield
    except Exception:
        _log.exception("a defect ended the program")
        raise
    finally:
        if crashes is not None:
            faulthandler.disable()
            crashes.close()
        logging.getLogger().removeHandler(handler)
        handler.close()


class _KeptFile(logging.FileHandler):
    """Two files at most, readable by their owner alone."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, encoding="utf-8", delay=True, errors="backslashreplace")
        self.setLevel(logging.WARNING)
        self.setFormatter(_Plain())

    def _open(self) -> io.TextIOWrapper:
        return _private(self.baseFilename)

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, into a new file where this one is full."""
        try:
            if self.stream is not None and self.stream.tell() > _LARGEST:
                self.close()
                os.replace(self.baseFilename, f"{self.baseFilename}.1")
            if self.stream is None:
                # The base class would let a full disk out to whoever logs.
                self.stream = self._open()
        except OSError:
            self.handleError(record)
            return
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the base class's
        """Nothing: a log that cannot be written is told by nobody, least of all to the log."""


class _Plain(logging.Formatter):
    """One line and, for a defect met the first time, where it happened."""

    def __init__(self) -> None:
        super().__init__()
        self._known: set[tuple[str, ...]] = set()

    def format(self, record: logging.LogRecord) -> str:
        """As text."""
        is_ours = record.name.partition(".")[0] in _OURS
        said = record.getMessage() if is_ours else str(record.msg)
        at = self.formatTime(record, "%Y-%m-%d %H:%M:%S%z")
        head = f"{at} {record.levelname} {record.name} ({record.threadName}): {said}"
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return head
        lines = tuple(_told(error))
        if lines in self._known:
            return f"{head}\n  as before: {lines[-1]}"
        if len(self._known) < _MOST_KNOWN:
            self._known.add(lines)
        return "\n".join((head, *(f"  {line}" for line in lines)))


def _told(error: BaseException) -> Iterator[str]:
    """The places an error went through, its causes first; then what kind it is."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _told(cause)
        yield "and then:"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"{_shortened(frame.filename)}:{frame.lineno} in {frame.name}"
    # Codes of our own kinds are fixed words; what others call a code may be anything.
    code = getattr(error, "code", "") if type(error).__module__.startswith("core.") else ""
    yield f"{type(error).__module__}.{type(error).__qualname__}{f' [{code}]' if code else ''}"


def _shortened(file_name: str) -> str:
    """From the program's or a library's own folder on: where it is installed names the account."""
    for place in sorted(sys.path, key=len, reverse=True):
        if place and file_name.startswith(place):
            return file_name[len(place) :].lstrip("/\\")
    return Path(file_name).name


def _private(path: str) -> io.TextIOWrapper:
    """A file to append to, that its owner alone may read."""
    raw = io.FileIO(path, "a", opener=lambda name, flags: os.open(name, flags, 0o600))
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace")
