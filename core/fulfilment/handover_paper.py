"""A hand-over sheet as it is put on paper (交接单): what the courier signs, and what is kept."""

from sqlalchemy import func, select

from core.channels.models import Shop
from core.db.models import Journal
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.handover_records import SheetLine, SheetPaper
from core.fulfilment.models import Handover, Parcel
from core.runtime.errors import NotFound, Refused
from core.waybills.models import Waybill, WaybillAccount

#: the journal's word for a sheet that was put on paper
PRINTED = "handover.printed"


def print_sheet(uow: UnitOfWork, sheet_id: int, way: str) -> SheetPaper:
    """What is to be put on paper, and that it was: each further copy bears its number.

    Args:
        uow: the open unit of work.
        sheet_id: the sheet, open or closed.
        way: `page` for a sheet of its own, `label` for the short form on the label printer.

    Raises:
        NotFound, Refused: as `sheet_paper`.
    """
    paper = sheet_paper(uow, sheet_id)
    facts = {"code": paper.code, "parcels": len(paper.lines), "copy": paper.copy_no, "way": way}
    uow.record(PRINTED, "handover", sheet_id, **facts)
    return paper


def sheet_paper(uow: UnitOfWork, sheet_id: int) -> SheetPaper:
    """A sheet as it is put on paper, whatever its length; the numbers in the order in which they were scanned out.

    Raises:
        NotFound: `handover.unknown`. Refused: `handover.empty`.
    """
    sheet = uow.execute(select(*Handover.__table__.c).where(Handover.id == sheet_id)).one_or_none()
    if sheet is None:
        raise NotFound("handover.unknown", f"there is no sheet {sheet_id}")
    query = (
        select(Waybill.number, Parcel.weight_g, Shop.name)
        .select_from(Parcel)
        .join(Shop, Shop.id == Parcel.shop_id)
        .outerjoin(Waybill, (Waybill.parcel_id == Parcel.id) & (Waybill.state == "obtained"))
        .where(Parcel.handover_id == sheet_id)
        .order_by(Parcel.shipped_at, Parcel.id)
    )
    rows = uow.rows(query)
    if not rows:
        raise Refused("handover.empty", "nothing stands on this sheet yet")
    account = select(WaybillAccount.carrier_name).where(WaybillAccount.carrier_code == sheet.carrier_code)
    printed = (Journal.subject == "handover", Journal.subject_id == sheet_id, Journal.action == PRINTED)
    return SheetPaper(
        code=sheet.code,
        carrier_name=uow.execute(account).scalar_one_or_none() or sheet.carrier_code,
        state=sheet.state,
        shops=tuple(sorted({row.name for row in rows})),
        opened_at=sheet.opened_at,
        closed_at=sheet.closed_at,
        printed_at=uow.now,
        desk=sheet.opened_by,
        clerk=sheet.closed_by or uow.actor.operator,
        lines=tuple(SheetLine(row.number or "—", row.weight_g) for row in rows),
        copy_no=int(uow.execute(select(func.count()).select_from(Journal).where(*printed)).scalar_one()),
    )
