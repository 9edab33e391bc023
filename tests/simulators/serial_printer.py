"""A label printer behind a pseudo-terminal: a real tty on our side, a print engine on the other."""

import os
import pty
import select
import threading
import tty
from types import TracebackType
from typing import Self

from tests.simulators.label_printer import ENGINES

_TICK_S = 0.01


class SerialPrinter:
    """One printer at one port. Use as a context manager."""

    def __init__(self, language: str = "tspl", dots_per_mm: float = 8.0) -> None:
        self.engine = ENGINES[language](dots_per_mm)
        self.is_silent = False
        self.received = 0
        self._is_reading = threading.Event()
        self._is_reading.set()
        self._hangs_up_at = 1 << 30
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._near, self._far = pty.openpty()
        tty.setraw(self._near)
        tty.setraw(self._far)
        self.path = os.ttyname(self._far)
        self._thread = threading.Thread(target=self._serve, name="serial-printer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(5)
        self._close()

    def stop_reading(self) -> None:
        """Hold the flow, as a printer without paper."""
        self._is_reading.clear()

    def hang_up_after(self, more_bytes: int) -> None:
        """Pull the cable after so many further bytes."""
        self._hangs_up_at = self.received + more_bytes

    def wait_for_papers(self, count: int, timeout_s: float = 10.0) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.engine.papers) >= count, timeout_s)

    def _serve(self) -> None:
        while not self._stop.is_set():
            if not self._is_reading.is_set() or not select.select([self._near], [], [], _TICK_S)[0]:
                self._stop.wait(_TICK_S)
                continue
            try:
                piece = os.read(self._near, min(4096, self._hangs_up_at - self.received))
            except OSError:
                continue
            with self._changed:
                self.received += len(piece)
                self.engine.feed(piece, self._reply)
                self._changed.notify_all()
            if self.received >= self._hangs_up_at:
                self._close()
                return

    def _reply(self, reply: bytes) -> None:
        if not self.is_silent:
            os.write(self._near, reply)

    def _close(self) -> None:
        for handle in (self._near, self._far):
            if handle >= 0:
                os.close(handle)
        self._near = self._far = -1
