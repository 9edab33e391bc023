"""What people do about alerts: acknowledge one, or have one kept quiet for a while."""

from datetime import datetime, timedelta

from sqlalchemy import case, or_, select, update

from core.alerts.engine import SUBJECT
from core.alerts.models import Alert, AlertMute
from core.db.unit_of_work import UnitOfWork
from core.runtime.errors import NotFound, Refused
from core.runtime.standing import Severity

_LONGEST_NOTE = 500
_LONGEST_MUTE = timedelta(days=31)
#: the gravest that somebody was told or, who answers, has read: what becomes graver still is news to them
_KNOWN = case(
    *(
        (or_(Alert.severity == one.value, Alert.told_severity == one.value), one.value)
        for one in (Severity.CRITICAL, Severity.WARNING)
    ),
    else_=Alert.severity,
)


def acknowledge(uow: UnitOfWork, alert_id: int, note: str = "") -> bool:
    """Somebody looks after it: nobody else is told any more. False where somebody had said so before.

    Raises:
        NotFound: `alert.unknown`. Refused: `alert.over`, it has had its all-clear; `alert.note_long`.
    """
    if len(note) > _LONGEST_NOTE:
        raise Refused("alert.note_long", f"at most {_LONGEST_NOTE} characters", most=_LONGEST_NOTE)
    taking = (
        update(Alert)
        .where(Alert.id == alert_id, Alert.acked_at.is_(None), Alert.cleared_at.is_(None))
        .values(
            acked_at=uow.now,
            acked_by=uow.actor.operator,
            ack_note=note,
            next_step_at=None,
            told_severity=_KNOWN,
        )
    )
    if uow.count(taking):
        # The note may name somebody, the journal is for ever.
        uow.record("alert.acknowledged", SUBJECT, alert_id)
        return True
    row = uow.execute(select(Alert.cleared_at).where(Alert.id == alert_id)).one_or_none()
    if row is None:
        raise NotFound("alert.unknown", f"there is no alert {alert_id}")
    if row.cleared_at is not None:
        raise Refused("alert.over", "it is over already")
    return False


def mute(uow: UnitOfWork, rule: str, key: str, until_at: datetime, reason: str) -> int:
    """Tell nobody of a rule (`key` empty), or of one key of it, until a time; gives the mute's id.

    Raises:
        Refused: `alert.no_reason`; `alert.mute_time`, the time is past or more than a month away.
    """
    if not reason.strip():
        raise Refused("alert.no_reason", "keeping it quiet needs a reason")
    if not uow.now < until_at <= uow.now + _LONGEST_MUTE:
        raise Refused("alert.mute_time", "in the future, and for a month at most")
    row = {
        "rule": rule,
        "key": key,
        "at": uow.now,
        "until_at": until_at,
        "by": uow.actor.operator,
        "reason": reason.strip()[:_LONGEST_NOTE],
    }
    mute_id = uow.insert(AlertMute, row)
    uow.record("alert.muted", "alert_mute", mute_id, rule=rule, key=key, until=until_at.isoformat())
    return mute_id


def unmute(uow: UnitOfWork, mute_id: int) -> bool:
    """Tell of it again from now on; False where it was over already."""
    ending = update(AlertMute).where(AlertMute.id == mute_id, AlertMute.until_at > uow.now)
    if not uow.count(ending.values(until_at=uow.now)):
        return False
    uow.record("alert.unmuted", "alert_mute", mute_id)
    return True
