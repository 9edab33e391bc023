"""Tables of cursors, of what shops' owners granted us, of what each pull did, and of comparing orders with shops'."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId


class Cursor(Base):
    """How far one feed of one shop has been read: moved only after a whole window is stored."""

    __tablename__ = "cursor"
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), primary_key=True)
    feed: Mapped[str] = mapped_column(Text, primary_key=True)
    until_at: Mapped[datetime]
    #: since when it cannot be read, while that is so, and what came of it last; foreign text
    failing_since: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(Text, default="", server_default="")


class UnreadOrder(Base):
    """An order of a shop that could not be read, understood or stored: asked for by itself until it comes."""

    __tablename__ = "unread_order"
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), primary_key=True, autoincrement=False)
    order_no: Mapped[str] = mapped_column(Text, primary_key=True)
    since_at: Mapped[datetime]
    tried_at: Mapped[datetime]
    try_count: Mapped[int]
    #: as `core.sync.troubles.kept_text`
    error: Mapped[str] = mapped_column(Text)
    #: up to when every order of the shop was known when this one was met first; None: nothing was
    known_until: Mapped[datetime | None]
    #: when somebody said that the program need not wait for it; blank while it does
    let_go_at: Mapped[datetime | None]
    let_go_by: Mapped[str] = mapped_column(Text, default="", server_default="")


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


class SyncRound(Base):
    """One round of pulling a shop, or several alike that followed each other: quiet, or failed the same way."""

    __tablename__ = "sync_round"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    #: when the first of them began and the last one ended
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    round_count: Mapped[int]
    #: of the slowest of them
    took_ms: Mapped[int]
    page_count: Mapped[int]
    new_count: Mapped[int]
    changed_count: Mapped[int]
    #: how far the shop's orders were known afterwards; None before the first whole window
    until_at: Mapped[datetime | None]
    #: what went wrong, as `core.sync.troubles.kept_text`; blank where nothing did
    error: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        Index("ix_sync_round_shop_id_id", "shop_id", "id"),
        Index("ix_sync_round_ended_at", "ended_at"),
    )


class Reconciliation(Base):
    """The orders of one shop, listed by its platform and compared with ours: one report each."""

    __tablename__ = "reconciliation"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    #: of China's calendar, as `date.toordinal`: there is one whole nightly report a day
    day: Mapped[int]
    is_nightly: Mapped[bool]
    #: running | done | partly | cancelled | failed
    state: Mapped[str] = mapped_column(Text)
    made_by: Mapped[str] = mapped_column(Text)
    #: from when on orders were listed
    since_at: Mapped[datetime]
    #: of one that was `partly` made: up to when it came, where the next night goes on
    reached_at: Mapped[datetime | None]
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    listed_count: Mapped[int] = mapped_column(default=0, server_default="0")
    missing_count: Mapped[int] = mapped_column(default=0, server_default="0")
    difference_count: Mapped[int] = mapped_column(default=0, server_default="0")
    #: orders of ours that were not listed and could not all be asked for
    unasked_count: Mapped[int] = mapped_column(default=0, server_default="0")
    error: Mapped[str] = mapped_column(Text, default="", server_default="")
    #: when somebody has seen that orders were missing
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        Index("ix_reconciliation_shop_id_id", "shop_id", "id"),
        Index("ix_reconciliation_begun_at", "begun_at"),
        Index(
            "ix_reconciliation_unseen",
            "shop_id",
            sqlite_where=text("missing_count > 0 AND seen_at IS NULL"),
            postgresql_where=text("missing_count > 0 AND seen_at IS NULL"),
        ),
    )


class ReconciliationLine(Base):
    """One order in which the platform and we differed; nothing personal."""

    __tablename__ = "reconciliation_line"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    reconciliation_id: Mapped[int] = mapped_column(ForeignKey("reconciliation.id"), index=True)
    order_no: Mapped[str] = mapped_column(Text)
    #: missing | unknown | state | amount | lines | gone
    kind: Mapped[str] = mapped_column(Text)
    #: what stood here and there, short
    ours: Mapped[str] = mapped_column(Text)
    theirs: Mapped[str] = mapped_column(Text)
    #: taken (in) | settled (by taking the newest copy) | stays
    outcome: Mapped[str] = mapped_column(Text)
