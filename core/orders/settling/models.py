"""The table of what became of orders without goods; which orders those are, their holds say."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId, Personal


class ShortageOutcome(Base):
    """What was decided for one order without goods.

    Attributes:
        outcome: waits | refunded | replaced | compensated.
        amount_fen: what the buyer got for the trouble, beside the price of the goods.
        told_at: when the buyer's message was copied.
    """

    __tablename__ = "shortage_outcome"
    order_id: Mapped[int] = mapped_column(BigId, ForeignKey("orders.id"), primary_key=True, autoincrement=False)
    outcome: Mapped[str] = mapped_column(Text)
    amount_fen: Mapped[int]
    note: Mapped[str] = mapped_column(Personal("shortage_outcome.note"))
    told_at: Mapped[datetime | None]
    at: Mapped[datetime] = mapped_column(index=True)
    by: Mapped[str] = mapped_column(Text)
    __table_args__ = (CheckConstraint("amount_fen >= 0", name="amount_not_negative"),)
