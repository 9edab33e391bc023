"""Taking the last scan of goods back: the unit comes out of the box, and the books follow it."""

from sqlalchemy import select, update

from core.db.unit_of_work import UnitOfWork
from core.fulfilment.batching import count_out
from core.fulfilment.blocking import came_out
from core.fulfilment.models import Parcel, ParcelLine, Scan
from core.fulfilment.packing import UNITS_CAME, Act, answer, hold_reason, how_of, lost, orders_in, repeated
from core.fulfilment.records import Tone, Verdict
from core.orders.lifecycle import move_where_possible
from core.orders.states import Event


def undo(uow: UnitOfWork, parcel_id: int, fence: int, act: Act) -> Verdict:
    """Take back the last accepted goods scan of this parcel."""
    seen = repeated(uow, act) or lost(uow, act, parcel_id, fence)
    if seen is not None:
        return seen
    query = select(Scan.id, Scan.nonce, Scan.parcel_line_id, Scan.qty, Scan.kind, Scan.batch_id).where(
        Scan.parcel_id == parcel_id, Scan.qty > 0, Scan.is_undone.is_(False), Scan.kind.in_(UNITS_CAME)
    )
    last = uow.execute(query.order_by(Scan.id.desc()).limit(1)).one_or_none()
    if last is None:
        return answer(uow, act, "nothing.to_undo", Tone.NOTICE, parcel_id=parcel_id)
    # A scan that filled several lines is taken back as a whole.
    parts = [last, *uow.rows(query.where(Scan.nonce.startswith(f"{last.nonce}/", autoescape=True)))]
    for part in parts:
        here = (ParcelLine.id == part.parcel_line_id, ParcelLine.verified_qty >= part.qty)
        less = ParcelLine.verified_qty - part.qty
        if uow.count(update(ParcelLine).where(*here).values(verified_qty=less)) != 1:
            return answer(uow, act, "nothing.to_undo", Tone.NOTICE, parcel_id=parcel_id)
        if part.batch_id is not None:
            count_out(uow, part.parcel_line_id, part.batch_id, how_of(part.kind), part.qty)
        uow.execute(update(Scan).where(Scan.id == part.id).values(is_undone=True))
    batches = {part.batch_id for part in parts if part.batch_id is not None}
    if batches:
        # Before the orders are moved: who blocks a batch takes locks of levels first, then of orders.
        came_out(uow, batches)
    back = update(Parcel).where(Parcel.id == parcel_id, Parcel.state == "packed")
    if uow.count(back.values(state="packing", packed_at=None)):
        move_where_possible(uow, orders_in(uow, parcel_id), Event.UNPACK)
    uow.record("parcel.scan_undone", "parcel", parcel_id, units=sum(part.qty for part in parts))
    reason = hold_reason(uow, parcel_id) if batches else ""
    if reason:
        return answer(uow, act, "parcel.held", Tone.STOP, parcel_id=parcel_id, reason=reason)
    return answer(uow, act, "scan.undone", Tone.NOTICE, parcel_id=parcel_id, line_id=last.parcel_line_id)
