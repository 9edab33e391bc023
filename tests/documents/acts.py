"""Documents as tests make them: one committed transaction for each call."""

from typing import Any

from sqlalchemy import select

from core.db.unit_of_work import Actor
from core.inventory.documents import booking, drafting, following, lists, pending, reversing, rules
from core.inventory.documents.following import Came
from core.inventory.documents.models import Document, DocumentLine
from core.inventory.documents.records import Acted, DocumentDetail, Head, LineIn
from core.inventory.documents.rules import Rules
from core.inventory.documents.states import DocKind
from tests.support.inventory_world import World

STOCK_KEEPER, OTHER, THIRD = (Actor(name, "desk 1", number) for number, name in enumerate(("Li", "Wang", "Zhao"), 1))


def draft(world: World, kind: DocKind, *lines: Any, **head: Any) -> Acted:
    """A draft of (sku, qty) or `LineIn`; what a receipt names was counted."""
    written = [one if isinstance(one, LineIn) else _line(kind, *one) for one in lines]
    words = Head(**({"warehouse_id": World.main} | head))
    if kind is DocKind.TRANSFER and words.to_warehouse_id is None:
        words = Head(**({"warehouse_id": World.main, "to_warehouse_id": World.second} | head))
    key = world.key()
    return world.do(lambda uow: drafting.begin(uow, kind, words, written, key))


def _line(kind: DocKind, sku: Any, qty: int) -> LineIn:
    return LineIn(sku, 0, done_qty=qty) if kind is DocKind.RECEIPT else LineIn(sku, qty)


def book(world: World, made: Acted, key: str = "") -> Acted:
    used = key or world.key()
    return world.do(lambda uow: booking.book(uow, made.document_id, made.version, used))


def booked(world: World, kind: DocKind, *lines: Any, **head: Any) -> Acted:
    return book(world, draft(world, kind, *lines, **head))


def reverse(world: World, made: Acted, key: str = "", **more: Any) -> Acted:
    used = key or world.key()
    return world.do(lambda uow: reversing.reverse(uow, made.document_id, None, used, **more))


def came(world: World, act: str, made: Acted, *quantities: Any, key: str = "", **more: Any) -> Acted:
    """`arrive`, `inspect` or `put_away` with a quantity (or good, bad; or quantity, bin) for each line."""
    used, parts = key or world.key(), []
    for line, qty in zip(detail(world, made.document_id).lines, quantities, strict=False):
        units, *rest = qty if isinstance(qty, tuple) else (qty,)
        bad, shelf = (rest[0], "") if rest and isinstance(rest[0], int) else (0, rest[0] if rest else "")
        parts.append(Came(line.id, units, bad, shelf))
    version = now(world, made).version
    if act == "arrive":
        more = {"is_all": True} | more
    return world.do(lambda uow: getattr(following, act)(uow, made.document_id, version, parts, used, **more))


def detail(world: World, document_id: int) -> DocumentDetail:
    found = world.store.read(lambda connection: lists.document_detail(connection, document_id))
    assert found is not None
    return found


def now(world: World, made: Acted) -> Any:
    return detail(world, made.document_id).row


def by_number(world: World, number: str) -> Acted:
    query = select(Document.id, Document.number, Document.state, Document.version).where(Document.number == number)
    return Acted(*world.store.read(lambda connection: connection.execute(query).one()))


def waiting(world: World, sku: int, flow: str) -> int:
    rows = world.store.read(lambda connection: pending.pending(connection, [sku]))
    return sum(row.qty for row in rows if row.flow == flow)


def decide(world: World, **limits: Any) -> None:
    world.do(lambda uow: rules.set_rules(uow, Rules(**limits)))


def lines(world: World, made: Acted) -> list[Any]:
    query = select(DocumentLine).where(DocumentLine.document_id == made.document_id).order_by(DocumentLine.line_no)
    columns = query.with_only_columns(*DocumentLine.__table__.c)
    return list(world.store.read(lambda connection: connection.execute(columns).all()))
