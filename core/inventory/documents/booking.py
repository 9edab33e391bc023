"""Booking a draft: what it says happens to the stock, once, in one transaction; or waits for a second person."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, update

from core.db.unit_of_work import UnitOfWork
from core.inventory.batches import expect_batch, lock_batches, note_batch
from core.inventory.documents import purchasing
from core.inventory.documents.drafting import acted
from core.inventory.documents.models import Document, DocumentLine
from core.inventory.documents.moving import Move, move, place_of
from core.inventory.documents.records import Acted, Head, LineIn
from core.inventory.documents.rules import needs_other, rules_of
from core.inventory.documents.states import COUNTS_DONE, WAITS, DocKind, DocState
from core.inventory.documents.writing import Paper, check_skus, claim, lines_of, make, step, wait_turn, with_hand
from core.inventory.once import OnceOnly
from core.inventory.states import MovementKind
from core.runtime.errors import Refused
from core.runtime.ids import SkuId, WarehouseId

#: kinds by which goods come in that were not in the books
_BRINGS = frozenset({DocKind.RECEIPT, DocKind.IN_HAND, DocKind.RETURN, DocKind.ADJUSTMENT})
#: what the history says where booking is called otherwise
_SAID = {
    DocKind.PURCHASE: "document.ordered",
    DocKind.TRANSFER: "document.sent",
    DocKind.RETURN: "document.came",
}


def book(uow: UnitOfWork, document_id: int, version: int, key: str) -> Acted:
    """Book a draft: order, receive, send, take in, set aside, adjust.

    An adjustment beyond the owner's limit waits for somebody else. Where goods are put away by hand, a receipt's
    goods wait for that. A repeated key changes nothing and gives the first answer.

    Raises:
        Refused: `document.empty`; `document.changed`; `document.state`; `document.too_little`, with goods and units;
            `document.bundle`, `document.not_managed`, where goods became such meanwhile; and of goods that come in as
            `core.inventory.batches.note_batch` and `expect_batch`.
        NotFound: `document.none`.
    """
    once = OnceOnly(uow, "document.book", key, {"document_id": document_id})
    earlier = once.earlier_answer()
    if earlier is not None:
        return repeated(earlier)
    paper = claim(uow, document_id, version, [DocState.DRAFT])
    uow.execute(update(Document).where(Document.id == paper.id).values(hands=with_hand(uow, paper)))
    if paper.kind is DocKind.RECEIPT and _puts_away(uow, paper):
        # Its goods wait in a document whose number is drawn before their batches and levels are locked.
        wait_turn(uow, DocKind.PUTAWAY)
    lines = _lines_to_book(uow, paper)
    if paper.kind is DocKind.ADJUSTMENT and needs_other(uow, lines):
        step(uow, paper, DocState.TO_APPROVE, "document.submitted", units=sum(abs(line.qty) for line in lines))
        done = acted(paper, DocState.TO_APPROVE)
    else:
        done = _carry_out(uow, paper, lines)
    once.keep(kept(done))
    return done


def approve(uow: UnitOfWork, document_id: int, version: int) -> Acted:
    """The second pair of eyes says yes: the adjustment is booked now.

    Raises:
        Refused: `document.own`, whoever had a hand in it may not approve it; as `book`.
        NotFound: `document.none`.
    """
    paper = claim(uow, document_id, version, [DocState.TO_APPROVE])
    _expect_other(uow, paper)
    _decided(uow, paper)
    lines = _lines_to_book(uow, paper)
    return _carry_out(uow, paper, lines, action="document.approved")


def refuse(uow: UnitOfWork, document_id: int, version: int, note: str) -> Acted:
    """The second pair of eyes says no: nothing is booked, and the document says so for ever.

    Raises:
        Refused: `document.own`, as above; `document.changed`; `document.state`.
        NotFound: `document.none`.
    """
    paper = claim(uow, document_id, version, [DocState.TO_APPROVE])
    _expect_other(uow, paper)
    _decided(uow, paper)
    step(uow, paper, DocState.REFUSED, "document.refused", note=" ".join(note.split())[:200])
    return acted(paper, DocState.REFUSED)


def kept(done: Acted) -> list[Any]:
    """An answer as it is kept for repeats."""
    return [done.document_id, done.number, done.state, done.version, list(done.came), done.follower]


def repeated(answer: Sequence[Any]) -> Acted:
    """The first answer, given again."""
    document_id, number, state, version, came, follower = answer
    return Acted(document_id, number, state, version, tuple(SkuId(one) for one in came), follower, is_repeat=True)


def moves_of(paper: Paper, lines: Sequence[Any]) -> list[Move]:
    """What booking these lines does to the levels, for kinds that act at once."""
    return [one for line in lines for one in _moves(paper, line)]


def _moves(paper: Paper, line: Any) -> list[Move]:
    here = place_of(paper.warehouse_id, line)
    match paper.kind:
        case DocKind.RECEIPT:
            return [Move(line.id, here, MovementKind.RECEIPT, on_hand=line.done_qty)]
        case DocKind.IN_HAND:
            return [Move(line.id, here, MovementKind.UNBOOKED_RECEIPT, on_hand=line.qty)]
        case DocKind.ADJUSTMENT:
            return [Move(line.id, here, MovementKind.ADJUSTMENT, on_hand=line.qty)]
        case DocKind.TRANSFER:
            return [Move(line.id, here, MovementKind.TRANSFER, on_hand=-line.qty)]
        case DocKind.QUARANTINE:
            return [Move(line.id, here, None, quarantined=line.qty)]
        case DocKind.RELEASE:
            return [Move(line.id, here, None, quarantined=-line.qty)]
        case _:
            return []


def _carry_out(uow: UnitOfWork, paper: Paper, lines: Sequence[Any], action: str = "document.booked") -> Acted:
    if paper.kind is DocKind.RECEIPT:
        return _receive(uow, paper, lines, action)
    move(uow, paper, moves_of(paper, lines), "book")
    waits = paper.kind in WAITS
    values: dict[str, Any] = {"pending_qty": DocumentLine.qty} if waits else {"done_qty": func.abs(DocumentLine.qty)}
    uow.execute(update(DocumentLine).where(DocumentLine.document_id == paper.id).values(**values))
    state = DocState.OPEN if waits else DocState.DONE
    step(uow, paper, state, _SAID.get(paper.kind, action))
    frees = paper.kind in {DocKind.IN_HAND, DocKind.RELEASE, DocKind.ADJUSTMENT}
    return acted(paper, state, sorted({line.sku_id for line in lines}) if frees else ())


def _receive(uow: UnitOfWork, paper: Paper, lines: Sequence[Any], action: str) -> Acted:
    """Received goods go on the shelf at once, or wait to be put there; the order behind them expects fewer."""
    follower = ""
    came: list[int] = []
    if _puts_away(uow, paper):
        follower = open_putaway(uow, paper, lines)
    else:
        move(uow, paper, moves_of(paper, lines), "book")
        came = sorted({line.sku_id for line in lines})
    differs = purchasing.differing(lines_of(uow, paper.id))
    step(uow, paper, DocState.DONE, action, differing_lines=differs, follower=follower)
    purchasing.settle(uow, paper, "document.received")
    return acted(paper, DocState.DONE, came, follower)


def _puts_away(uow: UnitOfWork, receipt: Paper) -> bool:
    return receipt.warehouse_id in rules_of(uow.connection).putaway_warehouse_ids


def open_putaway(
    uow: UnitOfWork, receipt: Paper, lines: Sequence[Any], units: Mapping[int, int] | None = None
) -> str:
    """A document of what waits to be put on a shelf; gives its number.

    `units`: how many of each line wait, by its id; where it is left out, all that are done.
    """
    waits = {line.id: line.done_qty for line in lines} if units is None else units
    waiting = [
        LineIn(line.sku_id, waits[line.id], line.batch, line.made_day, line.expires_day, source_line_id=line.id)
        for line in lines
        if waits[line.id]
    ]
    head = Head(WarehouseId(receipt.warehouse_id), reason=receipt.reason)
    document_id, number = make(
        uow, DocKind.PUTAWAY, head, waiting, state=DocState.OPEN, parent_id=receipt.id, action="document.opened"
    )
    uow.execute(
        update(DocumentLine).where(DocumentLine.document_id == document_id).values(pending_qty=DocumentLine.qty)
    )
    return number


def _lines_to_book(uow: UnitOfWork, paper: Paper) -> list[Any]:
    """The lines that say something, with goods that have a stock, and batches that are known from now on.

    Raises:
        Refused: `document.empty`; as `check_skus`; as `core.inventory.batches.note_batch` and `expect_batch`.
    """
    name = "done_qty" if paper.kind in COUNTS_DONE else "qty"
    lines = [line for line in lines_of(uow, paper.id) if getattr(line, name)]
    if not lines:
        raise Refused("document.empty", f"{paper.number} has no goods", number=paper.number)
    check_skus(uow, {line.sku_id for line in lines})
    if paper.kind in _BRINGS:
        _know_batches(uow, lines)
    return lines


def _know_batches(uow: UnitOfWork, lines: Sequence[Any]) -> None:
    """Goods that come in name their batch where they are kept by one, and the batch is known from now on."""
    coming = sorted((line for line in lines if line.qty >= 0), key=lambda one: (one.sku_id, one.batch))
    lock_batches(uow, {(line.sku_id, line.batch) for line in coming if line.batch and _says_days(line)})
    for line in coming:
        if line.batch and _says_days(line):
            note_batch(uow, line.sku_id, line.batch, _day(line.expires_day), _day(line.made_day))
        else:
            expect_batch(uow, line.sku_id, line.batch)


def _says_days(line: Any) -> bool:
    return line.expires_day is not None or line.made_day is not None


def _day(ordinal: int | None) -> date | None:
    return None if ordinal is None else date.fromordinal(ordinal)


def _expect_other(uow: UnitOfWork, paper: Paper) -> None:
    if uow.actor.person_id in paper.hands:
        raise Refused(
            "document.own", f"{paper.number} is looked at by somebody who had no hand in it", number=paper.number
        )


def _decided(uow: UnitOfWork, paper: Paper) -> None:
    uow.execute(
        update(Document).where(Document.id == paper.id).values(decided_by=uow.actor.operator, decided_at=uow.now)
    )
