"""Tables of alerts: what stands, whom it was told, who is on duty, and how people are reached."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import BigId, Personal, PersonalJson

#: what a query has to say literally, so that the databases know that the index of what waits answers it
IS_PENDING = "state IN ('queued', 'sending')"


class Alert(Base):
    """One condition from its first sight to its all-clear. At most one of a rule and key stands at a time."""

    __tablename__ = "alert"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    rule: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    #: how pressing it is now, and the gravest that anybody was told
    severity: Mapped[str] = mapped_column(Text)
    told_severity: Mapped[str] = mapped_column(Text, default="")
    #: plain values for the words; nothing personal
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    raised_at: Mapped[datetime]
    #: when `facts` were written
    seen_at: Mapped[datetime]
    #: since when it is not reported any more; the all-clear waits a while
    gone_at: Mapped[datetime | None]
    cleared_at: Mapped[datetime | None]
    #: gone | off (the owner switched its rule off) | gathered (one alert of another rule tells of all of these)
    cleared_why: Mapped[str] = mapped_column(Text, default="")
    acked_at: Mapped[datetime | None]
    acked_by: Mapped[str] = mapped_column(Text, default="")
    #: free text of a person, who may name somebody
    ack_note: Mapped[str] = mapped_column(Personal("alert.ack_note"), default="")
    #: how far along the chain it was told, -1 before anybody was; `turns` counts every telling
    step: Mapped[int] = mapped_column(default=-1)
    turns: Mapped[int] = mapped_column(default=0)
    next_step_at: Mapped[datetime | None]
    __table_args__ = (
        Index(
            "uq_alert_standing",
            "rule",
            "key",
            unique=True,
            sqlite_where=text("cleared_at IS NULL"),
            postgresql_where=text("cleared_at IS NULL"),
        ),
        Index("ix_alert_cleared_at", "cleared_at", "id"),
    )


class AlertNotice(Base):
    """One person told of one alert on one way, or to be told. The screen is a way too: no channel."""

    __tablename__ = "alert_notice"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: None for a test message
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alert.id"))
    turn: Mapped[int]
    #: raised | worse | step | again | clear | test
    event: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    #: 0 for the owner where nobody signs in
    person_id: Mapped[int]
    person_name: Mapped[str] = mapped_column(Text, default="")
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("alert_channel.id"))
    contact_id: Mapped[int | None]
    #: screen | queued | sending (on its way, or its outcome is unknown) | told | failed | dropped
    state: Mapped[str] = mapped_column(Text)
    #: key of the delivery that carried it: several notices may share one message
    message: Mapped[str] = mapped_column(Text, default="")
    sent_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (
        UniqueConstraint("alert_id", "turn", "person_id", "channel_id"),
        Index("ix_alert_notice_channel_id_sent_at", "channel_id", "sent_at"),
        Index(
            "ix_alert_notice_pending",
            "channel_id",
            "id",
            sqlite_where=text(IS_PENDING),
            postgresql_where=text(IS_PENDING),
        ),
    )


class AlertMute(Base):
    """Nobody is told of a rule, or of one key of it, for a time and for a reason."""

    __tablename__ = "alert_mute"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    rule: Mapped[str] = mapped_column(Text)
    #: empty for the whole rule
    key: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    until_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Personal("alert_mute.reason"))
    __table_args__ = (Index("ix_alert_mute_until_at", "until_at"),)


class AlertChannel(Base):
    """A group robot, or a mail account that sends."""

    __tablename__ = "alert_channel"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: wecom | dingtalk | feishu | email
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    #: keys, tokens, passwords, the mail account: whoever has them can write in the shop's name
    access: Mapped[dict[str, Any]] = mapped_column(PersonalJson("alert_channel.access"))
    is_on: Mapped[bool] = mapped_column(default=True)
    rank: Mapped[int]
    #: the platform takes nothing before this
    blocked_until_at: Mapped[datetime | None]
    #: it fails for good since then, and why: a code, never what was sent
    broken_at: Mapped[datetime | None]
    broken_why: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]


class AlertContact(Base):
    """How one person is reached on one channel."""

    __tablename__ = "alert_contact"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int]
    channel_id: Mapped[int] = mapped_column(ForeignKey("alert_channel.id"))
    #: whom a robot mentions (user id or mobile number), or a mail address
    address: Mapped[str] = mapped_column(Personal("alert_contact.address"))
    rank: Mapped[int]
    __table_args__ = (UniqueConstraint("person_id", "channel_id"),)


class RosterShift(Base):
    """Every week: on duty from one minute of a weekday on, over midnight where it ends before it began."""

    __tablename__ = "roster_shift"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: 0 is Monday, China's day
    weekday: Mapped[int]
    begins_min: Mapped[int]
    ends_min: Mapped[int]
    person_id: Mapped[int]
    #: 1 is told first, 2 when the first does not react
    rank: Mapped[int]
    __table_args__ = (Index("ix_roster_shift_weekday", "weekday"),)


class RosterChange(Base):
    """What differs from the weekly plan for a while."""

    __tablename__ = "roster_change"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: absent | closed (the weekly plan does not count) | shift (somebody is on duty too) | stands_in (for another)
    kind: Mapped[str] = mapped_column(Text)
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    #: who is absent, on duty, or stands in; 0 where the shop is closed
    person_id: Mapped[int]
    for_person_id: Mapped[int | None]
    rank: Mapped[int] = mapped_column(default=1)
    __table_args__ = (Index("ix_roster_change_ends_at", "ends_at"),)
