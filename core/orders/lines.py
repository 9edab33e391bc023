"""The lines of a known order: reading them, writing them anew, and claiming their stock."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from sqlalchemy import delete, select, update

from core.db.unit_of_work import UnitOfWork
from core.inventory.models import Reservation
from core.inventory.records import OrderWants, Want
from core.inventory.service import release, reserve_page
from core.inventory.states import ClaimState
from core.orders import holds
from core.orders.models import OrderLine
from core.runtime.ids import OrderId, OrderLineId, SkuId, WarehouseId


def current_lines(uow: UnitOfWork, order_id: int) -> Sequence[Any]:
    """The lines that count, by id; lines that the platform replaced are left out."""
    query = select(*OrderLine.__table__.c).where(OrderLine.order_id == order_id, OrderLine.is_current)
    return uow.rows(query.order_by(OrderLine.id))


def has_left(uow: UnitOfWork, order_id: int) -> bool:
    """Whether any goods of the order have left the house already."""
    lines = select(OrderLine.id).where(OrderLine.order_id == order_id)
    gone = select(Reservation.id).where(
        Reservation.order_line_id.in_(lines), Reservation.state == ClaimState.CONSUMED.value
    )
    return uow.execute(gone.limit(1)).first() is not None


class FreshLine(NamedTuple):
    """A line about to be written, as its columns are named: one per SKU of what the platform counts as one line.

    Without a SKU where nothing of ours matches the listing yet.
    """

    line_no: str
    item_id: str
    channel_sku_id: str
    title: str
    spec: str
    channel_qty: int
    unit_price_fen: int
    is_gift: bool
    after_sale: str
    sku_id: int | None
    bundle_sku_id: int | None
    qty: int


class Line(Protocol):
    """What claiming needs to know of a line, freshly written or read."""

    @property
    def sku_id(self) -> int | None:
        """The SKU, None where the listing is not matched."""
        ...

    @property
    def qty(self) -> int:
        """Units of it."""
        ...

    @property
    def after_sale(self) -> str:
        """One of none, requested, refunded."""
        ...


#: a line with its id
Numbered = tuple[int, Line]


def insert_lines(uow: UnitOfWork, order_ids: Sequence[int], lines: Sequence[FreshLine]) -> Sequence[int]:
    """Write lines of the orders named beside them; gives their ids."""
    ids = uow.take_ids(OrderLine, len(lines))
    columns = dict(zip(FreshLine._fields, zip(*lines, strict=True), strict=bool(lines)))
    uow.insert_columns(OrderLine, {"id": ids, "order_id": order_ids, **columns})
    return ids


def order_wants(warehouse_id: int, order_id: int, lines: Iterable[Numbered], *, is_paid: bool) -> OrderWants:
    """What an order wants of its warehouse: every line that is not refunded. All of them have a SKU."""
    wants = tuple(
        Want(OrderLineId(line_id), SkuId(line.sku_id), line.qty)
        for line_id, line in lines
        if line.sku_id is not None and line.after_sale != "refunded"
    )
    return OrderWants(OrderId(order_id), WarehouseId(warehouse_id), wants, is_paid)


def claim(uow: UnitOfWork, order_id: int, warehouse_id: int, lines: Sequence[Numbered], *, is_paid: bool) -> None:
    """Claim the stock of an order's lines; the holds for a missing match and for missing goods follow."""
    if any(line.sku_id is None for _, line in lines):
        holds.place_many(uow, [(order_id, "unmatched")])
        return
    holds.release(uow, order_id, ["unmatched"])
    wants = order_wants(warehouse_id, order_id, lines, is_paid=is_paid)
    note_stock(uow, order_id, has_stock=reserve_page(uow, [wants])[wants.order_id].is_reserved)


def note_stock(uow: UnitOfWork, order_id: int, *, has_stock: bool) -> None:
    """Place or lift the hold for missing goods."""
    if has_stock:
        holds.release(uow, order_id, ["short"])
    else:
        holds.place_many(uow, [(order_id, "short")])


def note_refund_requests(uow: UnitOfWork, order_id: int, states: Iterable[str]) -> None:
    """Place or lift the hold for an open request of a refund."""
    if "requested" in states:
        holds.place_many(uow, [(order_id, "refund_requested")])
    else:
        holds.release(uow, order_id, ["refund_requested"])


def rewrite(uow: UnitOfWork, order_id: int, warehouse_id: int, fresh: Sequence[FreshLine], *, is_paid: bool) -> None:
    """Replace the lines of an order: give their stock back, write the new ones and claim for them.

    Rows stay where movements, claims or parcels refer to them; a changed line is a new row.
    """
    release(uow, [OrderLineId(row.id) for row in current_lines(uow, order_id)], "changed")
    uow.execute(update(OrderLine).where(OrderLine.order_id == order_id).values(is_current=False))
    # Nothing was ever claimed or packed for a line without a SKU.
    uow.execute(delete(OrderLine).where(OrderLine.order_id == order_id, OrderLine.sku_id.is_(None)))
    ids = insert_lines(uow, [order_id] * len(fresh), fresh)
    uow.record("order.lines_changed", "orders", order_id, lines=len(fresh))
    claim(uow, order_id, warehouse_id, list(zip(ids, fresh, strict=True)), is_paid=is_paid)
