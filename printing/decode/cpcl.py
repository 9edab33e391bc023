"""A small CPCL printer without paper: reads a label line by line, draws CG and EG by announced length.

It shares no code with `printing.languages.cpcl`: what one writes wrongly the other must not read right.
"""

import re
from dataclasses import dataclass

from printing.bitmap import Bitmap, BoolArray
from printing.decode.contract import DecodedJob, DecodeError
from printing.decode.page import blank, check_count, draw, unpacked

_START = re.compile(rb"! (\d{1,5}) (\d{1,5}) (\d{1,5}) (\d{1,5}) (\d{1,6})")
_PICTURE = re.compile(rb"(CG|EG|COMPRESSED-GRAPHICS|EXPANDED-GRAPHICS) (\d{1,5}) (\d{1,5}) (\d{1,5}) (\d{1,5}) ")
_WIDTH = re.compile(rb"(?:PAGE-WIDTH|PW) (\d{1,5})")
#: understood, without a mark on the decoded paper
_SETTING = re.compile(rb"GAP-SENSE(?: \d+)?|BAR-SENSE(?: \d+)?|TONE -?\d+|CONTRAST \d|SPEED \d|FORM|;.*")
_LONGEST_LINE = 4096


@dataclass
class _Label:
    """What a label is made of before it is printed."""

    left: int
    rows: int
    count: int
    width: int
    pictures: list[tuple[BoolArray, int, int]]


def decode_cpcl(data: bytes) -> DecodedJob:
    """Every paper that `data` prints.

    Raises:
        DecodeError: the bytes end inside a label, print without PAGE-WIDTH, or describe an absurd label.
    """
    return _Reader(data).run()


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._label: _Label | None = None
        self._papers: list[Bitmap] = []
        self._unknown: list[bytes] = []

    def run(self) -> DecodedJob:
        while self._at < len(self._data):
            head = _PICTURE.match(self._data, self._at)
            if head and self._label is not None:
                self._picture(head, self._label)
            else:
                self._line()
        if self._label is not None:
            raise DecodeError("decode.cut", "the bytes end inside a label")
        return DecodedJob(tuple(self._papers), tuple(self._unknown))

    def _line(self) -> None:
        end = self._data.find(b"\n", self._at)
        if end < 0:
            raise DecodeError("decode.cut", "the bytes end inside a line")
        line = self._data[self._at : end].rstrip(b"\r")
        self._at = end + 1
        if self._label is None:
            self._outside(line)
        else:
            self._inside(line, self._label)

    def _outside(self, line: bytes) -> None:
        start = _START.fullmatch(line.lstrip(b"\0"))
        if start is None:
            self._note(line)
            return
        left, _, _, rows, count = (int(number) for number in start.groups())
        self._label = _Label(left, rows, check_count(count), 0, [])

    def _inside(self, line: bytes, label: _Label) -> None:
        width = _WIDTH.fullmatch(line)
        if width:
            label.width = int(width[1])
        elif line == b"PRINT":
            self._print(label)
        elif line == b"ABORT":
            self._label = None
        elif not _SETTING.fullmatch(line):
            self._note(line)

    def _note(self, line: bytes) -> None:
        if line.strip(b"\0 \r"):
            self._unknown.append(line[:_LONGEST_LINE])

    def _print(self, label: _Label) -> None:
        if not label.width:
            raise DecodeError("decode.no_size", "the job prints before it names the label's width")
        page = blank(label.width, label.rows)
        for dots, x, y in label.pictures:
            draw(page, dots, x + label.left, y, "or")
        self._papers.extend([Bitmap.from_array(page)] * label.count)
        self._label = None

    def _picture(self, head: re.Match[bytes], label: _Label) -> None:
        stride, rows, x, y = (int(number) for number in head.groups()[1:])
        blank(stride * 8, rows)  # refuses what no printer could hold
        is_hex = head[1].startswith(b"E")
        end = head.end() + stride * rows * (2 if is_hex else 1)
        raw = self._data[head.end() : end]
        if len(raw) < end - head.end():
            raise DecodeError("decode.cut", "the bytes end inside a picture")
        if is_hex:
            if not re.fullmatch(rb"[0-9A-Fa-f]*", raw):
                raise DecodeError("decode.bad_picture", "a picture in hex has other characters")
            raw = bytes.fromhex(raw.decode("ascii"))
        self._at = end
        label.pictures.append((unpacked(raw, stride, rows), x, y))
