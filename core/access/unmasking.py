"""Showing a receiver in clear: for a reason, and never without a line in the journal."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, text

from core.access.gate import confirm
from core.access.records import REASONS, Unmasked
from core.access.rights import Right
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
    if reason not in REASONS:
        raise Refused("unmask.reason_unknown", f"there is no such reason to look: {reason}")
    consignee_id = uow.execute(select(Order.consignee_id).where(Order.id == order_id)).scalar_one_or_none()
    if consignee_id is None:
        raise NotFound("order.unknown", f"there is no order {order_id}")
    who = consignees(uow.connection, [consignee_id])[consignee_id]
    if who.is_masked:
        raise Refused("unmask.by_platform", "the platform masks this receiver; there is no clear text here")
    if not (who.name or who.phone or who.address):
        raise Refused("unmask.erased", "nothing is stored of this receiver any more")
    uow.record(LOOK, SUBJECT, order_id, why=reason)
    before = looks(uow.connection, uow.now - _COUNTED).get(uow.actor.operator, 0)
    address = " ".join(part for part in (who.province, who.city, who.district, who.address, who.postcode) if part)
    return Unmasked(order_id, who.name, who.phone, address, before + 1)


def looks(connection: Connection, since: datetime, until: datetime | None = None) -> Mapping[str, int]:
    """How often each person has looked since then (and before `until`)."""
    mine = (text(AUDITED), Journal.action == LOOK, Journal.at >= since)
    query = select(Journal.operator, func.count()).where(*mine)
    if until is not None:
        query = query.where(Journal.at < until)
    return {operator: int(count) for operator, count in connection.execute(query.group_by(Journal.operator))}
