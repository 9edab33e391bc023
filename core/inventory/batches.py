"""Batches (批次): what is known of one, correcting it, and the levels that follow.

A batch's row is the truth about its days and whether it may be promised; every level of it carries a copy, because
promising has no time to look elsewhere. Whoever changes a batch locks its row first and its levels after that.
"""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import select, tuple_, update

from core.catalog.models import Sku
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.inventory.levels import lock_levels
from core.inventory.models import Batch, StockLevel
from core.runtime.errors import NotFound, Refused

#: GS1 allows 20; some makers print more
LONGEST_BATCH: Final = 40
MOST_DAYS: Final = 36_500
_LONGEST_NOTE: Final = 200


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """What is known of a batch. `expires_on` is its last day; None where it has none or nobody has said."""

    id: int
    sku_id: int
    code: str
    made_on: date | None
    expires_on: date | None
    note: str = ""
    is_blocked: bool = False
    blocked_why: str = ""


def tidy_batch(text: str) -> str:
    """A batch's code as it is kept: half-width, without blanks around it and with one between words."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def batch_of(row: Any) -> BatchFacts:
    """A row of the table as it is told."""
    return BatchFacts(
        row.id,
        row.sku_id,
        row.code,
        date_of(row.made_day),
        date_of(row.expires_day),
        row.note,
        row.is_blocked,
        row.blocked_why,
    )


def note_batch(
    uow: UnitOfWork, sku_id: int, code: str, expires_on: date | None = None, made_on: date | None = None
) -> BatchFacts:
    """Know a batch of a SKU from now on; a known one learns the days nobody has said of it so far.

    Where the SKU has a shelf life, the day of making is enough: the last day is so many days later. Saying the same
    again changes nothing.

    Raises:
        NotFound: `stock.no_sku`.
        Refused: `batch.code_bad`; `batch.day_missing`, the SKU has a shelf life and neither day is known;
            `batch.days_crossed`, made after the last day; `batch.day_differs`, other days are known of it: facts hold
            `known` and `given`, and only `correct_batch` changes them.
    """
    code = _checked(code)
    sku = uow.execute(select(Sku.life_days).where(Sku.id == sku_id)).one_or_none()
    if sku is None:
        raise NotFound("stock.no_sku", f"there is no SKU {sku_id}", sku_id=sku_id)
    made, expires = _ordinal(made_on), _ordinal(expires_on)
    if expires is None and made is not None and sku.life_days:
        expires = made + sku.life_days
    _expect_in_turn(made, expires)
    known = _locked(uow, sku_id, code)
    if known is None:
        if sku.life_days and expires is None:
            raise Refused("batch.day_missing", f"nobody has said when batch {code} ends", batch=code)
        fresh = {"sku_id": sku_id, "code": code, "made_day": made, "expires_day": expires}
        rest = {"note": "", "is_blocked": False, "blocked_why": ""}
        uow.execute(insert_or_ignore(uow.connection, Batch), fresh | rest)
        known = _locked(uow, sku_id, code)
        uow.changed("batch", known.id)
        uow.record("batch.noted", "batch", known.id, sku_id=sku_id, batch=code, **_days(made, expires))
        _follow(uow, known)
    for name, given in (("made_day", made), ("expires_day", expires)):
        before = getattr(known, name)
        # The last day that follows from the making is no word against one that somebody has said.
        is_said = expires_on is not None or name == "made_day"
        if given is not None and before is not None and given != before and is_said:
            facts = {"batch": code, "known": str(date_of(before)), "given": str(date_of(given))}
            raise Refused("batch.day_differs", f"batch {code} is known with another day", **facts)
    learnt = {
        name: given
        for name, given in (("made_day", made), ("expires_day", expires))
        if given is not None and getattr(known, name) is None
    }
    return _write(uow, known, learnt, "batch.learnt") if learnt else batch_of(known)


def learn_batch(uow: UnitOfWork, sku_id: int, code: str, expires_on: date | None, made_on: date | None) -> None:
    """Know a batch nobody has known before, where the code of its goods says enough of it; nothing else.

    Raises:
        Refused: `batch.code_bad`; `batch.days_crossed`.
    """
    if (expires_on is not None or made_on is not None) and _locked(uow, sku_id, code) is None:
        note_batch(uow, sku_id, code, expires_on, made_on)


def correct_batch(
    uow: UnitOfWork, batch_id: int, expires_on: date | None, made_on: date | None, note: str
) -> BatchFacts:
    """Write a batch's days and note as they are right; every level of it follows, and the journal keeps both.

    Raises:
        NotFound: `batch.unknown`.
        Refused: `batch.days_crossed`; `batch.day_missing`, the SKU has a shelf life; `stock.note_long`.
    """
    known = locked_batch(uow, batch_id)
    made, expires = _ordinal(made_on), _ordinal(expires_on)
    life = uow.execute(select(Sku.life_days).where(Sku.id == known.sku_id)).scalar_one()
    if expires is None and made is not None and life:
        expires = made + life
    _expect_in_turn(made, expires)
    if life and expires is None:
        raise Refused("batch.day_missing", f"nobody has said when batch {known.code} ends", batch=known.code)
    note = " ".join(note.split())
    if len(note) > _LONGEST_NOTE:
        raise Refused("stock.note_long", f"a note has {_LONGEST_NOTE} characters at most", most=_LONGEST_NOTE)
    right = {"made_day": made, "expires_day": expires, "note": note}
    changed = {name: value for name, value in right.items() if value != getattr(known, name)}
    return _write(uow, known, changed, "batch.corrected") if changed else batch_of(known)


def set_blocked(uow: UnitOfWork, batch_id: int, *, is_blocked: bool, why: str) -> bool:
    """Promise a batch to nobody from now on, or to everybody again; False where it is so already.

    What is promised of it already stays promised: see `core.fulfilment.recall`, which goes through it.

    Raises:
        NotFound: `batch.unknown`.
    """
    known = locked_batch(uow, batch_id)
    if known.is_blocked == is_blocked:
        return False
    changed = {"is_blocked": is_blocked, "blocked_why": " ".join(why.split())[:_LONGEST_NOTE] if is_blocked else ""}
    uow.execute(update(Batch).where(Batch.id == batch_id).values(**changed))
    uow.changed("batch", batch_id)
    uow.record("batch.blocked" if is_blocked else "batch.unblocked", "batch", batch_id, batch=known.code, reason=why)
    _follow(uow, locked_batch(uow, batch_id))
    return True


def expect_batch(uow: UnitOfWork, sku_id: int, batch: str) -> None:
    """See that goods which come in under this batch may do so, and that the batch is known from now on.

    Raises:
        Refused: `stock.batch_missing`, these goods have to name one; `batch.day_missing`, it is new, and when it ends
            has to be said first (see `note_batch`); `batch.code_bad`.
    """
    if batch:
        # Looked at, not locked: a batch that is known stays known, and many desks receive of it.
        if uow.execute(select(Batch.id).where(Batch.sku_id == sku_id, Batch.code == batch)).first() is None:
            note_batch(uow, sku_id, batch)
        return
    if uow.execute(select(Sku.is_batch_managed).where(Sku.id == sku_id)).scalar_one():
        raise Refused("stock.batch_missing", "these goods come in by batch: name it", sku_id=sku_id)


def lock_batches(uow: UnitOfWork, batches: Collection[tuple[int, str]]) -> None:
    """Keep these batches (SKU, code) and their levels from everybody else, each kind in its one order.

    For whoever notes several in one go: noting them one by one would lock levels between batches.
    """
    if uow.is_sqlite or not batches:
        return
    pair = tuple_(Batch.sku_id, Batch.code).in_(sorted(batches))
    uow.execute(select(Batch.id).where(pair).order_by(Batch.sku_id, Batch.code).with_for_update(key_share=True)).all()
    levels = select(StockLevel.id).where(tuple_(StockLevel.sku_id, StockLevel.batch).in_(sorted(batches)))
    lock_levels(uow, list(uow.execute(levels).scalars()))


def locked_batch(uow: UnitOfWork, batch_id: int) -> Any:
    """A batch's row, which nobody else changes before this transaction ends.

    Raises:
        NotFound: `batch.unknown`.
    """
    query = select(*Batch.__table__.c).where(Batch.id == batch_id)
    row = uow.execute(query.with_for_update(key_share=True)).one_or_none()
    if row is None:
        raise NotFound("batch.unknown", f"there is no batch {batch_id}", batch_id=batch_id)
    return row


def _locked(uow: UnitOfWork, sku_id: int, code: str) -> Any:
    here = select(*Batch.__table__.c).where(Batch.sku_id == sku_id, Batch.code == code)
    # NO KEY: what was packed of a batch may still point at its row.
    return uow.execute(here.with_for_update(key_share=True)).one_or_none()


def _write(uow: UnitOfWork, known: Any, changed: dict[str, Any], action: str) -> BatchFacts:
    uow.execute(update(Batch).where(Batch.id == known.id).values(**changed))
    uow.changed("batch", known.id)
    before = {name: getattr(known, name) for name in changed}
    facts = {"before": _said(before), "after": _said(changed)}
    uow.record(action, "batch", known.id, sku_id=known.sku_id, batch=known.code, **facts)
    now = locked_batch(uow, known.id)
    _follow(uow, now)
    return batch_of(now)


def _follow(uow: UnitOfWork, batch: Any) -> None:
    """Copy what decides on promising to every level of the batch."""
    levels = select(StockLevel.id).where(StockLevel.sku_id == batch.sku_id, StockLevel.batch == batch.code)
    ids = list(uow.execute(levels).scalars())
    if not ids:
        return
    lock_levels(uow, ids)
    copied = {"expires_day": batch.expires_day, "is_blocked": batch.is_blocked}
    uow.execute(update(StockLevel).where(StockLevel.id.in_(ids)).values(**copied))
    uow.changed("stock_level", *ids)


def _checked(code: str) -> str:
    code = tidy_batch(code)
    if not code or len(code) > LONGEST_BATCH or not code.isprintable():
        raise Refused("batch.code_bad", f"a batch has a code of 1 to {LONGEST_BATCH} characters", most=LONGEST_BATCH)
    return code


def _expect_in_turn(made: int | None, expires: int | None) -> None:
    if made is not None and expires is not None and made > expires:
        raise Refused("batch.days_crossed", "a batch ends on the day it was made, or later")


def _ordinal(day: date | None) -> int | None:
    return None if day is None else day.toordinal()


def date_of(day: int | None) -> date | None:
    """The day of what is counted as `date.toordinal()` does."""
    return None if day is None else date.fromordinal(day)


def _days(made: int | None, expires: int | None) -> dict[str, str]:
    return {"made_on": str(date_of(made) or ""), "expires_on": str(date_of(expires) or "")}


def _said(values: dict[str, Any]) -> dict[str, str]:
    """Values of a batch as the journal keeps them: days as people write them."""
    return {name: str(value if name == "note" else date_of(value) or "") for name, value in values.items()}
