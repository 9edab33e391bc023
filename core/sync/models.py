"""Tables of cursors and of what shops' owners granted us."""

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
    #: since when it cannot be read, while that is so, and what came of it last; foreign text
    failing_since: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(Text, default="", server_default="")


class ShopGrant(Base):
    """How long a shop's token lives and whose shop it opens; the token itself stands in the shop's secret.

    `state_word` is what must come back from the platform's page together with the code, while one is awaited.
    """

    __tablename__ = "shop_grant"
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), primary_key=True, autoincrement=False)
    granted_at: Mapped[datetime | None]
    #: when somebody, or the program where it may renew, has to do something
    expires_at: Mapped[datetime | None]
    #: until when it can be renewed without a person; None where the platform renews none
    refresh_until: Mapped[datetime | None]
    #: the platform's own id and name of the shop; blank where it does not say
    platform_id: Mapped[str] = mapped_column(Text, default="", server_default="")
    platform_name: Mapped[str] = mapped_column(Text, default="", server_default="")
    state_word: Mapped[str] = mapped_column(Text, default="", server_default="")
    #: what came of the last renewing that failed; foreign text
    error: Mapped[str] = mapped_column(Text, default="", server_default="")
    tried_at: Mapped[datetime | None]
