"""An order that a clerk enters: what goes in, and what the form is told."""

from dataclasses import dataclass, field
from datetime import datetime

#: the order types a clerk may enter
ENTRY_TYPES = ("normal", "reship")
#: what the clerk said of the customer's address on file, having seen it: not asked yet, the one on file is right,
#: the one entered is
ADDRESS_WORDS = ("", "on_file", "entered")


@dataclass(frozen=True, slots=True)
class EnteredReceiver:
    """A receiver as typed; no text of this object shows it, so that no log does."""

    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    province: str = field(default="", repr=False)
    city: str = field(default="", repr=False)
    district: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    postcode: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class EnteredLine:
    """One SKU of ours, sold or given. The price is for one unit; a gift has none."""

    sku_id: int
    qty: int
    is_gift: bool = False
    unit_price_fen: int = 0


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """An order before it is saved.

    Attributes:
        receiver: who gets it; ignored where `receiver_of` names an order whose receiver is taken unseen.
        receiver_of: order id.
        order_type: one of `ENTRY_TYPES`.
        copied_from: the order this one repeats or makes good, kept in its time line.
        address_word: one of `ADDRESS_WORDS`.
        is_meant_twice: the clerk has been told of a like order of the same day, and means another one.
    """

    lines: tuple[EnteredLine, ...]
    receiver: EnteredReceiver = field(default_factory=EnteredReceiver)
    receiver_of: int | None = None
    order_type: str = "normal"
    copied_from: int | None = None
    buyer_note: str = ""
    seller_note: str = ""
    freight_fen: int = 0
    address_word: str = ""
    is_meant_twice: bool = False


@dataclass(frozen=True, slots=True)
class ReceiverOnFile:
    """What the customer master knows of who bought under this phone number; masked.

    Attributes:
        used_at: when an order last went to this address.
        order_no: that order.
        changed_at: when the address on file last changed; None where it never did.
        changed_by: who or what changed it: an operator, or the shop's order that brought it.
        is_same: whether it is what was entered.
    """

    customer_id: int
    name: str
    phone: str
    address: str
    used_at: datetime | None
    order_no: str
    changed_at: datetime | None
    changed_by: str
    order_count: int
    is_same: bool


@dataclass(frozen=True, slots=True)
class SkuChoice:
    """Goods that can be put on an order. `available_qty` is None where nobody counts them."""

    sku_id: int
    code: str
    name: str
    spec: str
    available_qty: int | None
    unit_qty: int = 1


@dataclass(frozen=True, slots=True)
class CopiedOrder:
    """An old order as the beginning of a new one; its receiver stays masked and is named by the order.

    `on_file` is where the customer's newest order went: since then they may have moved.
    """

    order_id: int
    order_no: str
    name: str
    phone: str
    address: str
    lines: tuple[tuple[SkuChoice, EnteredLine], ...]
    #: lines that no SKU of ours stands for, by what the shop called them
    unmatched: tuple[str, ...]
    on_file: ReceiverOnFile | None = None


@dataclass(frozen=True, slots=True)
class EnteredOrder:
    """A saved order; `is_short` where its goods are not all there, so that it waits for them."""

    order_id: int
    order_no: str
    is_short: bool
