"""What the adapter contract suite needs of a shop: the adapter under test, and the shop's other side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.channels.contract import Channel
from core.channels.stock_contract import ListedSku


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
    #: what moves no modified time there: names of the verbs below
    quiet: frozenset[str]
    #: our code of a carrier that this shop takes
    carrier: str

    def now(self) -> datetime:
        """The shop's clock."""
        ...

    def tick(self) -> None:
        """Let enough time pass that a change gets a later modified time."""
        ...

    def settle(self) -> None:
        """Let what happened grow as old as the channel's safety lag wants it."""
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

    def touch(self, no: str) -> None:
        """Something happens to a paid order that moves its modified time and nothing else of weight."""
        ...

    def waybill(self, number: int) -> str:
        """A waybill number as the carrier writes them."""
        ...

    def listed(self, goods: int) -> ListedSku:
        """One of the goods as the platform names it."""
        ...

    def stock_of(self, goods: int) -> int:
        """What the platform may still sell of it, as its own people see it."""
        ...

    def is_on_sale(self, goods: int) -> bool:
        """Whether buyers can still order it."""
        ...

    def waybills_of(self, no: str) -> Sequence[str]:
        """The waybill numbers that the shop knows for an order."""
        ...
