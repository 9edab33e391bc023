"""What came of a purchase order: the sum of its receipts, however many batches, files and deliveries brought it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select, update

from core.db.unit_of_work import UnitOfWork
from core.inventory.documents.models import Document, DocumentLine
from core.inventory.documents.records import LineIn
from core.inventory.documents.states import UNDER_WAY, DocKind, DocState
from core.inventory.documents.writing import Paper, claim, lines_of, standing_of, step


def with_sources(uow: UnitOfWork, receipt: Paper, lines: Sequence[LineIn]) -> list[LineIn]:
    """Lines that are added to a receipt, each bound to the line of the purchase order it answers, with its cost.

    A further batch of the same goods, or a row of a table, knows nothing of the order it was bought on.
    """
    if receipt.kind is not DocKind.RECEIPT or receipt.parent_id is None:
        return list(lines)
    ordered = lines_of(uow, receipt.parent_id)
    found = []
    for line in lines:
        same = [one for one in ordered if one.sku_id == line.sku_id] if line.source_line_id is None else []
        source = next((one for one in same if one.batch == line.batch), same[0] if same else None)
        if source is not None:
            cost = source.unit_cost_fen if line.unit_cost_fen is None else line.unit_cost_fen
            line = replace(line, source_line_id=source.id, unit_cost_fen=cost)  # noqa: PLW2901  the same line, corrected
        found.append(line)
    return found


def differing(lines: Sequence[Any]) -> int:
    """How many of the ordered lines that a receipt is about brought more or less than was expected with it."""
    sums: defaultdict[int, int] = defaultdict(int)
    for line in lines:
        if line.source_line_id:
            sums[line.source_line_id] += line.done_qty - line.qty
    return sum(1 for difference in sums.values() if difference)


def settle(uow: UnitOfWork, receipt: Paper, action: str) -> None:
    """Expect of the order behind a receipt what its receipts have not brought; the receipt is booked, or taken back.

    More than was ordered stays as received beyond the order. Of an order that somebody closed nothing is expected.
    """
    if receipt.parent_id is None:
        return
    purchase = claim(uow, receipt.parent_id, None, [*UNDER_WAY, DocState.DONE, DocState.CLOSED])
    ordered = lines_of(uow, purchase.id)
    came = _shared_out(ordered, _received(uow, purchase.id))
    is_closed = purchase.state is DocState.CLOSED
    for line in ordered:
        pending = 0 if is_closed else max(line.qty - came[line.id], 0)
        if (line.done_qty, line.pending_qty) != (came[line.id], pending):
            values = {"done_qty": came[line.id], "pending_qty": pending}
            uow.execute(update(DocumentLine).where(DocumentLine.id == line.id).values(**values))
    if is_closed:
        uow.record(action, "document", purchase.id, number=purchase.number, receipt=receipt.number)
    else:
        step(uow, purchase, standing_of(uow, purchase.id), action, receipt=receipt.number)


def _received(uow: UnitOfWork, purchase_id: int) -> Sequence[Any]:
    """The lines of all receipts of an order that stand."""
    query = (
        select(DocumentLine.sku_id, DocumentLine.source_line_id, DocumentLine.done_qty)
        .join(Document, Document.id == DocumentLine.document_id)
        .where(
            Document.parent_id == purchase_id,
            Document.kind == DocKind.RECEIPT,
            Document.state == DocState.DONE,
            DocumentLine.done_qty > 0,
        )
    )
    return uow.rows(query.order_by(DocumentLine.id))


def _shared_out(ordered: Sequence[Any], received: Sequence[Any]) -> dict[int, int]:
    """Units that came, by the line that ordered them: its own first, and what it did not want goes to its like."""
    came = dict.fromkeys((line.id for line in ordered), 0)
    alike: defaultdict[int, list[Any]] = defaultdict(list)
    for line in ordered:
        alike[line.sku_id].append(line)
    for line in received:
        if line.source_line_id in came:
            came[line.source_line_id] += line.done_qty
        elif alike[line.sku_id]:
            came[alike[line.sku_id][0].id] += line.done_qty
    for lines in alike.values():
        for line in lines:
            for other in lines:
                moved = min(max(came[line.id] - line.qty, 0), max(other.qty - came[other.id], 0))
                came[line.id] -= moved
                came[other.id] += moved
    return came
