"""The lines of a known order: reading them, writing them anew, and claiming their stock."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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


def order_wants(warehouse_id: int, order_id: int, lines: Iterable[Mapping[str, Any]], *, is_paid: bool) -> OrderWants:
    """What an order wants of its warehouse: every line that is not refunded."""
    wants = tuple(
        Want(OrderLineId(row["id"]), SkuId(row["sku_id"]), row["qty"])
        for row in lines
        if row["after_sale"] != "refunded"
    )
    return OrderWants(OrderId(order_id), WarehouseId(warehouse_id), wants, is_paid)


def claim(
    uow: UnitOfWork, order_id: int, warehouse_id: int, lines: Sequence[Mapping[str, Any]], *, is_paid: bool
) -> None:
    """Claim the stock of an order's lines; the holds for a missing match and for missing goods follow."""
    if any(row["sku_id"] is None for row in lines):
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


def rewrite(
    uow: UnitOfWork, order_id: int, warehouse_id: int, fresh: Sequence[dict[str, Any]], *, is_paid: bool
) -> None:
    """Replace the lines of an order: give their stock back, write the new ones and claim for them.

    Rows stay where movements, claims or parcels refer to them; a changed line is a new row.
    """
    release(uow, [OrderLineId(row.id) for row in current_lines(uow, order_id)], "changed")
    uow.execute(update(OrderLine).where(OrderLine.order_id == order_id).values(is_current=False))
    # Nothing was ever claimed or packed for a line without a SKU.
    uow.execute(delete(OrderLine).where(OrderLine.order_id == order_id, OrderLine.sku_id.is_(None)))
    for line_id, row in zip(uow.take_ids(OrderLine, len(fresh)), fresh, strict=True):
        row["id"], row["order_id"] = line_id, order_id
    uow.insert_many(OrderLine, fresh)
    uow.record("order.lines_changed", "orders", order_id, lines=len(fresh))
    claim(uow, order_id, warehouse_id, fresh, is_paid=is_paid)
