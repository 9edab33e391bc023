"""The only place that moves an order through its table."""

from collections.abc import Sequence

from sqlalchemy import select, update

from core.db.unit_of_work import UnitOfWork
from core.orders.models import Order
from core.orders.states import TABLE, Event, Fulfilment, next_state


def move(uow: UnitOfWork, order_id: int, event: Event) -> Fulfilment:
    """Apply an event to one order and give its new state.

    Raises:
        Refused: `order.impossible`; nothing has changed.
    """
    state = Fulfilment(uow.execute(select(Order.fulfilment).where(Order.id == order_id)).scalar_one())
    target = next_state(state, event)
    # The row count decides: another desk may have moved it between the two statements.
    met = uow.count(update(Order).where(Order.id == order_id, Order.fulfilment == state).values(_values(uow, target)))
    if met != 1:
        return move(uow, order_id, event)
    uow.record(f"order.{target}", "orders", order_id, event=str(event))
    return target


def move_where_possible(uow: UnitOfWork, order_ids: Sequence[int], event: Event) -> tuple[int, ...]:
    """Apply an event to those of the orders whose state allows it; gives their ids."""
    moved: list[int] = []
    for (state, known), target in TABLE.items():
        if known is not event:
            continue
        here = update(Order).where(Order.id.in_(order_ids), Order.fulfilment == state).values(_values(uow, target))
        moved += [row[0] for row in uow.execute(here.returning(Order.id))]
    for order_id in moved:
        uow.record(f"order.{event}", "orders", order_id)
    return tuple(sorted(moved))


def _values(uow: UnitOfWork, target: Fulfilment) -> dict[str, object]:
    values: dict[str, object] = {"fulfilment": target}
    if target is Fulfilment.SHIPPED:
        values["shipped_at"] = uow.now
    return values
