"""What every channel adapter speaks: canonical frozen records in, five kinds of error out.

An adapter is a folder with `client` (HTTP, signing, token, paging), `mapper` (pure, raw <-> canonical) and `plugin`
(metadata). Core knows only this module.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.runtime.remote_errors import ChannelError


@dataclass(frozen=True, slots=True)
class Consignee:
    """Who receives the parcel, as the platform lets us know it.

    Marketplaces mask: then `name`, `phone` and `address` are display text only and `token` (OAID or cipher) is
    what the waybill service gets. Own malls send clear text and no token.
    """

    name: str
    phone: str
    province: str
    city: str
    district: str
    address: str
    postcode: str = ""
    token: str = ""
    is_masked: bool = False
    #: where the platform may cipher the same receiver anew each time it is asked: what stays the same as long as the
    #: receiver of this order does. Blank: every difference is another receiver
    identity: str = ""


@dataclass(frozen=True, slots=True)
class ChannelOrderLine:
    """One platform line (sub-order). `qty` is what was bought; a refunded line keeps it."""

    line_no: str
    item_id: str
    channel_sku_id: str
    merchant_code: str
    title: str
    spec: str
    qty: int
    unit_price_fen: int
    #: none | requested | refunded
    after_sale: str = "none"
    is_gift: bool = False


@dataclass(frozen=True, slots=True)
class ShippedParcel:
    """A parcel the platform knows of, whoever told it; `lines` empty where it does not say what is inside."""

    carrier_code: str
    waybill_no: str
    lines: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True, slots=True)
class ChannelOrder:
    """One order as the platform says it now.

    `version` is the platform's own rising number for the order (0 where it has none; then `modified_at` decides).
    `payment` is one of unpaid | paid | partly_refunded | refunded; `channel_status` is the platform's raw word;
    `is_closed` says that the platform will not have it sent any more (cancelled, fully refunded);
    `is_shipped` that the platform already counts it as sent; `is_completed` that the buyer has it and all is done.
    `order_no` is what the platform is asked by; `display_no` what it shows people, blank where that is the same.
    """

    order_no: str
    version: int
    modified_at: datetime
    placed_at: datetime
    paid_at: datetime | None
    payment: str
    channel_status: str
    is_closed: bool
    is_shipped: bool
    buyer_key: str
    buyer_name: str
    consignee: Consignee
    lines: Sequence[ChannelOrderLine]
    amount_fen: int
    freight_fen: int
    buyer_note: str = ""
    seller_note: str = ""
    #: normal | presale | custom | cross_border | reship
    order_type: str = "normal"
    ship_by_at: datetime | None = None
    not_before_at: datetime | None = None
    is_completed: bool = False
    #: whether the platform calls the buyer a member; None where it does not say
    buyer_is_member: bool | None = None
    #: why the platform will not have it sent yet although it is paid (its own word: under review, a group still
    #: gathering, the buyer asked to cancel); blank where it may go
    stopped_for: str = ""
    #: the parcels the platform knows of
    shipped: Sequence[ShippedParcel] = ()
    #: orders of this shop with the same key go to the same receiver; blank where the platform gives none
    merge_key: str = ""
    #: the seller's flag, as `core.channels.shop_contract.Flag`; None where the platform does not say
    seller_flag: str | None = None
    #: paid to the courier at the door
    is_cod: bool = False
    display_no: str = ""
    #: numbers of the orders that the platform made this one of when it split them, the nearest first
    split_from: Sequence[str] = ()
    #: the reply's JSON for this order, kept verbatim beside the order
    raw: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unread:
    """An order or a case that a list names and that could not be read or understood; `error` is what came of it."""

    no: str
    error: ChannelError


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One page of a window. `next_cursor` is None on the last page.

    A channel that cuts time into windows itself says with `whole_until` that everything up to then has been given;
    the watermark follows it. Where it stays None on every page, the first page's `server_time` counts. `unread` are
    orders of the page that are to be asked for by themselves, see `core.channels.singly`.
    """

    orders: Sequence[ChannelOrder]
    next_cursor: str | None
    #: the platform's clock, from the Date header, when the page was answered
    server_time: datetime
    whole_until: datetime | None = None
    unread: Sequence[Unread] = ()


@dataclass(frozen=True, slots=True)
class ShipmentNotice:
    """Tell the channel that a parcel left: one per parcel and order; `key` makes a repeat harmless.

    `replaces` is a number told before for these goods, which is called off since; empty where there is none.
    """

    key: str
    order_no: str
    carrier_code: str
    waybill_no: str
    #: (platform line number, quantity in this parcel)
    lines: Sequence[tuple[str, int]]
    #: of the whole parcel, None where it was not weighed; goes on only to shops that want it
    weight_g: int | None = None
    replaces: str = ""


#: codes of `Rejected` that mean the same on every platform; what else a platform says keeps its own code
UNKNOWN_ORDER = "unknown_order"
#: closed or refunded: nothing may leave for it
ORDER_CLOSED = "order_closed"
#: these goods were told with another number: somebody has to decide which one is right
SHIPPED_OTHERWISE = "shipped_otherwise"
#: the platform does not know this carrier, or does not take it for this order
CARRIER_REFUSED = "carrier_refused"
#: the platform does not take this number (its pattern, used before)
WAYBILL_REFUSED = "waybill_refused"
#: a refund is open for these goods
REFUND_OPEN = "refund_open"
#: the money is not there
NOT_PAID = "not_paid"
#: the platform does not let a paid order go yet: under review, a group still gathering, locked by the buyer's wish
KEPT_BACK = "kept_back"
#: the platform cannot do what was asked at all
CANNOT = "cannot"


class Splits(StrEnum):
    """Into which parts an order may be told as sent."""

    #: once, with one number
    WHOLE = "whole"
    #: line by line
    LINES = "lines"
    #: part of a line's units too
    UNITS = "units"


@dataclass(frozen=True, slots=True)
class Unproven:
    """A fact about a platform that nobody could check yet; shown on the shop's page so that nobody relies on it."""

    key: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do; what it cannot is not tried, and is said on the shop's page."""

    sees_unpaid: bool
    #: orders must also be re-read by state because payments do not move the modified time
    needs_state_poll: bool = False
    #: an order can be deleted there for good; then the platform, asked for it, does not know it
    deletes_orders: bool = False
    page_size: int = 100
    #: the platform's clock minus this is the newest instant a window may end at
    safety_lag_s: int = 0
    overlap_s: int = 600
    #: receivers come masked, with a token
    masks_receivers: bool = False
    splits: Splits = Splits.UNITS
    #: numbers of further parcels can be added to an order that was told as a whole
    adds_numbers: bool = False
    #: a number that was told can be replaced by another
    changes_number: bool = True
    tells_after_sales: bool = False
    lists_items: bool = False
    writes_notes: bool = False
    #: notes have a flag there; counts only where they are written
    writes_flags: bool = True
    decides_merging: bool = False
    #: a cursor says all that a reading needs, and rows that moved meanwhile are still found: a reading that was cut
    #: short may go on there later
    resumes: bool = False
    unproven: Sequence[Unproven] = ()

    @property
    def takes_one_number(self) -> bool:
        """Whether of an order in several parcels only the number that is told first gets there."""
        return self.splits is Splits.WHOLE and not self.adds_numbers


class Channel(Protocol):
    """One authorised shop. Every method does HTTP and may raise the five errors of `remote_errors`, nothing else."""

    capabilities: Capabilities

    def pull_orders(self, since: datetime, cursor: str | None) -> OrderPage:
        """Orders modified at or after `since` (both ends inclusive), `cursor` from the page before."""
        ...

    def open_orders(self, cursor: str | None) -> OrderPage:
        """Orders the platform still wants sent, by state; for channels with `needs_state_poll` and reconciliation."""
        ...

    def get_order(self, order_no: str) -> ChannelOrder | None:
        """The newest state of one order, None where the platform does not know it."""
        ...

    def confirm_shipment(self, notice: ShipmentNotice) -> None:
        """Say that the parcel left. The same notice again succeeds without effect, whoever told it first.

        A write whose answer was lost is looked up before it is repeated. A channel that cannot put another number in
        the place of the one it was told refuses with `Rejected`.

        Raises:
            Rejected: with one of the codes above where it is one of these reasons.
        """
        ...

    def check(self) -> datetime:
        """Prove key and address with the cheapest call; returns the platform's time."""
        ...
