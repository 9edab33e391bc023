"""Programs of one machine that want to write the same SQLite file stand in line, whoever came first in front.

SQLite lets in whoever happens to ask while the file is free. With several programs at work the one that has just
written asks first again, and some unlucky one asks in vain for half a second. The line only says who may ask; whether
the file is free SQLite alone says, so nothing is lost where there is no line (Windows, a folder that cannot be
written, a network's file system without locks) or where it errs.

Whoever waits has locked one byte of a file beside the database: the byte whose number is the microsecond at which it
came. Somebody came before me if a byte before mine is locked. The operating system keeps the locks, so that a killed
program leaves no gap, and gives them up to nobody of the same program: its threads have an order of their own.
"""

import errno
import os
import sys
import threading
import time
from pathlib import Path
from typing import Final

#: beside the database, with its name in front
ENDING: Final = "-line"
#: whoever stands in front for longer is asleep, or stopped: then everybody asks
_TRUST_S: Final = 1.0
_MICROSECONDS_NS: Final = 1000
#: somebody else has it; anything else says that there are no locks here
_TAKEN: Final = frozenset({errno.EACCES, errno.EAGAIN})


class Line:
    """One program's place in the line; safe for threads, which share it."""

    def __init__(self, database: Path | None) -> None:
        """`database`: the file that is written; None where there is nothing to wait for."""
        self._path = None if database is None else database.with_name(f"{database.name}{ENDING}")
        self._descriptor: int | None = None
        self._lock = threading.Lock()
        self._place: int | None = None

    def is_our_turn(self) -> bool:
        """Whether the file may be asked for now; whoever has no place and finds others waiting gets one."""
        with self._lock:
            if not self._is_open():
                return True
            if self._place is None:
                if self._nobody_before(0):
                    return True
                self._queue_up()
                return False
            is_trusted = time.monotonic_ns() - self._place * _MICROSECONDS_NS < _TRUST_S * 1e9
            return not is_trusted or self._nobody_before(self._place)

    def queue_up(self) -> None:
        """Stand in line: the file was not free. Whoever stands already stays where it is."""
        with self._lock:
            if self._is_open() and self._place is None:
                self._queue_up()

    def leave(self) -> None:
        """The file is ours, or is wanted no more."""
        with self._lock:
            if self._place is not None:
                self._unlock(1, self._place)
            self._place = None

    def close(self) -> None:
        """Give everything back."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
            self._descriptor, self._place = None, None

    def __del__(self) -> None:
        """Whoever forgets to close it loses nothing."""
        self.close()

    def _is_open(self) -> bool:
        if self._descriptor is None and self._path is not None and sys.platform != "win32":
            try:
                self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            except OSError:
                self._path = None
        return self._descriptor is not None

    def _queue_up(self) -> None:
        # The clock of the machine, which all its programs share. Whoever came in the same microsecond goes first.
        place = time.monotonic_ns() // _MICROSECONDS_NS
        while not self._is_locked(fcntl.LOCK_EX, 1, place):
            if self._descriptor is None:
                return
            place += 1
        self._place = place

    def _nobody_before(self, place: int) -> bool:
        """Whether no byte before this one is locked, or none at all for 0: they are locked, shared, for a moment."""
        if not self._is_locked(fcntl.LOCK_SH, place, 0):
            return self._descriptor is None
        self._unlock(place, 0)
        return True

    def _is_locked(self, kind: int, length: int, start: int) -> bool:
        if self._descriptor is None:
            return False
        try:
            fcntl.lockf(self._descriptor, kind | fcntl.LOCK_NB, length, start)
        except OSError as error:
            if error.errno not in _TAKEN:
                self._give_up()
            return False
        return True

    def _unlock(self, length: int, start: int) -> None:
        if self._descriptor is not None:
            try:
                fcntl.lockf(self._descriptor, fcntl.LOCK_UN, length, start)
            except OSError:
                self._give_up()

    def _give_up(self) -> None:
        """This file system keeps no locks, or lost them: from now on there is no line."""
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._path, self._descriptor, self._place = None, None, None


if sys.platform != "win32":
    import fcntl
