"""Delivering the outbox: claim under a lease, then done, failed for now, or failed for good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, bindparam, delete, func, select, update
from sqlalchemy.engine import Connection

from core.db.forgetting import AT_ONCE
from core.db.models import Outbox
from core.db.sets import id_set, packed_ids
from core.db.types import Instant
from core.db.unit_of_work import UnitOfWork, shared_now
from core.runtime.clock import Clock

#: wait after the first, second, ... temporary failure; the last one repeats
BACK_OFF_S = (5.0, 15.0, 60.0, 300.0, 900.0)
_ERROR_LENGTH = 500

_HERE = Outbox.lane == bindparam("lane")
_DELIVERY = (
    select(Outbox.id, Outbox.kind, Outbox.key, Outbox.payload, Outbox.attempts)
    .order_by(Outbox.not_before_at, Outbox.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_NOW = bindparam("now", type_=Instant)
# One state each: asked for both at once, SQLite reads and sorts all that waits to find the first of it.
_LAPSED = _DELIVERY.where(_HERE, Outbox.state == "leased", Outbox.lease_until_at <= _NOW)
_WAITING = _DELIVERY.where(_HERE, Outbox.state == "waiting", Outbox.not_before_at <= _NOW)
_NEXT = (
    select(func.min(Outbox.not_before_at)).where(_HERE, Outbox.state == "waiting"),
    select(func.min(Outbox.lease_until_at)).where(_HERE, Outbox.state == "leased"),
)
_TAKE = (
    update(Outbox)
    .where(Outbox.id.in_(id_set("ids")))
    .values(
        state="leased",
        leased_by=bindparam("holder"),
        lease_until_at=bindparam("until", type_=Instant),
        attempts=Outbox.attempts + 1,
    )
)


@dataclass(frozen=True, slots=True)
class Claim:
    """One delivery that is ours until the lease ends. `attempts` counts this one and tells our claim from a later."""

    id: int
    kind: str
    key: str
    payload: Mapping[str, Any]
    attempts: int
    holder: str


def claim(uow: UnitOfWork, lane: str, holder: str, lease_s: float, limit: int = 1) -> Sequence[Claim]:
    """Take up to `limit` deliveries of a lane that are due, oldest first; those whose lease ran out go before them.

    On PostgreSQL rows that another desk is claiming right now are passed over, so that no desk stands idle.
    """
    rows: list[Any] = []
    for due in (_LAPSED, _WAITING):
        if len(rows) < limit:
            rows += uow.execute(due, {"lane": lane, "now": uow.now, "most": limit - len(rows)}).all()
    claims = [Claim(row.id, row.kind, row.key, row.payload, row.attempts + 1, holder) for row in rows]
    if claims:
        ids = [one.id for one in claims]
        until = uow.now + timedelta(seconds=lease_s)
        uow.execute(_TAKE, {"ids": packed_ids(ids), "holder": holder, "until": until})
        uow.changed("outbox", *ids)
    return claims


def take_back(uow: UnitOfWork, holder: str) -> int:
    """At the start of a program: what its former self had leased when it died is due at once; gives how many.

    The key of each delivery makes the repeat harmless, so nobody has to wait for the lease to run out.
    """
    mine = update(Outbox).where(Outbox.state == "leased", Outbox.leased_by == holder)
    taken = uow.count(mine.values(state="waiting", leased_by=None, lease_until_at=None))
    if taken:
        uow.changed("outbox")
    return taken


def renew(uow: UnitOfWork, claimed: Claim, lease_s: float) -> bool:
    """Keep the delivery for `lease_s` from now; False when the lease was lost meanwhile: say nothing more.

    A lease that ran out but that nobody took is still ours.
    """
    until = uow.now + timedelta(seconds=lease_s)
    return uow.count(update(Outbox).where(*_is_ours(claimed)).values(lease_until_at=until)) == 1


def remember(uow: UnitOfWork, claimed: Claim, facts: Mapping[str, Any]) -> bool:
    """Keep plain values with a delivery, for whoever looks at it or tries it next; False when the lease was lost."""
    payload = {**claimed.payload, **facts}
    return uow.count(update(Outbox).where(*_is_ours(claimed)).values(payload=payload)) == 1


def done(uow: UnitOfWork, claimed: Claim) -> bool:
    """Delivered. False when the lease was lost meanwhile: somebody else delivers it again under the same key."""
    return _settle(uow, claimed, {"state": "done", "done_at": uow.now, "last_error": None})


def fail(uow: UnitOfWork, claimed: Claim, error: str, *, permanent: bool, retry_after_s: float | None = None) -> bool:
    """Not delivered: for good (a person has to look), or to be tried again later. False when the lease was lost.

    `retry_after_s` is what the other side asked for; otherwise the wait grows with the attempts. `error` is shown to
    people and must hold nothing personal.
    """
    facts: dict[str, Any] = {"last_error": error[:_ERROR_LENGTH]}
    if permanent:
        return _settle(uow, claimed, facts | {"state": "failed"})
    wait_s = BACK_OFF_S[min(claimed.attempts, len(BACK_OFF_S)) - 1] if retry_after_s is None else retry_after_s
    return _settle(uow, claimed, facts | {"state": "waiting", "not_before_at": uow.now + timedelta(seconds=wait_s)})


def retry(uow: UnitOfWork, row_id: int) -> bool:
    """Try a failed or waiting delivery now; False when it is under way or done."""
    again = (
        update(Outbox)
        .where(Outbox.id == row_id, Outbox.state.in_(("failed", "waiting")))
        .values(state="waiting", not_before_at=uow.now)
    )
    is_met = uow.count(again) == 1
    if is_met:
        uow.changed("outbox", row_id)
    return is_met


def change_payload(uow: UnitOfWork, row_id: int, payload: Mapping[str, Any]) -> None:
    """Change what a delivery that failed for good says when it goes out again."""
    uow.execute(update(Outbox).where(Outbox.id == row_id, Outbox.state == "failed").values(payload=dict(payload)))


def close(uow: UnitOfWork, row_id: int) -> bool:
    """A person says that a delivery that failed for good is not to be made; False when it did not fail."""
    failed = update(Outbox).where(Outbox.id == row_id, Outbox.state == "failed")
    is_met = uow.count(failed.values(state="done", done_at=uow.now)) == 1
    if is_met:
        uow.changed("outbox", row_id)
    return is_met


def prune(uow: UnitOfWork, before: datetime) -> int:
    """Forget some deliveries done before a time, `AT_ONCE` at most; how many.

    Their keys may then be used again: keep 90 days at least.
    """
    # In the order they were written, so that no more is looked at than goes: there is no index by the time. Only what
    # is done has one.
    first = select(Outbox.id, Outbox.done_at).where(Outbox.done_at.is_not(None)).order_by(Outbox.id).limit(AT_ONCE)
    oldest = first.subquery()
    return uow.count(delete(Outbox).where(Outbox.id.in_(select(oldest.c.id).where(oldest.c.done_at < before))))


def counts(connection: Connection) -> Mapping[str, Mapping[str, int]]:
    """How many deliveries stand in each state, per lane; `done` is not counted, it only grows."""
    query = (
        select(Outbox.lane, Outbox.state, func.count())
        .where(Outbox.state.in_(("waiting", "leased", "failed")))
        .group_by(Outbox.lane, Outbox.state)
    )
    found: dict[str, dict[str, int]] = {}
    for lane, state, number in connection.execute(query):
        found.setdefault(lane, {})[state] = number
    return found


def due_in_s(connection: Connection, lane: str, clock: Clock) -> float | None:
    """Seconds until something of the lane can be delivered, 0 and less when it can now; None where nothing waits.

    A look, not a claim: it takes no lock and writes nothing, so that an idle lane costs next to nothing.
    """
    found = (connection.execute(query, {"lane": lane}).scalar_one() for query in _NEXT)
    times = [at for at in found if at is not None]
    return (min(times) - shared_now(connection, clock)).total_seconds() if times else None


def _settle(uow: UnitOfWork, claimed: Claim, values: Mapping[str, Any]) -> bool:
    settling = update(Outbox).where(*_is_ours(claimed)).values(leased_by=None, lease_until_at=None, **values)
    is_met = uow.count(settling) == 1
    uow.changed("outbox", claimed.id)
    return is_met


def _is_ours(claimed: Claim) -> tuple[ColumnElement[bool], ...]:
    return (
        Outbox.id == claimed.id,
        Outbox.state == "leased",
        Outbox.leased_by == claimed.holder,
        Outbox.attempts == claimed.attempts,
    )
