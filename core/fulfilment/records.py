"""What the packing page is told: frozen, masked, ready to show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

#: codes of verdicts after which the parcel has left
SHIPPED: Final = frozenset({"parcel.shipped", "parcel.shipped_on_old"})


class Tone(StrEnum):
    """How a verdict looks and sounds: colour, sign and word go together."""

    UNIT = "unit"
    LINE = "line"
    COMPLETE = "complete"
    SHIPPED = "shipped"
    NOTICE = "notice"
    WRONG = "wrong"
    STOP = "stop"


class OnOld(StrEnum):
    """What the outbound scan does where the shop's word is older than the limit."""

    #: nothing yet: say so, that the shop can be asked first
    ASK = "ask"
    SHIP = "ship"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class KnowledgeRule:
    """How old the shop's word on an order may be at the outbound scan, and what is done where it is older."""

    limit_s: int
    on_old: OnOld


@dataclass(frozen=True, slots=True)
class WeightRule:
    """How far a parcel may be from what it should weigh, and whether the clerk has been asked about it already.

    Attributes:
        grams, percent: the larger of both is the tolerance; percent is of the expected weight.
        is_meant: the clerk has heard that it is off and sends it all the same.
    """

    grams: int
    percent: int
    is_meant: bool = False


@dataclass(frozen=True, slots=True)
class LineBatch:
    """So many units of one batch.

    Attributes:
        expires_on: its last day, None where nobody has said.
        is_blocked: it must not leave; `blocked_why` is the reason.
    """

    code: str
    expires_on: date | None
    qty: int
    is_blocked: bool = False
    blocked_why: str = ""


@dataclass(frozen=True, slots=True)
class PackLine:
    """One line of the open parcel."""

    id: int
    sku_id: int
    sku_code: str
    name: str
    short_name: str
    spec: str
    picture: str
    qty: int
    verified_qty: int
    is_gift: bool
    lacks_barcode: bool
    #: refunded while packing: has to come out of the box
    is_withdrawn: bool
    #: of goods that are kept by batch: what the books have chosen and is not packed yet, and what is packed
    asked: tuple[LineBatch, ...] = ()
    packed: tuple[LineBatch, ...] = ()

    @property
    def missing_qty(self) -> int:
        """Units the scanner has not seen yet."""
        return 0 if self.is_withdrawn else self.qty - self.verified_qty

    @property
    def blocked_inside(self) -> LineBatch | None:
        """A blocked batch of which units are in the box, as was said or, where nobody said, as the books have it."""
        inside = self.packed or (self.asked if self.verified_qty and not self.missing_qty else ())
        return None if self.is_withdrawn else next((one for one in inside if one.is_blocked), None)


@dataclass(frozen=True, slots=True)
class ParcelView:
    """The parcel on the desk. `fence` goes with every act: a desk that lost the parcel is refused."""

    id: int
    fence: int
    #: to_pack | packing | packed | shipped | cancelled
    state: str
    opened_by: str
    order_nos: tuple[str, ...]
    shop_name: str
    wave_code: str
    wave_seq: int | None
    wave_total: int
    box_no: int
    box_count: int
    consignee_name: str
    consignee_phone: str
    consignee_address: str
    buyer_note: str
    seller_note: str
    carrier_code: str
    carrier_name: str
    waybill_no: str
    #: none | planned | requesting | obtained | failed
    waybill_state: str
    #: none | queued | sending | sent | confirmed | failed | unknown
    print_state: str
    expected_weight_g: int
    weight_g: int | None
    ship_by_at: datetime | None
    #: when a shop that can be asked last told us the state of the orders in here; None where there is none
    seen_at: datetime | None
    lines: tuple[PackLine, ...]
    #: when the oldest table was written out of which orders in here came; None without such orders
    table_at: datetime | None = None
    #: the live waybill, for a reprint or a new number; None while there is none
    waybill_id: int | None = None
    #: the number was printed by other software
    is_foreign: bool = False
    #: why no number of ours comes: `shop` (it prints elsewhere) | `masked` (no label can be made here), else empty
    why_elsewhere: str = ""
    #: the seller's flags on its orders, as `core.channels.shop_contract.Flag`
    flags: tuple[str, ...] = ()
    #: a note or flag was changed after its paper or its box was begun, and no packer has been told yet
    note_changed_at: datetime | None = None
    #: what its buyers pay at the door, in fen; None where nothing is
    cod_fen: int | None = None

    @property
    def missing_qty(self) -> int:
        """Units still to be scanned."""
        return sum(line.missing_qty for line in self.lines)

    @property
    def is_labelled_elsewhere(self) -> bool:
        """Whether no label of it is made here, so that nothing of the printer's is waited for."""
        return self.is_foreign or bool(self.why_elsewhere) or self.waybill_state == "none"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one scan or key: `code` is stable and translated by the desk with `facts`.

    Goods that do not belong where they were scanned (item.wrong, goods.nothing_open) come with the fact `owner`: an
    `Owner`, or None where no parcel that is next in turn wants them.

    A code that nobody knows (code.unknown, label.unknown) and that may be a number printed elsewhere, for a parcel
    that has none, comes with `attachable`, the number, and `carriers`, codes of whom it may be from, the likeliest
    first.

    Goods that are kept by batch and do not say theirs (batch.ask: nothing is counted yet) come with the fact
    `batches`: `LineBatch` for each that may be in hand, what the books have chosen first.

    A parcel that opens, takes others in or parts with them comes with the facts `companions`, what could go into the
    same box, and `apart`, what looks as if it could and may not.

    A box that is closed before all is in it (box.added) comes with the fact `one_number`: whether its shop takes one
    number for an order that goes on in the next box.

    Codes: unit.ok, line.ok, parcel.complete, parcel.opened, parcel.taken_over, parcel.shipped, scan.undone,
    weight.ok, weight.skipped, weight.light, weight.heavy (nothing is noted yet: facts grams, expected_g, off_g),
    hand.ok, box.added, box.nothing_to_split, line.withdrawn, weight.impossible,
    parcel.parked, parcel.waits (its goods have not come), unit.damaged, unit.not_here,
    slip.not_now (a slip was scanned while another parcel lies open), merge.done,
    merge.nothing, merge.undone, merge.nothing_to_part,
    note.changed (a note was changed after packing began: read it and scan the label again),
    nothing.to_pack, nothing.to_undo, code.unknown, item.wrong, item.too_many,
    goods.nothing_open (goods were scanned before any parcel was opened),
    label.wrong, label.not_now (another parcel's label while goods of this one are missing), label.unknown,
    label.voided, parcel.taken, parcel.lost, parcel.held,
    parcel.recalled (the order was changed: it comes back as another parcel with another number),
    parcel.shipped_before, parcel.incomplete, line.refunded, waybill.failed,
    label.other_box (printed elsewhere for a further box of an order), number.attached, number.taken_off,
    number.none_to_take_off, number.impossible, number.there_already (the parcel has a number),
    number.elsewhere (another parcel carries it, or it was ours and is called off),
    knowledge.ask (nothing is done or written yet: the shop is to be asked first), knowledge.old (it did not answer),
    parcel.shipped_on_old (it did not answer, and the parcel left all the same),
    rush.packed (the goods opened, filled and closed the next parcel of a rush: its label comes), rush.none_left
    (these goods are done in it), rush.not_inside (they are not in it), rush.carton (a carton's code, where one unit
    is wanted), rush.label_first (the label of the parcel on the desk is not on paper yet: no second one is taken),
    batch.ask, batch.unknown (no such batch of these goods is in the books), batch.not_free (the packed batch is
    promised to others), batch.blocked, batch.expired, batch.short_life (it ends too soon for the order's shop).
    """

    code: str
    tone: Tone
    parcel: ParcelView | None = None
    line_id: int | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Owner:
    """The parcel that waits for goods somebody has in hand.

    Attributes:
        order_no: one of its orders, the one that wants them.
        opened_by: the desk at which it lies open, empty where it waits.
        wave_seq: its place in the wave that is being packed here, None where it is in no wave or another.
    """

    parcel_id: int
    fence: int
    order_no: str
    opened_by: str
    opened_at: datetime | None
    wave_seq: int | None
    wave_total: int


class Together(StrEnum):
    """By whose word two parcels have one receiver."""

    #: the same clear address of the same customer
    ADDRESS = "address"
    #: the platform gives both orders the same key
    KEY = "key"
    #: the platform was asked
    ASKED = "asked"


class Apart(StrEnum):
    """Why two parcels of one buyer whose receivers are masked stay two."""

    #: the platform says that they go to two receivers
    DIFFERS = "differs"
    #: it has said nothing, or is being asked at this moment
    UNSAID = "unsaid"
    #: it was asked and did not answer, or has answered too long ago
    SILENT = "silent"
    #: what one platform says counts in that shop alone
    OTHER_SHOP = "other_shop"


@dataclass(frozen=True, slots=True)
class Companion:
    """A parcel for the same receiver that waits untouched and could go into the same box.

    `said_at`: when the platform last said so; None where nobody had to ask.
    """

    parcel_id: int
    fence: int
    order_nos: tuple[str, ...]
    why: Together = Together.ADDRESS
    said_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A parcel of the same buyer that waits untouched and may not go into the same box."""

    parcel_id: int
    order_nos: tuple[str, ...]
    why: Apart


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What else waits for the buyer of an open parcel."""

    companions: tuple[Companion, ...] = ()
    apart: tuple[Lookalike, ...] = ()


@dataclass(frozen=True, slots=True)
class MissingRow:
    """Units of one SKU that a parcel still lacks."""

    sku_id: int
    sku_code: str
    name: str
    qty: int


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A parcel that was set aside, as its slip and the list say it; nothing personal.

    Attributes:
        slip: what the slip's bars hold; scanned, it opens the parcel again.
        reason: of the desk's exceptions: short, damaged, address, ...
        can_go_on: what it waited for has come.
    """

    parcel_id: int
    slip: str
    order_nos: tuple[str, ...]
    reason: str
    at: datetime
    operator: str
    desk: str
    missing: tuple[MissingRow, ...]
    can_go_on: bool


@dataclass(frozen=True, slots=True)
class ShippedRow:
    """One line of "just now": parcels that left this desk."""

    parcel_id: int
    waybill_no: str
    shipped_at: datetime


@dataclass(frozen=True, slots=True)
class WaveView:
    """A wave as the desk lists it."""

    id: int
    code: str
    #: batch | scan_to_print | single_item
    way: str
    parcel_count: int
    open_count: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PickRow:
    """One SKU of a pick list: so many units for so many parcels of the wave.

    Attributes:
        name: the short one where there is one.
        bin: where it lies, empty where nobody has said.
        places: (place in the wave, units) of each parcel that wants it, where they were asked for.
    """

    sku_id: int
    sku_code: str
    name: str
    spec: str
    qty: int
    parcel_count: int
    bin: str = ""
    picture: str = ""
    places: tuple[tuple[int, int], ...] = ()
