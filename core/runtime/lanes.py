"""Lanes: background threads that live as long as the program, one subject each.

A lane ends only when it is told to; an exception ends the job, never the lane (a lane that exits when idle strands
the job that comes in that instant).
"""

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)

#: does one piece of work; gives the seconds until it wants to be called again
Work = Callable[[], float]


class Lane:
    """Calls `work` again and again: after the seconds it asked for, or at once when woken."""

    def __init__(self, name: str, work: Work, *, after_fault_s: float = 5.0, first_after_s: float = 0.0) -> None:
        self.name = name
        self._work = work
        self._after_fault_s = after_fault_s
        self._first_after_s = first_after_s
        self._wake = threading.Event()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name=f"lane-{name}", daemon=True)

    def start(self) -> None:
        """Begin; the first call comes after `first_after_s` seconds, or at once when woken."""
        self._thread.start()

    def wake(self) -> None:
        """There is work now."""
        self._wake.set()

    def stop(self, timeout_s: float = 10.0) -> bool:
        """Ask the lane to end after its current piece of work; False when it did not within the time."""
        self._is_stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop: a long piece of work asks between its parts."""
        return self._is_stopping

    def _run(self) -> None:
        if self._first_after_s > 0:
            self._wake.wait(self._first_after_s)
        while not self._is_stopping:
            self._wake.clear()
            try:
                pause_s = self._work()
            except Exception:  # noqa: BLE001 - the lane must outlive any defect of its work
                _log.exception("lane %s: a piece of work failed", self.name)
                pause_s = self._after_fault_s
            if pause_s > 0 and not self._is_stopping:
                self._wake.wait(pause_s)
