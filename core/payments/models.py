"""Tables of payments: gateways of own malls, what they were asked, and what their daily bills say."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId, Personal


class PaymentGateway(Base):
    """Where buyers of a shop of one's own pay: one merchant account of one kind."""

    __tablename__ = "payment_gateway"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    #: wechat | alipay
    kind: Mapped[str] = mapped_column(Text)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: private key and whatever else opens the account, as JSON
    secret: Mapped[str] = mapped_column(Personal("payment_gateway.secret"))
    #: how the mall makes the payment number: `{order_no}` with whatever stands before and behind it
    template: Mapped[str] = mapped_column(Text)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    last_good_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    last_error_at: Mapped[datetime | None]
    __table_args__ = (UniqueConstraint("shop_id", "kind"),)


class PaymentQuestion(Base):
    """An unpaid order about which a gateway is asked, and what it said last."""

    __tablename__ = "payment_question"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    gateway_id: Mapped[int] = mapped_column(ForeignKey("payment_gateway.id"))
    #: waiting | settled (nothing is left to ask) | paid | late (paid, and closed meanwhile) | differs | refunded
    state: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    #: one of `contract.TradeState`, empty before the first answer
    found: Mapped[str] = mapped_column(Text, default="")
    amount_fen: Mapped[int | None]
    transaction_no: Mapped[str] = mapped_column(Text, default="")
    last_error: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (
        UniqueConstraint("order_id", "gateway_id"),
        Index(
            "ix_payment_question_waiting",
            "gateway_id",
            "next_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        # Almost every question ends without a finding.
        Index(
            "ix_payment_question_found",
            "state",
            "asked_at",
            sqlite_where=text("state <> 'waiting' AND state <> 'settled'"),
            postgresql_where=text("state <> 'waiting' AND state <> 'settled'"),
        ),
    )


class PaymentBill(Base):
    """One day of one shop, compared over all its gateways."""

    __tablename__ = "payment_bill"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    #: China's day as `date.toordinal()` counts it
    day: Mapped[int]
    #: waiting | compared
    state: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    fetched_at: Mapped[datetime | None]
    rows: Mapped[int] = mapped_column(default=0)
    paid_fen: Mapped[int] = mapped_column(default=0)
    refunded_fen: Mapped[int] = mapped_column(default=0)
    matched: Mapped[int] = mapped_column(default=0)
    #: order ids in this bill that we count to the day before or after: paid around midnight by two clocks
    edge: Mapped[list[int]] = mapped_column(JSON)
    last_error: Mapped[str] = mapped_column(Text, default="")
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (UniqueConstraint("shop_id", "day"),)


class PaymentDifference(Base):
    """One line in which a gateway's bill and our orders differ; a person says that it is settled."""

    __tablename__ = "payment_difference"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    bill_id: Mapped[int] = mapped_column(ForeignKey("payment_bill.id"))
    #: unknown_here | unpaid_here | missing_there | amount | refund_not_here | twice
    kind: Mapped[str] = mapped_column(Text)
    #: kind of gateway, empty where none of them has it
    gateway: Mapped[str] = mapped_column(Text)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    payment_no: Mapped[str] = mapped_column(Text)
    transaction_no: Mapped[str] = mapped_column(Text)
    ours_fen: Mapped[int | None]
    theirs_fen: Mapped[int | None]
    note: Mapped[str] = mapped_column(Personal("payment_difference.note"), default="")
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (Index("ix_payment_difference_bill_id_id", "bill_id", "id"),)
