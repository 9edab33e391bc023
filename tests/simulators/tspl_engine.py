"""A TSPL print engine without wires: bytes in, papers out, state kept between jobs as in real ones.

Written from the language's description alone and sharing no code with `printing`, so that it can be the
judge.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Dots = npt.NDArray[np.bool_]

READY, COVER_OPEN, PAPER_OUT, PRINTING = 0x00, 0x01, 0x04, 0x20
STATUS_REQUEST = b"\x1b!?"


@dataclass
class TsplEngine:
    """Attributes:
    dots_per_mm: resolution.
    papers: what came out, oldest first; True is black. The truth log.
    errors: command lines it did not understand.
    has_paper: without it finished labels wait inside.
    """

    dots_per_mm: float = 8.0
    papers: list[Dots] = field(default_factory=list)
    errors: list[bytes] = field(default_factory=list)
    has_paper: bool = True
    _waiting: list[Dots] = field(default_factory=list)
    _page: Dots = field(default_factory=lambda: np.zeros((0, 0), dtype=np.bool_))
    _line: bytearray = field(default_factory=bytearray)
    _picture: bytearray = field(default_factory=bytearray)
    _picture_size: tuple[int, int, int, int] | None = None
    _origin: tuple[int, int] = (0, 0)

    def feed(self, data: bytes, answer: Callable[[bytes], None] = lambda _reply: None) -> None:
        """Take bytes as they come, in pieces of any size; `answer` gets replies to status requests."""
        at = 0
        while at < len(data):
            if self._picture_size is not None:
                at = self._take_picture(data, at)
                continue
            byte = data[at : at + 1]
            at += 1
            if byte == b"\n":
                self._command(bytes(self._line).strip())
                self._line.clear()
                continue
            self._line += byte
            if self._line.endswith(STATUS_REQUEST):
                del self._line[-len(STATUS_REQUEST) :]
                answer(bytes([self.status]))
            elif byte == b"," and self._line.startswith(b"BITMAP ") and self._line.count(b",") == 5:
                self._begin_picture()

    @property
    def status(self) -> int:
        return READY if self.has_paper else PAPER_OUT

    @property
    def is_inside_picture(self) -> bool:
        return self._picture_size is not None

    def load_paper(self) -> None:
        """New roll: what waited comes out (SET REPRINT ON)."""
        self.has_paper = True
        self.papers += self._waiting
        self._waiting.clear()

    def power_cycle(self) -> None:
        """Off and on: everything inside is forgotten."""
        self._waiting.clear()
        self._line.clear()
        self._picture.clear()
        self._picture_size = None
        self._page[:] = False

    def _take_picture(self, data: bytes, at: int) -> int:
        assert self._picture_size is not None
        x, y, stride, rows = self._picture_size
        piece = data[at : at + stride * rows - len(self._picture)]
        self._picture += piece
        if len(self._picture) == stride * rows:
            bits = np.unpackbits(np.frombuffer(bytes(self._picture), dtype=np.uint8)).reshape(rows, stride * 8)
            top, left = y + self._origin[1], x + self._origin[0]
            area = self._page[top : top + rows, left : left + stride * 8]
            area[:] = bits[: area.shape[0], : area.shape[1]] == 0
            self._picture.clear()
            self._picture_size = None
        return at + len(piece)

    def _begin_picture(self) -> None:
        numbers = re.fullmatch(rb"BITMAP (\d+),(\d+),(\d+),(\d+),0,", bytes(self._line))
        self._line.clear()
        if numbers is None:
            self.errors.append(b"BITMAP")
            return
        x, y, stride, rows = (int(number) for number in numbers.groups())
        self._picture_size = (x, y, stride, rows)

    def _command(self, line: bytes) -> None:
        if size := re.fullmatch(rb"SIZE ([\d.]+) mm,([\d.]+) mm", line):
            width, height = (int(float(side) * self.dots_per_mm + 0.5) for side in size.groups())
            self._page = np.zeros((height, width), dtype=np.bool_)
        elif origin := re.fullmatch(rb"REFERENCE (-?\d+),(-?\d+)", line):
            self._origin = (int(origin[1]), int(origin[2]))
        elif line == b"CLS":
            self._page[:] = False
        elif count := re.fullmatch(rb"PRINT (\d+),(\d+)", line):
            for _ in range(int(count[1]) * int(count[2])):
                (self.papers if self.has_paper else self._waiting).append(self._page.copy())
        elif line and not re.match(rb"(GAP|BLINE|DIRECTION|DENSITY|SPEED|SET) ", line):
            self.errors.append(line[:80])
