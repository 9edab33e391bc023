"""The money of an order came: its goods are kept for good, or it is paid for without goods (已付无货)."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from core.db.unit_of_work import UnitOfWork
from core.inventory.service import confirm
from core.orders import holds
from core.orders.adopting import BEFORE_ALL
from core.orders.lines import current_lines, note_stock
from core.orders.models import Order
from core.orders.states import OPEN_STATES, SHIP_WITHIN_HOURS, OrderType, Payment
from core.runtime.ids import OrderLineId


def confirm_paid(uow: UnitOfWork, order_id: int) -> bool:
    """Confirm the claims of a paid order, claiming anew what ran out; whether it has everything now.

    Lines whose listings are not matched yet have claimed nothing: the match will.
    """
    rows = current_lines(uow, order_id)
    matched = [OrderLineId(row.id) for row in rows if row.sku_id is not None and row.after_sale != "refunded"]
    outcome = confirm(uow, matched)
    note_stock(uow, order_id, outcome, is_paid=True)
    return outcome.is_reserved and all(row.sku_id is not None for row in rows)


def is_priced(order: Any) -> bool:
    """Whether the shop has said what an order costs: of one that only the door knows yet nobody has."""
    return bool(order.modified_at != BEFORE_ALL)


def pay(uow: UnitOfWork, order_id: int, paid_at: datetime, amount_fen: int | None = None) -> bool:
    """The money of an unpaid order is there, whatever its shop says: its goods are kept, or it has none (已付无货).

    Takes what `note_paid` takes; False where nothing was open.
    """
    is_new = note_paid(uow, order_id, paid_at, amount_fen)
    if is_new:
        confirm_paid(uow, order_id)
    return is_new


def note_paid(uow: UnitOfWork, order_id: int, paid_at: datetime, amount_fen: int | None = None) -> bool:
    """Write down that the money of an unpaid order is there; False where nothing was open.

    The shop's own word stays what it was: its next copy of the order is still newer than ours.

    Args:
        uow: the open transaction.
        order_id: the order.
        paid_at: when.
        amount_fen: how much, where that is known. It is the order's amount where the shop has not named one yet;
            where it is another than the shop's, the goods are kept and a person decides before they leave.
    """
    columns = (Order.payment, Order.fulfilment, Order.order_type, Order.ship_by_at, Order.not_before_at)
    query = select(*columns, Order.amount_fen, Order.modified_at).where(Order.id == order_id)
    order: Any = uow.execute(query.with_for_update(key_share=True)).one()
    if order.payment != Payment.UNPAID or order.fulfilment not in OPEN_STATES:
        return False
    ship_by_at = order.ship_by_at
    if ship_by_at is None:
        starts = paid_at if order.not_before_at is None else max(paid_at, order.not_before_at)
        ship_by_at = starts + timedelta(hours=SHIP_WITHIN_HOURS[OrderType(order.order_type)])
    values = {"payment": Payment.PAID.value, "paid_at": paid_at, "ship_by_at": ship_by_at}
    if amount_fen is not None and not is_priced(order):
        values["amount_fen"] = amount_fen
    elif amount_fen not in {None, order.amount_fen}:
        hold_differing(uow, order_id, order.amount_fen, amount_fen)
    uow.execute(update(Order).where(Order.id == order_id).values(**values))
    uow.changed("orders", order_id)
    return True


def hold_differing(uow: UnitOfWork, order_id: int, ours_fen: int, theirs_fen: int | None, **facts: Any) -> None:
    """Let nothing of the order leave before a person has compared its amount with what was paid."""
    holds.place_many(uow, [(order_id, holds.PAYMENT_DIFFERS)])
    amounts = {"ours_fen": ours_fen, "amount_fen": theirs_fen}
    uow.record("order.payment_differs", "orders", order_id, **amounts, **facts)


def compare_price(uow: UnitOfWork, before: Any, amount_fen: int) -> None:
    """Its shop says at last what an order costs whose money the door or a gateway was told of: is it the same?

    `before` is the order's row as it was until now.
    """
    if not is_priced(before) and 0 < before.amount_fen != amount_fen:
        hold_differing(uow, before.id, amount_fen, before.amount_fen)
