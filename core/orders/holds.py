"""Holds (挂起): reasons that stop an order's fulfilment, several at once if need be."""

from collections.abc import Sequence

from sqlalchemy import select, update

from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.orders.models import Hold, Order

#: reason codes, most pressing first: the list shows the first that stands
REASONS = (
    "refund_requested",
    "short",
    "unmatched",
    "masked",
    "shipped_elsewhere",
    "reopened",
    "changed_after_shipping",
    "waybill_failed",
    "desk_exception",
    "by_hand",
)


def place_many(uow: UnitOfWork, holds: Sequence[tuple[int, str]], note: str = "") -> None:
    """Place one hold per (order, reason); one that stands already stays as it is."""
    if not holds:
        return
    lock_orders(uow, sorted({order_id for order_id, _ in holds}))
    stamp = {"note": note, "placed_at": uow.now, "placed_by": uow.actor.operator}
    rows = [{"order_id": order_id, "reason": reason} | stamp for order_id, reason in holds]
    for row in rows:
        if uow.count(insert_or_ignore(uow.connection, Hold), row):
            uow.record("order.held", "orders", int(str(row["order_id"])), reason=row["reason"])
    _refresh(uow, sorted({order_id for order_id, _ in holds}))


def release(uow: UnitOfWork, order_id: int, reasons: Sequence[str] = REASONS) -> tuple[str, ...]:
    """Lift the named holds of an order; gives those that stood."""
    lock_orders(uow, [order_id])
    here = (Hold.order_id == order_id, Hold.released_at.is_(None), Hold.reason.in_(reasons))
    stood = tuple(row.reason for row in uow.rows(select(Hold.reason).where(*here).order_by(Hold.id)))
    if stood:
        uow.execute(update(Hold).where(*here).values(released_at=uow.now, released_by=uow.actor.operator))
        for reason in stood:
            uow.record("order.hold_released", "orders", order_id, reason=reason)
        _refresh(uow, [order_id])
    return stood


def lock_orders(uow: UnitOfWork, order_ids: Sequence[int]) -> None:
    """Let nobody else hold, change or ship these orders before this transaction ends; SQLite has one writer anyway.

    Without it two desks that place and lift different holds at once each write the other's word away.
    """
    if order_ids and not uow.is_sqlite:
        rows = select(Order.id).where(Order.id.in_(order_ids)).order_by(Order.id)
        uow.execute(rows.with_for_update(key_share=True)).all()


def _refresh(uow: UnitOfWork, order_ids: Sequence[int]) -> None:
    query = select(Hold.order_id, Hold.reason).where(Hold.order_id.in_(order_ids), Hold.released_at.is_(None))
    standing: dict[int, list[str]] = {order_id: [] for order_id in order_ids}
    for row in uow.rows(query):
        standing[row.order_id].append(row.reason)
    for order_id, reasons in standing.items():
        first = min(reasons, key=_rank, default="")
        uow.execute(update(Order).where(Order.id == order_id).values(hold_reason=first))
    uow.changed("orders", *order_ids)


def _rank(reason: str) -> int:
    return REASONS.index(reason) if reason in REASONS else len(REASONS)
