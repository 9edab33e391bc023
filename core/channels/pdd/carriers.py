"""Our carriers at Pinduoduo: which company of its list is meant, and back.

The list comes from the platform (`pdd.logistics.companies.get`: number, name, code, whether it may be used today), so
that no number of it stands here; only how it calls the carriers that we know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.channels.contract import CARRIER_REFUSED
from core.channels.fields import Fields
from core.runtime.remote_errors import Rejected

#: our code -> the platform's codes and the beginnings of its names; the codes are those of its waybill service
_KNOWN: Final[Mapping[str, tuple[frozenset[str], tuple[str, ...]]]] = {
    "ZTO": (frozenset({"ZTO"}), ("中通快递", "中通")),
    "YTO": (frozenset({"YTO"}), ("圆通速递", "圆通快递", "圆通")),
    "STO": (frozenset({"STO"}), ("申通快递", "申通")),
    "YD": (frozenset({"YUNDA", "YD"}), ("韵达快递", "韵达速递", "韵达")),
    "JTSD": (frozenset({"JTSD", "JT"}), ("极兔速递", "极兔快递", "极兔")),
    "SF": (frozenset({"SF"}), ("顺丰速运", "顺丰快递", "顺丰")),
    "EMS": (frozenset({"EMS"}), ("EMS", "邮政EMS")),
    "YZPY": (frozenset({"YZXB", "YZPY", "POSTB"}), ("邮政快递包裹", "邮政电商标快", "邮政国内小包")),
    "JD": (frozenset({"JD", "JDKD"}), ("京东快递", "京东物流", "京东")),
    "DBL": (frozenset({"DB", "DBKD", "DBL"}), ("德邦快递", "德邦")),
}


@dataclass(frozen=True, slots=True)
class Company:
    """One carrier of the platform's list."""

    id: str
    code: str
    name: str
    is_available: bool


class Companies:
    """The platform's list."""

    def __init__(self, companies: Sequence[Company]) -> None:
        self._by_id = {company.id: company for company in companies}

    def id_of(self, carrier_code: str) -> str:
        """The number of the company that is meant by a carrier of ours, by the platform's code of it, or by its name.

        Raises:
            Rejected: `carrier_refused`; no company of the list, or none that may be used today.
        """
        codes, names = _KNOWN.get(carrier_code, (frozenset({carrier_code}), (carrier_code,)))
        usable = [company for company in self._by_id.values() if company.is_available]
        for company in usable:
            if company.code and company.code in codes:
                return company.id
        for name in names:
            for company in usable:
                if name and company.name == name:
                    return company.id
        raise Rejected("Pinduoduo does not know this carrier, or does not take it now", code=CARRIER_REFUSED)

    def code_of(self, company_id: str) -> str:
        """Our code of a company; the platform's name of it where we have none, its number where that is new too."""
        company = self._by_id.get(company_id)
        if company is None:
            return company_id
        for code, (codes, names) in _KNOWN.items():
            if company.code in codes or company.name in names:
                return code
        return company.name or company.code or company_id


def companies_of(answer: Fields) -> Companies:
    """The list of one answer.

    Raises:
        ContractBroken: no such list.
    """
    rows = answer.rows("logistics_companies")
    return Companies(
        [
            Company(
                id=row.id("id"),
                code=row.id_or_blank("code"),
                name=row.text_or_blank("logistics_company").strip(),
                is_available=row.whole_or("available", 1) == 1,
            )
            for row in rows
        ]
    )
