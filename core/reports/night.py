"""What happened while nobody was at the desks: between the last hand of yesterday and the first of today."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.engine import Connection

from core.db.models import Journal, Outbox
from core.db.since import first_id_since
from core.reports.day import day_begins

#: what hands do: with the last of them the shop closes, with the first it opens
_BY_HAND = ("parcel.packed", "parcel.shipped", "handover.closed")
_ENDED = ("order.cancel", "order.cancelled")
#: a carrier said no for good
_FAILED = "waybill.failed"


@dataclass(frozen=True, slots=True)
class Night:
    """What came in a night.

    Attributes:
        begins_at: yesterday's last hand; midnight where nobody worked yesterday.
        taken, ended: orders that came, and that were cancelled or refunded whole.
        failed: numbers that were refused, and what could not be delivered to a shop or a carrier.
    """

    begins_at: datetime
    taken: int
    ended: int
    failed: int


def night_before(connection: Connection, now: datetime) -> Night:
    """The night before the day of `now`."""
    midnight = day_begins(now)
    yesterday, today = (_first(connection, at) for at in (midnight - timedelta(days=1), midnight))
    last = select(Journal.id, Journal.at).where(
        Journal.id >= yesterday, Journal.id < today, Journal.action.in_(_BY_HAND)
    )
    close = connection.execute(last.order_by(Journal.id.desc()).limit(1)).first()
    opening = select(func.min(Journal.id)).where(Journal.id >= today, Journal.action.in_(_BY_HAND))
    ends = connection.execute(opening).scalar_one()
    here: ColumnElement[bool] = Journal.id > (close.id if close is not None else today - 1)
    if ends is not None:
        here = and_(here, Journal.id < ends)
    actions = ("order.taken", *_ENDED, _FAILED)
    query = select(Journal.action, func.count()).where(here, Journal.action.in_(actions)).group_by(Journal.action)
    counted: Mapping[str, int] = dict(connection.execute(query).all())
    begins_at = midnight if close is None else close.at
    stuck = select(func.count()).select_from(Outbox).where(Outbox.state == "failed", Outbox.created_at >= begins_at)
    if ends is not None:
        ended_at = connection.execute(select(Journal.at).where(Journal.id == ends)).scalar_one()
        stuck = stuck.where(Outbox.created_at < ended_at)
    # A number that was refused fails its delivery too: told once, as the greater of both.
    failed = max(int(connection.execute(stuck).scalar_one()), counted.get(_FAILED, 0))
    return Night(begins_at, counted.get("order.taken", 0), sum(counted.get(one, 0) for one in _ENDED), failed)


def _first(connection: Connection, at: datetime) -> int:
    return first_id_since(connection, Journal.id.expression, Journal.at.expression, at)
