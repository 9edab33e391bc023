"""What each round of pulling a shop did, for people: kept two weeks, rounds without news gathered into one row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select, update

from core.db.forgetting import forget_some
from core.db.unit_of_work import UnitOfWork
from core.sync.cursors import CHANGED, reached_until
from core.sync.models import SyncRound
from core.sync.troubles import Trouble, kept_text, trouble_in

#: how long a round is remembered
KEPT: Final = timedelta(days=14)
#: rounds alike go into one row for so long, so that a night without orders still shows how it went by the hour
GATHERED: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RoundDone:
    """What one round did, as it is written down; `error` None where it ended well."""

    begun_at: datetime
    took_ms: int
    page_count: int = 0
    new_count: int = 0
    changed_count: int = 0
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class RoundRow:
    """One row of a shop's history.

    Attributes:
        begun_at, ended_at: when the first round of the row began and the last one ended.
        round_count: how many rounds alike it stands for.
        took_ms: of the slowest of them.
        until_at: how far the shop's orders were known afterwards.
        trouble: what went wrong, None where nothing did.
        topic: which sentence says it; blank where nothing did.
    """

    id: int
    begun_at: datetime
    ended_at: datetime
    round_count: int
    took_ms: int
    page_count: int
    new_count: int
    changed_count: int
    until_at: datetime | None
    trouble: Trouble | None
    topic: str = ""


def note_round(uow: UnitOfWork, shop_id: int, done: RoundDone) -> None:
    """Write a round down: as a row, or into the last one where that says the same."""
    error = "" if done.error is None else kept_text(done.error)
    facts = {
        "ended_at": uow.now,
        "page_count": done.page_count,
        "until_at": reached_until(uow.connection, shop_id, CHANGED),
    }
    uow.changed("sync_round", shop_id)
    last = uow.execute(
        select(*SyncRound.__table__.c).where(SyncRound.shop_id == shop_id).order_by(SyncRound.id.desc()).limit(1)
    ).first()
    is_like = (
        last is not None
        and not (done.new_count or done.changed_count or last.new_count or last.changed_count)
        and last.error == error
        and uow.now - last.begun_at < GATHERED
    )
    if is_like and last is not None:
        facts |= {"round_count": last.round_count + 1, "took_ms": max(last.took_ms, done.took_ms)}
        uow.execute(update(SyncRound).where(SyncRound.id == last.id).values(**facts))
        return
    more = {
        "shop_id": shop_id,
        "begun_at": done.begun_at,
        "round_count": 1,
        "took_ms": done.took_ms,
        "new_count": done.new_count,
        "changed_count": done.changed_count,
        "error": error,
    }
    uow.insert_many(SyncRound, [facts | more])


def rounds(connection: Connection, shop_id: int, before_id: int | None = None, limit: int = 50) -> Sequence[RoundRow]:
    """A shop's rounds, the newest first, those before a row's id."""
    query = select(*SyncRound.__table__.c).where(SyncRound.shop_id == shop_id)
    if before_id is not None:
        query = query.where(SyncRound.id < before_id)
    return [
        RoundRow(
            row.id,
            row.begun_at,
            row.ended_at,
            row.round_count,
            row.took_ms,
            row.page_count,
            row.new_count,
            row.changed_count,
            row.until_at,
            trouble_in(row.error),
        )
        for row in connection.execute(query.order_by(SyncRound.id.desc()).limit(limit))
    ]


def forget_rounds(uow: UnitOfWork) -> int:
    """Forget some that are too old; gives how many."""
    return forget_some(uow, SyncRound, SyncRound.ended_at, uow.now - KEPT)
