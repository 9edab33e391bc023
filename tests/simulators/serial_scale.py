"""A shipping scale behind a pseudo-terminal, written from the manuals and not from the program that reads it.

Something lies on its pan or not, its figures swing for a while after each change, and it can be told to misbehave as
real ones do: fall silent, lose its cable and come back, swing for ever, call a swinging weight stable, stand still on
one figure whatever lies on it, or talk at another speed than the desk believes.
"""

import os
import pty
import random
import select
import threading
import time
import tty
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_EVERY_S = 0.05
_SWING_S = 0.25


def frame(talk: str, grams: int, *, is_stable: bool, is_out: bool = False) -> bytes:
    """One message of a scale that shows so many grams in kilograms with three decimals."""
    sign, size = "-" if grams < 0 else "+", abs(grams)
    whole, part = divmod(size, 1000)
    if talk == "ad":
        if is_out:
            return b"OL,GS,+          kg\r\n"
        return f"{'ST' if is_stable else 'US'},GS,{sign}{whole:4d}.{part:03d}kg\r\n".encode()
    if talk == "wn":
        shown = f"{whole:04d}.{part:03d}"
        return f"ww{'-' + shown[1:] if grams < 0 else shown}kg\r\n".encode()
    if talk in {"yaohua", "yaohua_reversed"}:
        shown = ("-" if grams < 0 else "0") + f"{whole:03d}.{part:03d}"
        return ("=" + (shown if talk == "yaohua" else shown[::-1])).encode()
    if talk == "xk3190":
        body = f"{sign}{size:06d}3".encode()
        check = 0
        for byte in body:
            check ^= byte
        return b"\x02" + body + f"{check:02X}".encode() + b"\x03"
    if talk == "toledo":
        a = 0x20 | 0b101 | 0b01000
        b = 0x20 | 0x10 | (0x02 if grams < 0 else 0) | (0x04 if is_out else 0) | (0 if is_stable else 0x08)
        message = bytes([0x02, a, b, 0x20]) + f"{size:6d}".encode() + b"000000\r"
        return message + bytes([-sum(message) & 0x7F])
    if talk == "sics":
        if is_out:
            return b"S +\r\n"
        return f"S {'S' if is_stable else 'D'} {grams / 1000:10.3f} kg\r\n".encode()
    raise ValueError(talk)


class SerialScale:
    """One scale at one port, which keeps its name over replugging. Use as a context manager."""

    def __init__(self, folder: Path, talk: str = "ad", name: str = "scale") -> None:
        self.path = str(folder / name)
        self.talk = talk
        self.is_silent = False
        self.is_babbling = False
        self.swings_for_ever = False
        #: calls whatever it shows stable
        self.lies = False
        #: shows this, whatever lies on it
        self.stuck_at: int | None = None
        self.most_grams = 30_000
        self._grams = 0
        self._changed_at = 0.0
        self._random = random.Random(7)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._near = self._far = -1
        self._thread = threading.Thread(target=self._serve, name="serial-scale", daemon=True)

    def __enter__(self) -> Self:
        self.plug_in()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(5)
        self.unplug()

    def put(self, grams: int) -> None:
        """So much lies on it from now on; it swings for a moment."""
        with self._lock:
            self._grams = grams
            self._changed_at = time.monotonic()

    def unplug(self) -> None:
        """The cable is pulled: the port is gone."""
        with self._lock:
            if self._near < 0:
                return
            os.unlink(self.path)
            for handle in (self._near, self._far):
                os.close(handle)
            self._near = self._far = -1

    def plug_in(self) -> None:
        """The cable is back, under the same name."""
        with self._lock:
            self._near, self._far = pty.openpty()
            tty.setraw(self._near)
            tty.setraw(self._far)
            os.set_blocking(self._near, False)
            os.symlink(os.ttyname(self._far), self.path)

    def _serve(self) -> None:
        while not self._stop.wait(_EVERY_S):
            with self._lock:
                if self._near >= 0:
                    self._speak()

    def _speak(self) -> None:
        if self.talk == "sics":
            # It answers, once for each question.
            if not select.select([self._near], [], [], 0)[0]:
                return
            if b"SI" not in os.read(self._near, 64):
                return
        if self.is_silent:
            return
        with suppress(BlockingIOError):  # nobody reads, and a scale does not wait
            os.write(self._near, self._message())

    def _message(self) -> bytes:
        if self.is_babbling:
            return self._random.randbytes(18)
        is_swinging = self.swings_for_ever or time.monotonic() - self._changed_at < _SWING_S
        shown = self._grams if self.stuck_at is None else self.stuck_at
        if is_swinging and self.stuck_at is None:
            shown += self._random.randint(5, 400)
        is_stable = self.lies or not is_swinging
        return frame(self.talk, shown, is_stable=is_stable, is_out=shown > self.most_grams)
