"""Robots and mail accounts, and how each person is reached on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from core.access.gate import active_people
from core.alerts.models import AlertChannel, AlertContact
from core.alerts.notifiers.mail import is_mail_address
from core.alerts.notifiers.ways import KINDS
from core.alerts.records import OWNER
from core.db.unit_of_work import UnitOfWork
from core.runtime.errors import NotFound, Refused

SUBJECT = "alert_channel"
_LONGEST_NAME = 40
_LONGEST_ADDRESS = 254


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel as its page shows it: what is secret is not in here, only whether it is known.

    `settings` holds the rest of the access data; a mail account's own address is in it, so no text shows it.
    """

    id: int
    kind: str
    name: str
    is_on: bool
    is_broken: bool
    broken_why: str
    blocked_until_at: datetime | None
    settings: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ContactView:
    """How somebody is reached on a channel."""

    id: int
    person_id: int
    channel_id: int
    address: str = field(repr=False)


def channels(connection: Connection) -> tuple[ChannelView, ...]:
    """All channels in the order in which they are tried."""
    query = select(*AlertChannel.__table__.c).order_by(AlertChannel.rank, AlertChannel.id)
    return tuple(
        ChannelView(
            row.id,
            row.kind,
            row.name,
            row.is_on,
            row.broken_at is not None,
            row.broken_why,
            row.blocked_until_at,
            _shown(row.kind, row.access),
        )
        for row in connection.execute(query)
    )


def contacts(connection: Connection) -> tuple[ContactView, ...]:
    """Everybody's, in the order in which they are tried."""
    query = select(*AlertContact.__table__.c).order_by(AlertContact.person_id, AlertContact.rank, AlertContact.id)
    return tuple(ContactView(row.id, row.person_id, row.channel_id, row.address) for row in connection.execute(query))


def put_channel(uow: UnitOfWork, channel_id: int | None, kind: str, name: str, entered: Mapping[str, str]) -> int:
    """Add a channel, or change one; gives its id. Secrets left empty stay what they were. It counts as mended.

    Raises:
        Refused: `alert.channel_kind`, `alert.channel_name`; what the kind's own check says.
        NotFound: `alert.no_channel`.
    """
    known = KINDS.get(kind)
    if known is None:
        raise Refused("alert.channel_kind", f"this version knows no channel of kind {kind}", kind=kind)
    shown = " ".join(name.split())
    if not shown or len(shown) > _LONGEST_NAME:
        raise Refused("alert.channel_name", f"a name of 1 to {_LONGEST_NAME} characters", most=_LONGEST_NAME)
    before: dict[str, str] = {}
    if channel_id is not None:
        row = uow.execute(select(*AlertChannel.__table__.c).where(AlertChannel.id == channel_id)).one_or_none()
        if row is None or row.kind != kind:
            raise NotFound("alert.no_channel", f"there is no such channel {channel_id}")
        before = row.access
    kept = {one: before[one] for one in known.secrets if not entered.get(one) and one in before}
    access = known.check({**entered, **kept})
    values: dict[str, Any] = {"name": shown, "access": access, "broken_at": None, "broken_why": ""}
    if channel_id is None:
        last = uow.execute(select(func.max(AlertChannel.rank))).scalar_one()
        more = {"kind": kind, "is_on": True, "rank": (last or 0) + 1, "created_at": uow.now}
        channel_id = uow.insert(AlertChannel, values | more)
        uow.record("alert.channel_added", SUBJECT, channel_id, kind=kind, name=shown)
        return channel_id
    uow.execute(update(AlertChannel).where(AlertChannel.id == channel_id).values(**values, blocked_until_at=None))
    uow.record("alert.channel_changed", SUBJECT, channel_id, kind=kind, name=shown)
    return channel_id


def set_channel_on(uow: UnitOfWork, channel_id: int, *, is_on: bool) -> None:
    """Use a channel, or no longer.

    Raises:
        NotFound: `alert.no_channel`.
    """
    if not uow.count(update(AlertChannel).where(AlertChannel.id == channel_id).values(is_on=is_on)):
        raise NotFound("alert.no_channel", f"there is no such channel {channel_id}")
    uow.record("alert.channel_on" if is_on else "alert.channel_off", SUBJECT, channel_id)


def drop_access(uow: UnitOfWork, channel_id: int) -> None:
    """Forget a channel's keys and everybody's addresses on it; it stays as a name, because stories tell of it.

    Raises:
        NotFound: `alert.no_channel`.
    """
    empty = {"access": {}, "is_on": False, "broken_at": uow.now, "broken_why": "dropped"}
    if not uow.count(update(AlertChannel).where(AlertChannel.id == channel_id).values(**empty)):
        raise NotFound("alert.no_channel", f"there is no such channel {channel_id}")
    uow.execute(delete(AlertContact).where(AlertContact.channel_id == channel_id))
    uow.record("alert.channel_dropped", SUBJECT, channel_id)


def put_contact(uow: UnitOfWork, person_id: int, channel_id: int, address: str) -> None:
    """How somebody is reached on a channel; an empty address takes it away.

    Raises:
        NotFound: `people.unknown`, `alert.no_channel`. Refused: `alert.contact_address`.
    """
    if person_id != OWNER and person_id not in active_people(uow.connection):
        raise NotFound("people.unknown", f"there is no operator {person_id}")
    kind = uow.execute(select(AlertChannel.kind).where(AlertChannel.id == channel_id)).scalar_one_or_none()
    if kind is None:
        raise NotFound("alert.no_channel", f"there is no such channel {channel_id}")
    said = address.strip()
    here = (AlertContact.person_id == person_id, AlertContact.channel_id == channel_id)
    if not said:
        if uow.count(delete(AlertContact).where(*here)):
            uow.record("alert.contact_dropped", SUBJECT, channel_id, person_id=person_id)
        return
    is_mail = kind == "email"
    is_good = is_mail_address(said) if is_mail else said.isprintable() and not set(said) & set(" <>\"'@")
    if not is_good or len(said) > _LONGEST_ADDRESS:
        raise Refused("alert.contact_address", "this address cannot be used on this channel")
    if not uow.count(update(AlertContact).where(*here).values(address=said)):
        last = uow.execute(
            select(func.max(AlertContact.rank)).where(AlertContact.person_id == person_id)
        ).scalar_one()
        row = {"person_id": person_id, "channel_id": channel_id, "address": said, "rank": (last or 0) + 1}
        uow.insert(AlertContact, row)
    # The address is personal, the journal is for ever.
    uow.record("alert.contact_changed", SUBJECT, channel_id, person_id=person_id)
    uow.changed("alert_contact")


def broken_channels(connection: Connection) -> tuple[tuple[int, str, str], ...]:
    """Id, name and reason of those that are wanted and do not work."""
    query = select(AlertChannel.id, AlertChannel.name, AlertChannel.broken_why).where(
        AlertChannel.is_on, AlertChannel.broken_at.is_not(None)
    )
    return tuple((row.id, row.name, row.broken_why) for row in connection.execute(query))


def _shown(kind: str, access: Mapping[str, str]) -> dict[str, str]:
    secret = KINDS[kind].secrets if kind in KINDS else frozenset(access)
    return {name: value for name, value in access.items() if name not in secret}
