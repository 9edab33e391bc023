"""A ZPL print engine without wires."""

import base64
import re
import zlib

import numpy as np

from tests.simulators.print_engine import COVER_OPEN, PAPER_OUT, PRINTING, Answer, Dots, PrintEngine, put

#: whole as they stand; any other command ends where the next begins
_SHORT = (b"^XA", b"^XZ", b"^FS", b"~JX", b"~HS")


class ZplEngine(PrintEngine):
    question = b"~HS"

    def __init__(self, dots_per_mm: float = 8.0, width_mm: float = 100.0, height_mm: float = 150.0) -> None:
        super().__init__(dots_per_mm, width_mm, height_mm)
        self._width = self._length = 0
        self._home = self._field = (0, 0)
        self._is_turned = False
        self._count = 1
        #: the label that is being made
        self._page: Dots | None = None

    @property
    def is_inside_picture(self) -> bool:
        return False  # a tilde is seen anywhere

    def reply(self, question: bytes) -> bytes:
        state = self.tell()
        paper, cover, waiting = bool(state & PAPER_OUT), bool(state & COVER_OPEN), bool(state & PRINTING)
        return (
            b"\x02030,%d,0,1245,%03d,0,0,0,000,0,0,0\x03\r\n" % (paper, waiting)
            + b"\x02000,0,%d,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n" % cover
        )

    def _forget(self) -> None:
        self._page = None

    def _step(self, answer: Answer) -> bool:
        following = re.search(rb"[\^~]", bytes(self._bytes))
        begin = len(self._bytes) if following is None else following.start()
        if begin:
            text = self._taken(begin).strip()
            if text:
                self.errors.append(text[:80])
            return True
        short = bytes(self._bytes[:3])
        if short in _SHORT:
            self._taken(3)
            if short == b"~HS":
                answer(self.reply(short))
            else:
                self._do_short(short)
            return True
        following = re.search(rb"[\^~]", bytes(self._bytes[1:]))
        if following is None:
            return False
        self._command(self._taken(1 + following.start()).strip())
        return True

    def _do_short(self, short: bytes) -> None:
        if short == b"^XA":
            if self._page is not None:
                return  # nobody promises that a second one begins anew
            self._page = np.zeros(self.paper_size, dtype=np.bool_)
            self._count = 1
        elif short == b"~JX":
            self._page = None
        elif short == b"^FS":
            self._field = (0, 0)
        elif self._page is not None:
            page = np.rot90(self._page, 2) if self._is_turned else self._page
            for _ in range(self._count):
                self._come_out(page)
            self._page = None

    def _command(self, command: bytes) -> None:
        if pair := re.fullmatch(rb"\^(LH|FO)(\d{1,5}),(\d{1,5})", command):
            place = (int(pair[2]), int(pair[3]))
            if pair[1] == b"LH":
                self._home = place
            else:
                self._field = place
        elif size := re.fullmatch(rb"\^(PW|LL)(\d{1,5})", command):
            # The paper in the machine does not grow: a width or length beyond it is cut.
            height, width = self.paper_size
            self._width = min(int(size[2]), width) if size[1] == b"PW" else self._width
            self._length = min(int(size[2]), height) if size[1] == b"LL" else self._length
            size_now = (self._length, self._width)
            if self._page is not None and all(size_now) and self._page.shape != size_now:
                self._page = np.zeros(size_now, dtype=np.bool_)
        elif count := re.fullmatch(rb"\^PQ(\d{1,8})", command):
            self._count = int(count[1])
        elif command in {b"^PON", b"^POI"}:
            self._is_turned = command == b"^POI"
        elif picture := re.fullmatch(rb"\^GFA,(\d+),\1,(\d+),(.*)", command, re.DOTALL):
            self._draw(int(picture[1]), int(picture[2]), picture[3])
        elif not re.fullmatch(rb"~SD[0-3]\d|\^(MM[TC]|MN[YMN]|PR\d+|JZY)", command):
            self.errors.append(command[:80])

    def _draw(self, size: int, stride: int, text: bytes) -> None:
        try:
            is_packed = text.startswith(b":Z64:")
            raw = zlib.decompress(base64.b64decode(text.split(b":")[2])) if is_packed else _digits(text, stride)
        except (ValueError, IndexError, zlib.error):
            raw = b""
        if len(raw) != size or self._page is None:
            self.errors.append(b"^GF")
            return
        drawn = np.zeros_like(self._page)
        put(drawn, raw, stride, self._home[0] + self._field[0], self._home[1] + self._field[1])
        self._page |= drawn


def _digits(text: bytes, stride: int) -> bytes:
    """Hex digits, or run lengths; half a picture gives half the bytes."""
    rows: list[str] = []
    row, count = "", 0
    for sign in text.decode("ascii"):
        if sign in ",:":
            row = row.ljust(2 * stride, "0") if sign == "," else rows[-1]
        elif sign in "0123456789ABCDEF":
            row += sign * (count or 1)
            count = 0
        else:
            count += ord(sign) - ord("F") if sign <= "Y" else 20 * (ord(sign) - ord("f"))
        if len(row) >= 2 * stride:
            rows.append(row)
            row = ""
    return bytes.fromhex("".join(rows))
