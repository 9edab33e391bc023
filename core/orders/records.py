"""What the order list and the order drawer are told: frozen, masked, ready to show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One row of the list. `buyer` and the phone tail are masked already."""

    id: int
    order_no: str
    shop_name: str
    placed_at: datetime
    ship_by_at: datetime | None
    consignee: str
    goods: str
    total_qty: int
    amount_fen: int
    payment: str
    fulfilment: str
    after_sale: str
    hold_reason: str
    waybill_no: str
    #: when the goods of an unpaid order are given back; None where nothing is kept, or for as long as the shop says
    held_until: datetime | None = None
    #: the seller's flag, as `core.channels.shop_contract.Flag`
    flag: str = ""
    #: the buyer or the seller wrote something
    has_note: bool = False
    #: paid to the courier at the door
    is_cod: bool = False


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What the list shows. `pile` is one of PILES; `search` is what the clerk typed, split from nothing."""

    pile: str = "open"
    search: str = ""


#: the filter chips in their order: each order is in `all`, and open orders in exactly one of the middle ones
PILES = (
    "open",
    "unpaid",
    "waiting",
    "held",
    "paid_no_stock",
    "short",
    "to_pack",
    "packing",
    "packed",
    "shipped",
    "closed",
    "all",
)


@dataclass(frozen=True, slots=True)
class OrderPageView:
    """Rows newest first; `next_after` goes into the next call, None at the end."""

    rows: tuple[OrderRow, ...]
    next_after: int | None


@dataclass(frozen=True, slots=True)
class OrderLineView:
    """One line in the drawer, with where its stock comes from."""

    id: int
    title: str
    spec: str
    sku_code: str
    qty: int
    unit_price_fen: int
    is_gift: bool
    after_sale: str
    #: reserved | confirmed | consumed | released | expired | short | none
    reservation: str
    #: when a reserved line runs out
    held_until: datetime | None = None
    #: the bundle it came out of with how many of that were bought, at the price of one; the goods' own name then
    bundle_code: str = ""
    bundle_qty: int = 0
    sku_name: str = ""


@dataclass(frozen=True, slots=True)
class OrderParcelView:
    """A parcel of the order, its number, and the state of its label."""

    id: int
    state: str
    carrier_name: str
    waybill_id: int | None
    waybill_no: str
    print_state: str
    copy_count: int
    shipped_at: datetime | None
    #: the number was printed by other software
    is_foreign: bool = False
    #: why no number of ours comes: `shop` | `masked`, else empty
    why_elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened: `action` is translated with `facts`."""

    at: datetime
    operator: str
    desk: str
    action: str
    facts: Mapping[str, Any]


class NoteWay(StrEnum):
    """What becomes of a seller's note that is written on an order."""

    #: the shop takes notes and flags
    FLAGGED = "flagged"
    #: the shop takes notes; flags are kept here
    PLAIN = "plain"
    #: the shop takes none: kept here, beside what the shop says
    LOCAL = "local"
    #: the order was entered here
    HERE = "here"


@dataclass(frozen=True, slots=True)
class NoteView:
    """The seller's note of an order as those see it who may write it.

    Attributes:
        text: what was written last, here or at the platform; `flag` with it.
        theirs_text: what the platform says; `theirs_flag` with it.
        state: told (the shop has it, or there is nothing to tell) | waiting | failed | conflict (somebody at the
            platform wrote another one meanwhile) | local.
        trouble: why it is not through, as `core.sync.deliveries.DeliveryRow.trouble`.
        said: what the other side said, in its own words.
        is_switched_on: the shop's owner lets notes be written there.
    """

    text: str
    flag: str
    theirs_text: str
    theirs_flag: str
    state: str
    way: NoteWay
    trouble: str = ""
    said: str = ""
    is_switched_on: bool = True

    @property
    def goes(self) -> str:
        """Where the next note goes: as `NoteWay`, or `off` where the shop would take it and may not be told."""
        is_told = self.way in (NoteWay.FLAGGED, NoteWay.PLAIN)
        return "off" if is_told and not self.is_switched_on else self.way.value


@dataclass(frozen=True, slots=True)
class PartSentLine:
    """One line of an order of which others have sent a part, in units of the SKU.

    Attributes:
        sent_qty: what a person has said of it already.
        told_qty: what the platform tells beside that.
        left_qty: what may still be said: neither sent elsewhere nor gone from here.
    """

    id: int
    title: str
    spec: str
    qty: int
    sent_qty: int
    told_qty: int
    left_qty: int


@dataclass(frozen=True, slots=True)
class PartSent:
    """What others have sent of an order.

    Attributes:
        is_open: a person is asked what it was.
        can_take_back: something was said, and nothing has left from here since.
        is_told: the platform says which lines went.
        numbers: waybill numbers that are not ours, as the platform tells them.
    """

    is_open: bool
    can_take_back: bool
    is_told: bool
    numbers: tuple[str, ...]
    lines: tuple[PartSentLine, ...]


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """Everything the drawer shows of one order."""

    row: OrderRow
    consignee_name: str
    consignee_phone: str
    consignee_address: str
    buyer_note: str
    seller_note: str
    channel_status: str
    #: None where the order was entered at a desk
    seen_at: datetime | None
    holds: tuple[str, ...]
    lines: tuple[OrderLineView, ...]
    parcels: tuple[OrderParcelView, ...]
    timeline: tuple[TimelineEntry, ...]
    #: the receiver's clear text is the platform's alone
    is_masked_by_platform: bool = False
    #: why the platform keeps it back, in the platform's words
    stopped_for: str = ""
    #: the seller's note for those who write on it; None where nobody asked for it
    note: NoteView | None = None
    #: what others have sent of it; None where nobody has
    part_sent: PartSent | None = None

    @property
    def is_closed_elsewhere(self) -> bool:
        """Whether a person closed it as sent by somebody else, and none of our parcels left since."""
        is_ours = any(parcel.state == "shipped" for parcel in self.parcels)
        was_closed = any(entry.action == "order.closed_elsewhere" for entry in self.timeline)
        return self.row.fulfilment == "shipped" and was_closed and not is_ours

    @property
    def kept_here(self) -> Mapping[str, str]:
        """Numbers that the platform did not take, with those it has: of further parcels, where it takes one."""
        kept = (entry.facts for entry in self.timeline if entry.action == "order.number_kept_here")
        return {str(facts["number"]): str(facts["theirs"]) for facts in kept}
