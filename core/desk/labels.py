"""The labels and print jobs as screens ask for them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from core.access.gate import OPEN, declares, needs
from core.access.rights import Right
from core.db.plain import ask_connection
from core.db.unit_of_work import Store, UnitOfWork
from core.desk import first_page
from core.desk.settings import put_setting
from core.fulfilment import companion, foreign
from core.fulfilment.models import Parcel, ParcelLine
from core.fulfilment.packing import orders_in, want_label_of
from core.fulfilment.telling import label_is_out, shop_knows
from core.orders import holds
from core.orders.records import OrderParcelView
from core.runtime.errors import NotFound, Refused
from core.waybills import label_size, numbers, print_queue
from core.waybills.accounts import account_of
from core.waybills.carriers import name_of
from core.waybills.label_size import LabelSize
from core.waybills.models import PrintJob, Waybill, WaybillAccount
from core.waybills.records import PrintJobView


class Labels:
    """Printing, reprinting (same number) and asking for a new number: three different acts."""

    def __init__(self, store: Store, carrier_code: str) -> None:
        self._store = store
        self._carrier_code = carrier_code

    @needs(Right.PRINT_LABEL)
    def print_label(self, parcel_id: int) -> PrintJobView:
        """Queue the first copy.

        Raises:
            Refused: `waybill.not_ready`, the number has not come yet; `waybill.foreign`, other software prints it.
        """
        return self._job(self._store.write(lambda uow: _print(uow, parcel_id)))

    @needs(Right.PRINT_LABEL)
    def reprint(self, waybill_id: int, reason: str) -> PrintJobView:
        """Queue a further, numbered copy of the same number."""
        return self._job(self._store.write(lambda uow: print_queue.reprint(uow, waybill_id, reason)))

    @needs(Right.NEW_NUMBER)
    def new_number(self, parcel_id: int, reason: str) -> bool:
        """Void the number and ask for another, or for none where other software prints the label.

        Whether a shop was told the old one: it is told the new one with its label, or refuses, which the activity
        page says then.

        Raises:
            NotFound: `parcel.unknown`.
            Refused: `parcel.gone`; `waybill.foreign`, the number is not ours: it can be taken off.
        """
        return self._store.write(lambda uow: _new_number(uow, parcel_id, reason, self._carrier_code))

    @needs(Right.NEW_NUMBER)
    def take_off_foreign(self, parcel_id: int) -> None:
        """Take a number that other software printed off a parcel that is still here.

        Raises:
            NotFound, Refused: as `core.fulfilment.companion.detach_from`.
        """
        self._store.write(lambda uow: companion.detach_from(uow, parcel_id, self._carrier_code))

    @needs(Right.PRINT_LABEL)
    def answer_unknown(self, job_id: int, came_out: bool) -> PrintJobView:
        """The clerk looked whether the label came out."""
        return self._job(self._store.write(lambda uow: _answer(uow, job_id, came_out=came_out)))

    @needs(Right.PRINT_LABEL)
    def move_jobs(self, from_key: str, to_key: str) -> int:
        """Give the waiting jobs of one printer to another."""
        return self._store.write(lambda uow: print_queue.move_jobs(uow, from_key, to_key))

    @needs(Right.PRINT_LABEL)
    def label_sizes(self) -> tuple[LabelSize, ...]:
        """Which paper each carrier's labels want."""
        return self._store.read(label_size.label_sizes)

    @needs(Right.CHANGE_SETTINGS)
    def set_label_size(self, carrier_code: str, size: str) -> None:
        """From now on a carrier's labels go to the printer that holds this paper; empty for the chosen printer.

        Raises:
            NotFound: `waybill.no_account`.
            Refused: `label.size_unknown`.
        """
        self._store.write(lambda uow: _set_label_size(uow, carrier_code, size))

    @declares(OPEN)
    def open_jobs(self) -> tuple[PrintJobView, ...]:
        """What waits, prints or needs an answer, oldest first."""
        return self._store.read(lambda connection: first_page.open_jobs(ask_connection(connection)))

    def _job(self, job_id: int) -> PrintJobView:
        found = self._store.read(lambda connection: first_page.print_job(ask_connection(connection), job_id))
        if found is None:
            raise NotFound("print.unknown_job", f"there is no print job {job_id}")
        return found


def _print(uow: UnitOfWork, parcel_id: int) -> int:
    job_id = want_label_of(uow, parcel_id)
    if job_id is None and _is_foreign(uow, parcel_id):
        raise Refused("waybill.foreign", "this label is printed by other software")
    if job_id is None:
        raise Refused("waybill.not_ready", "the parcel's number has not come yet")
    return job_id


def _set_label_size(uow: UnitOfWork, carrier_code: str, size: str) -> None:
    if size not in label_size.SIZES:
        raise Refused("label.size_unknown", f"there is no label of {size}", size=size)
    account_of(uow.connection, carrier_code)
    put_setting(uow, label_size.setting_of(carrier_code), size)


def _is_foreign(uow: UnitOfWork, parcel_id: int) -> bool:
    waybill = foreign.live_waybill(uow.connection, parcel_id)
    return waybill is not None and waybill.is_foreign


def _new_number(uow: UnitOfWork, parcel_id: int, reason: str, carrier_code: str) -> bool:
    columns = (Parcel.state, Parcel.consignee_id)
    parcel = uow.execute(select(*columns).where(Parcel.id == parcel_id)).one_or_none()
    if parcel is None:
        raise NotFound("parcel.unknown", f"there is no parcel {parcel_id}")
    if parcel.state in ("shipped", "cancelled"):
        raise Refused("parcel.gone", "the parcel has left or was cancelled", state=parcel.state)
    if _is_foreign(uow, parcel_id):
        raise Refused("waybill.foreign", "this number was printed by other software; it can be taken off")
    is_told = shop_knows(uow, parcel_id)
    if foreign.why_elsewhere(uow.connection, parcel_id):
        numbers.void_numbers(uow, [parcel_id], reason)
    else:
        uow.execute(update(Parcel).where(Parcel.id == parcel_id).values(carrier_code=carrier_code))
        numbers.replace_number(uow, parcel_id, parcel.consignee_id, carrier_code, reason)
    for order_id in orders_in(uow, parcel_id):
        holds.release(uow, order_id, ["waybill_failed"])
    uow.changed("parcel", parcel_id)
    return is_told


def _answer(uow: UnitOfWork, job_id: int, *, came_out: bool) -> int:
    now_id = print_queue.answer_unknown(uow, job_id, came_out)
    if came_out:
        label_is_out(uow, job_id)
    return now_id


def waybills_of(connection: Connection, order_ids: Sequence[int]) -> Mapping[int, str]:
    """Order id -> the number of its newest valid waybill."""
    query = (
        select(ParcelLine.order_id, Waybill.number)
        .join(Waybill, Waybill.parcel_id == ParcelLine.parcel_id)
        .where(ParcelLine.order_id.in_(order_ids), Waybill.state == "obtained")
        .order_by(Waybill.id)
    )
    return {row.order_id: row.number or "" for row in connection.execute(query)}


def orders_of_waybill(connection: Connection, number: str) -> Sequence[int]:
    """Orders whose parcel carries or carried this number."""
    query = select(ParcelLine.order_id).join(Waybill, Waybill.parcel_id == ParcelLine.parcel_id)
    return list(connection.execute(query.where(Waybill.number == number).distinct()).scalars())


def parcels_of(connection: Connection, order_id: int) -> tuple[OrderParcelView, ...]:
    """The parcels of an order with number and label."""
    inside = select(ParcelLine.parcel_id).where(ParcelLine.order_id == order_id)
    columns = (Parcel.id, Parcel.state, Parcel.carrier_code, Parcel.shipped_at, WaybillAccount.carrier_name)
    query = select(*columns).outerjoin(WaybillAccount, WaybillAccount.carrier_code == Parcel.carrier_code)
    return tuple(
        _parcel_view(connection, row)
        for row in connection.execute(query.where(Parcel.id.in_(inside)).order_by(Parcel.id)).all()
    )


def _parcel_view(connection: Connection, parcel: Any) -> OrderParcelView:
    mine = Waybill.parcel_id == parcel.id
    newest = (
        select(Waybill.id, Waybill.number, Waybill.state, Waybill.is_foreign)
        .where(mine)
        .order_by(Waybill.attempt.desc())
        .limit(1)
    )
    waybill = connection.execute(newest).one_or_none()
    is_here = parcel.state not in {"shipped", "cancelled"}
    if waybill is not None and waybill.state == "voided" and is_here:
        # Taken off, and none has come instead of it.
        waybill = None
    states: list[str] = []
    if waybill is not None:
        jobs = select(PrintJob.state).where(PrintJob.waybill_id == waybill.id).order_by(PrintJob.copy_no)
        states = list(connection.execute(jobs).scalars())
    return OrderParcelView(
        id=parcel.id,
        state=parcel.state,
        carrier_name=name_of(parcel.carrier_code, parcel.carrier_name),
        waybill_id=waybill.id if waybill else None,
        waybill_no=(waybill.number or "") if waybill else "",
        print_state=states[-1] if states else "none",
        copy_count=len(states),
        shipped_at=parcel.shipped_at,
        is_foreign=waybill is not None and waybill.is_foreign,
        why_elsewhere="" if waybill is not None or not is_here else foreign.why_elsewhere(connection, parcel.id),
    )
