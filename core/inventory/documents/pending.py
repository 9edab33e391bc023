"""What is in no level: ordered, on the road, waiting for its shelf or for a look. One place answers all of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, Select, func, select, text

from core.db.sets import id_set, packed_ids
from core.inventory.documents.models import Document, DocumentLine
from core.inventory.documents.states import DocKind
from core.runtime.ids import SkuId, WarehouseId

#: kind of document -> what its pending units are
FLOWS: Final[Mapping[str, str]] = MappingProxyType(
    {
        DocKind.PURCHASE: "incoming",
        DocKind.TRANSFER: "in_transit",
        DocKind.PUTAWAY: "to_put_away",
        DocKind.RETURN: "to_inspect",
    }
)


@dataclass(frozen=True, slots=True)
class PendingRow:
    """Units of goods that will be in this warehouse; `flow` is one of the values of `FLOWS`."""

    sku_id: SkuId
    warehouse_id: WarehouseId
    batch: str
    flow: str
    qty: int


@dataclass(frozen=True, slots=True)
class PendingDocument:
    """A document that makes such a number."""

    document_id: int
    number: str
    kind: str
    flow: str
    warehouse_id: WarehouseId
    batch: str
    qty: int
    expected_day: int | None


# The literal condition lets both engines use the partial index; few lines are pending at any time.
_IS_PENDING = text("document_line.pending_qty > 0")
#: where the units will be
_PLACE = func.coalesce(Document.to_warehouse_id, Document.warehouse_id)
_SUMS = (
    select(DocumentLine.sku_id, _PLACE, DocumentLine.batch, Document.kind, func.sum(DocumentLine.pending_qty))
    .join(Document, Document.id == DocumentLine.document_id)
    .where(_IS_PENDING)
    .group_by(DocumentLine.sku_id, _PLACE, DocumentLine.batch, Document.kind)
    .order_by(DocumentLine.sku_id, _PLACE, DocumentLine.batch, Document.kind)
)
_OF_SKUS: Select[*tuple[Any, ...]] = _SUMS.where(DocumentLine.sku_id.in_(id_set("sku_ids")))


def pending(connection: Connection, sku_ids: Iterable[SkuId] | None = None) -> tuple[PendingRow, ...]:
    """Pending units by goods, place, batch and flow; of these SKUs, or of all."""
    if sku_ids is None:
        rows: Sequence[Any] = connection.execute(_SUMS).all()
    else:
        rows = connection.execute(_OF_SKUS, {"sku_ids": packed_ids(sorted(set(sku_ids)))}).all()
    return tuple(PendingRow(sku, place, batch, FLOWS[kind], int(qty)) for sku, place, batch, kind, qty in rows)


def pending_query() -> Select[*tuple[Any, ...]]:
    """The statement behind `pending` for some SKUs, for whoever checks its plan; bind `sku_ids`."""
    return _OF_SKUS


def why_pending(connection: Connection, sku_id: SkuId) -> tuple[PendingDocument, ...]:
    """The documents that make the pending units of one SKU, the one expected first in front."""
    query = (
        select(
            Document.id,
            Document.number,
            Document.kind,
            _PLACE,
            DocumentLine.batch,
            DocumentLine.pending_qty,
            Document.expected_day,
        )
        .join(Document, Document.id == DocumentLine.document_id)
        .where(_IS_PENDING, DocumentLine.sku_id == sku_id)
        .order_by(Document.expected_day.is_(None), Document.expected_day, DocumentLine.id)
    )
    rows: Sequence[Any] = connection.execute(query).all()
    return tuple(
        PendingDocument(document_id, number, kind, FLOWS[kind], place, batch, qty, day)
        for document_id, number, kind, place, batch, qty, day in rows
    )
