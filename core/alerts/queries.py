"""Alerts as screens ask for them; nothing here writes."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, case, func, literal, or_, select, tuple_

from core.alerts.engine import LEASE, mutes_at
from core.alerts.models import Alert, AlertChannel, AlertMute, AlertNotice
from core.alerts.policy import RANK
from core.alerts.records import AlertCursor, AlertDetail, AlertPage, AlertRow, MuteRow, Quiet, StoryLine
from core.db.models import Journal, Lease

#: filters of the list: nobody has answered, everything that stands, what is over
PILES: Final = ("open", "standing", "past")


#: over the standing ones only, which are few
_GRAVITY: Final = case({str(one): rank for one, rank in RANK.items()}, value=Alert.severity, else_=-1)


def page(connection: Connection, pile: str, after: AlertCursor | None, limit: int, now: datetime) -> AlertPage:
    """A page of one pile: what stands with the gravest first, of these the newest; what is over with the newest."""
    is_past = pile == "past"
    gravity = literal(0) if is_past else _GRAVITY
    query = select(*Alert.__table__.c, gravity.label("gravity")).limit(limit + 1)
    # By id, not by the time of the all-clear: a list must not move under the reader.
    query = query.where(Alert.cleared_at.is_not(None) if is_past else Alert.cleared_at.is_(None))
    query = query.order_by(Alert.id.desc()) if is_past else query.order_by(gravity.desc(), Alert.id.desc())
    if pile == "open":
        query = query.where(Alert.acked_at.is_(None))
    if after is not None:
        query = query.where(Alert.id < after[1] if is_past else tuple_(gravity, Alert.id) < tuple_(*after))
    found = connection.execute(query).all()
    shown = found[:limit]
    return AlertPage(_rows(connection, shown, now), (shown[-1].gravity, shown[-1].id) if len(found) > limit else None)


def counts(connection: Connection) -> Mapping[str, int]:
    """How many nobody has answered, and how many stand; what is over only grows."""
    query = select(func.count(), func.count(Alert.acked_at)).where(Alert.cleared_at.is_(None))
    standing, acked = connection.execute(query).one()
    return {"open": standing - acked, "standing": standing}


def detail(connection: Connection, alert_id: int, now: datetime) -> AlertDetail | None:
    """One alert with its story; None where there is none."""
    row = connection.execute(select(*Alert.__table__.c).where(Alert.id == alert_id)).one_or_none()
    if row is None:
        return None
    return AlertDetail(_rows(connection, [row], now)[0], _story(connection, row), row.ack_note)


def mutes(connection: Connection, now: datetime) -> tuple[MuteRow, ...]:
    """What nobody is told of now, what ends first first."""
    query = select(*AlertMute.__table__.c).where(AlertMute.until_at > now).order_by(AlertMute.until_at)
    return tuple(
        MuteRow(row.id, row.rule, row.key, row.until_at, row.by, row.reason) for row in connection.execute(query)
    )


def quiet(connection: Connection, watched: int, lease_s: float, now: datetime) -> Quiet:
    """What an empty list says."""
    until = connection.execute(select(Lease.until_at).where(Lease.name == LEASE)).scalar_one_or_none()
    rounds_at = None if until is None else min(now, until - timedelta(seconds=lease_s))
    since = connection.execute(select(func.max(Alert.cleared_at))).scalar_one_or_none()
    return Quiet(watched, rounds_at, since)


def seen_rules(connection: Connection) -> tuple[str, ...]:
    """Every rule that ever raised an alert."""
    return tuple(connection.execute(select(Alert.rule).distinct().order_by(Alert.rule)).scalars())


def _rows(connection: Connection, found: Sequence[Any], now: datetime) -> tuple[AlertRow, ...]:
    silent = mutes_at(connection, now)
    return tuple(
        AlertRow(
            row.id,
            row.rule,
            row.key,
            row.severity,
            _state(row),
            row.facts,
            row.raised_at,
            row.cleared_at,
            row.acked_at,
            row.acked_by,
            row.step,
            row.next_step_at,
            silent.cover(row.rule, row.key),
        )
        for row in found
    )


def _state(row: Any) -> str:
    if row.cleared_at is not None:
        return "past"
    if row.gone_at is not None:
        return "clearing"
    return "open" if row.acked_at is None else "acked"


def _story(connection: Connection, row: Any) -> tuple[StoryLine, ...]:
    """What happened (the journal) and who was told (the notices), in the order of time."""
    happened = select(Journal.at, Journal.action, Journal.operator, Journal.facts).where(
        Journal.subject == "alert", Journal.subject_id == row.id
    )
    lines = [
        (line.at, 0, StoryLine(line.at, line.action.removeprefix("alert."), _by(line)))
        for line in connection.execute(happened.order_by(Journal.id))
    ]
    told = (
        select(*AlertNotice.__table__.c, AlertChannel.name.label("way"))
        .outerjoin(AlertChannel, AlertChannel.id == AlertNotice.channel_id)
        .where(AlertNotice.alert_id == row.id)
        .order_by(AlertNotice.id)
    )
    lines += [
        (
            line.at,
            1,
            StoryLine(line.at, f"told.{line.event}", line.person_name, line.way or "", line.state, line.error),
        )
        for line in connection.execute(told)
    ]
    muted = select(*AlertMute.__table__.c).where(
        AlertMute.rule == row.rule,
        or_(AlertMute.key == "", AlertMute.key == row.key),
        AlertMute.until_at > row.raised_at,
    )
    if row.cleared_at is not None:
        muted = muted.where(AlertMute.at < row.cleared_at)
    lines += [(line.at, 2, StoryLine(line.at, "muted", line.by)) for line in connection.execute(muted)]
    return tuple(line for _, _, line in sorted(lines, key=lambda one: one[:2]))


def _by(line: Any) -> str:
    """Only where a person acted: the rest the program does by itself."""
    return str(line.operator) if line.action == "alert.acknowledged" else ""
