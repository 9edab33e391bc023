"""Showing a receiver in clear: for a reason, and never without a line in the journal."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, func, select, text

from core.access.gate import confirm
from core.access.records import REASONS, Unmasked, UnmaskedReceiver
from core.access.rights import Right
from core.channels.contract import Consignee
from core.customers.models import ConsigneeRow
from core.customers.queries import consignees
from core.db.models import AUDITED, Journal
from core.db.unit_of_work import UnitOfWork
from core.orders.models import Order
from core.runtime.errors import NotFound, Refused

#: the journal's subject of every look, export and erasure, so that they are found without reading anything else
SUBJECT = "access"

#: the action of a look
LOOK = "order.unmasked"
_COUNTED = timedelta(hours=24)


def unmask(uow: UnitOfWork, order_id: int, reason: str) -> Unmasked:
    """Write down who looks at whose data and why, and give the receiver in clear.

    The values leave core only with the result of the transaction, so nobody sees them whose look was not recorded.

    Raises:
        NotFound: `order.unknown`.
        Refused: `unmask.reason_unknown`; `unmask.by_platform`, the platform gave us no clear text; `unmask.erased`;
            `right.missing`, `signin.needed`.
    """
    confirm(uow, Right.UNMASK)
    _check(reason)
    consignee_id = uow.execute(select(Order.consignee_id).where(Order.id == order_id)).scalar_one_or_none()
    if consignee_id is None:
        raise NotFound("order.unknown", f"there is no order {order_id}")
    who = consignees(uow.connection, [consignee_id])[consignee_id]
    return Unmasked(order_id, *_clear(who), _write_down(uow, order_id, who, why=reason))


def unmask_receiver(uow: UnitOfWork, customer_id: int, consignee_id: int, reason: str) -> UnmaskedReceiver:
    """The same for any receiver on a customer's file; the look stands with the newest order that went there.

    Raises:
        NotFound: `customer.unknown`, this customer has no such receiver.
        Refused: as `unmask`.
    """
    confirm(uow, Right.UNMASK)
    _check(reason)
    mine = select(ConsigneeRow.id).where(ConsigneeRow.id == consignee_id, ConsigneeRow.customer_id == customer_id)
    went_there = case((Order.consignee_id == consignee_id, 0), else_=1)
    newest = select(Order.id).where(Order.customer_id == customer_id).order_by(went_there, Order.id.desc()).limit(1)
    order_id = uow.execute(newest).scalar_one_or_none()
    if order_id is None or uow.execute(mine).first() is None:
        raise NotFound("customer.unknown", f"customer {customer_id} has no receiver {consignee_id}")
    who = consignees(uow.connection, [consignee_id])[consignee_id]
    times = _write_down(uow, order_id, who, why=reason, consignee_id=consignee_id)
    return UnmaskedReceiver(customer_id, consignee_id, *_clear(who), times)


def _check(reason: str) -> None:
    if reason not in REASONS:
        raise Refused("unmask.reason_unknown", f"there is no such reason to look: {reason}")


def _clear(who: Consignee) -> tuple[str, str, str]:
    address = " ".join(part for part in (who.province, who.city, who.district, who.address, who.postcode) if part)
    return who.name, who.phone, address


def _write_down(uow: UnitOfWork, order_id: int, who: Consignee, **facts: object) -> int:
    """Leave the look in the journal; gives how often this person looked within a day."""
    if who.is_masked:
        raise Refused("unmask.by_platform", "the platform masks this receiver; there is no clear text here")
    if not (who.name or who.phone or who.address):
        raise Refused("unmask.erased", "nothing is stored of this receiver any more")
    uow.record(LOOK, SUBJECT, order_id, **facts)
    return looks(uow.connection, uow.now - _COUNTED).get(uow.actor.operator, 0) + 1


def looks(connection: Connection, since: datetime, until: datetime | None = None) -> Mapping[str, int]:
    """How often each person has looked since then (and before `until`)."""
    mine = (text(AUDITED), Journal.action == LOOK, Journal.at >= since)
    query = select(Journal.operator, func.count()).where(*mine)
    if until is not None:
        query = query.where(Journal.at < until)
    return {operator: int(count) for operator, count in connection.execute(query.group_by(Journal.operator))}
