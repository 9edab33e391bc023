"""A TSPL print engine without wires."""

import re

import numpy as np

from tests.simulators.print_engine import Answer, PrintEngine, put

STATUS_REQUEST = b"\x1b!?"


class TsplEngine(PrintEngine):
    question = STATUS_REQUEST

    def __init__(self, dots_per_mm: float = 8.0, width_mm: float = 100.0, height_mm: float = 150.0) -> None:
        super().__init__(dots_per_mm, width_mm, height_mm)
        self._page = np.zeros((400, 400), dtype=np.bool_)
        self._origin = (0, 0)
        self._is_turned = False
        #: x, y, bytes a row and rows of the picture whose dots are coming
        self._picture: tuple[int, int, int, int] | None = None

    @property
    def is_inside_picture(self) -> bool:
        return self._picture is not None

    def reply(self, question: bytes) -> bytes:
        return bytes([self.tell()])

    def _forget(self) -> None:
        self._picture = None
        self._page[:] = False

    def _step(self, answer: Answer) -> bool:
        if self._picture is not None:
            return self._take_picture(*self._picture)
        asked, line_end = self._bytes.find(STATUS_REQUEST), self._bytes.find(b"\n")
        if head := re.match(rb"BITMAP ([^,\n]*),([^,\n]*),([^,\n]*),([^,\n]*),([^,\n]*),", self._head()):
            self._taken(head.end())
            if all(number.isdigit() for number in head.groups()) and head[5] == b"0":
                self._picture = (int(head[1]), int(head[2]), int(head[3]), int(head[4]))
            else:
                self.errors.append(b"BITMAP")
        elif asked >= 0 and (line_end < 0 or asked < line_end):
            del self._bytes[asked : asked + len(STATUS_REQUEST)]
            answer(self.reply(STATUS_REQUEST))
        elif line_end >= 0:
            self._command(self._taken(line_end + 1).strip())
        else:
            return False
        return True

    def _take_picture(self, x: int, y: int, stride: int, rows: int) -> bool:
        if len(self._bytes) < stride * rows:
            return False
        raw = self._taken(stride * rows)
        put(self._page, raw, stride, x + self._origin[0], y + self._origin[1], is_black_one=False)
        self._picture = None
        return True

    def _command(self, line: bytes) -> None:
        if size := re.fullmatch(rb"SIZE ([\d.]+) mm,([\d.]+) mm", line):
            self._page = np.zeros((self.dots(float(size[2])), self.dots(float(size[1]))), dtype=np.bool_)
        elif origin := re.fullmatch(rb"REFERENCE (-?\d+),(-?\d+)", line):
            self._origin = (int(origin[1]), int(origin[2]))
        elif direction := re.fullmatch(rb"DIRECTION ([01]),0", line):
            self._is_turned = direction[1] == b"1"
        elif line == b"CLS":
            self._page[:] = False
        elif count := re.fullmatch(rb"PRINT (\d+),(\d+)", line):
            for _ in range(int(count[1]) * int(count[2])):
                self._come_out(np.rot90(self._page, 2) if self._is_turned else self._page)
        elif line and not re.match(rb"(GAP|BLINE|DENSITY|SPEED|SET) ", line):
            self.errors.append(line[:80])
