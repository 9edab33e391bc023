"""A small TSPL printer without paper: reads commands, draws BITMAP by announced length, prints on PRINT.

It shares no code with `printing.languages.tspl`: what one writes wrongly the other must not read right.
"""

import re
from collections.abc import Callable, Mapping

from printing.bitmap import Bitmap, BoolArray
from printing.decode.contract import DecodedJob, DecodeError
from printing.decode.page import blank, check_count, draw, unpacked

_DATA_HEAD = re.compile(rb"BITMAP (-?\d+),(-?\d+),(\d+),(\d+),([012]),")
_MILLIMETRES = re.compile(rb"SIZE (\d+(?:\.\d+)?) mm,(\d+(?:\.\d+)?) mm")
_CLEAR = re.compile(rb"CLS")
_PRINT = re.compile(rb"PRINT (\d+)(?:,(\d+))?")
_REFERENCE = re.compile(rb"REFERENCE (-?\d+),(-?\d+)")
_DIRECTION = re.compile(rb"DIRECTION ([01])(?:,([01]))?")
_SETTING = re.compile(rb"(?:GAP|BLINE|DENSITY|SPEED|SET|OFFSET|SHIFT|CODEPAGE) ?.*")

_MODES = ("set", "or", "xor")
_LONGEST_LINE = 4096


def decode_tspl(data: bytes, dots_per_mm: float, *, is_inverted: bool = False) -> DecodedJob:
    """Every paper that `data` prints, at `dots_per_mm`.

    Raises:
        DecodeError: the bytes end inside a line or bitmap or before it is printed, draw without SIZE, or
            describe an absurd label.
    """
    return _Reader(data, dots_per_mm, is_inverted=is_inverted).run()


class _Reader:
    def __init__(self, data: bytes, dots_per_mm: float, *, is_inverted: bool) -> None:
        self._data = data
        self._at = 0
        self._dots_per_mm = dots_per_mm
        self._burned_bit = 1 if is_inverted else 0
        self._page: BoolArray | None = None
        self._origin = (0, 0)
        self._is_turned = self._is_mirrored = self._is_drawn = False
        self._papers: list[Bitmap] = []
        self._unknown: list[bytes] = []

    def run(self) -> DecodedJob:
        while self._at < len(self._data):
            head = _DATA_HEAD.match(self._data, self._at)
            if head:
                self._bitmap(head)
            else:
                self._line()
        if self._is_drawn:
            raise DecodeError("decode.cut", "the bytes end before the picture is printed")
        return DecodedJob(tuple(self._papers), tuple(self._unknown))

    def _line(self) -> None:
        end = self._data.find(b"\n", self._at)
        if end < 0:
            raise DecodeError("decode.cut", "the bytes end inside a line")
        line = self._data[self._at : end].strip()
        self._at = end + 1
        commands: Mapping[re.Pattern[bytes], Callable[[re.Match[bytes]], None]] = {
            _MILLIMETRES: self._size,
            _REFERENCE: self._reference,
            _DIRECTION: self._direction,
            _CLEAR: self._clear,
            _PRINT: self._print,
            _SETTING: lambda _match: None,
        }
        for pattern, act in commands.items():
            match = pattern.fullmatch(line)
            if match:
                act(match)
                return
        if line:
            self._unknown.append(line[:_LONGEST_LINE])

    def _size(self, match: re.Match[bytes]) -> None:
        width, height = (int(float(side) * self._dots_per_mm + 0.5) for side in match.groups())
        self._page = blank(width, height)
        self._is_drawn = False

    def _reference(self, match: re.Match[bytes]) -> None:
        self._origin = (int(match[1]), int(match[2]))

    def _direction(self, match: re.Match[bytes]) -> None:
        self._is_turned, self._is_mirrored = match[1] == b"1", match[2] == b"1"

    def _clear(self, _match: re.Match[bytes]) -> None:
        self._is_drawn = False
        if self._page is not None:
            self._page[:] = False

    def _print(self, match: re.Match[bytes]) -> None:
        count = check_count(int(match[1]) * int(match[2] or 1))
        page = self._sheet()
        page = page[:, ::-1] if self._is_mirrored else page
        self._papers.extend([Bitmap.from_array(page[::-1, ::-1] if self._is_turned else page)] * count)
        self._is_drawn = False

    def _sheet(self) -> BoolArray:
        if self._page is None:
            raise DecodeError("decode.no_size", "the job draws before it names the label's size")
        return self._page

    def _bitmap(self, head: re.Match[bytes]) -> None:
        x, y, stride, rows, mode = (int(group) for group in head.groups())
        start, length = head.end(), stride * rows
        raw = self._data[start : start + length]
        if len(raw) < length:
            raise DecodeError("decode.cut", "the bytes end inside a bitmap")
        self._at = start + length
        dots = unpacked(raw, stride, rows)
        black = dots if self._burned_bit else ~dots
        draw(self._sheet(), black, x + self._origin[0], y + self._origin[1], _MODES[mode])
        self._is_drawn = True
