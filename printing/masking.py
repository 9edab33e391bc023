"""What GB/T 41833-2022 asks of a printed label: name hides a Hanzi, phone six digits, address unit and room.

All three functions are idempotent: masking what a platform or we have masked already changes nothing more.
They hide too much rather than too little where a text has an unknown shape.
"""

import re
import unicodedata
from collections.abc import Callable

_STAR = "*"
_HIDDEN_DIGITS = 6
#: a label shows some 200 characters of an address; the gap leaves room for the stars of a text masked before
_LONGEST = 600
_KEPT = 500

_MOBILE = re.compile(r"1[0-9*]{10}")
_VIRTUAL = re.compile(r"(1[0-9]{10}|(?:400|95)[0-9]{3,13})(?:-|转|,|#|\()([0-9]{2,6})\)?")
_LANDLINE = re.compile(r"(0[0-9]{2,3})-?([0-9*]{7,8})(-[0-9*]{1,6})?")

_NUMERAL = "0-9A-Za-z一二三四五六七八九十百零〇"
_UNIT_WORDS = "号楼|栋|幢|座|棟|单元|單元|号室|室|户|戶|层|層|楼|樓|号院|号库|#|房|弄[0-9]+号|公寓[0-9]+号"
_BUILDING = re.compile(rf"[{_NUMERAL}*]+(?:[-—~/、][{_NUMERAL}*]+)*\s*(?:{_UNIT_WORDS})")
#: `3-2-501`, `A-1203`: building, unit and room written short
_SHORT_ROOM = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{1,4}(?:-[0-9A-Za-z]{1,5}){1,3}(?![0-9A-Za-z号])")
#: a bare number at the very end is a room (`幸福小区 1203`); a house number is followed by 号
_LAST_NUMBER = re.compile(r"[A-Za-z]?[0-9]{2,5}[A-Za-z]?$")


def mask_name(name: str) -> str:
    """`张三` becomes `张*`, `欧阳锋` becomes `欧*锋`, `John Smith` becomes `J***`; empty stays empty."""
    kept = [c for c in _normalised(name) if c.isalnum() or c == _STAR]
    if not kept:
        return _STAR if name.strip() else ""
    if not _is_wide(kept[0]) and kept[0] != _STAR:
        return kept[0] + _STAR * 3
    if len(kept) <= 2:
        return _STAR if len(kept) == 1 else kept[0] + _STAR
    return kept[0] + _STAR * min(len(kept) - 2, 3) + kept[-1]


def mask_phone(phone: str) -> str:
    """Hide at least six digits: `138******78`; a landline keeps area code and last digits.

    A number with an extension (`13800001234-5678`) is a virtual number that the platform made for this one
    parcel: it stays readable, else nobody could call.
    """
    text = "".join(c for c in _normalised(phone) if c.isprintable())
    masked = [_mask_one_phone(part.strip()) for part in re.split(r"[/;、]", text)]
    return "/".join(part for part in masked if part)


def mask_address(address: str) -> str:
    """Cut from the first building, unit or room on: `文三路8号东方公寓3幢501室`, `文三路8号东方公寓**`."""
    text = _normalised(address)
    cut = min((m.start() for m in map(_first(text), (_BUILDING, _SHORT_ROOM, _LAST_NUMBER)) if m), default=None)
    if cut is None:
        return text
    return text[:cut].rstrip() + _STAR * 2


def _normalised(text: str) -> str:
    """Full-width forms made plain; an absurdly long text is cut: searching takes its length squared."""
    plain = unicodedata.normalize("NFKC", text[: 2 * _LONGEST]).strip()
    return plain if len(plain) <= _LONGEST else plain[:_KEPT].rstrip()


def _first(text: str) -> Callable[[re.Pattern[str]], re.Match[str] | None]:
    return lambda pattern: pattern.search(text)


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in {"W", "F"}


def _mask_one_phone(phone: str) -> str:
    bare = re.sub(r"^(?:\+?86|0086)[- ]*(?=1[0-9*]{2}[- ]*[0-9*])", "", phone)
    squeezed = re.sub(r"[\s-]", "", bare)
    if _MOBILE.fullmatch(squeezed):
        return squeezed[:3] + _STAR * _HIDDEN_DIGITS + squeezed[-2:]
    if _VIRTUAL.fullmatch(re.sub(r"\s", "", bare)):
        return re.sub(r"\s", "", bare)
    landline = _LANDLINE.fullmatch(re.sub(r"\s", "", bare))
    if landline:
        area, number, extension = landline.groups()
        return f"{area}-{_STAR * _HIDDEN_DIGITS}{number[_HIDDEN_DIGITS:]}{extension or ''}"
    return _mask_unknown("".join(c for c in bare if c.isdigit() or c == _STAR))


def _mask_unknown(digits: str) -> str:
    """Keep up to two digits in front and two behind; at least six are hidden, or all."""
    spare = len(digits) - _HIDDEN_DIGITS
    if spare <= 0:
        return _STAR * len(digits)
    front = min(2, spare)
    back = min(2, spare - front)
    return digits[:front] + _STAR * (len(digits) - front - back) + digits[len(digits) - back :]
