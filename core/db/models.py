"""Tables that belong to no subject: journal, outbox, settings, leases, schema facts."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId

#: what an auditor reads: looks at personal data, exports, erasures; operators and their coming and going. Written so
#: that SQLite takes the index over these rows, in the order of time, and not that of all subjects
AUDITED = "(subject || '') IN ('access', 'operator')"


class Journal(Base):
    """Append-only: when, who, which desk, what happened to which subject. Never a personal value."""

    __tablename__ = "journal"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime]
    operator: Mapped[str] = mapped_column(Text)
    desk: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    __table_args__ = (
        Index("ix_journal_subject_subject_id_id", "subject", "subject_id", "id"),
        Index("ix_journal_audited", "at", "id", sqlite_where=text(AUDITED), postgresql_where=text(AUDITED)),
    )


class Outbox(Base):
    """What must reach the outside: written in the transaction that wants it, delivered at least once by its key."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    #: ids and plain values only; personal data is read from its own tables at delivery
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: waiting | leased | done | failed
    state: Mapped[str] = mapped_column(Text, default="waiting")
    lane: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    not_before_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    leased_by: Mapped[str | None] = mapped_column(Text)
    lease_until_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        Index("ix_outbox_state_lane_not_before_at", "state", "lane", "not_before_at"),
    )


class Setting(Base):
    """One setting of the whole installation (not of one desk); the value is JSON."""

    __tablename__ = "setting"
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class Lease(Base):
    """Who does a job that only one desk may do (pulling a shop). `fence` rises with every change of holder."""

    __tablename__ = "lease"
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    holder: Mapped[str] = mapped_column(Text)
    until_at: Mapped[datetime]
    fence: Mapped[int] = mapped_column(default=1)


class AppliedKey(Base):
    """A key of an act that must happen once (scan nonce, platform event); the result is kept for the repeat."""

    __tablename__ = "applied_key"
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime]
    result: Mapped[dict[str, Any]] = mapped_column(JSON)


class SchemaFact(Base):
    """Facts about this database: its id, the program version that wrote it last."""

    __tablename__ = "schema_fact"
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text)
