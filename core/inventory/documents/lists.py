"""Documents as a clerk looks through them: by kind and state, searched, one opened; nothing here writes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, func, or_, select

from core.catalog.models import Bin, Sku
from core.db.journal import timeline
from core.db.sets import id_set, packed_ids
from core.inventory.documents.models import Document, DocumentLine, DocumentMovement
from core.inventory.documents.records import DocumentDetail, DocumentRow, HistoryRow, LineRow, Related
from core.inventory.documents.searching import COUNT_CAP, NEWEST, counted, page_ids
from core.inventory.documents.states import DocState
from core.inventory.models import Warehouse
from core.orders.models import SHOWN_NO, Order

#: piles of the list: what a clerk asks for, and the states that are in it
PILES: Final[Mapping[str, tuple[DocState, ...]]] = MappingProxyType(
    {
        "all": tuple(state for state in DocState if state is not DocState.VOID),
        "draft": (DocState.DRAFT,),
        "to_approve": (DocState.TO_APPROVE,),
        "under_way": (DocState.OPEN, DocState.PART),
        "done": (DocState.DONE, DocState.CLOSED),
        "taken_back": (DocState.REVERSED, DocState.REFUSED, DocState.VOID),
    }
)
#: related documents a person reads
_MOST_RELATED: Final = 50


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """What is listed: one of `PILES`, a kind (empty: every kind), and what somebody typed.

    That is the beginning of a number (with the letters of its kind or without), a piece of the supplier or of the
    other side's number, a barcode, or a piece of what goods are called.
    """

    pile: str = "all"
    kind: str = ""
    search: str = ""


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """Rows, the newest first, and the id behind which the next page starts (None at the end)."""

    rows: tuple[DocumentRow, ...]
    next_after: int | None


@dataclass(frozen=True, slots=True)
class DocumentCounts:
    """How many documents each chip holds: piles of the chosen kind, kinds of the chosen pile.

    From `COUNT_CAP` on a number only says that there are so many at least; with `is_capped` every number does.
    """

    by_pile: Mapping[str, int]
    by_kind: Mapping[str, int]
    is_capped: bool = False

    def said(self, number: int) -> str:
        """One of the numbers as a chip shows it."""
        if number >= COUNT_CAP:
            return f"{COUNT_CAP:,}+".replace(",", " ")
        return f"{number}+" if self.is_capped and number else str(number)


_FROM = Warehouse.__table__.alias("place")
_TO = Warehouse.__table__.alias("goal")
_ROW = (
    select(
        Document.id,
        Document.number,
        Document.kind,
        Document.state,
        _FROM.c.name,
        func.coalesce(_TO.c.name, ""),
        Document.supplier,
        Document.reference,
        Document.reason,
        Document.note,
        Document.expected_day,
        Document.author,
        Document.created_at,
        Document.version,
    )
    .join(_FROM, _FROM.c.id == Document.warehouse_id)
    .outerjoin(_TO, _TO.c.id == Document.to_warehouse_id)
)
_ROWS = _ROW.where(Document.id.in_(id_set("ids"))).order_by(Document.id.desc())
_SUMS = (
    select(
        DocumentLine.document_id,
        func.count(),
        func.sum(DocumentLine.qty),
        func.sum(DocumentLine.done_qty),
        func.sum(DocumentLine.pending_qty),
    )
    .where(DocumentLine.document_id.in_(id_set("ids")))
    .group_by(DocumentLine.document_id)
)


def document_page(connection: Connection, wanted: DocumentFilter, after: int | None, limit: int) -> DocumentPage:
    """A page of the list, the newest first."""
    before = NEWEST if after is None else after
    ids = page_ids(connection, wanted.kind, PILES[wanted.pile], wanted.search.strip(), before, limit + 1)
    found: Sequence[Any] = connection.execute(_ROWS, {"ids": packed_ids(ids[:limit])}).all()
    sums = _sums(connection, ids[:limit])
    page = tuple(replace(DocumentRow(*row), **sums.get(row.id, {})) for row in found)
    return DocumentPage(page, page[-1].id if len(ids) > limit else None)


def document_counts(connection: Connection, wanted: DocumentFilter) -> DocumentCounts:
    """What each chip would show."""
    numbers, is_capped = counted(connection, wanted.search.strip())
    by_pile: defaultdict[str, int] = defaultdict(int)
    by_kind: defaultdict[str, int] = defaultdict(int)
    for (kind, state), number in numbers.items():
        for pile, states in PILES.items():
            if number and state in states and wanted.kind in ("", kind):
                by_pile[pile] += number
            if number and state in states and pile == wanted.pile:
                by_kind[kind] += number
                by_kind[""] += number
    return DocumentCounts(dict(by_pile), dict(by_kind), is_capped)


def document_by_number(connection: Connection, number: str) -> int | None:
    """The id of a document by its whole number, as a scan of its paper gives it."""
    query = select(Document.id).where(Document.number == number.strip().upper())
    found: int | None = connection.execute(query).scalar_one_or_none()
    return found


def document_detail(connection: Connection, document_id: int) -> DocumentDetail | None:
    """A document with its lines, relatives and history; None where there is none."""
    row: Any = connection.execute(_ROW.where(Document.id == document_id)).one_or_none()
    if row is None:
        return None
    more: Any = connection.execute(
        select(
            Document.warehouse_id,
            Document.to_warehouse_id,
            Document.order_id,
            SHOWN_NO,
            Document.hands,
            Document.decided_by,
        )
        .outerjoin(Order, Order.id == Document.order_id)
        .where(Document.id == document_id)
    ).one()
    lines = _lines(connection, document_id, more.to_warehouse_id or more.warehouse_id)
    head = replace(DocumentRow(*row), **_sums(connection, [document_id]).get(document_id, {}))
    history = tuple(
        HistoryRow(one.at, one.operator, one.desk, one.action, one.facts)
        for one in timeline(connection, ["document"], document_id)
    )
    return DocumentDetail(
        head,
        more.warehouse_id,
        more.to_warehouse_id,
        more.order_id,
        more.order_no or "",
        tuple(more.hands),
        more.decided_by,
        lines,
        _related(connection, document_id),
        history,
    )


def _lines(connection: Connection, document_id: int, warehouse_id: int) -> tuple[LineRow, ...]:
    line = DocumentLine
    query = (
        select(
            line.id,
            line.line_no,
            line.sku_id,
            Sku.code,
            Sku.name,
            Sku.spec,
            line.batch,
            line.made_day,
            line.expires_day,
            line.qty,
            line.done_qty,
            line.bad_qty,
            line.pending_qty,
            line.unit_cost_fen,
            line.bin,
            line.source_line_id,
            func.coalesce(Bin.code, ""),
        )
        .join(Sku, Sku.id == line.sku_id)
        .outerjoin(Bin, (Bin.sku_id == line.sku_id) & (Bin.warehouse_id == warehouse_id))
        .where(line.document_id == document_id)
        .order_by(line.line_no)
    )
    links = (
        select(DocumentMovement.line_id, DocumentMovement.movement_id)
        .join(line, line.id == DocumentMovement.line_id)
        .where(line.document_id == document_id)
        .order_by(DocumentMovement.movement_id)
    )
    moved: defaultdict[int, list[int]] = defaultdict(list)
    for line_id, movement_id in connection.execute(links):
        moved[line_id].append(movement_id)
    rows: Sequence[Any] = connection.execute(query).all()
    return tuple(_line(row, tuple(moved[row[0]])) for row in rows)


def _line(row: Any, movement_ids: tuple[int, ...]) -> LineRow:
    *values, usual_bin = row
    return replace(LineRow(*values), movement_ids=movement_ids, usual_bin=usual_bin)


def _related(connection: Connection, document_id: int) -> tuple[Related, ...]:
    own: Any = connection.execute(
        select(Document.parent_id, Document.reverses_id).where(Document.id == document_id)
    ).one()
    query = (
        select(Document.id, Document.number, Document.kind, Document.state, Document.parent_id, Document.reverses_id)
        .where(
            or_(
                Document.id.in_([one for one in own if one is not None]),
                Document.parent_id == document_id,
                Document.reverses_id == document_id,
            )
        )
        .order_by(Document.id)
        .limit(_MOST_RELATED)
    )
    found = []
    for row in connection.execute(query):
        tie = "child"
        if row.reverses_id == document_id:
            tie = "reversed_by"
        elif row.id == own.reverses_id:
            tie = "reverses"
        elif row.id == own.parent_id:
            tie = "parent"
        found.append(Related(row.id, row.number, row.kind, row.state, tie))
    return tuple(found)


def documents_of_movements(connection: Connection, movement_ids: Sequence[int]) -> Mapping[int, tuple[int, str]]:
    """The way back: movement -> id and number of the document that made it."""
    query = (
        select(DocumentMovement.movement_id, Document.id, Document.number)
        .join(DocumentLine, DocumentLine.id == DocumentMovement.line_id)
        .join(Document, Document.id == DocumentLine.document_id)
        .where(DocumentMovement.movement_id.in_(id_set("ids")))
    )
    rows = connection.execute(query, {"ids": packed_ids(movement_ids)})
    return {movement: (document, number) for movement, document, number in rows}


def _sums(connection: Connection, ids: Sequence[int]) -> Mapping[int, dict[str, Any]]:
    names = ("line_count", "qty", "done_qty", "pending_qty")
    rows = connection.execute(_SUMS, {"ids": packed_ids(ids)})
    return {row[0]: {name: int(value) for name, value in zip(names, row[1:], strict=True)} for row in rows}
