"""Holds (挂起): reasons that stop an order's fulfilment, several at once if need be."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import bindparam, select, update

from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.orders.models import Hold, Order

#: goods are missing: of an order as it was taken in, and of one whose money came when there were none (已付无货)
SHORT, PAID_NO_STOCK = "short", "paid_no_stock"
MISSING_GOODS = (SHORT, PAID_NO_STOCK)
#: its buyer was paid back or gets other goods: what it lacked goes to others, and it is not sent
SETTLED_OTHERWISE = "settled_otherwise"
#: the buyer's money and the order's amount are not the same, or it went back: a person decides
PAYMENT_DIFFERS = "payment_differs"

#: one customer bought more than may be bought while the goods run low: a person decides
OVER_LIMIT = "over_limit"

#: the platform will not have it sent yet: under review, a group still gathering, the buyer asked to call it off
STOPPED = "platform_stopped"

#: its shop was asked for it and does not know it any more: it was deleted there
GONE = "gone_at_platform"

#: its platform makes several orders of it, of which not all are here yet; or such a part, sent with the whole already
SPLIT = "split_by_platform"

#: its shop has not started here, or had not when it was paid: another program sends it
NOT_STARTED = "not_started"
#: part of it was sent, or labelled, before it came to us: to send all of it would send that twice
PART_SENT = "part_sent"

#: reason codes, most pressing first: the list shows the first that stands
REASONS = (
    NOT_STARTED,
    GONE,
    "refund_requested",
    STOPPED,
    PAYMENT_DIFFERS,
    SETTLED_OTHERWISE,
    PAID_NO_STOCK,
    SHORT,
    "unmatched",
    "masked",
    "no_receiver",
    OVER_LIMIT,
    "shipped_elsewhere",
    SPLIT,
    PART_SENT,
    "reopened",
    "changed_after_shipping",
    "waybill_failed",
    "desk_exception",
    "by_hand",
)

#: the note of a `short` hold where goods are left, but none that last as long as the order's shop promises
SHORT_LIVED = "short_lived"

_STANDING = select(Hold.order_id, Hold.reason).where(Hold.order_id.in_(id_set("ids")), Hold.released_at.is_(None))
_SHOW = update(Order).where(Order.id.in_(id_set("ids"))).values(hold_reason=bindparam("reason"))


def place_many(uow: UnitOfWork, holds: Sequence[tuple[int, str]], note: str = "") -> None:
    """Place one hold per (order, reason); one that stands already stays as it is."""
    if not holds:
        return
    lock_orders(uow, sorted({order_id for order_id, _ in holds}))
    stamp = {"note": note, "placed_at": uow.now, "placed_by": uow.actor.operator}
    rows = [{"order_id": order_id, "reason": reason} | stamp for order_id, reason in holds]
    placing = insert_or_ignore(uow.connection, Hold).returning(Hold.order_id, Hold.reason)
    for order_id, reason in sorted(tuple(row) for row in uow.execute(placing, rows)):
        uow.record("order.held", "orders", order_id, reason=reason)
    _refresh(uow, sorted({order_id for order_id, _ in holds}))


def follow_stop(uow: UnitOfWork, order_id: int, stopped_for: str) -> None:
    """Stand as long as the platform keeps the order back; its own word goes along."""
    if stopped_for:
        place_many(uow, [(order_id, STOPPED)], stopped_for)
    else:
        release(uow, order_id, [STOPPED])


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


def stands(uow: UnitOfWork, order_id: int, reason: str) -> bool:
    """Whether this hold stands."""
    here = (Hold.order_id == order_id, Hold.reason == reason, Hold.released_at.is_(None))
    return uow.execute(select(Hold.id).where(*here)).first() is not None


def lock_orders(uow: UnitOfWork, order_ids: Sequence[int]) -> None:
    """Let nobody else hold, change or ship these orders before this transaction ends; SQLite has one writer anyway.

    Without it two desks that place and lift different holds at once each write the other's word away.
    """
    if order_ids and not uow.is_sqlite:
        rows = select(Order.id).where(Order.id.in_(order_ids)).order_by(Order.id)
        uow.execute(rows.with_for_update(key_share=True)).all()


def _refresh(uow: UnitOfWork, order_ids: Sequence[int]) -> None:
    standing: dict[int, list[str]] = {order_id: [] for order_id in order_ids}
    for row in uow.execute(_STANDING, {"ids": packed_ids(order_ids)}):
        standing[row.order_id].append(row.reason)
    by_first: defaultdict[str, list[int]] = defaultdict(list)
    for order_id, reasons in standing.items():
        by_first[min(reasons, key=_rank, default="")].append(order_id)
    for first, ids in by_first.items():
        uow.execute(_SHOW, {"ids": packed_ids(ids), "reason": first})
    uow.changed("orders", *order_ids)


def _rank(reason: str) -> int:
    return REASONS.index(reason) if reason in REASONS else len(REASONS)
