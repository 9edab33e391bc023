"""Tables of the stock: movements are the truth, levels are caches changed in the same transaction."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId

#: goods that are here and end some day, in the words of the index of them
HAS_ENDING = "on_hand_qty > 0 AND expires_day IS NOT NULL"


class Warehouse(Base):
    """A place that stocks and ships."""

    __tablename__ = "warehouse"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)


class Batch(Base):
    """One batch (批次) of a SKU: the truth about its days and whether it may be promised; levels follow it.

    Days are counted as `date.toordinal()` does, by the calendar of China.
    """

    __tablename__ = "batch"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"))
    code: Mapped[str] = mapped_column(Text)
    made_day: Mapped[int | None]
    #: last day on which it may be used; None where goods do not expire, or nobody has said when
    expires_day: Mapped[int | None] = mapped_column(index=True)
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    #: recalled or held for its quality: it is promised to nobody and leaves in no parcel
    is_blocked: Mapped[bool] = mapped_column(default=False, server_default=false())
    blocked_why: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        UniqueConstraint("sku_id", "code"),
        CheckConstraint("made_day <= expires_day", name="made_before_it_expires"),
    )


class StockLevel(Base):
    """What one warehouse has of one SKU (and batch). `available = on_hand - reserved - confirmed - quarantined`.

    `allotted_qty` of what is available belongs to shops that cannot ask before they sell (see `quotas`): nobody else
    may be promised it.
    """

    __tablename__ = "stock_level"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("warehouse.id"))
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"))
    batch: Mapped[str] = mapped_column(Text, default="")
    on_hand_qty: Mapped[int] = mapped_column(default=0)
    reserved_qty: Mapped[int] = mapped_column(default=0)
    confirmed_qty: Mapped[int] = mapped_column(default=0)
    quarantined_qty: Mapped[int] = mapped_column(default=0)
    allotted_qty: Mapped[int] = mapped_column(default=0, server_default="0")
    #: last day of the batch as `date.toordinal()` counts them; None where goods do not expire
    expires_day: Mapped[int | None]
    #: the batch may be promised to nobody (see `Batch`)
    is_blocked: Mapped[bool] = mapped_column(default=False, server_default=false())
    __table_args__ = (
        UniqueConstraint("sku_id", "warehouse_id", "batch"),
        CheckConstraint("on_hand_qty >= 0", name="on_hand_not_negative"),
        CheckConstraint("reserved_qty >= 0", name="reserved_not_negative"),
        CheckConstraint("confirmed_qty >= 0", name="confirmed_not_negative"),
        CheckConstraint("quarantined_qty >= 0", name="quarantined_not_negative"),
        CheckConstraint("allotted_qty >= 0", name="allotted_not_negative"),
        CheckConstraint(
            "reserved_qty + confirmed_qty + quarantined_qty + allotted_qty <= on_hand_qty",
            name="promised_within_on_hand",
        ),
        # What ends soon, and what is blocked, is asked for every few seconds.
        Index("ix_stock_level_ends", "expires_day", sqlite_where=text(HAS_ENDING), postgresql_where=text(HAS_ENDING)),
        Index(
            "ix_stock_level_blocked", "sku_id", sqlite_where=text("is_blocked"), postgresql_where=text("is_blocked")
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


class SalePause(Base):
    """A sale that is stopped: of one SKU, or of all where there is none; at one shop, or at all of them."""

    __tablename__ = "sale_pause"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"))
    sku_id: Mapped[int | None] = mapped_column(ForeignKey("sku.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(Text)
    #: who holds it stopped: whoever lets go lifts his own row alone. Empty for a shop's own switch
    cause: Mapped[str] = mapped_column(Text, default="", server_default="")
    #: not stopped, but so many units of each SKU may be sold from `at` on; None where nothing may be sold
    cap_qty: Mapped[int | None]
    #: the newest order when it was capped: only later ones count
    after_order_id: Mapped[int] = mapped_column(BigId, default=0, server_default="0")


class StockAssertion(Base):
    """A count of one level, kept for good: after its movement `movement_id` there were `qty` units.

    `correction_qty` is what the books were moved by because of it. What came and went since then, less the
    correction, leads from `qty` to what has to be there now.
    """

    __tablename__ = "stock_assertion"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime]
    level_id: Mapped[int] = mapped_column(ForeignKey("stock_level.id"))
    #: the level's last movement when it was counted; 0 where there was none
    movement_id: Mapped[int] = mapped_column(BigId)
    #: what the books said after that movement
    book_qty: Mapped[int]
    qty: Mapped[int]
    correction_qty: Mapped[int]
    operator: Mapped[str] = mapped_column(Text)
    #: the count sheet's number; empty where a single place was counted
    reference: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (
        CheckConstraint("qty >= 0", name="qty_not_negative"),
        Index("ix_stock_assertion_level_id_id", "level_id", "id"),
    )
