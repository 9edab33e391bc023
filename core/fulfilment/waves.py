"""Waves (波次): a batch of parcels worked together, in the order in which they will be packed."""

from sqlalchemy import bindparam, func, select, update

from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.fulfilment import choosing
from core.fulfilment.models import Parcel, Wave
from core.fulfilment.packing import want_label_of
from core.fulfilment.states import OPEN
from core.fulfilment.wave_records import Choice, LabelsWanted
from core.runtime.errors import NotFound, Refused
from core.waybills.models import PrintJob, Waybill
from core.waybills.print_queue import reprint, take_back

#: batch: labels first, sorted, then pick and verify. scan_to_print: the label comes with the last verified unit.
#: single_item: parcels of one unit each; a scan of the goods opens the next of them and prints its label.
WAYS = ("batch", "scan_to_print", choosing.RUSH)
_PUT_IN = (
    update(Parcel)
    .where(Parcel.id == bindparam("parcel"))
    .values(wave_id=bindparam("wave"), wave_seq=bindparam("seq"))
)
_DUE, _SINGLE_ITEMS = Choice("due"), Choice("single_item")


def start_wave(uow: UnitOfWork, way: str, limit: int, choice: Choice | None = None) -> int | None:
    """Put at most `limit` parcels into a wave, with their places; None when nothing fits.

    Without a choice what is due first goes in; into a rush the hottest single items.

    Raises:
        Refused: `wave.way_unknown`; `wave.choice_unknown`.
    """
    if way not in WAYS:
        raise Refused("wave.way_unknown", f"there is no way of working called {way}", way=way)
    choice = choice or (_SINGLE_ITEMS if way == choosing.RUSH else _DUE)
    choosing.check(choice, way)
    take_turn(uow, "wave")
    parcel_ids = choosing.chosen(uow.connection, choice, way, uow.now, limit)
    if not parcel_ids:
        return None
    today = uow.now.strftime("%m%d")
    number = int(
        uow.execute(select(func.count()).select_from(Wave).where(Wave.code.like(f"W{today}-%"))).scalar_one()
    )
    row = {"code": f"W{today}-{number + 1:02d}", "way": way, "desk": uow.actor.desk, "created_at": uow.now}
    why = {"kind": choice.kind, "about": choosing.about(uow.connection, choice)}
    wave_id = uow.insert(Wave, row | why | {"parcel_count": len(parcel_ids)})
    places = [{"parcel": parcel_id, "wave": wave_id, "seq": seq} for seq, parcel_id in enumerate(parcel_ids, start=1)]
    uow.execute(_PUT_IN, places)
    if way == "batch":
        for parcel_id in parcel_ids:
            want_label_of(uow, parcel_id)
    uow.record("wave.started", "wave", wave_id, way=way, parcels=len(parcel_ids), **why)
    uow.changed("parcel", *parcel_ids)
    return wave_id


def dissolve(uow: UnitOfWork, wave_id: int) -> int:
    """Give back what no desk has opened yet; how many parcels that were.

    Their numbers stay valid, and so do labels that are printed. Labels that only wait for the printer are not
    wanted any more: they come with their parcels later.

    Raises:
        NotFound: `wave.unknown`.
    """
    take_turn(uow, "wave")
    _known(uow, wave_id)
    waiting = update(Parcel).where(Parcel.wave_id == wave_id, Parcel.state == "to_pack")
    ids = [row[0] for row in uow.execute(waiting.values(wave_id=None, wave_seq=None).returning(Parcel.id))]
    take_back(uow, ids)
    left = select(func.count()).select_from(Parcel).where(Parcel.wave_id == wave_id)
    uow.execute(update(Wave).where(Wave.id == wave_id).values(parcel_count=uow.execute(left).scalar_one()))
    uow.record("wave.dissolved", "wave", wave_id, parcels=len(ids))
    uow.changed("parcel", *ids)
    return len(ids)


def print_labels(uow: UnitOfWork, wave_id: int) -> LabelsWanted:
    """Queue every label of the wave that is not on paper, in the order of its places, at this desk's printer.

    A copy that failed is printed again: nothing came out of it. One of which nobody knows waits for its answer.

    Raises:
        NotFound: `wave.unknown`.
    """
    _known(uow, wave_id)
    last = select(PrintJob.state).where(PrintJob.waybill_id == Waybill.id).order_by(PrintJob.copy_no.desc()).limit(1)
    query = (
        select(Parcel.id, Waybill.id.label("waybill_id"), last.scalar_subquery().label("print_state"))
        .outerjoin(Waybill, (Waybill.parcel_id == Parcel.id) & (Waybill.state == "obtained"))
        .where(Parcel.wave_id == wave_id, Parcel.state.in_(OPEN))
        .order_by(Parcel.wave_seq, Parcel.id)
    )
    queued = there = unnumbered = 0
    for row in uow.rows(query):
        if row.waybill_id is None:
            unnumbered += 1
        elif row.print_state is None:
            want_label_of(uow, row.id)
            queued += 1
        elif row.print_state == "failed":
            reprint(uow, row.waybill_id, "did_not_come_out")
            queued += 1
        else:
            there += 1
    uow.record("wave.labels_wanted", "wave", wave_id, queued=queued)
    return LabelsWanted(queued, there, unnumbered)


def _known(uow: UnitOfWork, wave_id: int) -> None:
    if not uow.rows(select(Wave.id).where(Wave.id == wave_id)):
        raise NotFound("wave.unknown", f"there is no wave {wave_id}")
