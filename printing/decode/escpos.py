"""A small receipt printer without paper: prints each band of `GS v 0` as it comes, ends papers by feed or cut.

It shares no code with `printing.languages.escpos`: what one writes wrongly the other must not read right.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from printing.bitmap import Bitmap, BoolArray
from printing.decode.contract import DecodedJob, DecodeError
from printing.decode.page import blank, check_count, draw, unpacked

#: fixed beginnings and how many bytes follow; the cut has more where its kind is 65 or above
_BAND, _RESET, _FEED, _FEED_LINES, _CUT = b"\x1dv0", b"\x1b@", b"\x1bJ", b"\x1bd", b"\x1dV"
_TO_MARK, _ASK = b"\x1d\x0c", b"\x10\x04"
_LENGTHS: Mapping[bytes, int] = {_BAND: 5, _RESET: 0, _FEED: 1, _FEED_LINES: 1, _CUT: 1, _TO_MARK: 0, _ASK: 1}
#: a line of text is this high after a reset
_LINE_DOTS = 30
_TEXT = re.compile(rb"[^\x00\x10\x1b\x1d\x1c\n\r]+")
_LONGEST_STRAY = 4096


@dataclass(frozen=True, slots=True)
class Roll:
    """The paper in the printer: `width_dots` of the head, `label_rows` of one label, 0 where it is endless."""

    width_dots: int
    label_rows: int


def decode_escpos(data: bytes, roll: Roll) -> DecodedJob:
    """Every paper that `data` prints on `roll`. What is too long for a label goes on on the next one.

    Raises:
        DecodeError: the bytes end inside a command or before the paper is fed out, or the paper is absurd.
    """
    return _Reader(data, roll).run()


class _Reader:
    def __init__(self, data: bytes, roll: Roll) -> None:
        self._data = data
        self._roll = roll
        self._at = 0
        self._bands: list[BoolArray] = []
        self._papers: list[Bitmap] = []
        self._unknown: list[bytes] = []

    def run(self) -> DecodedJob:
        while self._at < len(self._data):
            name = next((name for name in _LENGTHS if self._data.startswith(name, self._at)), None)
            if name is None:
                self._stray()
            else:
                self._at += len(name)
                self._do(name, self._take(_LENGTHS[name]))
        if self._bands:
            raise DecodeError("decode.cut", "the bytes end before the paper is fed out")
        return DecodedJob(tuple(self._papers), tuple(self._unknown))

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise DecodeError("decode.cut", "the bytes end inside a command")
        self._at += count
        return taken

    def _stray(self) -> None:
        """Text, or a control byte: NUL and line ends are no news."""
        text = _TEXT.match(self._data, self._at)
        byte = self._data[self._at : self._at + 1]
        if text is None and len(self._data) - self._at == 1 and byte in {b"\x10", b"\x1b", b"\x1d"}:
            raise DecodeError("decode.cut", "the bytes end inside a command")
        stray = text[0] if text else byte
        self._at += len(stray)
        if stray.strip(b"\0\r\n"):
            self._unknown.append(stray[:_LONGEST_STRAY])

    def _do(self, name: bytes, words: bytes) -> None:
        acts: Mapping[bytes, Callable[[bytes], None]] = {
            _BAND: self._band,
            _RESET: lambda _words: self._tear(),
            _FEED: lambda words: self._feed(words[0]),
            _FEED_LINES: lambda words: self._feed(words[0] * _LINE_DOTS),
            _CUT: self._cut,
            _TO_MARK: lambda _words: self._to_mark(),
            _ASK: lambda _words: None,
        }
        acts[name](words)

    def _band(self, words: bytes) -> None:
        mode, stride, rows = words[0], words[1] + 256 * words[2], words[3] + 256 * words[4]
        if mode in b"0123":
            mode -= ord("0")
        raw = self._take(stride * rows)
        if not raw:
            return
        dots = unpacked(raw, stride, rows)
        if mode & 1:
            dots = np.repeat(dots, 2, axis=1)
        if mode & 2:
            dots = np.repeat(dots, 2, axis=0)
        self._add(dots)

    def _add(self, dots: BoolArray) -> None:
        band = blank(self._roll.width_dots, dots.shape[0])
        draw(band, dots, 0, 0)
        self._bands.append(band)
        blank(self._roll.width_dots, sum(map(len, self._bands)))  # refuses what no roll could hold

    def _feed(self, dots: int) -> None:
        """On labels white rows; on endless paper the person tears after it."""
        if self._roll.label_rows:
            if self._bands and dots:
                self._add(blank(self._roll.width_dots, dots))
        else:
            self._finish()

    def _cut(self, words: bytes) -> None:
        if words[0] in {65, 66}:
            self._take(1)
        self._finish()

    def _to_mark(self) -> None:
        if self._roll.label_rows:
            self._finish()

    def _tear(self) -> None:
        """A new job on endless paper: what hangs out is somebody else's."""
        if not self._roll.label_rows:
            self._finish()

    def _finish(self) -> None:
        if not self._bands:
            return
        strip = np.concatenate(self._bands)
        self._bands = []
        rows = self._roll.label_rows or len(strip)
        for top in range(0, check_count(-(-len(strip) // rows)) * rows, rows):
            page = blank(self._roll.width_dots, rows)
            draw(page, strip[top : top + rows], 0, 0)
            self._papers.append(Bitmap.from_array(page))
