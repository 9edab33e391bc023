"""Which way a print job goes, and what its route is given to print.

A waybill that came with a platform's print data is printed by that platform's component; every other label we draw
ourselves, which a receiver masked by a platform does not allow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from core.fulfilment.label_content import label_content
from core.fulfilment.records import ParcelView
from core.fulfilment.views import parcel_view
from core.runtime.errors import NotFound, Refused
from core.waybills.label_size import size_of
from core.waybills.models import PrintJob, Waybill

OWN: Final = "own"
COMPONENT: Final = "component"

#: version of component content (`docs/component-content.schema.json`)
SCHEMA = 1
_MAX_LINES = 12
_MAX_CHARS = 500


@dataclass(frozen=True, slots=True)
class PrintContent:
    """What one job prints.

    Attributes:
        route: `own` or `component`.
        size: the paper that the carrier's labels want, empty where any will do.
        content: label content (`core.fulfilment.label_content`), or component content of the schema above.
    """

    route: str
    waybill_no: str
    copy_no: int
    size: str
    content: Mapping[str, Any] = field(repr=False)


def print_content(connection: Connection, job_id: int, now: datetime) -> PrintContent:
    """The route and the content of a print job.

    Raises:
        NotFound: `print.unknown_job`.
        Refused: `waybill.not_live`, the number was voided; `label.masked`, a masked receiver without print data: this
            label can only be printed elsewhere.
    """
    columns = (
        PrintJob.copy_no,
        Waybill.number,
        Waybill.state,
        Waybill.parcel_id,
        Waybill.print_data,
        Waybill.carrier_code,
    )
    query = select(*columns).join(Waybill, Waybill.id == PrintJob.waybill_id).where(PrintJob.id == job_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("print.unknown_job", f"there is no print job {job_id}")
    size = size_of(connection, row.carrier_code)
    if row.print_data is None:
        return PrintContent(OWN, row.number or "", row.copy_no, size, label_content(connection, job_id, now))
    if row.state != "obtained":
        raise Refused("waybill.not_live", "the number is not valid (any more)", state=row.state)
    parcel = parcel_view(connection, row.parcel_id)
    if parcel is None:
        raise NotFound("parcel.unknown", f"there is no parcel {row.parcel_id}")
    content = {
        "schema": SCHEMA,
        "dialect": row.print_data["dialect"],
        "documents": [
            {
                "document_id": row.number,
                "contents": [row.print_data["content"]],
                "custom_area": _custom_area(row.print_data["custom_template_url"], parcel),
            }
        ],
    }
    return PrintContent(COMPONENT, row.number, row.copy_no, size, content)


def _custom_area(template_url: str, parcel: ParcelView) -> Mapping[str, Any] | None:
    """What the merchant's own zone says, by the names his template uses; nothing that tells who receives."""
    if not template_url:
        return None
    goods = [line for line in parcel.lines if not line.is_withdrawn]
    in_wave = parcel.wave_seq is not None and parcel.wave_code
    data = {
        "order_nos": _short("、".join(parcel.order_nos)),
        "items": _items([(line.short_name or line.name, line.spec, line.qty) for line in goods]),
        "item_count": str(sum(line.qty for line in goods)),
        "buyer_note": _short(parcel.buyer_note),
        "sequence": f"{parcel.wave_code} {parcel.wave_seq}/{parcel.wave_total}" if in_wave else "",
        "box": f"{parcel.box_no}/{parcel.box_count}" if parcel.box_count > 1 else "",
        "shop_name": _short(parcel.shop_name),
    }
    return {"template_url": template_url, "data": data}


def _items(goods: Sequence[tuple[str, str, int]]) -> str:
    lines = [_short(f"{name} {spec}".strip(), 40) + f" ×{qty}" for name, spec, qty in goods[:_MAX_LINES]]
    if len(goods) > _MAX_LINES:
        lines.append(f"…共 {len(goods)} 种")
    return "\n".join(lines)


def _short(text: str, longest: int = _MAX_CHARS) -> str:
    clean = "".join(char if char.isprintable() else " " for char in text)
    return clean if len(clean) <= longest else f"{clean[: longest - 1]}…"
