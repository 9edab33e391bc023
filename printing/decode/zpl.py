"""A small ZPL printer without paper: reads commands, draws ^GF in all its ways of writing, prints on ^XZ.

It shares no code with `printing.languages.zpl`: what one writes wrongly the other must not read right.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Mapping

from printing.bitmap import Bitmap, BoolArray
from printing.decode.contract import DecodedJob, DecodeError
from printing.decode.page import blank, check_count, draw, unpacked

_PICTURE = re.compile(rb"\^GF([AB]),(\d{1,8}),(\d{1,8}),(\d{1,4}),")
_COMMAND = re.compile(rb"[\^~]([A-Z][A-Z0-9@])([^\^~]*)")
_STRAY = re.compile(rb"[^\^~]+|[\^~].?")
_NUMBER = re.compile(rb"-?\d{1,6}")
_PACKED = re.compile(rb":(Z64|B64):([A-Za-z0-9+/=]*):([0-9A-Fa-f]{4})\s*")
_RUN = re.compile(rb"([G-Yg-z]*)([0-9A-Fa-f])|([,!:])")

#: understood, without a mark on the decoded paper
_SETTINGS = frozenset({b"MM", b"MN", b"PR", b"JZ", b"SD", b"MD", b"MT", b"CI", b"FX", b"HS"})
_LONGEST_STRAY = 4096


def decode_zpl(data: bytes) -> DecodedJob:
    """Every paper that `data` prints.

    Raises:
        DecodeError: the bytes end inside a format, draw without ^PW and ^LL, describe an absurd label or a
            picture that is not as long as it says, or whose check digits are wrong.
    """
    return _Reader(data).run()


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._is_format = False
        #: what stays from one format to the next: width, length, home, shift left, shift down, turned
        self._kept: dict[bytes, tuple[int, ...]] = {b"LH": (0, 0), b"LS": (0,), b"LT": (0,)}
        self._is_turned = False
        self._begin()
        self._papers: list[Bitmap] = []
        self._unknown: list[bytes] = []

    def run(self) -> DecodedJob:
        while self._at < len(self._data):
            picture = _PICTURE.match(self._data, self._at)
            command = _COMMAND.match(self._data, self._at)
            if picture:
                self._picture(picture)
            elif command:
                self._at = command.end()
                self._do(command[1], command[2].strip(), command[0])
            else:
                self._stray()
        if self._is_format:
            raise DecodeError("decode.cut", "the bytes end inside a format")
        return DecodedJob(tuple(self._papers), tuple(self._unknown))

    def _begin(self) -> None:
        self._fields: list[tuple[BoolArray, int, int]] = []
        self._origin = (0, 0)
        self._count = 1

    def _stray(self) -> None:
        stray = _STRAY.match(self._data, self._at)
        assert stray is not None  # noqa: S101  # one of its two halves takes any byte
        self._at = stray.end()
        self._note(stray[0])

    def _note(self, unknown: bytes) -> None:
        if unknown.strip():
            self._unknown.append(unknown.strip()[:_LONGEST_STRAY])

    def _do(self, name: bytes, words: bytes, whole: bytes) -> None:
        acts: Mapping[bytes, Callable[[], None]] = {
            b"XA": self._open,
            b"XZ": self._print,
            b"JX": self._forget,
            b"FS": self._end_field,
        }
        if name in acts:
            acts[name]()
            self._note(words)
        elif name in _SETTINGS:
            return
        elif name == b"PO" and words in {b"N", b"I"}:
            self._is_turned = words == b"I"
        elif not self._number(name, words):
            self._note(whole)

    def _number(self, name: bytes, words: bytes) -> bool:
        """A command that is nothing but numbers; False where it is none or they are not."""
        counts = {b"PW": 1, b"LL": 1, b"LH": 2, b"LS": 1, b"LT": 1, b"FO": 2, b"PQ": 1}
        numbers = words.split(b",")
        if len(numbers) != counts.get(name) or not all(map(_NUMBER.fullmatch, numbers)):
            return False
        values = tuple(map(int, numbers))
        if name == b"FO":
            self._origin = (values[0], values[1])
        elif name == b"PQ":
            self._count = check_count(max(0, values[0]))
        elif name in {b"PW", b"LL"} and values[0] < 1:
            return False
        else:
            self._kept[name] = values
        return True

    def _open(self) -> None:
        self._is_format = True
        self._begin()

    def _forget(self) -> None:
        self._is_format = False
        self._begin()

    def _end_field(self) -> None:
        self._origin = (0, 0)

    def _print(self) -> None:
        if not self._is_format:
            return
        self._is_format = False
        if b"PW" not in self._kept or b"LL" not in self._kept:
            raise DecodeError("decode.no_size", "the job prints before it names the label's size")
        page = blank(self._kept[b"PW"][0], self._kept[b"LL"][0])
        right, down = self._kept[b"LH"]
        for dots, x, y in self._fields:
            draw(page, dots, x + right - self._kept[b"LS"][0], y + down + self._kept[b"LT"][0], "or")
        self._papers.extend([Bitmap.from_array(page[::-1, ::-1] if self._is_turned else page)] * self._count)

    def _picture(self, head: re.Match[bytes]) -> None:
        sent, size, stride = (int(number) for number in head.groups()[1:])
        if stride == 0 or size % stride or not size:
            raise DecodeError("decode.bad_picture", "a picture's size and row length do not agree")
        rows = size // stride
        blank(stride * 8, rows)  # refuses what no printer could hold
        if head[1] == b"B":
            self._at = head.end() + sent
            raw = self._data[head.end() : self._at]
        else:
            text = re.compile(rb"[^\^~]*").match(self._data, head.end())
            assert text is not None  # noqa: S101  # it takes nothing where there is nothing
            self._at = text.end()
            raw = _read_text(text[0], size, stride)
        if len(raw) != size:
            raise DecodeError("decode.cut", f"a picture of {size} bytes has {len(raw)}")
        self._fields.append((unpacked(raw, stride, rows), *self._origin))


def _read_text(text: bytes, size: int, stride: int) -> bytes:
    packed = _PACKED.fullmatch(text)
    if packed is None:
        return _read_digits(text, size, stride)
    if binascii.crc_hqx(packed[2], 0) != int(packed[3], 16):
        raise DecodeError("decode.bad_check", "a picture's check digits are wrong")
    try:
        raw = base64.b64decode(packed[2], validate=True)
        return zlib.decompressobj().decompress(raw, size + 1) if packed[1] == b"Z64" else raw
    except (ValueError, zlib.error) as error:
        raise DecodeError("decode.bad_picture", "a picture cannot be unpacked") from error


def _read_digits(text: bytes, size: int, stride: int) -> bytes:
    """Hex digits with counts and with the signs for the rest of a row and for a repeated row."""
    text = re.sub(rb"\s", b"", text)
    if len(text) == 2 * size and re.fullmatch(rb"[0-9A-Fa-f]*", text):
        return bytes.fromhex(text.decode("ascii"))
    out, row, width, at = bytearray(), bytearray(), 2 * stride, 0
    while at < len(text) and len(out) < 2 * size:
        run = _RUN.match(text, at)
        if run is None:
            break
        at = run.end()
        if run[3] == b":":
            row += out[-width:] if out else b"0" * width
        elif run[3]:
            row += (b"0" if run[3] == b"," else b"F") * (width - len(row))
        else:
            row += run[2] * (_count(run[1]) if run[1] else 1)
        while len(row) >= width:
            out += row[:width]
            del row[:width]
    if at < len(text) or row or len(out) != 2 * size:
        raise DecodeError("decode.cut", "a picture's digits do not fill its rows")
    return bytes.fromhex(out.decode("ascii"))


def _count(letters: bytes) -> int:
    """G is 1 and Y 19, g is 20 and z 400; several add up."""
    return sum(letter - ord("F") if letter < ord("a") else 20 * (letter - ord("f")) for letter in letters)
