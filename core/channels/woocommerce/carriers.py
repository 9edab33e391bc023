"""Our carriers as buyers of a WooCommerce read them, and as its plugin for tracking numbers may call them."""

from collections.abc import Mapping
from typing import Final

#: our code -> what buyers read, then other names of it
_KNOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "ZTO": ("中通快递", "ZTO Express", "ZTO"),
    "YTO": ("圆通速递", "YTO Express", "YTO"),
    "STO": ("申通快递", "STO Express", "STO"),
    "YD": ("韵达快递", "Yunda Express", "Yunda"),
    "JTSD": ("极兔速递", "J&T Express", "J&T Express China"),
    "SF": ("顺丰速运", "SF Express", "S.F Express"),
    "EMS": ("EMS", "China EMS", "China Post EMS"),
    "YZPY": ("邮政快递包裹", "China Post"),
    "JD": ("京东物流", "京东快递", "JD Logistics", "JD Express"),
    "DBL": ("德邦快递", "Deppon", "Deppon Express"),
}


def title_of(code: str) -> str:
    """What buyers read of a carrier."""
    return _KNOWN.get(code, (code,))[0]


def names_of(code: str) -> tuple[str, ...]:
    """Every name of a carrier, the one for buyers first."""
    return _KNOWN.get(code, (code,))


def code_of(name: str) -> str:
    """Our code of a carrier that somebody named in the shop; the name itself where we have none."""
    wanted = _plain(name)
    for code, names in _KNOWN.items():
        if wanted in {_plain(one) for one in (code, *names)}:
            return code
    return name


def _plain(name: str) -> str:
    """As the plugin makes a key of a name: without case, spaces and marks."""
    return "".join(char for char in name.lower() if char.isalnum())
