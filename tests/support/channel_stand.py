"""What the adapter contract suite needs of a shop: the adapter under test, and the shop's other side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.channels.contract import Channel


@dataclass(frozen=True, slots=True)
class Wish:
    """One line of an order to be placed: which of the shop's goods (0, 1, 2 ...) and how many."""

    goods: int = 0
    qty: int = 1


class ShopStand(Protocol):
    """A running shop with its adapter. A new adapter passes the suite by providing one of these."""

    channel: Channel
    #: the same shop with a wrong secret
    stranger: Channel
    #: what this shop's people cannot do: names of the verbs below
    cannot: frozenset[str]

    def now(self) -> datetime:
        """The shop's clock."""
        ...

    def tick(self) -> None:
        """Let enough time pass that a change gets a later modified time."""
        ...

    def merchant_code(self, goods: int) -> str:
        """Our code of one of the goods."""
        ...

    def place(self, *wishes: Wish, note: str = "", address: str = "练习路1号") -> str:
        """Place an order, unpaid; its number."""
        ...

    def pay(self, no: str) -> None:
        """The buyer pays."""
        ...

    def cancel(self, no: str) -> None:
        """The order is cancelled before it left."""
        ...

    def refund_line(self, no: str, place: int) -> None:
        """The owner pays one line (0, 1 ...) back."""
        ...

    def change_address(self, no: str, address: str) -> None:
        """The parcel shall go elsewhere."""
        ...

    def waybills_of(self, no: str) -> Sequence[str]:
        """The waybill numbers that the shop knows for an order."""
        ...
