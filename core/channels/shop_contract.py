"""What some channels can do besides orders and stock: say whose shop it is, take notes, decide about merging."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from core.channels.contract import Consignee


@dataclass(frozen=True, slots=True)
class ShopIdentity:
    """Whose shop a key opens: `id` is the platform's and never changes, `kind` its own word for it (Tmall: `B`)."""

    id: str
    name: str
    kind: str = ""


@runtime_checkable
class IdentifiedChannel(Protocol):
    """A shop that says who it is: two shops of ours must not be the same one, nor one key open another's shop."""

    def identify(self) -> ShopIdentity:
        """Whose shop this key opens.

        Raises:
            ChannelError: one of the five kinds.
        """
        ...


class Flag(StrEnum):
    """The flags sellers put on orders (插旗). Platforms with fewer take the nearest they have."""

    NONE = ""
    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"
    BLUE = "blue"
    PURPLE = "purple"


@runtime_checkable
class NoteChannel(Protocol):
    """A shop whose seller notes can be written."""

    def write_note(self, order_no: str, text: str, flag: Flag | None = None) -> None:
        """Replace the seller's note; `flag` None leaves the flag. The same again changes nothing.

        Raises:
            Rejected: unknown order, or a text the platform does not take (`note_too_long`).
            ChannelError: the other four kinds.
        """
        ...


class Receiving(Protocol):
    """What a platform has to know of an order to say who else receives what its receiver does."""

    @property
    def order_no(self) -> str:
        """The platform's number."""
        ...

    @property
    def buyer_key(self) -> str:
        """The same for orders of one buyer, which may be one parcel."""
        ...

    @property
    def consignee(self) -> Consignee:
        """The receiver, with the platform's token."""
        ...


@runtime_checkable
class MergeChannel(Protocol):
    """A platform that alone can tell whether two masked receivers are the same (Taobao: `taobao.top.oaid.merge`)."""

    def may_merge(self, orders: Sequence[Receiving]) -> Sequence[Sequence[str]]:
        """The numbers of orders that may go in one parcel, in groups; an order alone is a group of its own.

        Raises:
            ChannelError: one of the five kinds; then nothing may be merged.
        """
        ...
