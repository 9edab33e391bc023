"""What goes into counting and what comes out of it: plain frozen values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.runtime.first_of import FirstOf

#: what a sheet may be about
SCOPES = ("warehouse", "zones", "bins", "skus")


@dataclass(frozen=True, slots=True)
class Scope:
    """What is to be counted: `warehouse`, or the zones, bins or SKU ids of `values`."""

    kind: str = "warehouse"
    values: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """What the books say of one place at one moment.

    `movement_id` is the level's last movement (0: none), `book_qty` what is on hand after it, `away_qty` how many of
    those units stand in boxes on the desks, verified and not shipped: they are not where they live.
    """

    movement_id: int
    book_qty: int
    away_qty: int

    @property
    def shelf_qty(self) -> int:
        """What has to be in the place."""
        return self.book_qty - self.away_qty


@dataclass(frozen=True, slots=True)
class Scanned:
    """What one scan of somebody who counts did.

    Attributes:
        kind: `goods`, `find` (nothing of it is on the sheet), `bin`, `undo`, `zero`.
        bin: where it was scanned.
        qty: units of this scan; below zero when it took some back.
        line_qty: units of this line in this pass now.
        home: the place where a find lives, as far as one is known.
        pass_id, pass_number: the way through the place; number 2 and more is a recount.
        other: who counted this place before, or counts it now.
        is_repeat: this very scan had been stored before.
    """

    kind: str
    scan_id: int = 0
    line_id: int | None = None
    sku_id: int | None = None
    code: str = ""
    name: str = ""
    spec: str = ""
    picture: str = ""
    batch: str = ""
    bin: str = ""
    raw: str = field(default="", repr=False)
    qty: int = 0
    line_qty: int = 0
    home: str = ""
    pass_id: int = 0
    pass_number: int = 1
    other: str = ""
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A sheet in the list. The counts are lines."""

    id: int
    number: str
    state: str
    warehouse_id: int
    warehouse_name: str
    scope: Scope
    is_blind: bool
    is_filled: bool
    note: str
    author: str
    created_at: datetime
    submitted_by: str = ""
    ended_at: datetime | None = None
    lines: int = 0
    counted: int = 0
    differing: int = 0
    settled: int = 0
    counters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One bin of a sheet: how much of it is counted, and by whom."""

    bin: str
    lines: int
    counted: int
    #: who is there now
    counters: tuple[str, ...] = ()
    passes: int = 0


@dataclass(frozen=True, slots=True)
class ScanRow:
    """One of the last scans."""

    id: int
    at: datetime
    kind: str
    code: str
    name: str
    bin: str
    qty: int
    is_undone: bool


@dataclass(frozen=True, slots=True)
class CountView:
    """What somebody who counts sees: the sheet, their place, what is left in it, the last scans."""

    sheet: SheetRow
    places: FirstOf[PlaceRow]
    pass_id: int = 0
    bin: str = ""
    pass_number: int = 1
    scans: tuple[ScanRow, ...] = ()
    left_here: int = 0


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of a sheet with its figures.

    `shelf_qty` is what had to be in the place when it was counted (None: blind, or not counted yet).
    """

    id: int
    sku_id: int
    code: str
    name: str
    spec: str
    batch: str
    bin: str
    state: str
    is_extra: bool
    counted_qty: int | None
    shelf_qty: int | None
    book_qty: int | None
    away_qty: int | None
    counted_at: datetime | None
    moved_qty: int
    is_disputed: bool
    round: int
    reason: str
    booked_qty: int | None
    settled_by: str
    counters: tuple[str, ...] = ()

    @property
    def difference_qty(self) -> int | None:
        """Counted less what had to be there; None while either is not known."""
        if self.counted_qty is None or self.shelf_qty is None:
            return None
        return self.counted_qty - self.shelf_qty


@dataclass(frozen=True, slots=True)
class MovedRow:
    """A movement around a count; `is_since` says that it came after."""

    at: datetime
    qty: int
    kind: str
    reason: str
    reference: str
    operator: str
    is_since: bool


@dataclass(frozen=True, slots=True)
class BoxRow:
    """An order whose box holds, or may hold, units of what was counted."""

    order_no: str
    parcel_id: int
    #: in the box already, seen by the scanner
    seen_qty: int
    #: still to come: perhaps picked from the shelf already
    to_come_qty: int


@dataclass(frozen=True, slots=True)
class TallyRow:
    """One person's count of a line in one place."""

    bin: str
    number: int
    counter: str
    qty: int
    shelf_qty: int
    first_at: datetime
    at: datetime
    is_replaced: bool
    is_effective: bool


@dataclass(frozen=True, slots=True)
class LineStory:
    """What explains a difference: both sides of the moment of counting."""

    line: LineRow
    tallies: tuple[TallyRow, ...]
    movements: tuple[MovedRow, ...]
    boxes: tuple[BoxRow, ...]
    #: on hand now
    now_qty: int
    #: came and went since the count
    since_qty: int


@dataclass(frozen=True, slots=True)
class ShortRow:
    """An order that lacks units because of a count; the first gave way first."""

    order_id: int
    order_no: str
    sku_code: str
    ship_by_at: datetime | None
    short_qty: int
    still_qty: int


@dataclass(frozen=True, slots=True)
class FindRow:
    """What was scanned and is not on the sheet."""

    raw: str = field(repr=False)
    sku_id: int | None
    code: str
    name: str
    bin: str
    home: str
    qty: int
    counter: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a counted line: `book`, `keep` or `recount`, and why."""

    line_id: int
    verdict: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a round of decisions did."""

    booked: int = 0
    kept: int = 0
    recounts: int = 0
    is_done: bool = False
    short: Sequence[ShortRow] = ()
    #: goods of which there are more than before
    grown: tuple[int, ...] = ()
    served_count: int = 0
    ready_slips: tuple[str, ...] = ()
