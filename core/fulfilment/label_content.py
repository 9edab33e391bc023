"""The content of a label that we draw, built from the records at the moment it is printed; nothing of it is kept.

The schema is core's (version 1, `docs/label-content.schema.json`); printing has its own strict reading of it, and a
round-trip test keeps the two together.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from core.customers.queries import consignees
from core.fulfilment.models import Parcel
from core.fulfilment.views import parcel_view
from core.runtime.china import CHINA
from core.runtime.errors import NotFound, Refused
from core.waybills.models import PrintJob, Waybill, WaybillAccount

SCHEMA = 1


def label_content(connection: Connection, job_id: int, now: datetime) -> Mapping[str, Any]:
    """What a print job's label says.

    Raises:
        NotFound: `print.unknown_job`.
        Refused: `label.masked`, the receiver is masked by the platform, so that we cannot draw this label;
            `waybill.not_live`, the number was voided.
    """
    query = select(PrintJob.copy_no, *Waybill.__table__.c, WaybillAccount.carrier_name, WaybillAccount.sender)
    query = query.join(Waybill, Waybill.id == PrintJob.waybill_id)
    query = query.outerjoin(WaybillAccount, WaybillAccount.carrier_code == Waybill.carrier_code)
    row = connection.execute(query.where(PrintJob.id == job_id)).one_or_none()
    if row is None:
        raise NotFound("print.unknown_job", f"there is no print job {job_id}")
    if row.state != "obtained":
        raise Refused("waybill.not_live", "the number is not valid (any more)", state=row.state)
    parcel = parcel_view(connection, row.parcel_id)
    consignee_id = connection.execute(select(Parcel.consignee_id).where(Parcel.id == row.parcel_id)).scalar_one()
    who = consignees(connection, [consignee_id])[consignee_id]
    if parcel is None:
        raise NotFound("parcel.unknown", f"there is no parcel {row.parcel_id}")
    if who.is_masked:
        raise Refused("label.masked", "a masked receiver without print data can only be printed elsewhere")
    goods = [line for line in parcel.lines if not line.is_withdrawn]
    items = [{"short_name": line.short_name or line.name, "spec": line.spec, "qty": line.qty} for line in goods]
    in_wave = parcel.wave_seq is not None and parcel.wave_code
    sequence = {"number": parcel.wave_seq, "total": max(parcel.wave_total, parcel.wave_seq or 0)} if in_wave else None
    box = {"number": parcel.box_no, "total": parcel.box_count} if parcel.box_count > 1 else None
    address = {"province": who.province, "city": who.city, "district": who.district, "address": who.address}
    return {
        "schema": SCHEMA,
        "waybill_no": row.number,
        "carrier": {"code": row.carrier_code, "name": row.carrier_name or row.carrier_code, "product": ""},
        "sort_code": row.sort_code,
        "package_centre": row.package_centre,
        "sender": row.sender,
        "consignee": {"name": who.name, "phone": who.phone, **address, "is_masked": who.is_masked},
        "items": items,
        "item_count": sum(line.qty for line in goods),
        "order_nos": list(parcel.order_nos),
        "buyer_note": parcel.buyer_note,
        "gift_note": "、".join(line.short_name or line.name for line in goods if line.is_gift),
        "sequence": {**sequence, "wave": parcel.wave_code} if sequence else None,
        "box": box,
        "reprint": row.copy_no,
        "qr_text": row.qr_text,
        "printed_at": now.astimezone(CHINA).isoformat(timespec="seconds"),
        "shop_name": parcel.shop_name,
    }
