"""The print queue (P3): at most one valid label per parcel, whatever is killed or unplugged when.

queued -> claimed -> sending -> sent -> confirmed | failed | unknown. `sending` is committed before the first byte;
what was sending when the program died is unknown, and unknown is never printed again by itself: the clerk is asked.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Update, delete, func, select, text, update

from core.db.models import Setting
from core.db.unit_of_work import UnitOfWork
from core.runtime.errors import NotFound, Refused
from core.waybills.models import PrintJob, Waybill
from core.waybills.states import IS_OPEN, OPEN

#: a claim that nobody continued after so long may be taken by another lane; no byte was sent under it
_CLAIM_S = 60
#: a label takes seconds; a desk that is silent for so long in the middle of one has gone
_FORGOTTEN_S = 600
#: said with every look for open jobs: the index that holds only those is found by these words alone
_IS_OPEN = text(f"print_job.{IS_OPEN}")
#: where labels go until a real printer is chosen
VIRTUAL = "virtual"


def printer_of(uow: UnitOfWork, desk: str) -> str:
    """The printer a desk has chosen."""
    query = select(Setting.value).where(Setting.name == f"printer.{desk}")
    return str(uow.execute(query).scalar_one_or_none() or VIRTUAL)


def want_label(uow: UnitOfWork, waybill_id: int, desk: str) -> int:
    """Queue the first copy of a label; the job that is there already, if there is one."""
    known = select(PrintJob.id).where(PrintJob.waybill_id == waybill_id, PrintJob.copy_no == 0)
    job_id = uow.execute(known).scalar_one_or_none()
    return int(job_id) if job_id is not None else _insert(uow, waybill_id, 0, desk, "")


def reprint(uow: UnitOfWork, waybill_id: int, reason: str) -> int:
    """Queue a further copy of the same number (补打 n), for a jam or a smear.

    Raises:
        NotFound: `waybill.unknown`.
        Refused: `waybill.not_live`, the number was voided or never came; `waybill.foreign`, other software prints it;
            `print.still_open`, an earlier copy is still in the queue or waits for an answer; `print.reason_missing`.
    """
    if not reason.strip():
        raise Refused("print.reason_missing", "a reprint needs a reason")
    waybill = uow.execute(select(Waybill.state, Waybill.is_foreign).where(Waybill.id == waybill_id)).one_or_none()
    if waybill is None:
        raise NotFound("waybill.unknown", f"there is no waybill {waybill_id}")
    if waybill.state != "obtained":
        raise Refused("waybill.not_live", "the number is not valid (any more)", state=waybill.state)
    if waybill.is_foreign:
        raise Refused("waybill.foreign", "this label is printed by other software")
    still_open = select(PrintJob.id).where(PrintJob.waybill_id == waybill_id, PrintJob.state.in_(OPEN))
    if uow.execute(still_open).first() is not None:
        raise Refused("print.still_open", "an earlier copy has not been settled yet")
    last = uow.execute(select(func.max(PrintJob.copy_no)).where(PrintJob.waybill_id == waybill_id)).scalar_one()
    return _insert(uow, waybill_id, 0 if last is None else last + 1, uow.actor.desk, reason.strip())


def take_back(uow: UnitOfWork, parcel_ids: Sequence[int]) -> None:
    """First copies that no lane has begun are not wanted any more; wanted again, they are queued anew."""
    query = (
        select(PrintJob.id, PrintJob.waybill_id)
        .join(Waybill, Waybill.id == PrintJob.waybill_id)
        .where(_IS_OPEN, Waybill.parcel_id.in_(parcel_ids), PrintJob.copy_no == 0, PrintJob.state == "queued")
    )
    for row in uow.rows(query):
        # The state once more: a lane may have claimed it since.
        if uow.count(delete(PrintJob).where(PrintJob.id == row.id, PrintJob.state == "queued")):
            uow.record("print.taken_back", "waybill", row.waybill_id)
    uow.changed("print_job", 0)


def _insert(uow: UnitOfWork, waybill_id: int, copy_no: int, desk: str, reason: str) -> int:
    row = {
        "waybill_id": waybill_id,
        "copy_no": copy_no,
        "printer_key": printer_of(uow, desk),
        "desk": desk,
        "state": "queued",
        "reason": reason,
        "operator": uow.actor.operator,
        "created_at": uow.now,
    }
    job_id = uow.insert(PrintJob, row)
    uow.record("print.queued", "waybill", waybill_id, copy=copy_no, reason=reason)
    return job_id


def claim(uow: UnitOfWork, printer_key: str, holder: str) -> int | None:
    """Take the oldest waiting job of a printer for one lane; None when there is none."""
    lapsed = (PrintJob.state == "claimed") & (PrintJob.lease_until_at < uow.now)
    query = (
        select(PrintJob.id)
        .where(_IS_OPEN, PrintJob.printer_key == printer_key, (PrintJob.state == "queued") | lapsed)
        .order_by(PrintJob.id)
        .limit(1)
    )
    if not uow.is_sqlite:
        # Without it a claimer that loses the race sees "no job" and falls idle.
        query = query.with_for_update(skip_locked=True)
    job_id = uow.execute(query).scalar_one_or_none()
    if job_id is None:
        return None
    claimed = {"state": "claimed", "claimed_by": holder, "lease_until_at": uow.now + timedelta(seconds=_CLAIM_S)}
    mine = (PrintJob.id == job_id, (PrintJob.state == "queued") | lapsed)
    return int(job_id) if uow.count(update(PrintJob).where(*mine).values(**claimed)) == 1 else None


def start_sending(uow: UnitOfWork, job_id: int, holder: str, bytes_digest: str) -> bool:
    """Commit this before the first byte; False when the claim was lost or the number voided: send nothing then."""
    # Already sending under the same claim: the answer to an earlier commit was lost, and no byte has left yet.
    mine = (PrintJob.id == job_id, PrintJob.state.in_(("claimed", "sending")), PrintJob.claimed_by == holder)
    valid = PrintJob.waybill_id.in_(
        select(Waybill.id).where(Waybill.id == PrintJob.waybill_id, Waybill.state == "obtained")
    )
    facts = {"state": "sending", "sending_at": uow.now, "bytes_digest": bytes_digest}
    return _settle(uow, job_id, update(PrintJob).where(*mine, valid).values(**facts))


def mark_sent(uow: UnitOfWork, job_id: int) -> bool:
    """Every byte was handed over."""
    here = update(PrintJob).where(PrintJob.id == job_id, PrintJob.state == "sending")
    return _settle(uow, job_id, here.values(state="sent", sent_at=uow.now))


def mark_confirmed(uow: UnitOfWork, job_id: int) -> bool:
    """The device says that the paper came out, or the label was scanned."""
    here = update(PrintJob).where(PrintJob.id == job_id, PrintJob.state.in_(("sent", "unknown")))
    return _settle(uow, job_id, here.values(state="confirmed", settled_at=uow.now, last_error=None))


def mark_unknown(uow: UnitOfWork, job_id: int, reason: str) -> bool:
    """Something broke after the first byte: nobody knows, so the clerk is asked."""
    here = update(PrintJob).where(PrintJob.id == job_id, PrintJob.state.in_(("sending", "sent")))
    return _settle(uow, job_id, here.values(state="unknown", last_error=reason))


def put_back(uow: UnitOfWork, job_id: int, holder: str, reason: str) -> bool:
    """The lane that holds the job knows that no byte left (the printer is off): wait in the queue."""
    here = update(PrintJob).where(*_held_by(job_id, holder))
    return _settle(uow, job_id, here.values(state="queued", claimed_by="", lease_until_at=None, last_error=reason))


def hand_over(uow: UnitOfWork, job_id: int, holder: str, from_key: str, to_key: str) -> bool:
    """The lane that has claimed a job, and sent nothing of it, queues it at the printer that holds its paper."""
    mine = (PrintJob.id == job_id, PrintJob.state == "claimed", PrintJob.claimed_by == holder)
    here = update(PrintJob).where(*mine, PrintJob.printer_key == from_key)
    moved = {"printer_key": to_key, "state": "queued", "claimed_by": "", "lease_until_at": None}
    is_done = _settle(uow, job_id, here.values(**moved))
    if is_done:
        uow.record("print.moved", "printer", 0, count=1, to=to_key)
    return is_done


def mark_failed(uow: UnitOfWork, job_id: int, holder: str, reason: str) -> bool:
    """Nothing was sent and trying again will not help (the content cannot be printed)."""
    here = update(PrintJob).where(*_held_by(job_id, holder))
    return _settle(uow, job_id, here.values(state="failed", last_error=reason, settled_at=uow.now))


def recover(uow: UnitOfWork, printer_key: str, holder: str) -> Sequence[int]:
    """At the start of a lane: what this holder was sending is unknown, what it had only claimed goes back."""
    mine = (_IS_OPEN, PrintJob.printer_key == printer_key, PrintJob.claimed_by == holder)
    sending = update(PrintJob).where(*mine, PrintJob.state == "sending")
    doubtful = [
        row[0] for row in uow.execute(sending.values(state="unknown", last_error="stopped").returning(PrintJob.id))
    ]
    back = {"state": "queued", "claimed_by": "", "lease_until_at": None}
    uow.execute(update(PrintJob).where(*mine, PrintJob.state == "claimed").values(**back))
    for job_id in doubtful:
        uow.record("print.unknown", "print_job", job_id, reason="stopped")
    return doubtful


def doubt_forgotten(uow: UnitOfWork) -> Sequence[int]:
    """Jobs that a desk began to send long ago and never spoke of again: nobody knows, so the clerk is asked."""
    old = (_IS_OPEN, PrintJob.state == "sending", PrintJob.sending_at < uow.now - timedelta(seconds=_FORGOTTEN_S))
    doubtful = update(PrintJob).where(*old).values(state="unknown", last_error="forgotten").returning(PrintJob.id)
    ids = [row[0] for row in uow.execute(doubtful)]
    for job_id in ids:
        uow.record("print.unknown", "print_job", job_id, reason="forgotten")
    return ids


def answer_unknown(uow: UnitOfWork, job_id: int, came_out: bool) -> int:
    """The clerk looked: the label lies there (confirmed), or it does not (a further numbered copy is queued).

    Gives the job that stands for the label now.

    Raises:
        Refused: `print.not_unknown`, somebody has answered already.
    """
    state = "confirmed" if came_out else "failed"
    here = update(PrintJob).where(PrintJob.id == job_id, PrintJob.state == "unknown")
    error = None if came_out else "did_not_come_out"
    row = uow.execute(
        here.values(state=state, settled_at=uow.now, last_error=error).returning(PrintJob.waybill_id)
    ).one_or_none()
    if row is None:
        raise Refused("print.not_unknown", "this question has been answered")
    uow.record("print.answered", "waybill", row.waybill_id, came_out=came_out)
    live = uow.execute(select(Waybill.id).where(Waybill.id == row.waybill_id, Waybill.state == "obtained")).first()
    if came_out or live is None:
        return job_id
    return reprint(uow, row.waybill_id, "did_not_come_out")


def confirm_by_scan(uow: UnitOfWork, waybill_id: int) -> None:
    """The label was scanned, so its paper exists; copies that still wait are not wanted any more."""
    waiting = (PrintJob.waybill_id == waybill_id, PrintJob.state.in_(("queued", "claimed")))
    uow.execute(update(PrintJob).where(*waiting).values(state="failed", last_error="shipped", settled_at=uow.now))
    here = (PrintJob.waybill_id == waybill_id, PrintJob.state.in_(("sent", "unknown", "sending")))
    uow.execute(update(PrintJob).where(*here).values(state="confirmed", settled_at=uow.now, last_error=None))
    uow.changed("print_job", 0)


def move_jobs(uow: UnitOfWork, from_key: str, to_key: str) -> int:
    """Give the waiting jobs of one printer to another; what was begun stays where it is."""
    here = update(PrintJob).where(_IS_OPEN, PrintJob.printer_key == from_key, PrintJob.state == "queued")
    moved = uow.count(here.values(printer_key=to_key))
    uow.record("print.moved", "printer", 0, count=moved, to=to_key)
    return moved


def _held_by(job_id: int, holder: str) -> tuple[ColumnElement[bool], ...]:
    # Also after "sending" was committed: it is written before the wire is opened, so the wire may be found dead then.
    return PrintJob.id == job_id, PrintJob.state.in_(("claimed", "sending")), PrintJob.claimed_by == holder


def _settle(uow: UnitOfWork, job_id: int, statement: Update) -> bool:
    done = uow.count(statement) == 1
    uow.changed("print_job", job_id)
    return done
