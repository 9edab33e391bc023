"""What screens are told about labels and print jobs."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PrintJobView:
    """One job of the queue; `unknown` ones carry the question "did the label come out?"."""

    id: int
    waybill_id: int
    waybill_no: str
    order_nos: tuple[str, ...]
    copy_no: int
    printer_key: str
    #: queued | claimed | sending | sent | confirmed | failed | unknown
    state: str
    reason: str
    last_error: str
    created_at: datetime
    sent_at: datetime | None
