"""Parcels that a shop already has as sent under another number (单号冲突): seen, and settled by a person.

Who printed the other number may be other software, or a colleague in the shop's own pages: only a person knows which
paper is on the box. Ours is kept by putting it in the place of theirs where the platform allows that; theirs by
saying nothing more.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.engine import Connection

from core.channels.contract import SHIPPED_OTHERWISE, Channel, ShipmentNotice
from core.db import outbox
from core.db.models import Outbox
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.telling import CONFIRM, TOLD_OTHER
from core.runtime.errors import NotFound, Refused
from core.runtime.remote_errors import ChannelError
from core.sync.troubles import kept_start

_log = logging.getLogger(__name__)

#: codes of refusals in which the shop holds on to another number
CODES: Final = (SHIPPED_OTHERWISE, TOLD_OTHER)
#: in the delivery's payload: the numbers the shop has; whether ours may be put in the place of the only one
THEIRS, MAY_REPLACE = "theirs", "may_replace"
#: in the payload, once a person wants ours: the number whose place it takes
REPLACES = "replaces"


def is_conflict() -> ColumnElement[bool]:
    """Which rows of the outbox wait for somebody to say whose number is right."""
    starts = (Outbox.last_error.startswith(kept_start(code), autoescape=True) for code in CODES)
    return and_(Outbox.state == "failed", Outbox.kind == CONFIRM, or_(*starts))


def what_they_have(channel: Channel, notice: ShipmentNotice) -> Mapping[str, Any]:
    """What to keep with a delivery that was refused for another number; asks the shop once."""
    try:
        order = channel.get_order(notice.order_no)
    except ChannelError as error:
        _log.info("order %s: its numbers at the shop: %s", notice.order_no, type(error).__name__)
        order = None
    mine = {no for no, _ in notice.lines}
    theirs = sorted(
        {
            parcel.waybill_no
            for parcel in (() if order is None else order.shipped)
            if parcel.waybill_no not in {"", notice.waybill_no}
            and (not parcel.lines or mine & {no for no, _ in parcel.lines})
        }
    )
    may_replace = channel.capabilities.changes_number and len(theirs) == 1 and not notice.replaces
    return {THEIRS: theirs, MAY_REPLACE: may_replace}


def keep_ours(uow: UnitOfWork, row_id: int) -> None:
    """Put our number in the place of theirs: the delivery goes out again and says so.

    Raises:
        NotFound: `outbox.unknown`.
        Refused: `outbox.settled`, nothing is to be settled (any more); `outbox.number_stays`, the platform changes no
            number, or has several.
    """
    row = _open(uow.connection, row_id)
    if not row.payload.get(MAY_REPLACE):
        raise Refused("outbox.number_stays", "the shop does not put another number in the place of this one")
    theirs = str(row.payload[THEIRS][0])
    outbox.change_payload(uow, row_id, {**row.payload, REPLACES: theirs, MAY_REPLACE: False})
    outbox.retry(uow, row_id)
    uow.record("order.number_kept", "orders", int(row.payload["order_id"]), theirs=theirs)


def accept_theirs(uow: UnitOfWork, row_id: int) -> None:
    """Leave the shop's number as it is: nothing more is told of this parcel.

    Raises:
        NotFound, Refused: as `keep_ours`.
    """
    row = _open(uow.connection, row_id)
    outbox.close(uow, row_id)
    theirs = ", ".join(row.payload.get(THEIRS, ()))
    uow.record("order.number_accepted", "orders", int(row.payload["order_id"]), theirs=theirs)


def _open(connection: Connection, row_id: int) -> Any:
    columns = (Outbox.payload, is_conflict().label("is_open"))
    row = connection.execute(select(*columns).where(Outbox.id == row_id)).one_or_none()
    if row is None:
        raise NotFound("outbox.unknown", f"there is no delivery {row_id}")
    if not row.is_open:
        raise Refused("outbox.settled", "somebody has settled it, or it is under way")
    return row
