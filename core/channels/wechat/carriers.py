"""Our carriers and WeChat's: told by its ids (`delivery_id`), which the shop's own list of carriers decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.channels.fields import Fields

#: for carriers that are not in the platform's list (its own word)
OTHER: Final = "OTHER"
#: how long a list stands
KEPT: Final = timedelta(hours=24)

#: our code -> how the platform may call it; the ids themselves are in no document that could be read
NAMES: Final[Mapping[str, frozenset[str]]] = {
    "ZTO": frozenset({"中通快递", "中通速递", "中通"}),
    "YTO": frozenset({"圆通速递", "圆通快递", "圆通"}),
    "STO": frozenset({"申通快递", "申通速递", "申通"}),
    "YD": frozenset({"韵达快递", "韵达速递", "韵达", "YUNDA"}),
    "JTSD": frozenset({"极兔速递", "极兔快递", "极兔"}),
    "SF": frozenset({"顺丰速运", "顺丰快递", "顺丰"}),
    "EMS": frozenset({"EMS", "邮政EMS", "中国邮政速递物流"}),
    "YZPY": frozenset({"邮政快递包裹", "中国邮政", "邮政"}),
    "JD": frozenset({"京东快递", "京东物流", "京东"}),
    "DBL": frozenset({"德邦快递", "德邦物流", "德邦"}),
}
_CODES: Final = {name: code for code, names in NAMES.items() for name in (code, *names)}


@dataclass(frozen=True, slots=True)
class CarrierList:
    """The platform's carriers: our code -> its id, and when they were read."""

    ids: Mapping[str, str]
    read_at: datetime

    def id_of(self, code: str) -> str:
        """The platform's id of a carrier of ours; `OTHER` where it has none."""
        return self.ids.get(code, OTHER)


def ids_of(rows: Sequence[Fields]) -> Mapping[str, str]:
    """Our code, or the platform's id where we have no code, -> the platform's id.

    Raises:
        ContractBroken: not a list of carriers.
    """
    found: dict[str, str] = {}
    for row in rows:
        delivery_id = row.id("delivery_id")
        found.setdefault(code_of(delivery_id, row.text_or_blank("delivery_name")), delivery_id)
    return found


def code_of(delivery_id: str, name: str) -> str:
    """Our code of a carrier that the platform names; its own id where we have none."""
    return _CODES.get(name.strip()) or _CODES.get(delivery_id) or delivery_id
