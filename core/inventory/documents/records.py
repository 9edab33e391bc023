"""What goes into documents and what comes out of them: plain frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.runtime.ids import SkuId, WarehouseId

#: characters of the texts of a document
MOST_TEXT = 200
#: lines of one document; a longer list is several deliveries
MOST_LINES = 2_000


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the lines. Days are `date.toordinal()`."""

    warehouse_id: WarehouseId
    to_warehouse_id: WarehouseId | None = None
    supplier: str = ""
    reference: str = ""
    reason: str = ""
    note: str = ""
    expected_day: int | None = None
    order_id: int | None = None


@dataclass(frozen=True, slots=True)
class LineIn:
    """One line as somebody writes it; for the meaning of the quantities see `states.DocKind`."""

    sku_id: SkuId
    qty: int
    batch: str = ""
    made_day: int | None = None
    expires_day: int | None = None
    unit_cost_fen: int | None = None
    bin: str = ""
    #: only of a receipt: what was counted
    done_qty: int = 0
    source_line_id: int | None = None
    #: the line of the draft that is written anew; None: a further one
    line_id: int | None = None


@dataclass(frozen=True, slots=True)
class Acted:
    """What an act left. `came` names SKUs of which units became free; `is_repeat` says that nothing happened now.

    `follower` is the number of a document that followed from it: a putaway, a difference, a counter-document.
    """

    document_id: int
    number: str
    state: str
    version: int
    came: tuple[SkuId, ...] = ()
    follower: str = ""
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document as lists show it."""

    id: int
    number: str
    kind: str
    state: str
    warehouse_name: str
    to_warehouse_name: str
    supplier: str
    reference: str
    reason: str
    note: str
    expected_day: int | None
    author: str
    created_at: datetime
    version: int
    line_count: int = 0
    qty: int = 0
    done_qty: int = 0
    pending_qty: int = 0


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line as it is read: goods by their names, with the movements that it made."""

    id: int
    line_no: int
    sku_id: SkuId
    code: str
    name: str
    spec: str
    batch: str
    made_day: int | None
    expires_day: int | None
    qty: int
    done_qty: int
    bad_qty: int
    pending_qty: int
    unit_cost_fen: int | None
    bin: str
    source_line_id: int | None
    movement_ids: tuple[int, ...] = ()
    #: where these goods are kept in this warehouse, as far as it is known
    usual_bin: str = ""


@dataclass(frozen=True, slots=True)
class Related:
    """Another document that belongs to this one. `tie`: parent, child, reverses, reversed_by."""

    id: int
    number: str
    kind: str
    state: str
    tie: str


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One step of a document's life."""

    at: datetime
    operator: str
    desk: str
    action: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DocumentDetail:
    """A document with all that belongs to it, of one moment."""

    row: DocumentRow
    warehouse_id: WarehouseId
    to_warehouse_id: WarehouseId | None
    order_id: int | None
    order_no: str
    hands: tuple[int, ...]
    decided_by: str
    lines: tuple[LineRow, ...]
    related: tuple[Related, ...]
    history: tuple[HistoryRow, ...]
