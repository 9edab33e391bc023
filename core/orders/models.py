"""Tables of orders: four small states instead of one giant one, the raw copy aside."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, Label, Text, UniqueConstraint, false, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId, Personal, PersonalBytes


class Order(Base):
    """Our order (系统单): one per platform order; parcels tie orders together."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    #: by what the platform is asked for it
    order_no: Mapped[str] = mapped_column(Text)
    #: what people see and say, None where it is the same: see `core.orders.numbers`
    display_no: Mapped[str | None] = mapped_column(Text)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    consignee_id: Mapped[int] = mapped_column(ForeignKey("consignee.id"))
    #: normal | presale | custom | cross_border | reship
    order_type: Mapped[str] = mapped_column(Text)
    payment: Mapped[str] = mapped_column(Text)
    fulfilment: Mapped[str] = mapped_column(Text)
    after_sale: Mapped[str] = mapped_column(Text)
    channel_status: Mapped[str] = mapped_column(Text)
    #: reason code of the most pressing open hold, empty when nothing stops the order
    hold_reason: Mapped[str] = mapped_column(Text, default="")
    channel_version: Mapped[int]
    modified_at: Mapped[datetime]
    #: when the platform last told us this state: the age of our knowledge
    seen_at: Mapped[datetime]
    placed_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    ship_by_at: Mapped[datetime | None]
    not_before_at: Mapped[datetime | None]
    shipped_at: Mapped[datetime | None]
    amount_fen: Mapped[int]
    freight_fen: Mapped[int]
    buyer_note: Mapped[str] = mapped_column(Personal("orders.buyer_note"))
    seller_note: Mapped[str] = mapped_column(Personal("orders.seller_note"))
    #: as `core.channels.shop_contract.Flag`; blank is none
    seller_flag: Mapped[str] = mapped_column(Text, default="", server_default="")
    #: paid to the courier at the door
    is_cod: Mapped[bool] = mapped_column(default=False, server_default=false())
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("warehouse.id"))
    __table_args__ = (
        UniqueConstraint("shop_id", "order_no"),
        # Each state has one growing end, so that the index stays cheap while orders move through it.
        Index("ix_orders_fulfilment_id", "fulfilment", "id"),
        Index(
            "ix_orders_held",
            "hold_reason",
            "id",
            sqlite_where=text("hold_reason <> ''"),
            postgresql_where=text("hold_reason <> ''"),
        ),
        Index("ix_orders_customer_id_id", "customer_id", "id"),
        Index(
            "ix_orders_display_no",
            "shop_id",
            "display_no",
            sqlite_where=text("display_no IS NOT NULL"),
            postgresql_where=text("display_no IS NOT NULL"),
            postgresql_ops={"display_no": "text_pattern_ops"},
        ),
        # What was sold on a day; of some orders nobody ever says when they were paid.
        Index(
            "ix_orders_paid_at",
            "paid_at",
            sqlite_where=text("paid_at IS NOT NULL"),
            postgresql_where=text("paid_at IS NOT NULL"),
        ),
        Index(
            "ix_orders_placed_at",
            "placed_at",
            sqlite_where=text("paid_at IS NULL"),
            postgresql_where=text("paid_at IS NULL"),
        ),
    )


#: what to select where people read an order's number; its name in the row is `order_no`
SHOWN_NO: Final[Label[str]] = func.coalesce(Order.display_no, Order.order_no, type_=Text).label("order_no")


class OrderLine(Base):
    """One SKU and quantity of an order. A bundle's platform line becomes one row per component."""

    __tablename__ = "order_line"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    line_no: Mapped[str] = mapped_column(Text)
    #: the listing it was bought from: another one under the same line number is another purchase
    item_id: Mapped[str] = mapped_column(Text, default="")
    channel_sku_id: Mapped[str] = mapped_column(Text, default="")
    #: None until the listing is matched
    sku_id: Mapped[int | None] = mapped_column(ForeignKey("sku.id"))
    #: the bundle this row came out of
    bundle_sku_id: Mapped[int | None] = mapped_column(ForeignKey("sku.id"))
    title: Mapped[str] = mapped_column(Text)
    spec: Mapped[str] = mapped_column(Text)
    #: units of the SKU: for a bundle the component's units
    qty: Mapped[int]
    #: what the platform counts on its line
    channel_qty: Mapped[int]
    unit_price_fen: Mapped[int]
    is_gift: Mapped[bool]
    #: none | requested | refunded
    after_sale: Mapped[str] = mapped_column(Text)
    #: False once the platform replaced the line; movements and parcels may still refer to it
    is_current: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (
        CheckConstraint("qty >= 1", name="qty_positive"),
        Index("ix_order_line_order_id", "order_id"),
    )


class ChannelCopy(Base):
    """The newest reply of the platform for an order, verbatim, compressed and encrypted with the personal data."""

    __tablename__ = "channel_copy"
    order_id: Mapped[int] = mapped_column(BigId, ForeignKey("orders.id"), primary_key=True, autoincrement=False)
    received_at: Mapped[datetime]
    body: Mapped[bytes] = mapped_column(PersonalBytes("channel_copy.body"))


class NoteWish(Base):
    """The newest seller's note and flag that somebody here wrote on an order; what the platform says stands there.

    The row stays when the shop has heard it, empty: its number names deliveries, and none may come twice.
    """

    __tablename__ = "note_wish"
    order_id: Mapped[int] = mapped_column(BigId, ForeignKey("orders.id"), primary_key=True, autoincrement=False)
    #: rises with each note, so that an older delivery sees that it is superseded
    number: Mapped[int]
    #: as `core.orders.noting.NoteState`
    state: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Personal("note_wish.text"))
    flag: Mapped[str] = mapped_column(Text)
    #: what stood at the platform when the clerk wrote, and was seen by them
    base_text: Mapped[str] = mapped_column(Personal("note_wish.base_text"))
    base_flag: Mapped[str] = mapped_column(Text)
    #: what the platform may have of ours: the last that a call carried, whatever became of it
    was_sent: Mapped[bool] = mapped_column(default=False, server_default=false())
    sent_text: Mapped[str] = mapped_column(Personal("note_wish.sent_text"), default="", server_default="")
    sent_flag: Mapped[str] = mapped_column(Text, default="", server_default="")
    written_at: Mapped[datetime]
    written_by: Mapped[str] = mapped_column(Text)


class Hold(Base):
    """Something stops an order's fulfilment (挂起), with a reason code; several may stand at once."""

    __tablename__ = "hold"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Personal("hold.note"), default="")
    placed_at: Mapped[datetime]
    placed_by: Mapped[str] = mapped_column(Text)
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        Index(
            "uq_hold_open",
            "order_id",
            "reason",
            unique=True,
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
    )


class PlatformParcel(Base):
    """What a platform tells of a parcel that nobody here has made: part of its order goes, or went, in it.

    One row per line of the platform inside; a single one with a blank line number where it does not say what is.
    """

    __tablename__ = "platform_parcel"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    waybill_no: Mapped[str] = mapped_column(Text)
    carrier_code: Mapped[str] = mapped_column(Text)
    line_no: Mapped[str] = mapped_column(Text)
    #: as the platform counts its line; 0 where it does not say
    qty: Mapped[int]
    told_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("order_id", "waybill_no", "line_no"),)


class SentElsewhere(Base):
    """So many units of a line that somebody else has sent, as a person said: they are never packed here again."""

    __tablename__ = "sent_elsewhere"
    order_line_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("order_line.id"), primary_key=True, autoincrement=False
    )
    #: whether they came off our shelf: then they have left the books, else they are free for others
    left_our_shelf: Mapped[bool] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    qty: Mapped[int]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(Text)
    __table_args__ = (CheckConstraint("qty >= 1", name="qty_positive"),)


class MergeWord(Base):
    """What the platform says of who else receives what an order's masked receiver does; nothing without a row.

    It is about one receiver: for an order that goes to another one since, it is no word at all.
    """

    __tablename__ = "merge_word"
    order_id: Mapped[int] = mapped_column(BigId, ForeignKey("orders.id"), primary_key=True, autoincrement=False)
    consignee_id: Mapped[int] = mapped_column(ForeignKey("consignee.id"))
    #: keyed digest of the platform's own key, or the mark of the group it answered with; blank: it did not answer
    word: Mapped[str] = mapped_column(Text)
    #: it was asked, so that its word grows old; a key comes with each copy of the order
    is_asked: Mapped[bool]
    at: Mapped[datetime]
