"""The carriers of the country: how they are called, and how their numbers look.

A carrier adds ranges without telling anybody, so the look of a number only suggests a carrier and never refuses one.
Sources of the patterns: the public validation table BF-zh/Courier-Validation (2024) and older forms of it.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Carrier:
    """One carrier.

    Attributes:
        code: as the order services name it; our key of it.
        name: as platforms write it in their tables.
        other_names: what files and people call it too.
        pattern: numbers given out today.
        older: numbers that may be its too.
    """

    code: str
    name: str
    other_names: tuple[str, ...] = ()
    pattern: str = ""
    older: str = ""
    words: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", frozenset(map(_plain, (self.code, self.name, *self.other_names))))


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


#: the most used first
CARRIERS: Final = (
    Carrier("ZTO", "中通快递", ("中通", "中通速递", "zhongtong"), r"7[3-68]\d{12}", r"\d{14}"),
    Carrier("YTO", "圆通速递", ("圆通", "圆通快递", "yuantong"), r"YT\d{13}", r"[0-9A-Z]{2}\d{8,13}"),
    Carrier("STO", "申通快递", ("申通", "shentong"), r"(77|43)\d{12,15}", r"(77|43|55|33|88)\d{10,13}"),
    Carrier("YD", "韵达快递", ("韵达", "韵达速递", "yunda", "YUNDA"), r"[34]\d{14}|5\d{12}", r"\d{13}|\d{15}"),
    Carrier("JTSD", "极兔速递", ("极兔", "极兔快递", "jtexpress", "J&T"), r"JT\d{13}", r"JT\d{12}"),
    Carrier("SF", "顺丰速运", ("顺丰", "顺丰快递", "shunfeng"), r"SF[A-Z0-9]\d{12}", r"\d{12}"),
    Carrier(
        "EMS",
        "EMS",
        ("邮政EMS", "中国邮政速递物流", "邮政快递"),
        r"[981]\d{12}|P[A-Z]\d{11}",
        r"[A-Z]{2}\d{9}[A-Z]{2}",
    ),
    Carrier("YZPY", "邮政快递包裹", ("邮政", "邮政小包", "邮政国内小包", "youzhengguonei", "POSTB"), r"9\d{12}"),
    Carrier("JD", "京东快递", ("京东", "京东物流"), r"JD[A-Z0-9]{2}\d{11}", r"JD[XK]\d{12}|JDV[A-Z]\d{11}"),
    Carrier("DBL", "德邦快递", ("德邦", "德邦物流", "debangkuaidi"), r"DPK\d{12}", r"DPK\d{11,}|\d{8,10}"),
)
_BY_CODE: Final = {one.code: one for one in CARRIERS}
#: a number that somebody gives out is neither shorter nor longer, and has figures in it
_NUMBER: Final = re.compile(r"(?=(?:.*\d){6})[0-9A-Z][0-9A-Z-]{7,31}")
#: goods of this country bear such codes, and no carrier's number looks so
_GOODS: Final = re.compile(r"69\d{11}")
_PARCEL_OF_JD: Final = re.compile(r"(JD[0-9A-Z]+)-\d+-\d+-?.*")
_LONGEST_NAME: Final = 30


def tidied(raw: str) -> str:
    """A number as it is kept: no spaces, plain and capital letters, JD's `-n-m-` of a box taken off."""
    number = "".join(unicodedata.normalize("NFKC", raw).split()).upper()
    found = _PARCEL_OF_JD.fullmatch(number)
    return number if found is None else found[1]


def is_number(number: str) -> bool:
    """Whether a tidied text may be a waybill number: no barcode of goods, and neither too short nor too long."""
    return _NUMBER.fullmatch(number) is not None and _GOODS.fullmatch(number) is None


def suggested(number: str, limit: int) -> tuple[str, ...]:
    """Codes of carriers for a number, the likeliest first: today's forms, then older ones, then the most used."""
    ranked = sorted(CARRIERS, key=lambda one: _strangeness(one, number))
    return tuple(one.code for one in ranked)[:limit]


def _strangeness(carrier: Carrier, number: str) -> int:
    if re.fullmatch(carrier.pattern, number):
        return 0
    return 1 if carrier.older and re.fullmatch(carrier.older, number) else 2


def code_of(name: str, number: str, accounts: Sequence[tuple[str, str]] = ()) -> str:
    """The code of the carrier that a file names, or that the number suggests.

    Args:
        name: as the file says, empty where it says nothing.
        number: tidied.
        accounts: (code, name) of the carriers that the shop has accounts with.

    Returns:
        A code. A carrier nobody here knows is its own name: it is handed over and told like any other.
    """
    wanted = _plain(name)
    if not wanted:
        return suggested(number, 1)[0]
    for code, known in accounts:
        if wanted in {_plain(code), _plain(known)}:
            return code
    for one in CARRIERS:
        if wanted in one.words:
            return one.code
    return name.strip()[:_LONGEST_NAME]


def name_of(code: str, account_name: str | None = None) -> str:
    """How a carrier is called: by the shop's own account with it, by everybody, or as the file did."""
    if account_name:
        return account_name
    known = _BY_CODE.get(code)
    return code if known is None else known.name
