"""Counts as assertions about the ledger: at this point of it, so many units were there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork
from core.inventory.models import Movement, StockAssertion
from core.runtime.ids import LevelId


@dataclass(frozen=True, slots=True)
class Asserted:
    """What was counted, and the point of the ledger at which it was.

    `movement_id` is the level's last movement then (0: none), `book_qty` what the books said after it, `qty` what
    was there. A level's movements are written under its lock, so their ids rise in the order they happened.
    """

    at: datetime
    movement_id: int
    book_qty: int
    qty: int


@dataclass(frozen=True, slots=True)
class LastCount:
    """The newest count of a level, and what was counted moved forward by all that came and went since."""

    at: datetime
    movement_id: int
    #: what the books said at that point, as it was remembered then, and as the ledger's movements say it now
    book_qty: int
    replayed_qty: int
    forward_qty: int
    operator: str
    reference: str


def last_movement(uow: UnitOfWork, level_id: LevelId) -> int:
    """The id of the newest movement of a level that is locked; 0 where nothing has moved yet."""
    query = select(func.max(Movement.id)).where(Movement.level_id == level_id)
    return int(uow.execute(query).scalar_one() or 0)


def note_assertion(
    uow: UnitOfWork, level_id: LevelId, asserted: Asserted, correction_qty: int, reference: str
) -> None:
    """Keep a count, with what the books were moved by because of it."""
    uow.insert(
        StockAssertion,
        {
            "at": asserted.at,
            "level_id": level_id,
            "movement_id": asserted.movement_id,
            "book_qty": asserted.book_qty,
            "qty": asserted.qty,
            "correction_qty": correction_qty,
            "operator": uow.actor.operator,
            "reference": reference,
        },
    )


_NEWEST = (
    select(func.max(StockAssertion.id))
    .where(StockAssertion.level_id.in_(id_set("level_ids")))
    .group_by(StockAssertion.level_id)
)
_COUNTS = select(*StockAssertion.__table__.c).where(StockAssertion.id.in_(_NEWEST))
_MOVED = (
    select(
        Movement.level_id,
        func.sum(Movement.qty),
        func.coalesce(func.sum(Movement.qty).filter(Movement.id <= StockAssertion.movement_id), 0),
    )
    .join(StockAssertion, StockAssertion.level_id == Movement.level_id)
    .where(StockAssertion.id.in_(_NEWEST))
    .group_by(Movement.level_id)
)


def last_counts(connection: Connection, level_ids: Collection[int]) -> Mapping[LevelId, LastCount]:
    """The newest count of each of these levels that was ever counted."""
    binds = {"level_ids": packed_ids(level_ids)}
    moved: dict[int, tuple[int, int]] = {
        level: (int(total), int(until)) for level, total, until in connection.execute(_MOVED, binds)
    }
    rows: Any = connection.execute(_COUNTS, binds).all()
    found = {}
    for row in rows:
        total, until = moved.get(row.level_id, (0, 0))
        forward = row.qty + (total - until) - row.correction_qty
        found[LevelId(row.level_id)] = LastCount(
            row.at, row.movement_id, row.book_qty, until, forward, row.operator, row.reference
        )
    return found
