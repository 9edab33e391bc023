"""Drafts: begun, changed, counted into by scans, thrown away. Nothing here touches a level."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select, update

from core.db.unit_of_work import UnitOfWork
from core.inventory.batches import tidy_batch
from core.inventory.documents.models import Document, DocumentLine
from core.inventory.documents.purchasing import with_sources
from core.inventory.documents.records import MOST_LINES, Acted, Head, LineIn
from core.inventory.documents.states import BEGUN, COUNTS_DONE, SIGNED, UNDER_WAY, DocKind, DocState
from core.inventory.documents.writing import (
    Paper,
    check_lines,
    claim,
    line_row,
    lines_of,
    make,
    paper_of,
    rewrite,
    step,
    with_hand,
    wrong_state,
)
from core.inventory.once import OnceOnly
from core.runtime.errors import Refused
from core.runtime.ids import SkuId, WarehouseId


@dataclass(frozen=True, slots=True)
class Counted:
    """What one scan did to a draft: the line's units from now on."""

    document_id: int
    line_id: int
    sku_id: SkuId
    qty: int
    version: int
    is_repeat: bool = False


def begin(uow: UnitOfWork, kind: DocKind, head: Head, lines: Sequence[LineIn], key: str) -> Acted:
    """Begin a draft; the same key gives the same draft.

    Raises:
        Refused: `document.kind`, documents of this kind follow from others; and as `writing.make`.
        NotFound: as `writing.make`.
    """
    if kind not in BEGUN:
        raise Refused("document.kind", f"a {kind} document is not begun by hand", kind=str(kind))
    once = OnceOnly(uow, "document.begin", key, {"kind": str(kind), "warehouse_id": head.warehouse_id})
    earlier = once.earlier_answer()
    if earlier is not None:
        return _again(uow, earlier)
    document_id, number = make(uow, kind, head, lines)
    once.keep(document_id)
    return Acted(document_id, number, DocState.DRAFT, 1)


def change(uow: UnitOfWork, document_id: int, version: int, head: Head, lines: Sequence[LineIn]) -> Acted:
    """Give a draft other words and lines.

    Raises:
        Refused: `document.changed`, somebody else changed it since `version`; `document.state`; as `writing.make`.
        NotFound: `document.none`, and as `writing.make`.
    """
    paper = claim(uow, document_id, version, [DocState.DRAFT])
    rewrite(uow, paper, head, with_sources(uow, paper, lines))
    uow.record("document.changed", "document", paper.id, number=paper.number, lines=len(lines))
    return acted(paper, DocState.DRAFT)


def append(uow: UnitOfWork, document_id: int, version: int, lines: Sequence[LineIn]) -> Acted:
    """Put further lines behind those of a draft; of a receipt, what they name was counted.

    Raises:
        Refused, NotFound: as `change`.
    """
    paper = claim(uow, document_id, version, [DocState.DRAFT])
    is_counted = paper.kind in COUNTS_DONE
    fresh = [replace(one, qty=0, done_qty=one.qty) if is_counted else one for one in lines]
    check_lines(uow, paper.kind, fresh)
    for line in with_sources(uow, paper, fresh):
        _new_line(uow, paper, line)
    uow.execute(update(Document).where(Document.id == paper.id).values(hands=with_hand(uow, paper)))
    uow.record("document.changed", "document", paper.id, number=paper.number, lines=len(fresh))
    return acted(paper, DocState.DRAFT)


def count_in(
    uow: UnitOfWork,
    document_id: int,
    sku_id: SkuId,
    qty: int,
    key: str,
    batch: str = "",
    expires_day: int | None = None,
    made_day: int | None = None,
) -> Counted:
    """Add units of goods to a draft, as a scan does. Two people may scan into one draft: no unit is lost.

    Raises:
        Refused: `document.state`; `document.below_zero`, more is taken back than was counted; as `check_lines`.
        NotFound: `document.none`, `stock.no_sku`.
    """
    request = {"document_id": document_id, "sku_id": sku_id, "qty": qty, "batch": batch}
    once = OnceOnly(uow, "document.count", key, request)
    earlier = once.earlier_answer()
    if earlier is not None:
        line_id, counted = earlier
        return Counted(document_id, line_id, sku_id, counted, paper_of(uow, document_id).version, is_repeat=True)
    paper = claim(uow, document_id, None, [DocState.DRAFT])
    batch = tidy_batch(batch)
    line = _line_for(uow, paper, sku_id, batch)
    if line is not None:
        _learn_days(uow, line, {"expires_day": expires_day, "made_day": made_day})
    column = DocumentLine.done_qty if paper.kind in COUNTS_DONE else DocumentLine.qty
    if line is None:
        (fresh,) = with_sources(uow, paper, [LineIn(sku_id, 0, batch, made_day, expires_day)])
        line_id, counted = _new_line(uow, paper, fresh), qty
    else:
        line_id, counted = line.id, getattr(line, column.key) + qty
    check_lines(uow, paper.kind, [LineIn(sku_id, max(counted, 0) if paper.kind not in SIGNED else counted, batch)])
    if counted < 0 and paper.kind not in SIGNED:
        raise Refused("document.below_zero", "more is taken back than was counted", qty=-qty, counted=counted - qty)
    uow.execute(update(DocumentLine).where(DocumentLine.id == line_id).values({column: counted}))
    uow.execute(update(Document).where(Document.id == paper.id).values(hands=with_hand(uow, paper)))
    uow.record("document.counted", "document", paper.id, number=paper.number, sku_id=sku_id, qty=qty, total=counted)
    once.keep([line_id, counted])
    return Counted(document_id, line_id, sku_id, counted, paper.version)


def throw_away(uow: UnitOfWork, document_id: int, version: int) -> Acted:
    """Put a draft aside for good; its number stays taken.

    Raises:
        Refused: `document.changed`, `document.state`.
        NotFound: `document.none`.
    """
    paper = claim(uow, document_id, version, [DocState.DRAFT])
    step(uow, paper, DocState.VOID, "document.void")
    return acted(paper, DocState.VOID)


def receive_against(uow: UnitOfWork, purchase_id: int, key: str) -> Acted:
    """Begin the receipt of what a purchase order still expects; nothing is counted yet.

    A draft receipt of the order that stands already is given instead: two people at one delivery count together.

    Raises:
        Refused: `document.state`, the order expects nothing.
        NotFound: `document.none`.
    """
    purchase = paper_of(uow, purchase_id)
    if purchase.kind is not DocKind.PURCHASE or purchase.state not in UNDER_WAY:
        raise wrong_state(purchase.number, purchase.state)
    # The order's row is the lock: two desks that begin at once get one receipt.
    uow.execute(select(Document.id).where(Document.id == purchase_id).with_for_update())
    standing = select(Document.id).where(
        Document.parent_id == purchase_id, Document.kind == DocKind.RECEIPT, Document.state == DocState.DRAFT
    )
    known = uow.execute(standing.order_by(Document.id).limit(1)).scalar_one_or_none()
    if known is not None:
        return _again(uow, known)
    once = OnceOnly(uow, "document.receive", key, {"purchase_id": purchase_id})
    earlier = once.earlier_answer()
    if earlier is not None:
        return _again(uow, earlier)
    wanted = [
        LineIn(
            line.sku_id,
            line.pending_qty,
            line.batch,
            unit_cost_fen=line.unit_cost_fen,
            source_line_id=line.id,
        )
        for line in lines_of(uow, purchase_id)
        if line.pending_qty
    ]
    supplier = uow.execute(select(Document.supplier).where(Document.id == purchase_id)).scalar_one()
    head = Head(WarehouseId(purchase.warehouse_id), supplier=supplier, reason="purchase")
    document_id, number = make(uow, DocKind.RECEIPT, head, wanted, parent_id=purchase_id)
    once.keep(document_id)
    return Acted(document_id, number, DocState.DRAFT, 1)


def acted(paper: Paper, state: DocState, came: Sequence[int] = (), follower: str = "") -> Acted:
    """What an act upon a claimed document left."""
    return Acted(paper.id, paper.number, str(state), paper.version, tuple(SkuId(one) for one in came), follower)


def _again(uow: UnitOfWork, document_id: int) -> Acted:
    paper = paper_of(uow, document_id)
    return Acted(paper.id, paper.number, str(paper.state), paper.version, is_repeat=True)


def _line_for(uow: UnitOfWork, paper: Paper, sku_id: SkuId, batch: str) -> Any:
    """The line a scan counts into: of the same batch, else the first of these goods that names none and has none."""
    lines = [line for line in lines_of(uow, paper.id) if line.sku_id == sku_id]
    for line in lines:
        if line.batch == batch:
            return line
    fresh = next((one for one in lines if not one.batch and not one.done_qty and paper.kind in COUNTS_DONE), None)
    if fresh is not None and batch:
        uow.execute(update(DocumentLine).where(DocumentLine.id == fresh.id).values(batch=batch))
    return fresh


def _learn_days(uow: UnitOfWork, line: Any, days: dict[str, int | None]) -> None:
    """What a code says of a batch that nobody has said before."""
    learnt = {name: day for name, day in days.items() if day is not None and getattr(line, name) is None}
    if learnt:
        uow.execute(update(DocumentLine).where(DocumentLine.id == line.id).values(**learnt))


def _new_line(uow: UnitOfWork, paper: Paper, line: LineIn) -> int:
    last = select(func.max(DocumentLine.line_no)).where(DocumentLine.document_id == paper.id)
    number = (uow.execute(last).scalar_one() or 0) + 1
    if number > MOST_LINES:
        raise Refused("document.many_lines", f"a document has {MOST_LINES} lines at most", most=MOST_LINES)
    return uow.insert(DocumentLine, line_row(paper.id, number, line))
