"""What goes out and onto paper, as the activity page asks for it: looking, and sending again on purpose."""

from collections.abc import Mapping

from sqlalchemy import select

from core.access.gate import needs
from core.access.rights import Right
from core.db import outbox
from core.db.models import Outbox
from core.db.plain import ask_connection
from core.db.unit_of_work import Store, UnitOfWork
from core.desk import first_page
from core.desk.orders import ask_again
from core.fulfilment.models import Parcel
from core.fulfilment.packing import orders_in
from core.orders import holds
from core.runtime.errors import NotFound
from core.sync import conflicts, deliveries
from core.sync.deliveries import DeliveryPage, DeliveryRow
from core.waybills import numbers
from core.waybills.models import Waybill
from core.waybills.records import PrintJobView

#: print jobs the page looks back upon
_LATEST_JOBS = 200
#: failed deliveries sent again with one press; the next press takes the next ones
_MOST_AT_ONCE = 500


class Activity:
    """The outbox and the print jobs."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @needs(Right.SEE_ORDERS)
    def page(self, pile: str, after: int | None, limit: int) -> DeliveryPage:
        """One page of what is to be told, newest first; `pile` is one of `deliveries.DELIVERY_PILES`."""
        return self._store.read(lambda connection: deliveries.delivery_page(connection, pile, after, limit))

    @needs(Right.SEE_ORDERS)
    def delivery(self, row_id: int) -> DeliveryRow | None:
        """One row again; None where it is gone."""
        return self._store.read(lambda connection: deliveries.delivery(connection, row_id))

    @needs(Right.SEE_ORDERS)
    def counts(self) -> Mapping[str, int]:
        """How many wait, failed or are in conflict."""
        return self._store.read(deliveries.delivery_counts)

    @needs(Right.SEE_ORDERS)
    def prints(self) -> tuple[PrintJobView, ...]:
        """Print jobs: those that need an answer first, then the newest."""
        return self._store.read(lambda connection: first_page.latest_jobs(ask_connection(connection), _LATEST_JOBS))

    @needs(Right.RESEND)
    def retry(self, row_id: int) -> bool:
        """Send a failed or waiting delivery now; False when it is under way or done.

        Raises:
            NotFound: `outbox.unknown`.
        """
        return self._store.write(lambda uow: _retry(uow, row_id))

    @needs(Right.RESEND)
    def keep_ours(self, row_id: int) -> None:
        """A parcel's number of ours is right: it takes the place of the one the shop has.

        Raises:
            NotFound, Refused: as `core.sync.conflicts.keep_ours`.
        """
        self._store.write(lambda uow: conflicts.keep_ours(uow, row_id))

    @needs(Right.RESEND)
    def accept_theirs(self, row_id: int) -> None:
        """The number the shop has is left there; nothing more is told of the parcel.

        Raises:
            NotFound, Refused: as `core.sync.conflicts.accept_theirs`.
        """
        self._store.write(lambda uow: conflicts.accept_theirs(uow, row_id))

    @needs(Right.RESEND)
    def retry_failed(self, lane: str) -> int:
        """Send everything again that failed for one shop or carrier; gives how many."""
        return self._store.write(lambda uow: _retry_failed(uow, lane))


def _retry_failed(uow: UnitOfWork, lane: str) -> int:
    failed = select(Outbox.id).where(Outbox.lane == lane, Outbox.state == "failed").order_by(Outbox.id)
    return sum(_retry(uow, row.id) for row in uow.rows(failed.limit(_MOST_AT_ONCE)))


def _retry(uow: UnitOfWork, row_id: int) -> bool:
    query = select(Outbox.kind, Outbox.payload, Outbox.state).where(Outbox.id == row_id)
    row = uow.execute(query).one_or_none()
    if row is None:
        raise NotFound("outbox.unknown", f"there is no delivery {row_id}")
    if not outbox.retry(uow, row_id):
        return False
    if row.kind == numbers.OBTAIN and row.state == "failed":
        _ask_for_number(uow, int(row.payload["waybill_id"]))
    uow.record("outbox.retried", "outbox", row_id, kind=row.kind)
    return True


def _ask_for_number(uow: UnitOfWork, waybill_id: int) -> None:
    """A number that failed for good is not asked for under its key again: its parcel gets another one.

    The old delivery runs too: it looks whether the carrier granted the number after all, and gives it back.
    """
    query = select(Parcel.id, Parcel.state).join(Waybill, Waybill.parcel_id == Parcel.id)
    parcel = uow.execute(query.where(Waybill.id == waybill_id)).one()
    if parcel.state in ("shipped", "cancelled") or numbers.has_live_number(uow, parcel.id):
        return
    for order_id in orders_in(uow, parcel.id):
        holds.release(uow, order_id, ["waybill_failed"])
    ask_again(uow, parcel.id)
