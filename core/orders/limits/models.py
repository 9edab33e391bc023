"""The table of purchase limits."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId


class PurchaseLimit(Base):
    """How much one customer may buy while little is left: of one SKU, or of all that have no rule of their own.

    `steps` is a list of `{"left", "most", "members"}`: at so many units left and fewer a customer may buy `most`
    within `window_days`, and only members may buy where `members` is true.
    """

    __tablename__ = "purchase_limit"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: None: of every SKU without a rule of its own; there is one such row at most
    sku_id: Mapped[int | None] = mapped_column(ForeignKey("sku.id"), unique=True)
    window_days: Mapped[int]
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    is_active: Mapped[bool]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(Text)
