"""Acts begun and done in one go: what a clerk books from the list of goods or at the desk has its document too."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from core.db.unit_of_work import UnitOfWork
from core.inventory import ledger
from core.inventory.batches import expect_batch
from core.inventory.documents.booking import open_putaway
from core.inventory.documents.models import DocumentLine, DocumentMovement
from core.inventory.documents.records import Head, LineIn
from core.inventory.documents.rules import needs_other, rules_of
from core.inventory.documents.states import DocKind, DocState
from core.inventory.documents.writing import lines_of, make, paper_of, wait_turn
from core.inventory.levels import free_of, lock_level
from core.inventory.models import Movement
from core.inventory.once import OnceOnly
from core.inventory.records import Booked
from core.runtime.errors import Refused
from core.runtime.ids import LevelId


@dataclass(frozen=True, slots=True)
class Done:
    """An act and its document.

    `waits`: it is only written down, and booked when somebody else has approved it. `follower` is the number of the
    document in which received goods wait for their shelf. In both cases `booked` says that no unit moved.
    """

    booked: Booked
    document_id: int
    number: str
    waits: bool = False
    follower: str = ""


def write_down(uow: UnitOfWork, kind: DocKind, head: Head, line: LineIn) -> tuple[int, str]:
    """The done one-line document of an act that happens in this transaction; gives its id and number."""
    return make(uow, kind, head, [line], state=DocState.DONE, action="document.booked")


def do_at_once(
    uow: UnitOfWork,
    kind: DocKind,
    head: Head,
    line: LineIn,
    key: str,
    book: Callable[[str], Booked],
    movement_keys: Sequence[str],
) -> Done:
    """Write the document of an act of `ledger`, book the act, and bind its movements to the document's line.

    An adjustment beyond the owner's limit is written down and waits for somebody else; received goods wait for their
    shelf where the owner has them put away. The document comes first: numbers are drawn before levels are locked, so
    that no two desks wait crosswise.

    Args:
        uow: the open transaction.
        kind: what it is.
        head: where and why.
        line: the goods.
        key: the act's own; under it the act is done once, whatever the rules have become, and answered as before.
        book: does it, given the number of the document, which its movements name.
        movement_keys: keys of the movements it writes; none for a change of quarantine alone.

    Raises:
        Refused: `stock.key_reused`, the key stands for something else; and as `writing.make`, `book` and
            `core.inventory.batches.expect_batch` do.
        NotFound: as `writing.make` and `book` do.
    """
    once = OnceOnly(uow, f"{kind}.at_once", key, _request(head, line))
    earlier = once.earlier_answer()
    if earlier is not None:
        return _again(earlier)
    if kind is DocKind.ADJUSTMENT and needs_other(uow, [line]):
        done = _submit(uow, head, line)
    elif kind is DocKind.RECEIPT and head.warehouse_id in rules_of(uow.connection).putaway_warehouse_ids:
        done = _receive_to_put_away(uow, head, line)
    else:
        done = _book(uow, kind, head, line, key, book, movement_keys)
    once.keep(_kept(done))
    return done


def _book(
    uow: UnitOfWork,
    kind: DocKind,
    head: Head,
    line: LineIn,
    key: str,
    book: Callable[[str], Booked],
    movement_keys: Sequence[str],
) -> Done:
    document_id, number = write_down(uow, kind, head, line)
    booked = book(number)
    if booked.is_repeat:
        # Booked by a program that knew no documents yet.
        raise Refused("stock.key_reused", f"{key} was used before", key=key)
    line_id = uow.execute(select(DocumentLine.id).where(DocumentLine.document_id == document_id)).scalar_one()
    if movement_keys:
        ids = uow.execute(select(Movement.id).where(Movement.key.in_(movement_keys))).scalars()
        uow.insert_many(DocumentMovement, [{"movement_id": one, "line_id": line_id} for one in ids])
    return Done(booked, document_id, number)


def _submit(uow: UnitOfWork, head: Head, line: LineIn) -> Done:
    """An adjustment for two people, with nothing booked; what could never be booked is refused at once."""
    document_id, number = make(
        uow, DocKind.ADJUSTMENT, head, [line], state=DocState.TO_APPROVE, action="document.submitted"
    )
    if line.qty > 0:
        expect_batch(uow, line.sku_id, line.batch)
    level = lock_level(uow, head.warehouse_id, line.sku_id, line.batch)
    if free_of(level) + line.qty < 0:
        raise ledger.too_little(level, -line.qty)
    return Done(_untouched(level), document_id, number, waits=True)


def _receive_to_put_away(uow: UnitOfWork, head: Head, line: LineIn) -> Done:
    ledger.check_qty(line.done_qty)
    document_id, number = write_down(uow, DocKind.RECEIPT, head, line)
    wait_turn(uow, DocKind.PUTAWAY)
    expect_batch(uow, line.sku_id, line.batch)
    follower = open_putaway(uow, paper_of(uow, document_id), lines_of(uow, document_id))
    level = lock_level(uow, head.warehouse_id, line.sku_id, line.batch)
    return Done(_untouched(level), document_id, number, follower=follower)


def _untouched(level: Any) -> Booked:
    return Booked(LevelId(level.id), 0, level.on_hand_qty, level.quarantined_qty)


def _request(head: Head, line: LineIn) -> dict[str, Any]:
    return {
        "warehouse_id": head.warehouse_id,
        "to_warehouse_id": head.to_warehouse_id,
        "sku_id": line.sku_id,
        "batch": line.batch,
        "qty": line.qty or line.done_qty,
        "reason": head.reason,
    }


def _kept(done: Done) -> list[Any]:
    booked = done.booked
    figures = [booked.level_id, booked.qty, booked.on_hand_qty, booked.quarantined_qty]
    return [figures, done.document_id, done.number, done.waits, done.follower]


def _again(answer: Sequence[Any]) -> Done:
    figures, *rest = answer
    return Done(replace(Booked(*figures), is_repeat=True), *rest)
