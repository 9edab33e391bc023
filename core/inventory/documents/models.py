"""Tables of the documents, and the guard that keeps movements as they were written."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import DDL, JSON, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, event, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId
from core.inventory.models import Movement


class Document(Base):
    """One act on stock, from draft to done. A done document is never changed; a counter-document takes it back."""

    __tablename__ = "document"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: readable: kind, day in China, place in the day
    number: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    #: `date.toordinal()` of the day it was begun, and which of its kind it is on that day
    day: Mapped[int]
    seq: Mapped[int]
    #: where it happens; of a transfer, where goods leave
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("warehouse.id"))
    #: where a transfer goes
    to_warehouse_id: Mapped[int | None] = mapped_column(ForeignKey("warehouse.id"))
    supplier: Mapped[str] = mapped_column(Text, default="")
    #: the other side's number: delivery note, return label
    reference: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(Text, default="")
    #: `date.toordinal()` of the day goods are expected
    expected_day: Mapped[int | None]
    #: what it follows from: the purchase of a receipt, the receipt of a putaway, the transfer of a difference
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"), index=True)
    #: which document this one takes back; once
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"), unique=True)
    #: whose goods come back
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    author: Mapped[str] = mapped_column(Text)
    #: ids of everybody who made or changed it: none of them is the second pair of eyes
    hands: Mapped[list[Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    #: rises with every change: whoever saves says which one they saw
    version: Mapped[int] = mapped_column(default=1)
    __table_args__ = (
        UniqueConstraint("kind", "day", "seq"),
        Index("ix_document_kind_state_id", "kind", "state", "id"),
        Index(
            "ix_document_order_id",
            "order_id",
            sqlite_where=text("order_id IS NOT NULL"),
            postgresql_where=text("order_id IS NOT NULL"),
        ),
    )


class DocumentLine(Base):
    """Goods of a document. What the quantities mean depends on the kind; see `states.DocKind`."""

    __tablename__ = "document_line"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    line_no: Mapped[int]
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"))
    batch: Mapped[str] = mapped_column(Text, default="")
    #: first and last day of the batch as `date.toordinal()` counts them
    made_day: Mapped[int | None]
    expires_day: Mapped[int | None]
    #: what is wanted: ordered, expected, sent, announced; an adjustment and a counter-document may be below zero
    qty: Mapped[int]
    #: what became of it: received, arrived, put away, found good
    done_qty: Mapped[int] = mapped_column(default=0)
    #: found bad
    bad_qty: Mapped[int] = mapped_column(default=0)
    #: units still on their way or waiting to be looked at; they are in no level
    pending_qty: Mapped[int] = mapped_column(default=0)
    unit_cost_fen: Mapped[int | None]
    bin: Mapped[str] = mapped_column(Text, default="")
    #: the line it follows from
    source_line_id: Mapped[int | None] = mapped_column(ForeignKey("document_line.id"))
    __table_args__ = (
        UniqueConstraint("document_id", "line_no"),
        CheckConstraint("done_qty >= 0", name="done_not_negative"),
        CheckConstraint("bad_qty >= 0", name="bad_not_negative"),
        CheckConstraint("pending_qty >= 0", name="pending_not_negative"),
        Index("ix_document_line_sku_id_id", "sku_id", "id"),
        # Only what is open, so that a page of goods asks for few rows whatever the years have brought.
        Index(
            "ix_document_line_pending",
            "sku_id",
            sqlite_where=text("pending_qty > 0"),
            postgresql_where=text("pending_qty > 0"),
        ),
    )


class DocumentMovement(Base):
    """Which line of a document made a movement: the way from a document to its movements, and back."""

    __tablename__ = "document_movement"
    movement_id: Mapped[int] = mapped_column(ForeignKey("movement.id"), primary_key=True, autoincrement=False)
    line_id: Mapped[int] = mapped_column(ForeignKey("document_line.id"), index=True)


#: what keeps movements as they were written, whoever writes the SQL; the migration runs the same words
MOVEMENT_GUARD: Final = {
    "sqlite": (
        "CREATE TRIGGER movement_no_update BEFORE UPDATE ON movement "
        "BEGIN SELECT RAISE(ABORT, 'movements are append-only'); END",
        "CREATE TRIGGER movement_no_delete BEFORE DELETE ON movement "
        "BEGIN SELECT RAISE(ABORT, 'movements are append-only'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION movement_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'movements are append-only' USING ERRCODE = 'restrict_violation'; END $$",
        "CREATE TRIGGER movement_no_change BEFORE UPDATE OR DELETE ON movement "
        "FOR EACH ROW EXECUTE FUNCTION movement_is_append_only()",
    ),
}

for _dialect, _statements in MOVEMENT_GUARD.items():
    for _statement in _statements:
        event.listen(
            Movement.__table__,
            "after_create",
            DDL(_statement).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]
        )
