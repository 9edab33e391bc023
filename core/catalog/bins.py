"""Bins (库位): how the place of goods on the shelves is written, and which zone it lies in."""

import re
import unicodedata
from typing import Final

#: longer ones fit on no shelf label
LONGEST_BIN: Final = 40
_BLANKS = re.compile(r"\s+")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_FIRST_DIGIT = re.compile(r"\d")


def tidy_bin(text: str) -> str:
    """A bin as it is kept: half-width, upper case, without blanks, with plain dashes; `ａ－01 ` is `A-01`."""
    return _DASHES.sub("-", _BLANKS.sub("", unicodedata.normalize("NFKC", text))).upper()


def zone_of(code: str) -> str:
    """The zone (库区) of a bin: what stands before its first dash, else the letters it begins with; may be empty."""
    head, dash, _ = code.partition("-")
    return head if dash else _FIRST_DIGIT.split(code, maxsplit=1)[0]
