"""What the page of cases shows; frozen."""

from dataclasses import dataclass
from datetime import datetime

from core.aftersale.states import NextStep
from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What is listed: one of `core.aftersale.states.PILES`, or whatever has this number."""

    pile: str = "to_answer"
    search: str = ""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case in the list."""

    id: int
    case_no: str
    order_no: str
    shop_name: str
    kind: AfterSaleKind
    state: AfterSaleState
    refund_fen: int
    requested_at: datetime
    answer_by_at: datetime | None
    return_waybill_no: str


@dataclass(frozen=True, slots=True)
class CasePage:
    """Rows, and the id of the case after which the next page begins (None at the end)."""

    rows: tuple[CaseRow, ...]
    next_after: int | None


@dataclass(frozen=True, slots=True)
class CaseLine:
    """What a case is about; `title` is empty where the order is not here or has no such line (any more)."""

    line_no: str
    title: str
    spec: str
    units: int


@dataclass(frozen=True, slots=True)
class CaseOrder:
    """Its order, where it is in the centre."""

    id: int
    fulfilment: str
    hold_reason: str
    amount_fen: int
    shipped_at: datetime | None


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """Everything about one case.

    Attributes:
        channel_state: the platform's own word.
        reason: in the buyer's or the platform's words; foreign text, blank once the buyer was erased.
        has_left: the goods went out, as we know it or else as the platform says.
        lines: what it is about; empty where it is the whole order or the platform does not say.
        order: None where the order is not in the centre.
        next: what to do.
    """

    row: CaseRow
    channel_state: str
    modified_at: datetime
    return_carrier: str
    reason: str
    has_left: bool
    lines: tuple[CaseLine, ...]
    order: CaseOrder | None
    next: NextStep


@dataclass(frozen=True, slots=True)
class UnreadShop:
    """A shop whose cases cannot be read; `error` is foreign text."""

    name: str
    since: datetime
    error: str
