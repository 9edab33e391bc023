"""What the hand-over page is told."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What a scan or "all of them" did: how many stand on the sheet now, and which number was scanned."""

    count: int
    number: str
    is_again: bool = False
    added: int = 1


@dataclass(frozen=True, slots=True)
class CarrierPile:
    """What waits for one carrier.

    Attributes:
        waiting: scanned out and on no sheet.
        intercepted: of those, how many must stay here.
        oldest_at: when the oldest of them was scanned out.
        sheet_id: its open sheet; None where there is none.
        on_sheet: how many stand on that.
    """

    carrier_code: str
    carrier_name: str
    waiting: int
    intercepted: int
    oldest_at: datetime | None
    sheet_id: int | None
    sheet_code: str
    on_sheet: int


@dataclass(frozen=True, slots=True)
class WaitingParcel:
    """One parcel that waits or stands on a sheet; `is_intercepted` where something inside is refunded."""

    parcel_id: int
    number: str
    carrier_name: str
    shop_name: str
    order_id: int
    order_nos: tuple[str, ...]
    shipped_at: datetime
    shipped_by: str
    on_sheet: bool
    is_intercepted: bool


@dataclass(frozen=True, slots=True)
class SheetView:
    """One sheet: open, or as it was signed."""

    id: int
    code: str
    carrier_code: str
    carrier_name: str
    state: str
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str
    courier: str
    parcel_count: int


@dataclass(frozen=True, slots=True)
class SheetSearch:
    """Which signed sheets are wanted: by what was written, else those signed between two moments.

    Attributes:
        text: a sheet's code, or the whole number of a waybill or an order that left with it.
        since, until: the first moment, and the first one after; None where it does not matter.
    """

    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One parcel on a sheet's paper: its number and weight, nothing of who gets it."""

    number: str
    weight_g: int | None


@dataclass(frozen=True, slots=True)
class SheetPaper:
    """A sheet as it is put on paper.

    Attributes:
        state: open | closed.
        shops: whose parcels stand on it.
        desk: where it was begun.
        clerk: who closed it; who prints it, while it is open.
        copy_no: 0 the first time it is printed, then 1, 2 (补打).
    """

    code: str
    carrier_name: str
    state: str
    shops: tuple[str, ...]
    opened_at: datetime
    closed_at: datetime | None
    printed_at: datetime
    desk: str
    clerk: str
    lines: tuple[SheetLine, ...]
    copy_no: int
