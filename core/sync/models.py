"""Table of cursors."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base


class Cursor(Base):
    """How far one feed of one shop has been read: moved only after a whole window is stored."""

    __tablename__ = "cursor"
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), primary_key=True)
    feed: Mapped[str] = mapped_column(Text, primary_key=True)
    until_at: Mapped[datetime]
