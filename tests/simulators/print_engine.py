"""What all simulated print engines have: bytes in, papers out, state kept between jobs as in real ones.

The engines are written from the languages' descriptions alone and share no code with `printing`, so that they can
be the judge.
"""

from collections.abc import Callable
from enum import IntFlag
from typing import ClassVar

import numpy as np
import numpy.typing as npt

Dots = npt.NDArray[np.bool_]
Answer = Callable[[bytes], None]


class State(IntFlag):
    """What a printer can be made to say, in any language; the numbers are TSPL's."""

    READY = 0x00
    COVER_OPEN = 0x01
    PAPER_OUT = 0x04
    PRINTING = 0x20


READY, COVER_OPEN, PAPER_OUT, PRINTING = State.READY, State.COVER_OPEN, State.PAPER_OUT, State.PRINTING


class PrintEngine:
    """Attributes:
    papers: what came out, oldest first; True is black. The truth log.
    errors: pieces it did not understand.
    has_paper: without it finished labels wait inside.
    tell: the state it answers with; the true one unless a test says otherwise.
    """

    #: the question that begins a look at the state
    question: ClassVar[bytes]

    def __init__(self, dots_per_mm: float = 8.0, width_mm: float = 100.0, height_mm: float = 150.0) -> None:
        self.dots_per_mm = dots_per_mm
        self.paper_size = (self.dots(height_mm), self.dots(width_mm))
        self.papers: list[Dots] = []
        self.errors: list[bytes] = []
        self.has_paper = True
        self.tell: Callable[[], State] = lambda: self.state
        self._waiting: list[Dots] = []
        self._bytes = bytearray()

    def feed(self, data: bytes, answer: Answer = lambda _reply: None) -> None:
        """Take bytes as they come, in pieces of any size; `answer` gets replies to status requests."""
        self._bytes += data
        while self._bytes and self._step(answer):
            pass

    @property
    def state(self) -> State:
        return State.READY if self.has_paper else State.PAPER_OUT

    @property
    def is_inside_picture(self) -> bool:
        """Whether a question would be taken for dots."""
        raise NotImplementedError

    def reply(self, question: bytes) -> bytes:
        """The answer to one question of this language."""
        raise NotImplementedError

    def load_paper(self) -> None:
        """New roll: what waited comes out."""
        self.has_paper = True
        self.papers += self._waiting
        self._waiting.clear()

    def power_cycle(self) -> None:
        """Off and on: everything inside is forgotten."""
        self._waiting.clear()
        self._bytes.clear()
        self._forget()

    def dots(self, millimetres: float) -> int:
        return int(millimetres * self.dots_per_mm + 0.5)

    def _step(self, answer: Answer) -> bool:
        """Take one command off `_bytes`; False where it is not there as a whole."""
        raise NotImplementedError

    def _forget(self) -> None:
        """The label that was begun."""
        raise NotImplementedError

    def _come_out(self, page: Dots) -> None:
        (self.papers if self.has_paper else self._waiting).append(page.copy())

    def _head(self) -> bytes:
        """Enough of what is there to know a command by."""
        return bytes(self._bytes[:80])

    def _taken(self, count: int) -> bytes:
        taken = bytes(self._bytes[:count])
        del self._bytes[:count]
        return taken


def put(page: Dots, raw: bytes, stride: int, x: int, y: int, *, is_black_one: bool = True) -> None:
    """Overwrite a part of the page with a picture; what lies outside is lost."""
    for row in range(len(raw) // stride if stride else 0):
        if not 0 <= y + row < page.shape[0]:
            continue
        line = np.unpackbits(np.frombuffer(raw[row * stride : (row + 1) * stride], dtype=np.uint8)) == is_black_one
        line = line[max(0, -x) :]
        left = max(0, x)
        room = max(0, page.shape[1] - left)
        page[y + row, left : left + len(line[:room])] = line[:room]
