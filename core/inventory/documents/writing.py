"""Writing documents: numbers, lines, and the steps from state to state, each taken by one desk alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update

from core.catalog.models import BundleLine, Sku
from core.db.models import Journal
from core.db.sets import id_set, packed_ids
from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.inventory.batches import tidy_batch
from core.inventory.documents.models import Document, DocumentLine
from core.inventory.documents.records import MOST_LINES, MOST_TEXT, Head, LineIn
from core.inventory.documents.states import PREFIX, SIGNED, STEPS, DocKind, DocState
from core.inventory.ledger import MOST_QTY
from core.inventory.models import Warehouse
from core.inventory.shelves import day_of
from core.runtime.errors import NotFound, Refused

#: named in a refusal of a bundle; more would not be read
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Paper:
    """A document under its lock, as an act reads it."""

    id: int
    number: str
    kind: DocKind
    state: DocState
    version: int
    warehouse_id: int
    to_warehouse_id: int | None
    reason: str
    parent_id: int | None
    order_id: int | None
    hands: tuple[int, ...]


_PAPER = (
    Document.id,
    Document.number,
    Document.kind,
    Document.state,
    Document.version,
    Document.warehouse_id,
    Document.to_warehouse_id,
    Document.reason,
    Document.parent_id,
    Document.order_id,
    Document.hands,
)


def make(
    uow: UnitOfWork,
    kind: DocKind,
    head: Head,
    lines: Sequence[LineIn],
    *,
    state: DocState = DocState.DRAFT,
    parent_id: int | None = None,
    reverses_id: int | None = None,
    action: str = "document.made",
) -> tuple[int, str]:
    """Write a new document with its lines; gives its id and its number.

    Raises:
        Refused: `document.text_long`, `document.two_places`, `document.many_lines`, and as `check_lines`.
        NotFound: `stock.no_warehouse`.
    """
    _check_head(uow, kind, head)
    if kind is not DocKind.COUNTER and kind is not DocKind.DIFFERENCE:
        check_lines(uow, kind, lines)
    day = wait_turn(uow, kind)
    last = select(func.max(Document.seq)).where(Document.kind == kind, Document.day == day)
    seq = (uow.execute(last).scalar_one() or 0) + 1
    number = f"{PREFIX[kind]}{date.fromordinal(day):%y%m%d}-{seq:03d}"
    row = _head_row(head) | {
        "number": number,
        "kind": kind,
        "state": state,
        "day": day,
        "seq": seq,
        "parent_id": parent_id,
        "reverses_id": reverses_id,
        "author": uow.actor.operator,
        "hands": [uow.actor.person_id],
        "created_at": uow.now,
        "decided_by": "",
        "settled_at": None if state is DocState.DRAFT else uow.now,
        "version": 1,
    }
    document_id = uow.insert(Document, row)
    _write_lines(uow, document_id, lines)
    uow.record(action, "document", document_id, number=number, kind=str(kind), state=str(state), lines=len(lines))
    return document_id, number


def wait_turn(uow: UnitOfWork, kind: DocKind) -> int:
    """Numbers of one kind are drawn one after another, so that none is given twice or left out; gives today.

    Whoever locks levels before it makes a document waits here first, so that no two desks wait crosswise.
    """
    day = day_of(uow.now)
    take_turn(uow, f"document.{kind}.{day}")
    return day


def rewrite(uow: UnitOfWork, paper: Paper, head: Head, lines: Sequence[LineIn]) -> None:
    """Give a draft other words and lines; the caller has claimed it.

    Raises:
        Refused, NotFound: as `make`.
    """
    _check_head(uow, paper.kind, head)
    check_lines(uow, paper.kind, lines)
    words = _head_row(head) | {"hands": with_hand(uow, paper)}
    uow.execute(update(Document).where(Document.id == paper.id).values(**words))
    known = {line.id: line.line_no for line in lines_of(uow, paper.id)}
    kept = {line.line_id: line for line in lines if line.line_id in known}
    uow.execute(delete(DocumentLine).where(DocumentLine.id.in_(known.keys() - kept.keys())))
    # A line stays the line it is: whoever is at its quantity while another one is saved means this one.
    for line_id, line in kept.items():
        row = line_row(paper.id, known[line_id or 0], line)
        uow.execute(update(DocumentLine).where(DocumentLine.id == line_id).values(**row))
    fresh = [line for line in lines if line.line_id not in known]
    _write_lines(uow, paper.id, fresh, max(known.values(), default=0) + 1)


def with_hand(uow: UnitOfWork, paper: Paper) -> list[int]:
    """Everybody who had a hand in the document, whoever acts now included."""
    return sorted({*paper.hands, uow.actor.person_id})


def claim(uow: UnitOfWork, document_id: int, version: int | None, states: Iterable[DocState]) -> Paper:
    """Lock a document in one of these states and of this version, and raise the version; one desk alone gets it.

    Args:
        uow: the open transaction.
        document_id: which one.
        version: what the clerk saw; None where the act itself says exactly what it does.
        states: where it may stand.

    Raises:
        NotFound: `document.none`.
        Refused: `document.changed`, somebody was faster, with who; `document.state`, it stands elsewhere.
    """
    wanted = update(Document).where(Document.id == document_id, Document.state.in_([str(one) for one in states]))
    if version is not None:
        wanted = wanted.where(Document.version == version)
    # The row count decides, never an earlier read.
    if uow.count(wanted.values(version=Document.version + 1)) != 1:
        raise _why_not(uow, document_id, version)
    uow.changed("document", document_id)
    return paper_of(uow, document_id)


def paper_of(uow: UnitOfWork, document_id: int) -> Paper:
    """A document as it is.

    Raises:
        NotFound: `document.none`.
    """
    row: Any = uow.execute(select(*_PAPER).where(Document.id == document_id)).one_or_none()
    if row is None:
        raise NotFound("document.none", f"there is no document {document_id}", document_id=document_id)
    return Paper(
        row.id,
        row.number,
        DocKind(row.kind),
        DocState(row.state),
        row.version,
        row.warehouse_id,
        row.to_warehouse_id,
        row.reason,
        row.parent_id,
        row.order_id,
        tuple(row.hands),
    )


def step(uow: UnitOfWork, paper: Paper, to: DocState, action: str, **facts: object) -> None:
    """Move a claimed document on and write down how.

    Raises:
        Refused: `document.state`, there is no such step.
    """
    values: dict[str, Any] = {"state": to}
    if to is not paper.state:
        if to not in STEPS[paper.state]:
            raise wrong_state(paper.number, paper.state)
        values["settled_at"] = uow.now
    uow.execute(update(Document).where(Document.id == paper.id).values(**values))
    uow.record(action, "document", paper.id, number=paper.number, state=str(to), **facts)


def lines_of(uow: UnitOfWork, document_id: int) -> Sequence[Any]:
    """The lines, in order; under the document's lock they stand still."""
    return uow.rows(
        select(DocumentLine)
        .where(DocumentLine.document_id == document_id)
        .order_by(DocumentLine.line_no)
        .with_only_columns(*DocumentLine.__table__.c)
    )


def standing_of(uow: UnitOfWork, document_id: int) -> DocState:
    """The state that follows from what is pending: all of it, some of it, nothing."""
    lines = lines_of(uow, document_id)
    if not any(line.pending_qty for line in lines):
        return DocState.DONE
    came = any(line.done_qty or line.bad_qty for line in lines)
    return DocState.PART if came else DocState.OPEN


def wrong_state(number: str, state: str) -> Refused:
    """It stands where this cannot be done."""
    return Refused("document.state", f"{number} is {state}: that cannot be done with it", number=number, state=state)


def check_lines(uow: UnitOfWork, kind: DocKind, lines: Sequence[LineIn]) -> None:
    """Whether these may stand in a document of the kind.

    Raises:
        Refused: `stock.qty_out_of_range`; `document.bundle`, with its components; `document.not_managed`;
            `document.many_lines`.
        NotFound: `stock.no_sku`.
    """
    if len(lines) > MOST_LINES:
        raise Refused("document.many_lines", f"a document has {MOST_LINES} lines at most", most=MOST_LINES)
    for line in lines:
        lowest = -MOST_QTY if kind in SIGNED else 0
        for qty in (line.qty, line.done_qty):
            if not lowest <= qty <= MOST_QTY:
                raise Refused("stock.qty_out_of_range", f"{qty} is no quantity of goods", qty=qty, most_qty=MOST_QTY)
        if line.unit_cost_fen is not None and not 0 <= line.unit_cost_fen <= MOST_QTY:
            raise Refused("document.cost", "a cost is between 0 and ten million yuan")
    check_skus(uow, {line.sku_id for line in lines})


_SKUS = (
    select(Sku.id, Sku.code, Sku.is_bundle, Sku.is_stock_managed).where(Sku.id.in_(id_set("ids"))).order_by(Sku.id)
)
_COMPONENTS = (
    select(Sku.code, BundleLine.qty)
    .join(Sku, Sku.id == BundleLine.component_sku_id)
    .where(BundleLine.bundle_sku_id == bindparam("bundle"))
    .order_by(BundleLine.id)
)


def check_skus(uow: UnitOfWork, sku_ids: Iterable[int]) -> None:
    """Whether these goods have a stock.

    Raises:
        Refused: `document.bundle`, with its components; `document.not_managed`.
        NotFound: `stock.no_sku`.
    """
    wanted = set(sku_ids)
    known: Sequence[Any] = uow.execute(_SKUS, {"ids": packed_ids(sorted(wanted))}).all() if wanted else ()
    for unknown in wanted - {row.id for row in known}:
        raise NotFound("stock.no_sku", f"there is no SKU {unknown}", sku_id=unknown)
    for row in known:
        if row.is_bundle:
            parts: Sequence[Any] = uow.execute(_COMPONENTS, {"bundle": row.id}).all()
            named = "、".join(f"{code} × {qty}" for code, qty in parts[:_NAMED])
            raise Refused(
                "document.bundle",
                f"{row.code} is a bundle and holds no stock; write its components: {named}",
                sku=row.code,
                components=named + ("…" if len(parts) > _NAMED else ""),
            )
        if not row.is_stock_managed:
            raise Refused("document.not_managed", f"{row.code} is sold without counting", sku=row.code)


def _why_not(uow: UnitOfWork, document_id: int, version: int | None) -> Refused:
    paper = paper_of(uow, document_id)
    if version is not None and paper.version != version:
        last = select(Journal.operator, Journal.at).where(
            Journal.subject == "document", Journal.subject_id == document_id
        )
        row: Any = uow.execute(last.order_by(Journal.id.desc()).limit(1)).one_or_none()
        who = row.operator if row else ""
        return Refused(
            "document.changed",
            f"{paper.number} was changed by {who} meanwhile; nothing of yours was written",
            number=paper.number,
            operator=who,
            state=str(paper.state),
        )
    return wrong_state(paper.number, paper.state)


def _check_head(uow: UnitOfWork, kind: DocKind, head: Head) -> None:
    for text in (head.supplier, head.reference, head.note):
        if len(text) > MOST_TEXT:
            raise Refused("document.text_long", f"a text has {MOST_TEXT} characters at most", most=MOST_TEXT)
    places = {head.warehouse_id} | ({head.to_warehouse_id} if head.to_warehouse_id is not None else set())
    known = set(uow.execute(select(Warehouse.id).where(Warehouse.id.in_(places))).scalars())
    for unknown in places - known:
        raise NotFound("stock.no_warehouse", f"there is no warehouse {unknown}")
    if kind is DocKind.TRANSFER and len(places) < 2:
        raise Refused("stock.same_warehouse", "a transfer needs two warehouses")


def _head_row(head: Head) -> dict[str, Any]:
    return {
        "warehouse_id": head.warehouse_id,
        "to_warehouse_id": head.to_warehouse_id,
        "supplier": " ".join(head.supplier.split()),
        "reference": head.reference.strip(),
        "reason": head.reason,
        "note": head.note.strip(),
        "expected_day": head.expected_day,
        "order_id": head.order_id,
    }


def _write_lines(uow: UnitOfWork, document_id: int, lines: Sequence[LineIn], first: int = 1) -> None:
    rows = [line_row(document_id, number, line) for number, line in enumerate(lines, first)]
    uow.insert_many(DocumentLine, rows)


def line_row(document_id: int, number: int, line: LineIn) -> dict[str, Any]:
    """A line as its table has it."""
    return {
        "document_id": document_id,
        "line_no": number,
        "sku_id": line.sku_id,
        "batch": tidy_batch(line.batch),
        "made_day": line.made_day,
        "expires_day": line.expires_day,
        "qty": line.qty,
        "done_qty": line.done_qty,
        "bad_qty": 0,
        "pending_qty": 0,
        "unit_cost_fen": line.unit_cost_fen,
        "bin": line.bin,
        "source_line_id": line.source_line_id,
    }
