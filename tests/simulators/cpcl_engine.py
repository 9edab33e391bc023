"""A CPCL print engine without wires."""

import re

import numpy as np

from tests.simulators.print_engine import COVER_OPEN, PAPER_OUT, PRINTING, Answer, PrintEngine, put

STATUS_REQUEST = b"\x1bh"


class CpclEngine(PrintEngine):
    question = STATUS_REQUEST

    def __init__(self, dots_per_mm: float = 8.0, width_mm: float = 100.0, height_mm: float = 150.0) -> None:
        super().__init__(dots_per_mm, width_mm, height_mm)
        self._page = np.zeros((0, 0), dtype=np.bool_)
        self._count = 0
        self._is_label = False
        #: x, y, bytes a row, and the bytes of the picture that is coming, as hex digits or not
        self._picture: tuple[int, int, int, int, bool] | None = None

    @property
    def is_inside_picture(self) -> bool:
        return self._picture is not None

    def reply(self, question: bytes) -> bytes:
        state = self.tell()
        bits = ((PRINTING, 0x01), (PAPER_OUT, 0x02), (COVER_OPEN, 0x04))
        return bytes([sum(bit for flag, bit in bits if state & flag)])

    def _forget(self) -> None:
        self._picture = None
        self._is_label = False

    def _step(self, answer: Answer) -> bool:
        if self._picture is not None:
            return self._take_picture(*self._picture)
        if self._bytes.startswith(STATUS_REQUEST):
            self._taken(len(STATUS_REQUEST))
            answer(self.reply(STATUS_REQUEST))
            return True
        head = re.match(rb"(C|E)G (\d+) (\d+) (\d+) (\d+) ", self._head())
        if head and self._is_label:
            self._taken(head.end())
            stride, rows, x, y = (int(number) for number in head.groups()[1:])
            self._picture = (x, y, stride, stride * rows, head[1] == b"E")
            return True
        end = self._bytes.find(b"\n")
        if end < 0:
            return False
        line = self._taken(end + 1).strip()
        (self._inside if self._is_label else self._outside)(line)
        return True

    def _take_picture(self, x: int, y: int, stride: int, size: int, is_hex: bool) -> bool:
        length = 2 * size if is_hex else size
        if len(self._bytes) < length:
            return False
        raw = self._taken(length)
        self._picture = None
        if is_hex and not re.fullmatch(rb"[0-9A-F]*", raw):
            self.errors.append(b"EG")
            return True
        put(self._page, bytes.fromhex(raw.decode("ascii")) if is_hex else raw, stride, x, y)
        return True

    def _outside(self, line: bytes) -> None:
        start = re.fullmatch(rb"\0*! 0 (\d+) \1 (\d+) (\d+)", line)
        if start:
            # The paper in the machine does not grow: a height or width beyond it is cut.
            self._page = np.zeros((min(int(start[2]), self.paper_size[0]), self.paper_size[1]), dtype=np.bool_)
            self._count = int(start[3])
            self._is_label = True
        elif line.strip(b"\0"):
            self.errors.append(line[:80])

    def _inside(self, line: bytes) -> None:
        if width := re.fullmatch(rb"PAGE-WIDTH (\d+)", line):
            self._page = np.zeros((len(self._page), min(int(width[1]), self.paper_size[1])), dtype=np.bool_)
        elif line == b"PRINT":
            for _ in range(self._count):
                self._come_out(self._page)
            self._is_label = False
        elif line == b"ABORT":
            self._is_label = False
        elif line.strip(b"\0") and not re.fullmatch(rb"FORM|GAP-SENSE|BAR-SENSE|TONE -?\d+|SPEED [0-5]", line):
            self.errors.append(line[:80])
