"""Carriers as Douyin calls them (`/order/logisticsCompanyList`), and as everybody here does."""

from collections.abc import Mapping
from typing import Final

#: our code -> `company_code`
_CODES: Final[Mapping[str, str]] = {
    "ZTO": "zhongtong",
    "YTO": "yuantong",
    "STO": "shentong",
    "YD": "yunda",
    "JTSD": "jtexpress",
    "SF": "shunfeng",
    "EMS": "ems",
    "YZPY": "youzhengguonei",
    "JD": "jd",
}
#: our code -> how it may be called in the list, where sources disagree about the code
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {"DBL": ("德邦快递", "德邦", "德邦物流")}
_OURS: Final = {
    **{theirs: ours for ours, theirs in _CODES.items()},
    "debangwuliu": "DBL",
    "debangkuaidi": "DBL",
}


def code_there(carrier_code: str) -> str:
    """Douyin's code of a carrier; "" where it has to be looked for in Douyin's list."""
    return _CODES.get(carrier_code, "")


def words_of(carrier_code: str) -> tuple[str, ...]:
    """What a carrier may be called in Douyin's list: a code or a name, the likeliest first."""
    return (*_NAMES.get(carrier_code, ()), carrier_code.strip())


def code_here(company: str) -> str:
    """Our code of a carrier; Douyin's own where it is not known here."""
    return _OURS.get(company, company)
