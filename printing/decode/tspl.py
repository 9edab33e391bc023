"""A small TSPL printer without paper: reads commands, draws BITMAP by announced length, prints on PRINT.

It shares no code with `printing.languages.tspl`: what one writes wrongly the other must not read right.
"""

import re
from collections.abc import Callable, Mapping

import numpy as np

from printing.bitmap import Bitmap, BoolArray
from printing.decode.contract import DecodedJob, DecodeError

_DATA_HEAD = re.compile(rb"BITMAP (-?\d+),(-?\d+),(\d+),(\d+),([012]),")
_MILLIMETRES = re.compile(rb"SIZE (\d+(?:\.\d+)?) mm,(\d+(?:\.\d+)?) mm")
_CLEAR = re.compile(rb"CLS")
_PRINT = re.compile(rb"PRINT (\d+)(?:,(\d+))?")
_REFERENCE = re.compile(rb"REFERENCE (-?\d+),(-?\d+)")
_SETTING = re.compile(rb"(?:GAP|BLINE|DIRECTION|DENSITY|SPEED|SET|OFFSET|SHIFT|CODEPAGE) ?.*")

_MOST_DOTS = 40_000_000
_LONGEST_LINE = 4096


def decode_tspl(data: bytes, dots_per_mm: float, *, is_inverted: bool = False) -> DecodedJob:
    """Every paper that `data` prints, at `dots_per_mm`.

    Raises:
        DecodeError: the bytes end inside a bitmap, draw without SIZE, or describe an absurd label.
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
        self._papers: list[Bitmap] = []
        self._unknown: list[bytes] = []

    def run(self) -> DecodedJob:
        while self._at < len(self._data):
            head = _DATA_HEAD.match(self._data, self._at)
            if head:
                self._bitmap(head)
            else:
                self._line()
        return DecodedJob(tuple(self._papers), tuple(self._unknown))

    def _line(self) -> None:
        end = self._data.find(b"\n", self._at)
        end = len(self._data) if end < 0 else end
        line = self._data[self._at : end].strip()
        self._at = end + 1
        commands: Mapping[re.Pattern[bytes], Callable[[re.Match[bytes]], None]] = {
            _MILLIMETRES: self._size,
            _REFERENCE: self._reference,
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
        if width * height > _MOST_DOTS:
            raise DecodeError("decode.absurd_size", "the label is absurdly large")
        self._page = np.zeros((height, width), dtype=np.bool_)

    def _reference(self, match: re.Match[bytes]) -> None:
        self._origin = (int(match[1]), int(match[2]))

    def _clear(self, _match: re.Match[bytes]) -> None:
        if self._page is not None:
            self._page[:] = False

    def _print(self, match: re.Match[bytes]) -> None:
        sets, copies = int(match[1]), int(match[2] or 1)
        paper = Bitmap.from_array(self._sheet())
        if sets * copies > 1000:
            raise DecodeError("decode.absurd_count", f"{sets * copies} papers in one command")
        self._papers.extend([paper] * (sets * copies))

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
        bits = np.unpackbits(np.frombuffer(raw, dtype=np.uint8)).reshape(rows, stride * 8)
        self._draw(bits == self._burned_bit, x + self._origin[0], y + self._origin[1], mode)

    def _draw(self, block: BoolArray, x: int, y: int, mode: int) -> None:
        page = self._sheet()
        block = block[max(0, -y) :, max(0, -x) :]
        x, y = max(0, x), max(0, y)
        height = max(0, min(block.shape[0], page.shape[0] - y))
        width = max(0, min(block.shape[1], page.shape[1] - x))
        area, block = page[y : y + height, x : x + width], block[:height, :width]
        if mode == 0:
            area[:] = block
        elif mode == 1:
            area |= block
        else:
            area ^= block
