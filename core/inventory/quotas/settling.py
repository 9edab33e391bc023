"""What a platform's number tells, once every order placed before it was read is known.

The number and our right must then be equal. A smaller number is explained by what is in doubt (lost answers): the
right falls to it. Anything else is drift: both numbers are kept, shown, and left alone until somebody decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, func, select, text, update

from core.db.types import Instant
from core.db.unit_of_work import UnitOfWork
from core.inventory.quotas.acts import close, fall, write_book
from core.inventory.quotas.book import BLUR, OwnQuota, QuotaBook
from core.inventory.quotas.covering import Free, cover_up, lock_for
from core.inventory.quotas.models import Quota, QuotaSale, StockAct
from core.inventory.quotas.states import IS_OPEN, UNDER_WAY, ActKind, ActState
from core.inventory.shelves import day_of

_SOLD = select(QuotaSale.sold_at, QuotaSale.qty).where(
    QuotaSale.quota_id == bindparam("quota_id"), QuotaSale.sold_at >= bindparam("since", type_=Instant)
)
_RESTORED = select(QuotaSale.restored_at, QuotaSale.restored_qty).where(
    QuotaSale.quota_id == bindparam("quota_id"),
    QuotaSale.restored_at.is_not(None),
    QuotaSale.restored_at >= bindparam("since", type_=Instant),
)


class Settled(StrEnum):
    """What came of it."""

    #: nothing was read, or something is under way, or orders are still missing: look again later
    LATER = "later"
    #: something was sold or called off at that very moment: read again
    BLURRED = "blurred"
    #: number and right are equal
    EQUAL = "equal"
    #: the right fell to the number, by what was in doubt
    FELL = "fell"
    #: what the platform had before us is in the right now
    ADOPTED = "adopted"
    DRIFT = "drift"


@dataclass(frozen=True, slots=True)
class _Then:
    """The right at the time of the number: between these two, because some events may lie before or after it."""

    least: int
    most: int

    @property
    def is_sharp(self) -> bool:
        return self.least == self.most


def settle(
    uow: UnitOfWork, quota_id: int, known_until: datetime | None, *, untold_qty: int = 0, is_under_way: bool = False
) -> Settled:
    """Compare a quota's right with the number that was read last.

    Args:
        uow: the open transaction.
        quota_id: whose.
        known_until: up to when, by the platform's clock, every order is known; None: nothing is.
        untold_qty: units of the right that the platform has not been told yet (a grant under way).
        is_under_way: the act that asks holds the platform's sale still, so that its being under way is no obstacle.
    """
    book, levels = lock_for(uow, [quota_id])
    if not book.quotas:
        return Settled.LATER
    quota = book.quotas[0]
    columns = (Quota.listed_qty, Quota.listed_at, Quota.evidence_from, Quota.evidence_to)
    row = uow.execute(select(*columns).where(Quota.id == quota_id)).one()
    if row.evidence_to is None or known_until is None or known_until < row.evidence_to + BLUR:
        return Settled.LATER
    here = (StockAct.quota_id == quota_id, text(f"stock_act.{IS_OPEN}"))
    open_acts = uow.rows(select(*StockAct.__table__.c).where(*here))
    if not is_under_way and any(act.state in UNDER_WAY for act in open_acts):
        return Settled.LATER
    if not (quota.is_counted or quota.right or open_acts):
        return _only_told(uow, quota_id)
    then = _right_then(uow, quota, row.evidence_from - BLUR, row.evidence_to + BLUR, untold_qty)
    if quota.slack_at is not None and quota.slack_at > row.listed_at:
        # Also where no unit of the right is in doubt: a mended number may still be on its way.
        outcome = Settled.BLURRED
    elif quota.adopted_at is None:
        outcome = _adopt(book, quota, row, then)
    else:
        outcome = _compare(uow, book, quota, row.listed_qty, then)
    uow.execute(update(Quota).where(Quota.id == quota_id).values(evidence_from=None, evidence_to=None))
    if outcome is Settled.BLURRED:
        return outcome
    if outcome is Settled.ADOPTED:
        cover_up(book, quota, Free(levels, {}, day_of(uow.now)))
        _note_drift(uow, quota_id, None, None)
        uow.record("quota.adopted", "quota", quota_id, qty=row.listed_qty, right_qty=quota.right)
    fell = _fallen(outcome, row.listed_qty, then)
    for act in (act for act in open_acts if act.state == ActState.UNSETTLED.value):
        close(uow, act, _done(act, fell))
    write_book(uow, book)
    return outcome


def _only_told(uow: UnitOfWork, quota_id: int) -> Settled:
    """A number that is only told, or that nobody writes: it is no right, and differs from none."""
    uow.execute(update(Quota).where(Quota.id == quota_id).values(evidence_from=None, evidence_to=None))
    _note_drift(uow, quota_id, None, None)
    return Settled.EQUAL


def _right_then(uow: UnitOfWork, quota: OwnQuota, since: datetime, until: datetime, untold_qty: int) -> _Then:
    """The right between two times: today's, what was sold since put back, what was restored since taken off."""
    binds = {"quota_id": quota.id, "since": since}
    sold: Sequence[Any] = uow.execute(_SOLD, binds).all()
    restored: Sequence[Any] = uow.execute(_RESTORED, binds).all()
    now = quota.right - quota.overdrawn - untold_qty
    sure = now + sum(qty for at, qty in sold if at > until) - sum(qty for at, qty in restored if at > until)
    return _Then(
        least=sure - sum(qty for at, qty in restored if at <= until),
        most=sure + sum(qty for at, qty in sold if at <= until),
    )


def _adopt(book: QuotaBook, quota: OwnQuota, row: Any, then: _Then) -> Settled:
    if not then.is_sharp:
        return Settled.BLURRED
    # What the number says more than we thought then, we have to think more now.
    right = quota.right - quota.overdrawn + row.listed_qty - then.least
    quota.overdrawn = max(-right, 0)
    change = max(right, 0) - quota.right
    quota.slack = 0
    if change >= 0:
        quota.granted += change
    else:
        fall(book, quota, -change)
    quota.adopted_at = row.evidence_to
    return Settled.ADOPTED


def _compare(uow: UnitOfWork, book: QuotaBook, quota: OwnQuota, number: int, then: _Then) -> Settled:
    if not quota.slack and then.least <= number <= then.most:
        _note_drift(uow, quota.id, None, None)
        return Settled.EQUAL
    if not then.is_sharp:
        return Settled.BLURRED
    difference = number - then.least
    slack, quota.slack = quota.slack, 0
    if -slack <= difference <= 0:
        fall(book, quota, -difference)
        _note_drift(uow, quota.id, None, None)
        if difference:
            uow.record("quota.fell", "quota", quota.id, qty=-difference, listed_qty=number)
        return Settled.FELL if difference else Settled.EQUAL
    _note_drift(uow, quota.id, difference, then.least)
    uow.record("quota.drift", "quota", quota.id, listed_qty=number, right_qty=then.least)
    return Settled.DRIFT


def _fallen(outcome: Settled, number: int, then: _Then) -> int | None:
    """By how much the right fell; None where that is not known (drift)."""
    if outcome is Settled.DRIFT:
        return None
    return then.least - number if outcome is Settled.FELL else 0


def _done(act: Any, fell: int | None) -> int | None:
    """What the platform has done of an unsettled act, as far as its number tells."""
    if fell is None or act.kind not in (ActKind.GRANT.value, ActKind.WITHDRAW.value):
        return None
    asked = int(act.qty)
    return max(asked - fell, 0) if act.kind == ActKind.GRANT.value else min(fell, asked)


def _note_drift(uow: UnitOfWork, quota_id: int, drift_qty: int | None, right_qty: int | None) -> None:
    since = None if drift_qty is None else func.coalesce(Quota.drift_at, bindparam("now", uow.now, type_=Instant))
    values = {"drift_qty": drift_qty, "drift_right_qty": right_qty, "drift_at": since}
    uow.execute(update(Quota).where(Quota.id == quota_id).values(**values))
    uow.changed("quota", quota_id)
