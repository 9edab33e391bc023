"""Further parcels of an order at a shop that takes one number for it (平台只收一个单号): nothing is in conflict.

The number that the shop has is on another parcel of ours. What it does not take is known here only, and whoever wants
the buyer to see it adds it in the shop's own pages. A number of somebody else's stays a conflict.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from core.channels.contract import ShipmentNotice
from core.db import outbox
from core.db.outbox import Claim
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.models import ParcelLine
from core.fulfilment.telling import KEPT_HERE
from core.sync.conflicts import THEIRS
from core.waybills.carriers import tidied
from core.waybills.models import Waybill

#: in the delivery's payload: the shop keeps to the number of another parcel of ours
IS_KEPT_HERE: Final = "is_kept_here"


def is_settled(claim: Claim) -> bool:
    """Whether that was written down already, by a program that stopped before it could say that it is done."""
    return bool(claim.payload.get(IS_KEPT_HERE))


def settle(uow: UnitOfWork, claim: Claim, notice: ShipmentNotice, theirs: Sequence[str]) -> bool:
    """Write down that this number is known here only; False where the shop has one that is not on another of ours."""
    parcel_id, order_id = int(claim.payload["parcel_id"]), int(claim.payload["order_id"])
    if not theirs or not {tidied(number) for number in theirs} <= _on_other_parcels(uow, order_id, parcel_id):
        return False
    if outbox.remember(uow, claim, {IS_KEPT_HERE: True, THEIRS: list(theirs)}):
        facts = {"parcel_id": parcel_id, "number": notice.waybill_no, "theirs": ", ".join(theirs)}
        uow.record(KEPT_HERE, "orders", order_id, **facts)
    return True


def _on_other_parcels(uow: UnitOfWork, order_id: int, parcel_id: int) -> set[str]:
    """Valid numbers of the other parcels that carry goods of the order."""
    inside = select(ParcelLine.parcel_id).where(
        ParcelLine.order_id == order_id, ParcelLine.parcel_id != parcel_id, ParcelLine.is_withdrawn.is_(False)
    )
    query = select(Waybill.number).where(Waybill.parcel_id.in_(inside), Waybill.state == "obtained")
    return {tidied(row.number or "") for row in uow.rows(query)}
