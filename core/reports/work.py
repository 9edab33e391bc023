"""The work of a time, by shop and by clerk: what came, was printed, packed, scanned out, handed over, pulled out.

The day's page and the reports count with the same lines, so that their sums agree. Everything is read by ranges: of
ids where a table only grows (`core.db.since`), else of an index; a report costs what happened in its days, however
much the file holds.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.engine import Connection

from core.channels.models import Shop
from core.db.models import Journal
from core.db.since import first_id_since
from core.fulfilment.models import Parcel
from core.orders.models import Order
from core.reports.records import ClerkWork, ShopWork
from core.waybills.models import PrintJob, Waybill

#: what hands do to parcels: the journal's word -> the figure it counts for
_HANDS: Mapping[str, str] = {
    "parcel.packed": "packed",
    "parcel.shipped": "shipped",
    "parcel.pulled_out": "pulled_out",
}
#: hands that make an hour a worked one; pulling out is no pace
_PACE = frozenset({"parcel.packed", "parcel.shipped"})


@dataclass(slots=True)
class Work:
    """Figures that add up.

    Attributes:
        shops: (figure, shop id) -> how many.
        clerks: (figure, name) -> how many.
        hours: (name, hour) in which somebody packed or scanned out.
    """

    shops: Counter[tuple[str, int]] = field(default_factory=Counter)
    clerks: Counter[tuple[str, str]] = field(default_factory=Counter)
    hours: set[tuple[str, datetime]] = field(default_factory=set)

    def add(self, other: "Work") -> None:
        """Take in the figures of another time."""
        self.shops.update(other.shops)
        self.clerks.update(other.clerks)
        self.hours |= other.hours

    def total(self, figure: str) -> int:
        """A figure over all shops."""
        return sum(count for (name, _), count in self.shops.items() if name == figure)


def work_between(connection: Connection, since: datetime, until: datetime | None) -> Work:
    """What was done from `since` on and before `until`; None is up to now."""
    acts = _range(connection, Journal.id.expression, Journal.at.expression, since, until)
    papers = _range(connection, PrintJob.id.expression, PrintJob.created_at.expression, since, until)
    work = Work()
    _by_shop(connection, work, "taken", _taken(acts))
    _by_shop(connection, work, "printed", _printed(papers))
    _by_shop(connection, work, "shipped", _shipped(since, until))
    _by_shop(connection, work, "handed_over", _handed_over(acts))
    _by_shop(connection, work, "pulled_out", _pulled_out(acts))
    _by_clerk(connection, work, acts)
    return work


def shop_works(connection: Connection, work: Work, stuck: Mapping[int, int]) -> tuple[ShopWork, ...]:
    """The figures of every shop that has any; `stuck` is how many of its orders should have left by now."""
    names = connection.execute(select(Shop.id, Shop.name).order_by(Shop.id)).all()
    figures = ("taken", "printed", "shipped", "handed_over", "pulled_out")
    works = (
        ShopWork(name, **{one: work.shops[one, shop_id] for one in figures}, stuck=stuck.get(shop_id, 0))
        for shop_id, name in names
    )
    return tuple(one for one in works if one.is_any)


def clerk_works(work: Work) -> tuple[ClerkWork, ...]:
    """The figures of everybody who did something."""
    hours = Counter(name for name, _ in work.hours)
    figures = ("packed", "shipped", "handed_over", "pulled_out")
    return tuple(
        ClerkWork(name, **{one: work.clerks[one, name] for one in figures}, hours=hours[name])
        for name in sorted({name for _, name in work.clerks})
    )


def _range(
    connection: Connection,
    row_id: ColumnElement[int],
    moment: ColumnElement[datetime],
    since: datetime,
    until: datetime | None,
) -> ColumnElement[bool]:
    here: ColumnElement[bool] = row_id >= first_id_since(connection, row_id, moment, since)
    if until is not None:
        here = and_(here, row_id < first_id_since(connection, row_id, moment, until))
    return here


def _by_shop(connection: Connection, work: Work, figure: str, query: Select[int, int]) -> None:
    for shop_id, count in connection.execute(query):
        work.shops[figure, shop_id] += count


def _taken(acts: ColumnElement[bool]) -> Select[int, int]:
    query = select(Order.shop_id, func.count()).join(Journal, Journal.subject_id == Order.id)
    return query.where(acts, Journal.action == "order.taken").group_by(Order.shop_id)


def _printed(papers: ColumnElement[bool]) -> Select[int, int]:
    return (
        select(Parcel.shop_id, func.count())
        .join(Waybill, Waybill.parcel_id == Parcel.id)
        .join(PrintJob, PrintJob.waybill_id == Waybill.id)
        .where(papers, PrintJob.copy_no == 0, PrintJob.state.in_(("sent", "confirmed")))
        .group_by(Parcel.shop_id)
    )


def _shipped(since: datetime, until: datetime | None) -> Select[int, int]:
    query = select(Parcel.shop_id, func.count()).where(Parcel.shipped_at >= since)
    if until is not None:
        query = query.where(Parcel.shipped_at < until)
    return query.group_by(Parcel.shop_id)


def _handed_over(acts: ColumnElement[bool]) -> Select[int, int]:
    query = select(Parcel.shop_id, func.count()).join(Journal, Journal.subject_id == Parcel.handover_id)
    return query.where(acts, Journal.action == "handover.closed").group_by(Parcel.shop_id)


def _pulled_out(acts: ColumnElement[bool]) -> Select[int, int]:
    query = select(Parcel.shop_id, func.count()).join(Journal, Journal.subject_id == Parcel.id)
    return query.where(acts, Journal.action == "parcel.pulled_out").group_by(Parcel.shop_id)


def _by_clerk(connection: Connection, work: Work, acts: ColumnElement[bool]) -> None:
    done = select(Journal.action, Journal.operator, Journal.at).where(acts, Journal.action.in_(tuple(_HANDS)))
    for action, operator, at in connection.execute(done):
        work.clerks[_HANDS[action], operator] += 1
        if action in _PACE:
            work.hours.add((operator, at.replace(minute=0, second=0, microsecond=0)))
    closed = select(Journal.operator, Journal.facts).where(acts, Journal.action == "handover.closed")
    for operator, facts in connection.execute(closed):
        work.clerks["handed_over", operator] += int(facts["parcels"])
