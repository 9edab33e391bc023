"""Notes that change when a parcel's paper or box is begun already: nobody looks at them again unless told.

The parcel bears a mark until its outbound scan: the first scan of its label says so instead of shipping it, the next
one ships. What changes before anybody has opened the parcel or printed for it is read with everything else.
"""

from collections.abc import Sequence

from sqlalchemy import exists, func, or_, select, update

from core.db.unit_of_work import UnitOfWork
from core.fulfilment.models import Parcel, ParcelLine
from core.fulfilment.states import OPEN
from core.waybills.models import PrintJob, Waybill

#: states of a label of which nothing has come out yet
_NO_PAPER = ("queued", "failed")


def note_changed(uow: UnitOfWork, order_id: int) -> None:
    """The note or the flag of an order was changed: mark its parcels on which work was begun."""
    inside = select(ParcelLine.parcel_id).where(ParcelLine.order_id == order_id)
    paper = exists(
        select(Waybill.id)
        .outerjoin(PrintJob, PrintJob.waybill_id == Waybill.id)
        .where(
            Waybill.parcel_id == Parcel.id,
            Waybill.state == "obtained",
            or_(Waybill.is_foreign, PrintJob.state.not_in(_NO_PAPER)),
        )
    )
    begun = (Parcel.id.in_(inside), Parcel.state.in_(OPEN), or_(Parcel.opened_at.is_not(None), paper))
    if uow.count(update(Parcel).where(*begun).values(note_changed_at=uow.now)):
        uow.changed("parcel")


def pass_on(uow: UnitOfWork, from_ids: Sequence[int], parcel_id: int) -> None:
    """What of these parcels went into another one, and no packer was told of its notes yet, is told there."""
    marked = select(func.max(Parcel.note_changed_at)).where(Parcel.id.in_(from_ids))
    changed_at = uow.execute(marked).scalar_one()
    if changed_at is not None:
        uow.execute(update(Parcel).where(Parcel.id == parcel_id).values(note_changed_at=changed_at))


def take_note(uow: UnitOfWork, parcel_id: int) -> bool:
    """Whether a note in this parcel was changed that no packer was told of; from now on one was."""
    marked = (Parcel.id == parcel_id, Parcel.note_changed_at.is_not(None))
    if not uow.count(update(Parcel).where(*marked).values(note_changed_at=None)):
        return False
    uow.record("parcel.note_shown", "parcel", parcel_id)
    return True
