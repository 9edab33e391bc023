"""Our carriers in the platform's words. Its own list decides; this only says which of its entries is meant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.channels.fields import Fields


@dataclass(frozen=True, slots=True)
class Company:
    """A carrier of the platform's list; `pattern` is what its numbers look like, blank where it does not say."""

    code: str
    name: str
    pattern: str


#: our code -> (the platform's, where known; what it is called there)
_WORDS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "ZTO": ("ZTO", ("中通快递", "中通速递", "中通")),
    "YTO": ("YTO", ("圆通速递", "圆通快递", "圆通")),
    "STO": ("STO", ("申通快递", "申通E物流", "申通")),
    "YD": ("YUNDA", ("韵达快递", "韵达速递", "韵达")),
    "JTSD": ("", ("极兔速递", "极兔快递", "极兔")),
    "SF": ("SF", ("顺丰速运", "顺丰快递", "顺丰")),
    "EMS": ("EMS", ("EMS", "邮政EMS", "中国邮政速递物流")),
    "YZPY": ("POSTB", ("邮政快递包裹", "邮政国内小包")),
    "JD": ("", ("京东快递", "京东物流", "京东配送")),
    "DBL": ("DBKD", ("德邦快递", "德邦物流", "德邦")),
}
_BY_NAME: Final = {name: ours for ours, (_code, names) in _WORDS.items() for name in names}


def companies_of(answer: Fields) -> Sequence[Company]:
    """The platform's list (`taobao.logistics.companies.get`)."""
    rows = answer.child_or_empty("logistics_companies").rows("logistics_company")
    return tuple(Company(row.text("code"), row.text("name"), row.text_or_blank("reg_mail_no")) for row in rows)


def company_for(our_code: str, companies: Sequence[Company]) -> Company | None:
    """The entry that is our carrier; a carrier we do not know may have the platform's own code or name."""
    code, names = _WORDS.get(our_code, (our_code, (our_code,)))
    by_code = {company.code: company for company in companies}
    by_name = {company.name: company for company in companies}
    if code in by_code:
        return by_code[code]
    return next((by_name[name] for name in names if name in by_name), None)


def our_code(name: str) -> str:
    """Our code of a carrier the platform calls so; one nobody knows is its own name."""
    return _BY_NAME.get(name, name)
