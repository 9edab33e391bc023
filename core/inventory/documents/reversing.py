"""Taking a done document back by a counter-document. What was booked stays as it was written."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update

from core.db.unit_of_work import UnitOfWork
from core.inventory.documents import purchasing
from core.inventory.documents.booking import kept, open_putaway, repeated
from core.inventory.documents.drafting import acted
from core.inventory.documents.models import Document, DocumentLine
from core.inventory.documents.moving import Move, move, place_of
from core.inventory.documents.records import Acted, Head, LineIn
from core.inventory.documents.rules import needs_other
from core.inventory.documents.states import CLOSED_AFTER, UNDER_WAY, DocKind, DocState
from core.inventory.documents.writing import Paper, claim, lines_of, make, paper_of, step, wait_turn, wrong_state
from core.inventory.once import OnceOnly
from core.inventory.reasons import UNDONE
from core.inventory.states import MovementKind
from core.runtime.errors import Refused
from core.runtime.ids import WarehouseId

#: kinds that booked something which can be taken back
_REVERSIBLE = frozenset(DocKind) - {DocKind.PURCHASE, DocKind.COUNTER}
#: kinds that can be taken back while something of them is under way
_ON_THE_WAY = frozenset({DocKind.TRANSFER, DocKind.RETURN})


def reverse(
    uow: UnitOfWork,
    document_id: int,
    version: int | None,
    key: str,
    reason: str = UNDONE,
    *,
    may_approve: bool = False,
) -> Acted:
    """Take a document back: its goods go where they were, by movements of the other sign.

    Gives the document with the number of its counter-document as `follower`. `may_approve`: whether whoever acts may
    be the second pair of eyes.

    Raises:
        Refused: `document.goods_gone`, some of its goods are promised or gone; `document.put_away_first`, its goods
            have been put on shelves by another document; `document.needs_other`, an adjustment beyond the limit is
            taken back by somebody who may approve and had no hand in it; `document.changed`; `document.state`.
        NotFound: `document.none`.
    """
    once = OnceOnly(uow, "document.reverse", key, {"document_id": document_id})
    earlier = once.earlier_answer()
    if earlier is not None:
        return repeated(earlier)
    paper = claim(uow, document_id, version, [DocState.DONE, *UNDER_WAY, DocState.CLOSED])
    _expect_reversible(paper)
    lines = lines_of(uow, document_id)
    if paper.kind is DocKind.ADJUSTMENT and needs_other(uow, lines):
        _expect_other(uow, paper, may_approve=may_approve)
    counter = _counter_of(uow, paper, lines, reason)
    if paper.kind is DocKind.PUTAWAY:
        # Its goods wait again in another one: the turn for that comes before any level.
        wait_turn(uow, DocKind.PUTAWAY)
    came = _undo(uow, paper, counter, lines)
    uow.execute(update(DocumentLine).where(DocumentLine.document_id == paper.id).values(pending_qty=0))
    step(uow, paper, DocState.REVERSED, "document.reversed", counter=counter.number)
    if paper.kind is DocKind.RECEIPT:
        purchasing.settle(uow, paper, "document.expects_again")
    done = acted(paper, DocState.REVERSED, came, counter.number)
    once.keep(kept(done))
    return done


def _expect_reversible(paper: Paper) -> None:
    is_done = paper.state is DocState.DONE or (paper.state is DocState.CLOSED and paper.kind in CLOSED_AFTER)
    # Of one that has just been opened nothing is on a shelf; it falls with its receipt.
    is_begun = paper.state is DocState.PART and paper.kind is DocKind.PUTAWAY
    if paper.kind not in _REVERSIBLE or not (is_done or is_begun or paper.kind in _ON_THE_WAY):
        raise wrong_state(paper.number, paper.state)


def _expect_other(uow: UnitOfWork, paper: Paper, *, may_approve: bool) -> None:
    if not may_approve or uow.actor.person_id in paper.hands:
        raise Refused(
            "document.needs_other",
            f"{paper.number} is beyond the limit: somebody who may approve and had no hand in it takes it back",
            number=paper.number,
        )


def _counter_of(uow: UnitOfWork, paper: Paper, lines: Sequence[Any], reason: str) -> Paper:
    mirrored = [
        LineIn(
            line.sku_id,
            -(line.qty if paper.kind in {DocKind.ADJUSTMENT, DocKind.DIFFERENCE} else _stood(paper.kind, line)),
            line.batch,
            line.made_day,
            line.expires_day,
            source_line_id=line.id,
        )
        for line in lines
    ]
    places: Any = uow.execute(
        select(Document.warehouse_id, Document.to_warehouse_id, Document.order_id).where(Document.id == paper.id)
    ).one()
    head = Head(WarehouseId(places.warehouse_id), places.to_warehouse_id, reason=reason, order_id=places.order_id)
    document_id, _ = make(
        uow,
        DocKind.COUNTER,
        head,
        mirrored,
        state=DocState.DONE,
        reverses_id=paper.id,
        action="document.countered",
    )
    return paper_of(uow, document_id)


def _stood(kind: DocKind, line: Any) -> int:
    """How many units a line has booked or still holds under way."""
    if kind in {DocKind.TRANSFER, DocKind.RETURN, DocKind.PUTAWAY, DocKind.RECEIPT}:
        return int(line.done_qty + line.bad_qty + line.pending_qty)
    return int(line.qty)


def _undo(uow: UnitOfWork, paper: Paper, counter: Paper, lines: Sequence[Any]) -> list[int]:
    """Book the opposite; gives the SKUs of which units became free."""
    opposite = [(line, own) for line, own in zip(lines, lines_of(uow, counter.id), strict=True)]
    if paper.kind is DocKind.RECEIPT and _withdraw_putaway(uow, paper):
        return []
    moves = [one for line, own in opposite for one in _moves(paper, line, own.id)]
    move(uow, counter, moves, "book", short="document.goods_gone")
    if paper.kind is DocKind.PUTAWAY:
        _wait_again(uow, paper, lines)
    return sorted({one.place[1] for one in moves if one.on_hand - one.quarantined > 0})


def _moves(paper: Paper, line: Any, own_id: int) -> list[Move]:
    here = place_of(paper.warehouse_id, line)
    match paper.kind:
        case DocKind.RECEIPT | DocKind.PUTAWAY:
            moves = [Move(own_id, here, MovementKind.RECEIPT, on_hand=-line.done_qty)]
        case DocKind.IN_HAND:
            # Of the kind of a correction: unbooked receipts are what waits for a review.
            moves = [Move(own_id, here, MovementKind.ADJUSTMENT, on_hand=-line.qty)]
        case DocKind.ADJUSTMENT | DocKind.DIFFERENCE:
            moves = [Move(own_id, here, MovementKind.ADJUSTMENT, on_hand=-line.qty)]
        case DocKind.TRANSFER:
            there = place_of(paper.to_warehouse_id, line)
            back = line.done_qty + line.pending_qty
            moves = [
                Move(own_id, here, MovementKind.TRANSFER, on_hand=back),
                Move(own_id, there, MovementKind.TRANSFER, on_hand=-line.done_qty),
            ]
        case DocKind.RETURN:
            units = line.done_qty + line.bad_qty
            moves = [Move(own_id, here, MovementKind.RETURN, on_hand=-units, quarantined=-line.bad_qty)]
        case DocKind.QUARANTINE:
            moves = [Move(own_id, here, None, quarantined=-line.qty)]
        case DocKind.RELEASE:
            moves = [Move(own_id, here, None, quarantined=line.qty)]
        case _:
            moves = []
    return [one for one in moves if one.on_hand or one.quarantined]


def _withdraw_putaway(uow: UnitOfWork, receipt: Paper) -> bool:
    """Whether the receipt's goods had to be put away: those that still wait do so no longer, none is on a shelf.

    Raises:
        Refused: `document.put_away_first`.
    """
    query = select(Document.id, Document.number, Document.state).where(
        Document.parent_id == receipt.id,
        Document.kind == DocKind.PUTAWAY,
    )
    putaways = uow.rows(query.order_by(Document.id))
    for row in putaways:
        if row.state == DocState.REVERSED:
            continue
        if row.state != DocState.OPEN:
            raise Refused(
                "document.put_away_first",
                f"take {row.number} back first: it put goods of {receipt.number} on shelves",
                number=receipt.number,
                other=row.number,
            )
        waiting = claim(uow, row.id, None, [DocState.OPEN])
        uow.execute(update(DocumentLine).where(DocumentLine.document_id == row.id).values(pending_qty=0))
        step(uow, waiting, DocState.VOID, "document.void", receipt=receipt.number)
    return bool(putaways)


def _wait_again(uow: UnitOfWork, putaway: Paper, lines: Sequence[Any]) -> None:
    """Goods taken off their shelf wait in a document of their own, with those that never got there."""
    waiting = {line.id: line.done_qty + line.pending_qty for line in lines if line.done_qty + line.pending_qty}
    if waiting:
        receipt = paper_of(uow, putaway.parent_id or putaway.id)
        open_putaway(uow, receipt, [line for line in lines if line.id in waiting], waiting)
