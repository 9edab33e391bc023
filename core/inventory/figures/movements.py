"""Movements as parts of a number, each with the order or the document that made it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from core.db.sets import id_set, packed_ids
from core.inventory.documents.models import Document, DocumentLine, DocumentMovement
from core.inventory.figures.records import Part
from core.inventory.models import Movement
from core.orders.models import SHOWN_NO, Order, OrderLine

_DOCUMENTS = (
    select(DocumentMovement.movement_id, Document.id, Document.number)
    .join(DocumentLine, DocumentLine.id == DocumentMovement.line_id)
    .join(Document, Document.id == DocumentLine.document_id)
    .where(DocumentMovement.movement_id.in_(id_set("ids")))
)
_ORDERS = (
    select(OrderLine.id.label("line_id"), Order.id, SHOWN_NO)
    .join(Order, Order.id == OrderLine.order_id)
    .where(OrderLine.id.in_(id_set("line_ids")))
)


def moved_by_kind(connection: Connection, level_id: int) -> Mapping[str, int]:
    """Units that came and went, by kind of movement: together they are what is on hand."""
    query = select(Movement.kind, func.sum(Movement.qty)).where(Movement.level_id == level_id).group_by(Movement.kind)
    return {kind: int(qty) for kind, qty in connection.execute(query)}


def movement_parts(
    connection: Connection, level_ids: Sequence[int], kind: str, after: tuple[Any, ...] | None, limit: int
) -> tuple[Sequence[Part], tuple[Any, ...] | None]:
    """A page of the movements of a kind, the newest first."""
    query = (
        select(*Movement.__table__.c)
        .where(Movement.level_id.in_(id_set("level_ids")), Movement.kind == kind)
        .order_by(Movement.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(Movement.id < after[0])
    found: Sequence[Any] = connection.execute(query, {"level_ids": packed_ids(level_ids)}).all()
    rows = found[:limit]
    ids = {"ids": packed_ids([row.id for row in rows])}
    documents = {one.movement_id: (one.id, one.number) for one in connection.execute(_DOCUMENTS, ids)}
    lines = {row.id: line for row in rows if (line := _line_of(row)) is not None}
    line_ids = {"line_ids": packed_ids(set(lines.values()))}
    orders = {one.line_id: (one.id, one.order_no) for one in connection.execute(_ORDERS, line_ids)}
    nothing: tuple[int | None, str] = (None, "")
    parts = []
    for row in rows:
        document_id, document_no = documents.get(row.id, nothing)
        order_id, order_no = orders.get(lines.get(row.id, 0), nothing)
        parts.append(
            Part(
                kind,
                row.qty,
                at=row.at,
                by=row.operator,
                reason=row.reason,
                order_id=order_id,
                order_no=order_no,
                document_id=document_id,
                document_no=document_no or ("" if order_id else row.reference),
            )
        )
    return parts, ((rows[-1].id,) if len(found) > limit else None)


def _line_of(row: Any) -> int | None:
    """The order line that a sale, or its undoing, was booked for: the ledger's keys and references name it."""
    if row.key.startswith("sale:"):
        line = row.key.rsplit(":", 2)[1]
    elif row.reference.startswith("line:"):
        line = row.reference.removeprefix("line:")
    else:
        return None
    return int(line) if line.isdigit() else None
