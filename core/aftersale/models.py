"""Tables of after-sale cases; what buyers wrote and the raw copy are personal and are erased with the customer."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId, Personal, PersonalBytes

_TO_ANSWER = text("state = 'requested' AND answer_by_at IS NOT NULL")
_BACK = text("return_waybill_no <> ''")
_ASKS = text("asks_order")


class AfterSaleCase(Base):
    """One case (售后单) as its platform says it now.

    It knows its order by the platform's number: a case may be told before its order, or of one that we never had.
    """

    __tablename__ = "after_sale_case"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    case_no: Mapped[str] = mapped_column(Text)
    order_no: Mapped[str] = mapped_column(Text)
    #: refund | return | exchange | repair | resend | other
    kind: Mapped[str] = mapped_column(Text)
    #: requested | to_return | returning | agreed | done | refused | closed | unknown
    state: Mapped[str] = mapped_column(Text)
    channel_state: Mapped[str] = mapped_column(Text)
    refund_fen: Mapped[int]
    modified_at: Mapped[datetime]
    requested_at: Mapped[datetime]
    goods_were_sent: Mapped[bool | None]
    answer_by_at: Mapped[datetime | None]
    return_carrier: Mapped[str] = mapped_column(Text, default="", server_default="")
    return_waybill_no: Mapped[str] = mapped_column(Text, default="", server_default="")
    #: [line number, units]; empty where the case is about the whole order or the platform does not say
    lines: Mapped[list[Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Personal("after_sale_case.reason"))
    #: it changed, and its order was not asked for since
    asks_order: Mapped[bool] = mapped_column(default=False, server_default=false())
    __table_args__ = (
        UniqueConstraint("shop_id", "case_no"),
        Index("ix_after_sale_case_state", "state", "id"),
        Index("ix_after_sale_case_case_no", "case_no"),
        Index("ix_after_sale_case_order_no", "order_no"),
        Index("ix_after_sale_case_return", "return_waybill_no", sqlite_where=_BACK, postgresql_where=_BACK),
        Index("ix_after_sale_case_to_answer", "answer_by_at", sqlite_where=_TO_ANSWER, postgresql_where=_TO_ANSWER),
        Index("ix_after_sale_case_asks", "shop_id", "id", sqlite_where=_ASKS, postgresql_where=_ASKS),
    )


class AfterSaleCopy(Base):
    """The newest reply of the platform for a case, verbatim, as `channel_copy` for orders."""

    __tablename__ = "after_sale_copy"
    case_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("after_sale_case.id"), primary_key=True, autoincrement=False
    )
    received_at: Mapped[datetime]
    body: Mapped[bytes] = mapped_column(PersonalBytes("after_sale_copy.body"))
