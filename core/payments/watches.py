"""What stands wrong with payments at this moment."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, select, text

from core.channels.models import Shop
from core.orders.models import SHOWN_NO, Order
from core.payments.asking import DIFFERS, LATE, PAID, REFUNDED
from core.payments.bills import COMPARED, READY_H, newest_bill_day
from core.payments.models import PaymentBill, PaymentDifference, PaymentGateway, PaymentQuestion
from core.runtime.standing import MOST, Severity, Standing

#: how long a payment that had to be asked for says that the mall's notices get lost
_RECENT: Final = timedelta(hours=24)
_SILENT: Final = timedelta(minutes=30)
#: a bill that is not here four hours after it could have been
_PATIENCE: Final = timedelta(hours=4)
# The words of the partial index.
_FOUND = text("payment_question.state <> 'waiting' AND payment_question.state <> 'settled'")
_SEVERITY: Final = {LATE: Severity.CRITICAL, DIFFERS: Severity.CRITICAL, REFUNDED: Severity.WARNING}
_RULES: Final = {
    LATE: "payment.paid_but_closed",
    DIFFERS: "payment.amount_differs",
    REFUNDED: "payment.refunded_there",
}


def findings(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Money that is not where the order says: one condition an order, until a person has seen to it."""
    del at
    q = PaymentQuestion
    query = (
        select(q.order_id, q.amount_fen, PaymentGateway.kind, SHOWN_NO, Order.amount_fen.label("ours"))
        .join(Order, Order.id == q.order_id)
        .join(PaymentGateway, PaymentGateway.id == q.gateway_id)
        .where(_FOUND)
        .order_by(q.order_id)
        .limit(MOST)
    )
    return [
        Standing(
            rule,
            f"order:{row.order_id}",
            _SEVERITY[state],
            {"order_no": row.order_no, "gateway": row.kind, "ours_fen": row.ours, "theirs_fen": row.amount_fen},
        )
        for state, rule in _RULES.items()
        for row in connection.execute(query.where(q.state == state))
    ]


def lost_notices(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Shops whose payments had to be asked for: the mall does not hear its gateway's notices."""
    q = PaymentQuestion
    query = (
        select(Shop.id, Shop.name, func.count().label("payments"))
        .select_from(q)
        .join(PaymentGateway, PaymentGateway.id == q.gateway_id)
        .join(Shop, Shop.id == PaymentGateway.shop_id)
        .where(_FOUND, q.state == PAID, q.asked_at > at - _RECENT)
        .group_by(Shop.id, Shop.name)
        .order_by(Shop.id)
    )
    return [
        Standing(
            "payment.callback_lost",
            f"shop:{row.id}",
            Severity.WARNING,
            {"shop": row.name, "payments": int(row.payments)},
        )
        for row in connection.execute(query)
    ]


def silent_gateways(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Gateways that have not answered as they should for half an hour."""
    g = PaymentGateway
    query = (
        select(g.id, g.kind, g.last_error, g.last_error_at, Shop.name)
        .join(Shop, Shop.id == g.shop_id)
        .where(g.is_active, g.last_error_at <= at - _SILENT)
        .order_by(g.id)
    )
    return [
        Standing(
            "payment.gateway_silent",
            f"gateway:{row.id}",
            Severity.WARNING,
            {"shop": row.name, "gateway": row.kind, "words": str(row.last_error).partition(":")[0]},
        )
        for row in connection.execute(query)
    ]


def bills(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Days whose bill differs from our orders, or did not come."""
    rows: Sequence[Any] = connection.execute(
        select(PaymentBill.id, PaymentBill.day, Shop.name, func.count().label("left"))
        .select_from(PaymentBill)
        .join(PaymentDifference, PaymentDifference.bill_id == PaymentBill.id)
        .join(Shop, Shop.id == PaymentBill.shop_id)
        .where(PaymentDifference.settled_at.is_(None))
        .group_by(PaymentBill.id, PaymentBill.day, Shop.name)
        .order_by(PaymentBill.id)
        .limit(MOST)
    ).all()
    standing = [
        Standing(
            "payment.bill_differs",
            f"bill:{row.id}",
            Severity.WARNING,
            {"shop": row.name, "day": str(date.fromordinal(row.day)), "left": int(row.left)},
        )
        for row in rows
    ]
    due = newest_bill_day(at - _PATIENCE).toordinal()
    missing = (
        select(PaymentBill.id, PaymentBill.day, Shop.name)
        .join(Shop, Shop.id == PaymentBill.shop_id)
        .where(PaymentBill.state != COMPARED, PaymentBill.day <= due)
        .order_by(PaymentBill.id)
        .limit(MOST)
    )
    standing += [
        Standing(
            "payment.bill_missing",
            f"bill:{row.id}",
            Severity.WARNING,
            {"shop": row.name, "day": str(date.fromordinal(row.day)), "hour": READY_H},
        )
        for row in connection.execute(missing)
    ]
    return standing
