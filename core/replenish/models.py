"""Tables of replenishment: what was wanted on each day, and how goods are bought."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId


class SkuDay(Base):
    """One SKU in one warehouse on one day: a roll-up of orders and movements, made again from them at any time.

    Attributes:
        day: `date.toordinal()` by the calendar of China.
        demand_qty: units of orders paid on that day and not called off since, whether there were goods or not;
            a bundle wants its components.
        moved_qty: by how much the units on hand changed.
        in_qty: what came, of that.
    """

    __tablename__ = "sku_day"
    day: Mapped[int] = mapped_column(primary_key=True)
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("warehouse.id"), primary_key=True)
    sku_id: Mapped[int] = mapped_column(ForeignKey("sku.id"), primary_key=True)
    demand_qty: Mapped[int]
    moved_qty: Mapped[int]
    in_qty: Mapped[int]
    __table_args__ = (CheckConstraint("demand_qty >= 0 AND in_qty >= 0", name="not_negative"),)


class Supply(Base):
    """How a SKU is bought, as far as somebody has said; what is None follows from the supplier or from the rules."""

    __tablename__ = "supply"
    sku_id: Mapped[int] = mapped_column(BigId, ForeignKey("sku.id"), primary_key=True, autoincrement=False)
    supplier: Mapped[str] = mapped_column(Text, default="", server_default="")
    #: days from the order until the goods are here
    lead_days: Mapped[int | None]
    #: units of a box: it is ordered by whole boxes
    pack_qty: Mapped[int] = mapped_column(default=1)
    #: fewer units are not sold to us
    min_qty: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("lead_days >= 0", name="lead_not_negative"),
        CheckConstraint("pack_qty >= 1", name="pack_positive"),
        CheckConstraint("min_qty >= 0", name="min_not_negative"),
    )
