"""An ESC/POS print engine on marked labels: it has no page, so half a job is half a label on paper."""

import numpy as np

from tests.simulators.print_engine import COVER_OPEN, PAPER_OUT, Answer, PrintEngine, State, put

#: a printer's answer has these bits, whatever it says
_IDLE = 0x12


class EscposEngine(PrintEngine):
    question = b"\x10\x04\x01"

    def __init__(self, dots_per_mm: float = 8.0, width_mm: float = 100.0, height_mm: float = 150.0) -> None:
        super().__init__(dots_per_mm, width_mm, height_mm)
        self._page = np.zeros(self.paper_size, dtype=np.bool_)
        #: rows of this label that have passed the head
        self._row = 0
        self._said = State.READY

    @property
    def is_inside_picture(self) -> bool:
        return self._bytes.startswith(b"\x1dv0")

    def reply(self, question: bytes) -> bytes:
        """The four questions of one look get the same state, told at the first."""
        if question == self.question:
            self._said = self.tell()
        cover, paper = bool(self._said & COVER_OPEN), bool(self._said & PAPER_OUT)
        bits = {1: 0x08 * (cover or paper), 2: 0x04 * cover + 0x20 * paper, 3: 0, 4: 0x60 * paper}
        return bytes([_IDLE | bits.get(question[2], 0)])

    def _forget(self) -> None:
        self._next_label()

    def _step(self, answer: Answer) -> bool:
        for name, length in (
            (b"\x1b@", 2),
            (b"\x10\x04", 3),
            (b"\x1dV\x42", 4),
            (b"\x1dV", 3),
            (b"\x1d\x0c", 2),
            (b"\x1bJ", 3),
        ):
            if self._bytes.startswith(name):
                if len(self._bytes) < length:
                    return False
                self._do(name, self._taken(length), answer)
                return True
        if self._bytes.startswith(b"\x1dv0"):
            return self._take_band()
        if len(self._bytes) < 3 and self._bytes[0] in {0x10, 0x1B, 0x1D}:
            return False
        stray = self._taken(1)
        if stray != b"\0":
            self.errors.append(stray)
        return True

    def _do(self, name: bytes, command: bytes, answer: Answer) -> None:
        if name == b"\x10\x04":
            answer(self.reply(command))
        elif name in {b"\x1dV\x42", b"\x1dV", b"\x1d\x0c"}:
            self._next_label()
        elif name == b"\x1bJ":
            self._row += command[2]

    def _take_band(self) -> bool:
        if len(self._bytes) < 8:
            return False
        stride, rows = self._bytes[4] + 256 * self._bytes[5], self._bytes[6] + 256 * self._bytes[7]
        if len(self._bytes) < 8 + stride * rows:
            return False
        raw = self._taken(8 + stride * rows)[8:]
        put(self._page, raw, stride, 0, self._row)
        self._row += rows
        return True

    def _next_label(self) -> None:
        """A label at its start does not move."""
        if self._row:
            self._come_out(self._page)
        self._page[:] = False
        self._row = 0
