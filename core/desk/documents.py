"""Documents of the stock as screens work with them: who may do what, and what goes on because of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import Connection, select

from core.access.gate import confirm, has_now, needs
from core.access.rights import Right
from core.aftersale.returns import expected_return
from core.catalog import queries as catalogue
from core.catalog.records import ScannedSku
from core.db.unit_of_work import Store, UnitOfWork
from core.desk.writing_out import write_out
from core.fulfilment import parked
from core.fulfilment.models import ParcelLine
from core.fulfilment.resuming import goods_came
from core.inventory import stock_list
from core.inventory.documents import booking, drafting, following, lists, pending, reversing, rules
from core.inventory.documents.drafting import Counted
from core.inventory.documents.following import Came
from core.inventory.documents.lists import DocumentCounts, DocumentFilter, DocumentPage
from core.inventory.documents.pending import PendingDocument, PendingRow
from core.inventory.documents.records import Acted, DocumentDetail, Head, LineIn
from core.inventory.documents.rules import Rules
from core.inventory.documents.states import DocKind
from core.inventory.documents.writing import paper_of
from core.inventory.stock_list import WarehouseRow
from core.orders.models import SHOWN_NO, Order, OrderLine
from core.orders.numbers import ids_called
from core.runtime.errors import NotFound
from core.runtime.ids import SkuId
from core.waybills.models import Waybill

if TYPE_CHECKING:
    from core.files.documents import FileGoods

T = TypeVar("T")

#: the right that each kind takes; what is not here takes the right to adjust
RIGHT_OF: Final[Mapping[DocKind, Right]] = MappingProxyType(
    dict.fromkeys(
        (DocKind.PURCHASE, DocKind.RECEIPT, DocKind.IN_HAND, DocKind.PUTAWAY, DocKind.RETURN), Right.RECEIVE_STOCK
    )
)


@dataclass(frozen=True, slots=True)
class DocumentActed:
    """What an act left, how many waiting orders went on because of it, and the parked parcels that can go on now."""

    acted: Acted
    served_count: int = 0
    ready_slips: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReturnedOrder:
    """An order whose goods come back, with what was sent of it, or with what the buyer's parcel should bring.

    `waybill_no`: the number of that parcel, where it was found by it.
    """

    order_id: int
    order_no: str
    lines: tuple[LineIn, ...]
    waybill_no: str = ""


class Documents:
    """Looking at documents, beginning and changing drafts, and the acts that book them.

    Every act that books has a key of its own: the same act under the same key happens once, and is answered as
    before. The right belongs to the kind of document, and is looked at again within the transaction.
    """

    def __init__(self, store: Store, carrier_code: str) -> None:
        self._store = store
        self._carrier_code = carrier_code

    # --- looking ------------------------------------------------------------------------------------------------

    @needs(Right.SEE_STOCK)
    def page(self, wanted: DocumentFilter, after: int | None, limit: int) -> DocumentPage:
        """One page of the list, the newest first."""
        return self._store.read(lambda connection: lists.document_page(connection, wanted, after, limit))

    @needs(Right.SEE_STOCK)
    def counts(self, wanted: DocumentFilter) -> DocumentCounts:
        """How many documents each chip holds."""
        return self._store.read(lambda connection: lists.document_counts(connection, wanted))

    @needs(Right.SEE_STOCK)
    def detail(self, document_id: int) -> DocumentDetail | None:
        """One document with all that belongs to it."""
        return self._store.read(lambda connection: lists.document_detail(connection, document_id))

    @needs(Right.SEE_STOCK)
    def by_number(self, number: str) -> int | None:
        """The document of this number, as a scan of its paper gives it."""
        return self._store.read(lambda connection: lists.document_by_number(connection, number))

    @needs(Right.SEE_STOCK)
    def goods(self, code: str) -> ScannedSku | None:
        """What a scanned barcode, a GS1 code or a typed code stands for."""
        now = self._store.clock.now()
        return self._store.read(lambda connection: catalogue.by_scan(connection, code.strip(), now))

    @needs(Right.SEE_STOCK)
    def warehouses(self) -> tuple[WarehouseRow, ...]:
        """Where goods may be."""
        return self._store.read(stock_list.warehouses)

    @needs(Right.SEE_STOCK)
    def pending(self, sku_ids: Sequence[SkuId] | None = None) -> tuple[PendingRow, ...]:
        """Units ordered, on the road, waiting for their shelf or for a look; of these goods, or of all."""
        return self._store.read(lambda connection: pending.pending(connection, sku_ids))

    @needs(Right.SEE_STOCK)
    def why_pending(self, sku_id: SkuId) -> tuple[PendingDocument, ...]:
        """The documents that make these numbers."""
        return self._store.read(lambda connection: pending.why_pending(connection, sku_id))

    @needs(Right.SEE_STOCK)
    def order_of(self, code: str) -> ReturnedOrder | None:
        """The order that a scanned number belongs to: the order's own, that of a parcel, or of one on its way back.

        With what of it was sent; by the number of a parcel on its way back with what its after-sale cases say.
        """
        return self._store.read(lambda connection: _order_of(connection, code.strip()))

    @needs(Right.SEE_STOCK)
    def rules(self) -> Rules:
        """What the owner has decided."""
        return self._store.read(rules.rules_of)

    @needs(Right.CHANGE_SETTINGS)
    def set_rules(self, wanted: Rules) -> None:
        """Decide anew.

        Raises:
            Refused: as `core.inventory.documents.rules.set_rules`.
        """
        self._store.write(lambda uow: rules.set_rules(uow, wanted))

    # --- drafts -------------------------------------------------------------------------------------------------

    @needs(Right.SEE_STOCK)
    def begin(self, kind: DocKind, head: Head, lines: Sequence[LineIn], key: str) -> Acted:
        """Begin a draft.

        Raises:
            Refused, NotFound: as `core.inventory.documents.drafting.begin`; Refused: `right.missing`.
        """

        def make(uow: UnitOfWork) -> Acted:
            confirm(uow, right_of(kind))
            return drafting.begin(uow, kind, head, lines, key)

        return self._store.write(make)

    @needs(Right.SEE_STOCK)
    def change(self, document_id: int, version: int, head: Head, lines: Sequence[LineIn]) -> Acted:
        """Give a draft other words and lines.

        Raises:
            Refused, NotFound: as `core.inventory.documents.drafting.change`; Refused: `right.missing`.
        """
        return self._with_right(document_id, lambda uow: drafting.change(uow, document_id, version, head, lines))

    @needs(Right.SEE_STOCK)
    def count_in(
        self,
        document_id: int,
        sku_id: SkuId,
        qty: int,
        key: str,
        batch: str = "",
        expires_day: int | None = None,
        made_day: int | None = None,
    ) -> Counted:
        """Add units to a draft, as a scan does.

        Raises:
            Refused, NotFound: as `core.inventory.documents.drafting.count_in`; Refused: `right.missing`.
        """
        return self._with_right(
            document_id,
            lambda uow: drafting.count_in(uow, document_id, sku_id, qty, key, batch, expires_day, made_day),
        )

    @needs(Right.SEE_STOCK)
    def throw_away(self, document_id: int, version: int) -> Acted:
        """Put a draft aside for good.

        Raises:
            Refused, NotFound: as `core.inventory.documents.drafting.throw_away`; Refused: `right.missing`.
        """
        return self._with_right(document_id, lambda uow: drafting.throw_away(uow, document_id, version))

    @needs(Right.RECEIVE_STOCK)
    def receive_against(self, purchase_id: int, key: str) -> Acted:
        """The draft receipt of what a purchase order still expects.

        Raises:
            Refused, NotFound: as `core.inventory.documents.drafting.receive_against`.
        """
        return self._store.write(lambda uow: drafting.receive_against(uow, purchase_id, key))

    @needs(Right.USE_FILES)
    def lines_from_file(self, document_id: int, version: int, path: Path) -> "FileGoods":
        """Put the goods of a table into a draft, behind what stands there already.

        Raises:
            Refused, NotFound, Unavailable: as `core.files.reading.read_table`, `core.files.documents.read_goods` and
                `change`.
        """
        # Loaded here: reading tables is nothing a start needs.
        from core.files.documents import goods_of
        from core.files.reading import read_table

        table = read_table(path, self._store.clock.now())
        found = self._store.read(lambda connection: goods_of(path, table, connection))

        def put(uow: UnitOfWork) -> None:
            drafting.append(uow, document_id, version, found.lines)

        if found.lines:
            self._with_right(document_id, put)
        return found

    @needs(Right.SEE_STOCK)
    @needs(Right.USE_FILES)
    def write_file(self, document_id: int, path: Path, header: Sequence[str]) -> int:
        """Write a document as a table; gives its lines. It is written down before it gets its name.

        Raises:
            NotFound: `document.none`; Refused: `files.name`; Unavailable: `files.cannot_write`, and nothing of it is
                left.
        """
        from core.files.documents import document_sheet

        detail = self._store.read(lambda connection: lists.document_detail(connection, document_id))
        if detail is None:
            raise NotFound("document.none", f"there is no document {document_id}", document_id=document_id)
        return write_out(self._store, path, "document", lambda _connection: document_sheet(header, detail))

    @needs(Right.SEE_STOCK)
    def print_paper(self, document_id: int) -> DocumentDetail:
        """A document as it is put on paper now; its history says that it was.

        Raises:
            NotFound: `document.none`.
        """

        def print_it(uow: UnitOfWork) -> DocumentDetail:
            detail = lists.document_detail(uow.connection, document_id)
            if detail is None:
                raise NotFound("document.none", f"there is no document {document_id}", document_id=document_id)
            uow.record("document.printed", "document", document_id, number=detail.row.number)
            return detail

        return self._store.write(print_it)

    # --- booking ------------------------------------------------------------------------------------------------

    @needs(Right.SEE_STOCK)
    def book(self, document_id: int, version: int, key: str) -> DocumentActed:
        """Book a draft, and send the orders on that waited for its goods.

        Raises:
            Refused, NotFound: as `core.inventory.documents.booking.book`; Refused: `right.missing`.
        """
        return self._act(document_id, lambda uow: booking.book(uow, document_id, version, key))

    @needs(Right.APPROVE_STOCK)
    def approve(self, document_id: int, version: int) -> DocumentActed:
        """Say yes to what somebody else has written.

        Raises:
            Refused, NotFound: as `core.inventory.documents.booking.approve`.
        """

        def act(uow: UnitOfWork) -> DocumentActed:
            confirm(uow, Right.APPROVE_STOCK)
            return self._gone_on(uow, booking.approve(uow, document_id, version))

        return self._store.write(act)

    @needs(Right.APPROVE_STOCK)
    def refuse(self, document_id: int, version: int, note: str) -> Acted:
        """Say no to it.

        Raises:
            Refused, NotFound: as `core.inventory.documents.booking.refuse`.
        """

        def act(uow: UnitOfWork) -> Acted:
            confirm(uow, Right.APPROVE_STOCK)
            return booking.refuse(uow, document_id, version, note)

        return self._store.write(act)

    @needs(Right.ADJUST_STOCK)
    def arrive(
        self, document_id: int, version: int, came: Sequence[Came], key: str, *, is_all: bool
    ) -> DocumentActed:
        """A transfer arrives.

        Raises:
            Refused, NotFound: as `core.inventory.documents.following.arrive`.
        """
        may_approve = has_now(self._store, Right.APPROVE_STOCK)
        return self._act(
            document_id,
            lambda uow: following.arrive(
                uow, document_id, version, came, key, is_all=is_all, may_approve=may_approve
            ),
        )

    @needs(Right.RECEIVE_STOCK)
    def inspect(self, document_id: int, version: int, came: Sequence[Came], key: str) -> DocumentActed:
        """Returned goods were looked at.

        Raises:
            Refused, NotFound: as `core.inventory.documents.following.inspect`.
        """
        return self._act(document_id, lambda uow: following.inspect(uow, document_id, version, came, key))

    @needs(Right.RECEIVE_STOCK)
    def put_away(self, document_id: int, version: int, came: Sequence[Came], key: str) -> DocumentActed:
        """Received goods are on their shelf.

        Raises:
            Refused, NotFound: as `core.inventory.documents.following.put_away`.
        """
        return self._act(document_id, lambda uow: following.put_away(uow, document_id, version, came, key))

    @needs(Right.RECEIVE_STOCK)
    def close(self, document_id: int, version: int) -> Acted:
        """Nothing more will come of a purchase or a return, or is there to be put away.

        Raises:
            Refused, NotFound: as `core.inventory.documents.following.close`.
        """
        may_approve = has_now(self._store, Right.APPROVE_STOCK)
        return self._store.write(lambda uow: following.close(uow, document_id, version, may_approve=may_approve))

    @needs(Right.ADJUST_STOCK)
    def reverse(self, document_id: int, version: int, key: str, reason: str) -> DocumentActed:
        """Take a document back by its counter-document.

        Raises:
            Refused, NotFound: as `core.inventory.documents.reversing.reverse`.
        """
        may_approve = has_now(self._store, Right.APPROVE_STOCK)
        return self._act(
            document_id,
            lambda uow: reversing.reverse(uow, document_id, version, key, reason, may_approve=may_approve),
        )

    # --- within -------------------------------------------------------------------------------------------------

    def _with_right(self, document_id: int, act: Callable[[UnitOfWork], T]) -> T:
        def run(uow: UnitOfWork) -> T:
            confirm(uow, right_of(paper_of(uow, document_id).kind))
            return act(uow)

        return self._store.write(run)

    def _act(self, document_id: int, act: Callable[[UnitOfWork], Acted]) -> DocumentActed:
        return self._with_right(document_id, lambda uow: self._gone_on(uow, act(uow)))

    def _gone_on(self, uow: UnitOfWork, acted: Acted) -> DocumentActed:
        """What waited for goods that became free."""
        if acted.is_repeat or not acted.came:
            return DocumentActed(acted)
        served = goods_came(uow, self._carrier_code, acted.came)
        slips = {slip for sku_id in acted.came for slip in parked.ready_with(uow.connection, sku_id)}
        return DocumentActed(acted, len(served), tuple(sorted(slips)))


def right_of(kind: DocKind) -> Right:
    """The right that documents of this kind take."""
    return RIGHT_OF.get(kind, Right.ADJUST_STOCK)


def _order_of(connection: Connection, code: str) -> ReturnedOrder | None:
    of_parcel = (
        select(ParcelLine.order_id)
        .join(Waybill, Waybill.parcel_id == ParcelLine.parcel_id)
        .where(Waybill.number == code)
    )
    # Two questions, each with its index (that of the numbers begins with the shop); one with both would walk.
    ways = (Order.id.in_(ids_called(code)), Order.id.in_(of_parcel))
    found: list[Any] = [
        row for way in ways for row in connection.execute(select(Order.id, SHOWN_NO).where(way)).all()
    ]
    if not found:
        return _coming_back(connection, code)
    order = min(found, key=lambda one: one.id)
    return ReturnedOrder(order.id, order.order_no, _counted(connection, _sent(connection, order.id)))


def _coming_back(connection: Connection, code: str) -> ReturnedOrder | None:
    expected = expected_return(connection, code)
    if expected is None:
        return None
    units = _sent(connection, expected.order_id) if expected.units is None else expected.units
    return ReturnedOrder(expected.order_id, expected.order_no, _counted(connection, units), code)


def _sent(connection: Connection, order_id: int) -> Mapping[int, int]:
    lines = (
        select(OrderLine.sku_id, OrderLine.qty)
        .where(OrderLine.order_id == order_id, OrderLine.is_current, OrderLine.sku_id.is_not(None))
        .order_by(OrderLine.id)
    )
    units: dict[int, int] = {}
    rows: Sequence[Any] = connection.execute(lines).all()
    for sku_id, qty in rows:
        units[sku_id] = units.get(sku_id, 0) + qty
    return units


def _counted(connection: Connection, units: Mapping[int, int]) -> tuple[LineIn, ...]:
    counted = catalogue.counted_of(connection, units)
    return tuple(LineIn(SkuId(sku), qty) for sku, qty in units.items() if sku in counted)
