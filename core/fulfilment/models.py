"""Tables of the way from order to courier."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId, Personal
from core.fulfilment.states import AWAITS_COURIER, IS_OPEN, IS_REST


class Wave(Base):
    """A batch of parcels worked together; `way` is batch, scan_to_print or single_item."""

    __tablename__ = "wave"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    way: Mapped[str] = mapped_column(Text)
    #: the desk that started it: its printer gets the labels
    desk: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    parcel_count: Mapped[int] = mapped_column(default=0)
    #: what it was chosen by (`choosing.KINDS`), and which one of them in the clerk's words: a carrier, a zone
    kind: Mapped[str] = mapped_column(Text, default="due", server_default="due")
    about: Mapped[str] = mapped_column(Text, default="", server_default="")


class Parcel(Base):
    """One physical box for one consignee. It may hold several orders; an order may need several parcels.

    to_pack -> packing (opened at a desk) -> packed -> shipped; or cancelled.
    """

    __tablename__ = "parcel"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("warehouse.id"))
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    consignee_id: Mapped[int] = mapped_column(ForeignKey("consignee.id"))
    carrier_code: Mapped[str] = mapped_column(Text)
    wave_id: Mapped[int | None] = mapped_column(ForeignKey("wave.id"), index=True)
    #: place in the wave, given at its making so that reprints keep it
    wave_seq: Mapped[int | None]
    box_no: Mapped[int] = mapped_column(default=1)
    box_count: Mapped[int] = mapped_column(default=1)
    weight_g: Mapped[int | None]
    ship_by_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(Text, default="")
    opened_at: Mapped[datetime | None]
    #: rises with each opening: a desk that lost the parcel cannot write to it any more
    fence: Mapped[int] = mapped_column(default=0)
    packed_at: Mapped[datetime | None]
    shipped_at: Mapped[datetime | None]
    shipped_by: Mapped[str] = mapped_column(Text, default="")
    #: the notes of an order in it were changed after its paper or its box was begun, and no packer has seen that yet
    note_changed_at: Mapped[datetime | None]
    #: scanned out and still here: until a hand-over takes it, or somebody pulls it out
    awaits_courier: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: the sheet it stands on
    handover_id: Mapped[int | None] = mapped_column(index=True)
    __table_args__ = (
        Index(
            "ix_parcel_open",
            "state",
            "wave_id",
            "wave_seq",
            "ship_by_at",
            "id",
            sqlite_where=text(IS_OPEN),
            postgresql_where=text(IS_OPEN),
        ),
        Index("ix_parcel_rest", "id", sqlite_where=text(IS_REST), postgresql_where=text(IS_REST)),
        Index("ix_parcel_shipped_at", "shipped_at"),
        Index(
            "ix_parcel_awaits_courier",
            "carrier_code",
            "id",
            sqlite_where=text(AWAITS_COURIER),
            postgresql_where=text(AWAITS_COURIER),
        ),
    )


class Handover(Base):
    """One sheet of the courier's hand-over (交接单): which parcels of a carrier were given away together.

    open -> closed; nothing changes on a closed one.
    """

    __tablename__ = "handover"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    carrier_code: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(Text)
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(Text, default="")
    parcel_count: Mapped[int] = mapped_column(default=0)
    #: what the courier counted
    counted: Mapped[int | None]
    #: who signed
    courier: Mapped[str] = mapped_column(Personal("handover.courier"), default="")


class ParcelLine(Base):
    """So many units of one order line in one parcel, and how many the scanner has seen."""

    __tablename__ = "parcel_line"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"))
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"))
    qty: Mapped[int]
    verified_qty: Mapped[int] = mapped_column(default=0)
    #: True where a person confirmed units by key instead of a scan
    is_confirmed_by_hand: Mapped[bool] = mapped_column(default=False)
    #: True where the line was taken out again (refunded while packing)
    is_withdrawn: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (
        UniqueConstraint("parcel_id", "order_line_id"),
        CheckConstraint("qty >= 1", name="qty_positive"),
        CheckConstraint("verified_qty >= 0 AND verified_qty <= qty", name="verified_within_qty"),
    )


class PackedBatch(Base):
    """So many units of one batch in one line of a parcel, as the goods' own code or the clerk named it."""

    __tablename__ = "packed_batch"
    parcel_line_id: Mapped[int] = mapped_column(BigId, ForeignKey("parcel_line.id"), primary_key=True)
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"), primary_key=True, index=True)
    #: scan (the goods' code named the batch) | key (a person did)
    how: Mapped[str] = mapped_column(Text, primary_key=True)
    qty: Mapped[int]
    __table_args__ = (CheckConstraint("qty >= 0", name="qty_not_negative"),)


class Scan(Base):
    """Every scan the desk made, with its nonce: the same nonce again is the same answer, not a second act."""

    __tablename__ = "scan"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    nonce: Mapped[str] = mapped_column(Text, unique=True)
    at: Mapped[datetime]
    desk: Mapped[str] = mapped_column(Text)
    operator: Mapped[str] = mapped_column(Text)
    parcel_id: Mapped[int | None] = mapped_column(ForeignKey("parcel.id"), index=True)
    parcel_line_id: Mapped[int | None] = mapped_column(ForeignKey("parcel_line.id"))
    #: goods | hand | label | undo | weigh | rush | ...
    kind: Mapped[str] = mapped_column(Text)
    #: whatever was under the scanner: a letter's QR code holds an address
    raw: Mapped[str] = mapped_column(Personal("scan.raw"))
    qty: Mapped[int] = mapped_column(default=0)
    #: the batch it counted, where one was named
    batch_id: Mapped[int | None]
    verdict: Mapped[str] = mapped_column(Text)
    is_undone: Mapped[bool] = mapped_column(default=False)
