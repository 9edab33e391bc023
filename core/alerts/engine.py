"""Compares what stands now with what stood, writes the difference, and lets the right people know of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select, update

from core.alerts import telling
from core.alerts.deciding import Decided, Mutes, Name, Seen, Stood, by_policy, decide
from core.alerts.models import Alert, AlertMute
from core.alerts.policy import Policy, read_policy
from core.alerts.roster import Roster, read_roster
from core.db import leases
from core.db.unit_of_work import UnitOfWork
from core.runtime.standing import Standing

SUBJECT: Final = "alert"
#: the job that one program at a time does
LEASE: Final = "alerts"
#: a program that was killed is followed by another after so many seconds
LEASE_S: Final = 30.0
#: of many that begin, change or end at once so many are written in one transaction, the gravest new ones first; the
#: rest in the next round
MOST_AT_ONCE: Final = 200


def look(connection: Connection, seen: Seen, now: datetime) -> tuple[Decided, Policy]:
    """What would be done now: a round in which nothing changed writes nothing."""
    policy = read_policy(connection)
    stood = standing_alerts(connection)
    standing = by_policy(seen.standing, policy)
    known = {(one.rule, one.key) for one in stood}
    new = [name for name in standing if name not in known]
    return decide(
        stood, seen, policy, mutes_at(connection, now), _last_cleared(connection, new, now, policy), now
    ), policy


def evaluate(uow: UnitOfWork, seen: Seen, fence: int) -> int | None:
    """Write what changed and tell of it; gives how many of them wait for the next round.

    None when another program has the job by now: nothing was written then.
    """
    # Anew with each write: looks that took long have used up most of it.
    if not leases.renew(uow, LEASE, fence, LEASE_S):
        return None
    decided, policy = look(uow.connection, seen, uow.now)
    if decided.is_empty:
        return 0
    roster = read_roster(uow.connection, uow.now)
    decided, left = decided.first(MOST_AT_ONCE)
    _note_changes(uow, decided)
    _clear(uow, decided, policy)
    _worsen(uow, decided.worse, policy, roster)
    _raise(uow, decided.raised, policy, roster)
    _step(uow, decided.due, policy, roster)
    return left


def standing_alerts(connection: Connection) -> Sequence[Stood]:
    """Every alert without an all-clear."""
    columns = (Alert.id, Alert.rule, Alert.key, Alert.severity, Alert.told_severity, Alert.facts, Alert.seen_at)
    query = select(*columns, Alert.gone_at, Alert.acked_at, Alert.next_step_at).where(Alert.cleared_at.is_(None))
    return [
        Stood(
            row.id, row.rule, row.key, row.severity, row.told_severity, row.facts, row.seen_at, row.gone_at,
            row.acked_at is not None, row.next_step_at,
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def mutes_at(connection: Connection, now: datetime) -> Mutes:
    """What nobody is told of at a moment."""
    query = select(AlertMute.rule, AlertMute.key).where(AlertMute.until_at > now)
    rows = connection.execute(query).all()
    return Mutes(
        frozenset(row.rule for row in rows if not row.key), frozenset((row.rule, row.key) for row in rows if row.key)
    )


def _last_cleared(
    connection: Connection, names: Sequence[Name], now: datetime, policy: Policy
) -> Mapping[Name, datetime]:
    """When these got their last all-clear, as far back as it matters."""
    if not names:
        return {}
    longest = max(one.again_after_s for one in policy.severities.values())
    query = (
        select(Alert.rule, Alert.key, func.max(Alert.cleared_at))
        .where(Alert.cleared_at > now - timedelta(seconds=longest))
        .group_by(Alert.rule, Alert.key)
    )
    wanted = set(names)
    found: dict[Name, datetime] = {}
    for rule, key, at in connection.execute(query):
        if (rule, key) in wanted and at is not None:
            found[rule, key] = at
    return found


def _note_changes(uow: UnitOfWork, decided: Decided) -> None:
    for alert_id, one in decided.changed:
        facts = {"severity": one.severity.value, "facts": dict(one.facts), "seen_at": uow.now}
        uow.execute(update(Alert).where(Alert.id == alert_id).values(**facts))
        uow.changed(SUBJECT, alert_id)
    if decided.back:
        uow.execute(update(Alert).where(Alert.id.in_(decided.back)).values(gone_at=None))
        uow.changed(SUBJECT, *decided.back)
    if decided.gone:
        uow.execute(update(Alert).where(Alert.id.in_(decided.gone)).values(gone_at=uow.now))
        uow.changed(SUBJECT, *decided.gone)


def _clear(uow: UnitOfWork, decided: Decided, policy: Policy) -> None:
    for ids, why in ((decided.cleared, "gone"), (decided.off, "off"), (decided.gathered, "gathered")):
        if not ids:
            continue
        over = {"cleared_at": uow.now, "cleared_why": why, "next_step_at": None}
        uow.execute(update(Alert).where(Alert.id.in_(ids)).values(**over))
        for alert_id in ids:
            uow.record("alert.cleared", SUBJECT, alert_id, why=why)
    silent = mutes_at(uow.connection, uow.now)
    columns = (Alert.id, Alert.rule, Alert.key, Alert.told_severity)
    by_wait: dict[float, list[int]] = {}
    for row in uow.rows(select(*columns).where(Alert.id.in_(decided.cleared)).order_by(Alert.id)):
        if not silent.cover(row.rule, row.key):
            # Who was woken hears that it is over; who was not is not woken for that.
            wait = policy.of(row.told_severity).speaks_at(uow.now) - uow.now
            by_wait.setdefault(wait.total_seconds(), []).append(row.id)
    for wait_s, some in by_wait.items():
        telling.tell_again(uow, some, "clear", delay_s=wait_s)


def _worsen(uow: UnitOfWork, ids: Sequence[int], policy: Policy, roster: Roster) -> None:
    """Graver than anybody was told: an acknowledgement was of something smaller, and counts no more."""
    rows = uow.rows(select(Alert.id, Alert.severity, Alert.acked_at).where(Alert.id.in_(ids)).order_by(Alert.id))
    for row in rows:
        one = policy.of(row.severity)
        next_at = one.speaks_at(uow.now + timedelta(seconds=one.next_after_s)) if one.next_after_s else None
        values = {"told_severity": row.severity, "acked_at": None, "next_step_at": next_at}
        uow.execute(update(Alert).where(Alert.id == row.id).values(**values))
        was_acked = row.acked_at is not None
        uow.record("alert.worse", SUBJECT, row.id, severity=row.severity, ack_dropped=was_acked)
    heard = telling.tell_again(uow, [row.id for row in rows], "worse")
    # Nobody was ever reached: whoever is next is told as if it were new.
    _step(uow, [row.id for row in rows if row.id not in heard], policy, roster)


def _raise(uow: UnitOfWork, raised: Sequence[Standing], policy: Policy, roster: Roster) -> None:
    if not raised:
        return
    ids = list(uow.take_ids(Alert, len(raised)))
    rows = [
        {
            "id": alert_id,
            "rule": one.rule,
            "key": one.key,
            "severity": one.severity.value,
            "told_severity": "",
            "facts": dict(one.facts),
            "raised_at": uow.now,
            "seen_at": uow.now,
            "acked_by": "",
            "ack_note": "",
            "cleared_why": "",
            "step": -1,
            "turns": 0,
            "next_step_at": policy.of(one.severity).speaks_at(uow.now),
        }
        for alert_id, one in zip(ids, raised, strict=True)
    ]
    uow.insert_many(Alert, rows)
    for alert_id, one in zip(ids, raised, strict=True):
        uow.record("alert.raised", SUBJECT, alert_id, rule=one.rule, key=one.key, severity=one.severity.value)
    now = [alert_id for alert_id, row in zip(ids, rows, strict=True) if row["next_step_at"] == uow.now]
    _step(uow, now, policy, roster)


def _step(uow: UnitOfWork, ids: Sequence[int], policy: Policy, roster: Roster) -> None:
    """Tell the next in the chain; where they can be reached on the screen alone, the one after them as well."""
    if not ids:
        return
    chain = roster.chain(uow.now)
    query = select(Alert.id, Alert.severity, Alert.step).where(Alert.id.in_(ids)).order_by(Alert.id)
    groups: dict[tuple[int, str], list[int]] = {}
    for row in uow.rows(query):
        groups.setdefault((row.step + 1, row.severity), []).append(row.id)
    for (step, severity), alert_ids in groups.items():
        reached_to = _tell_link(uow, alert_ids, step, chain, roster)
        one = policy.of(severity)
        is_through = reached_to >= len(chain) - 1
        wait_s = one.repeat_s if is_through else one.next_after_s
        # Whoever is told by and by is not told at night either.
        next_at = one.speaks_at(uow.now + timedelta(seconds=wait_s)) if wait_s else None
        values = {"step": reached_to, "next_step_at": next_at, "told_severity": severity}
        uow.execute(update(Alert).where(Alert.id.in_(alert_ids)).values(**values))
        uow.changed(SUBJECT, *alert_ids)


def _tell_link(
    uow: UnitOfWork, alert_ids: Sequence[int], step: int, chain: tuple[tuple[int, ...], ...], roster: Roster
) -> int:
    """Tell link `step` of the chain, or everybody once it is through; gives the step that was reached."""
    if step >= len(chain):
        telling.tell(uow, alert_ids, "again", [person for link in chain for person in link], roster)
        return step
    while True:
        event = "raised" if step == 0 else "step"
        if telling.tell(uow, alert_ids, event, chain[step], roster) or step + 1 >= len(chain):
            return step
        step += 1
