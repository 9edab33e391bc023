"""What can be wrong with telling people, and with the machine that does it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, case, func, or_, select

from core.alerts.channels import broken_channels
from core.alerts.models import AlertChannel
from core.alerts.records import RuleInfo, Watched
from core.alerts.telling import lane_of
from core.db.backup import Newest
from core.db.limits import limits_of
from core.db.models import Journal, Outbox
from core.db.space import SpaceLevel, space_of
from core.runtime.standing import Severity, Standing

BROKEN = RuleInfo("alerts.channel", Severity.WARNING)
STUCK = RuleInfo("alerts.stuck", Severity.WARNING, 600, "s")
BACKUP = RuleInfo("backup.old", Severity.WARNING, 26, "hours")
NO_BACKUP = RuleInfo("backup.none", Severity.WARNING)
DISK = RuleInfo("disk.low", Severity.WARNING)
_STOP_BACKUP = timedelta(days=3)


def channels_broken(connection: Connection, _at: datetime) -> Sequence[Standing]:
    """Channels that take nothing any more: somebody has to mend them, and until then others are used."""
    return [
        Standing(BROKEN.rule, f"channel:{channel_id}", BROKEN.severity, {"channel": name, "why": why})
        for channel_id, name, why in broken_channels(connection)
    ]


def messages_stuck(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Channels with messages that do not get out; what was put off for quiet hours waits only from their end on."""
    limits = limits_of(connection, STUCK.rule, STUCK.limit or 0)
    since = case((Outbox.attempts > 0, Outbox.created_at), else_=Outbox.not_before_at)
    names = _lanes(connection)
    query = (
        select(Outbox.lane, func.count().label("n"), func.min(since).label("since"))
        .where(Outbox.state.in_(("waiting", "leased", "failed")), Outbox.lane.in_(list(names)))
        .where(or_(Outbox.attempts > 0, Outbox.not_before_at <= at))
        .group_by(Outbox.lane)
        .order_by(Outbox.lane)
    )
    found = []
    for row in connection.execute(query):
        channel_id, name = names[row.lane]
        key, age_s = f"channel:{channel_id}", (at - row.since).total_seconds()
        if age_s > limits.of(key):
            facts = {"channel": name, "n": row.n, "minutes": int(age_s // 60)}
            found.append(Standing(STUCK.rule, key, STUCK.severity, facts))
    return found


def _lanes(connection: Connection) -> dict[str, tuple[int, str]]:
    channels = connection.execute(select(AlertChannel.id, AlertChannel.name)).all()
    return {lane_of(row.id): (row.id, row.name) for row in channels}


def machine_watches(folder: Path, newest_backup: Callable[[], Newest | None]) -> tuple[Watched, ...]:
    """What is wrong with this machine: of the one that watches, because no other can see its disk.

    Args:
        folder: where the data lies.
        newest_backup: when the newest backup was made; of a server all its desks know.
    """

    def disk(_connection: Connection, _at: datetime) -> Sequence[Standing]:
        space = space_of(folder)
        if space.level is SpaceLevel.OK:
            return []
        severity = Severity.CRITICAL if space.level is SpaceLevel.STOP else DISK.severity
        return [Standing(DISK.rule, "disk", severity, {"mb": space.free // 2**20})]

    def backup(connection: Connection, at: datetime) -> Sequence[Standing]:
        newest = newest_backup()
        # Where there is none the shop's first entry counts: its first hours need none.
        since = (
            newest.at
            if newest
            else connection.execute(select(Journal.at).order_by(Journal.id).limit(1)).scalar_one_or_none()
        )
        age = timedelta() if since is None else at - since
        if age <= timedelta(hours=limits_of(connection, BACKUP.rule, BACKUP.limit or 0).of("backup")):
            return []
        rule = NO_BACKUP if newest is None else BACKUP
        severity = Severity.CRITICAL if age > _STOP_BACKUP else rule.severity
        return [Standing(rule.rule, "backup", severity, {"hours": int(age.total_seconds() // 3600)})]

    return (Watched("disk", disk, (DISK,), 30.0), Watched("backup", backup, (BACKUP, NO_BACKUP), 600.0))
