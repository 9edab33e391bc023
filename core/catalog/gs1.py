"""What a GS1 code says of goods: whose they are, which batch, made when, good until when, how many.

Understood are the element strings of GS1-128, DataMatrix and QR as scanners send them (with the symbology's prefix or
without, FNC1 as the character GS), and the form people print below the bars: `(01)06901234567892(10)A1`.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

#: what stands between elements of variable length
GS: Final = "\x1d"
#: how scanners name GS1-128, DataMatrix, QR and DataBar
_PREFIXES: Final = ("]C1", "]d2", "]Q3", "]e0")
_PRINTED: Final = re.compile(r"\((\d{2,4})\)")
_LONGEST: Final = 512

#: application identifiers whose length is laid down: nothing stands behind them
_FIXED: Final[Mapping[str, int]] = {
    "00": 18,
    "01": 14,
    "02": 14,
    "03": 14,
    "04": 16,
    **dict.fromkeys(("11", "12", "13", "14", "15", "16", "17", "18", "19"), 6),
    "20": 2,
    **dict.fromkeys(("410", "411", "412", "413", "414", "415", "416", "417"), 13),
    **{f"{kind}{kind_of}": 6 for kind in range(31, 37) for kind_of in range(10)},
}
#: how many digits an identifier has, by how it begins; two where nothing is said
_DIGITS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("23", "24", "25", "40", "41", "42", "71"), 3),
    **dict.fromkeys(("31", "32", "33", "34", "35", "36", "39", "43", "70", "72", "80", "81", "82"), 4),
}
_VARIABLE: Final[Mapping[str, int]] = {"10": 20, "21": 20, "30": 8, "37": 8}
_LONGEST_OTHER: Final = 90


@dataclass(frozen=True, slots=True)
class Gs1:
    """One code, read.

    Attributes:
        gtin: 14 digits; empty where the code names no goods.
        is_content: the number is that of the goods inside a logistic unit (02), not of the unit in hand.
        expires_on: the last day; the best-before day where no other is named.
        count: how many of the goods it stands for; None where it does not say.
    """

    gtin: str = ""
    is_content: bool = False
    batch: str = ""
    serial: str = ""
    made_on: date | None = None
    expires_on: date | None = None
    count: int | None = None

    @property
    def barcodes(self) -> tuple[str, ...]:
        """The ways in which the number may be printed as a plain barcode: 14, 13, 12 or 8 digits."""
        if not self.gtin:
            return ()
        lengths = [14] + [length for length in (13, 12, 8) if self.gtin.startswith("0" * (14 - length))]
        return tuple(self.gtin[14 - length :] for length in lengths)


class _NotGs1(ValueError):
    """The text breaks a rule of GS1's: it is some other code."""


def parse(raw: str, year: int) -> Gs1 | None:
    """What the code says; None where it is no GS1 code, or breaks any of its rules.

    Args:
        raw: as the scanner sent it, or as it is printed.
        year: this year; a code's two digits mean the year closest to it.
    """
    if not 4 <= len(raw) <= _LONGEST:
        return None
    try:
        return _read(_elements(raw), year)
    except _NotGs1:
        return None


def _elements(raw: str) -> Iterator[tuple[str, str]]:
    if raw.startswith("("):
        return _printed(raw)
    for prefix in _PREFIXES:
        if raw.startswith(prefix):
            return _sent(raw.removeprefix(prefix))
    if raw.startswith((GS, "01", "02")):
        return _sent(raw)
    raise _NotGs1


def _printed(raw: str) -> Iterator[tuple[str, str]]:
    # Everything behind an identifier up to the next is its value: values may hold brackets, but not one of these.
    head, *parts = _PRINTED.split(raw)
    if head or len(parts) < 2:
        raise _NotGs1
    for place in range(0, len(parts), 2):
        identifier, value = parts[place], parts[place + 1].strip(f" {GS}")
        if len(value) != _FIXED.get(_kind(identifier), len(value)):
            raise _NotGs1
        yield identifier, value


def _sent(text: str) -> Iterator[tuple[str, str]]:
    text = text.lstrip(GS)
    if not text:
        raise _NotGs1
    while text:
        digits = _DIGITS.get(text[:2], 2)
        identifier = text[:digits]
        if len(identifier) < digits or not _is_number(identifier):
            raise _NotGs1
        rest = text[digits:]
        length = _FIXED.get(_kind(identifier))
        if length is None:
            value, _, text = rest.partition(GS)
        else:
            value, text = rest[:length], rest[length:].removeprefix(GS)
            if len(value) < length:
                raise _NotGs1
        yield identifier, value


def _kind(identifier: str) -> str:
    """An identifier as the table of lengths knows it: the last of four digits only says where a point stands."""
    return identifier[:3] if len(identifier) == 4 else identifier


def _read(elements: Iterator[tuple[str, str]], year: int) -> Gs1:
    found: dict[str, str] = {}
    for identifier, value in elements:
        most = _VARIABLE.get(identifier, _LONGEST_OTHER)
        if not 1 <= len(value) <= most or not value.isascii() or not value.isprintable():
            raise _NotGs1
        if found.setdefault(identifier, value) != value:
            raise _NotGs1
    if not found.keys() & {"01", "02", "10"}:
        raise _NotGs1
    gtin = found.get("01") or found.get("02", "")
    if gtin and not _is_gtin(gtin):
        raise _NotGs1
    made, ends, best = (found.get(identifier) for identifier in ("11", "17", "15"))
    last = ends or best
    counted = found.get("37") or found.get("30")
    return Gs1(
        gtin=gtin,
        is_content="01" not in found and "02" in found,
        batch=found.get("10", ""),
        serial=found.get("21", ""),
        made_on=None if made is None else _day(made, year, is_last=False),
        expires_on=None if last is None else _day(last, year, is_last=True),
        count=None if counted is None else _count(counted),
    )


def _count(text: str) -> int:
    if not _is_number(text) or not int(text):
        raise _NotGs1
    return int(text)


def _day(text: str, year: int, *, is_last: bool) -> date:
    """`YYMMDD`; day 00 means the month: its last day, or the first where an early day is the careful side."""
    if not _is_number(text):
        raise _NotGs1
    two, month, day = int(text[:2]), int(text[2:4]), int(text[4:])
    # Two digits mean the year from 49 before this one to 50 after it.
    full = year - year % 100 + two
    full += 100 * ((full < year - 49) - (full > year + 50))
    try:
        return date(full, month, day or (monthrange(full, month)[1] if is_last else 1))
    except ValueError as error:
        raise _NotGs1 from error


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_gtin(gtin: str) -> bool:
    if not _is_number(gtin):
        return False
    weighed = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(gtin))
    return weighed % 10 == 0
