"""What every e-waybill service speaks: ask for a number under our own key, ask again by key after a lost answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from core.channels.contract import Consignee


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: the shop's own address, clear text."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    address: str


@dataclass(frozen=True, slots=True)
class WaybillRequest:
    """`key` is stored before the first call and is the carrier's order id: parcel id and attempt."""

    key: str
    carrier_code: str
    sender: Sender
    consignee: Consignee
    weight_g: int
    goods: Sequence[tuple[str, int]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class PrintData:
    """What only a platform's own print component can put on paper.

    Attributes:
        dialect: the component: `cainiao`, `pdd`.
        content: as the platform gave it (`encryptedData`, `signature`, template, `ver`), handed on untouched.
        custom_template_url: the merchant's template for the zone of his own, empty without one.
    """

    dialect: str
    content: Mapping[str, Any] = field(repr=False)
    custom_template_url: str = ""


@dataclass(frozen=True, slots=True)
class WaybillGrant:
    """A number and what must be printed with it. The routing text comes from the carrier and is never invented.

    With `print_data` the label goes through the platform's component; without it we draw it.
    """

    key: str
    carrier_code: str
    number: str
    sort_code: str
    package_centre: str = ""
    qr_text: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
    print_data: PrintData | None = None


class WaybillService(Protocol):
    """One account with one service. Errors are those of `core.channels.contract`."""

    def obtain(self, request: WaybillRequest) -> WaybillGrant:
        """A number for this key; the same key again gives the same number."""
        ...

    def find(self, key: str) -> WaybillGrant | None:
        """What was granted under this key, None if nothing was: asked before any repeat after a lost answer."""
        ...

    def cancel(self, carrier_code: str, number: str) -> None:
        """Give the number back; a number already given back is success."""
        ...

    def balance(self) -> int | None:
        """How many numbers the account is still good for; None where the service does not say."""
        ...
