"""Tables of the stock: movements are the truth, levels are caches changed in the same transaction."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId


class Warehouse(Base):
    """A place that stocks and ships."""

    __tablename__ = "warehouse"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)


class StockLevel(Base):
    """What one warehouse has of one SKU (and batch). `available = on_hand - reserved - confirmed - quarantined`."""

    __tablename__ = "stock_level"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("warehouse.id"))
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"))
    batch: Mapped[str] = mapped_column(Text, default="")
    on_hand_qty: Mapped[int] = mapped_column(default=0)
    reserved_qty: Mapped[int] = mapped_column(default=0)
    confirmed_qty: Mapped[int] = mapped_column(default=0)
    quarantined_qty: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        UniqueConstraint("sku_id", "warehouse_id", "batch"),
        CheckConstraint("on_hand_qty >= 0", name="on_hand_not_negative"),
        CheckConstraint("reserved_qty >= 0", name="reserved_not_negative"),
        CheckConstraint("confirmed_qty >= 0", name="confirmed_not_negative"),
        CheckConstraint("quarantined_qty >= 0", name="quarantined_not_negative"),
        CheckConstraint(
            "reserved_qty + confirmed_qty + quarantined_qty <= on_hand_qty", name="promised_within_on_hand"
        ),
    )


class Movement(Base):
    """Append-only: goods came or went. `key` makes a repeated act harmless; `qty` is signed."""

    __tablename__ = "movement"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime]
    level_id: Mapped[int] = mapped_column(ForeignKey("stock_level.id"))
    qty: Mapped[int]
    #: receipt | sale | adjustment | count | transfer | return | unbooked_receipt
    kind: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    reference: Mapped[str] = mapped_column(Text, default="")
    operator: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text, unique=True)
    __table_args__ = (
        CheckConstraint("qty <> 0", name="qty_not_zero"),
        Index("ix_movement_level_id_id", "level_id", "id"),
    )


class Reservation(Base):
    """The claim of one order line on one level. A line that found no stock has a `short` row with no level.

    reserved -> confirmed -> consumed, or released, or expired; short -> released. A later try is a new attempt.
    """

    __tablename__ = "reservation"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"))
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"))
    level_id: Mapped[int | None] = mapped_column(ForeignKey("stock_level.id"))
    qty: Mapped[int]
    #: reserved | confirmed | consumed | released | expired | short
    state: Mapped[str] = mapped_column(Text)
    attempt: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("qty >= 1", name="qty_positive"),
        UniqueConstraint("order_line_id", "attempt", "level_id"),
        # Only the few that may expire or wait for goods: an index over all rows would dirty a random page per line.
        Index(
            "ix_reservation_reserved",
            "level_id",
            "expires_at",
            sqlite_where=text("state = 'reserved'"),
            postgresql_where=text("state = 'reserved'"),
        ),
        Index(
            "ix_reservation_short",
            "sku_id",
            "id",
            sqlite_where=text("state = 'short'"),
            postgresql_where=text("state = 'short'"),
        ),
    )
