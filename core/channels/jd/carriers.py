"""Our carriers among JD's: JD says that its numbers are only to be had from its own list, so they are asked for.

A carrier that we do not know by name is called what JD calls it.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.channels.contract import CARRIER_REFUSED
from core.channels.jd import methods
from core.channels.jd.client import JdClient
from core.runtime.remote_errors import Rejected

#: our code -> how JD may call it, the likeliest first; the last word is looked for within a name
_NAMES: Final[Mapping[str, Sequence[str]]] = {
    "ZTO": ("中通速递", "中通快递", "中通"),
    "YTO": ("圆通快递", "圆通速递", "圆通"),
    "STO": ("申通快递", "申通"),
    "YD": ("韵达快递", "韵达速递", "韵达"),
    "JTSD": ("极兔速递", "极兔快递", "极兔"),
    "SF": ("顺丰快递", "顺丰速运", "顺丰"),
    "EMS": ("邮政EMS", "EMS"),
    "YZPY": ("邮政快递包裹", "快递包裹"),
    "JD": ("京东快递", "京东物流", "京东"),
    "DBL": ("德邦快递", "德邦物流", "德邦"),
}


@dataclass(slots=True)
class Memory:
    """What was read of a shop before; shops are opened anew for each piece of work."""

    #: JD's number -> JD's name; None before it was asked
    carriers: Mapping[str, str] | None = None
    #: somebody was told that the unpaid orders cannot be had
    has_said_unpaid: bool = False


class Memories:
    """Of all shops, by what opens them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shops: dict[tuple[str, str, str], Memory] = {}

    def of(self, base: str, app_key: str, access_token: str) -> Memory:
        """A shop's memory; a new token begins a new one."""
        with self._lock:
            return self._shops.setdefault((base, app_key, access_token), Memory())


class Carriers:
    """The carriers that JD lets one shop use."""

    def __init__(self, client: JdClient, memory: Memory) -> None:
        self._client = client
        self._memory = memory

    def id_of(self, carrier_code: str) -> str:
        """JD's number of one of our carriers; asked for once more where it is not among those that were read.

        Raises:
            Rejected: `CARRIER_REFUSED`; JD does not offer it to this shop.
            ChannelError: JD did not tell its list.
        """
        known = self._memory.carriers or {}
        number = _number_of(known, carrier_code) or _number_of(self._asked(), carrier_code)
        if not number:
            raise Rejected("JD does not offer this carrier to this shop: add it in JD's pages", code=CARRIER_REFUSED)
        return number

    def code_of(self, number: str) -> str:
        """Our code of JD's number; the number itself where JD does not tell whose it is.

        Raises:
            ChannelError: JD could not be asked; that it refuses to tell is no reason not to read an order.
        """
        if self._memory.carriers is None:
            try:
                self._asked()
            except Rejected:
                self._memory.carriers = {}
        name = (self._memory.carriers or {}).get(number)
        return number if name is None else _code_of(name)

    def _asked(self) -> Mapping[str, str]:
        body = self._client.ask(methods.CARRIERS, {}).body
        rows = body.child("logistics_companies").rows("logistics_list")
        self._memory.carriers = {row.id("logistics_id"): row.text("logistics_name").strip() for row in rows}
        return self._memory.carriers


def _number_of(known: Mapping[str, str], code: str) -> str:
    for wanted in _NAMES.get(code, (code,)):
        for number, name in known.items():
            if name == wanted:
                return number
    return next((number for number, name in known.items() if _code_of(name) == code), "")


def _code_of(name: str) -> str:
    exact = next((code for code, names in _NAMES.items() if name in names), "")
    return exact or next((code for code, names in _NAMES.items() if names[-1] in name), name)
