"""The reports of comparing a shop's orders with ours: made, read, seen by people, forgotten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, exists, func, select, text, update

from core.channels.models import Shop
from core.db.forgetting import AT_ONCE, forget_some
from core.db.unit_of_work import UnitOfWork
from core.orders.models import Order
from core.runtime.china import china_day
from core.runtime.errors import NotFound
from core.runtime.standing import Severity, Standing
from core.sync.models import Reconciliation, ReconciliationLine
from core.sync.troubles import Trouble, trouble_in

#: how long reports are kept
KEPT: Final = timedelta(days=60)
#: lines that a report keeps; its counts go on
MOST_LINES: Final = 2000
#: what becomes of an order that differed
TAKEN, SETTLED, STAYS = "taken", "settled", "stays"
#: an order that should be here and was not; one the platform still wants sent from before the shop was here; one of
#: ours that the platform does not know
MISSING, UNKNOWN, GONE = "missing", "unknown", "gone"
#: the alert: orders were missing and nobody has looked at the report
MISSED: Final = "shop.missed"
#: table name by which pages hear of reports and of how far one is
REPORTS: Final = "reconciliation"
# In the words of the index.
_UNSEEN: Final = text("missing_count > 0 AND seen_at IS NULL")


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One report.

    Attributes:
        state: running | done | partly | cancelled | failed.
        since_at: from when on orders were listed.
        reached_at: up to when one came that is `partly` made; the next night goes on from there.
        missing_count: orders that should have been here and were not.
        difference_count: rows in all, those included.
        unasked_count: orders of ours that the list did not name, and that were too many to be asked for.
        is_open: orders were missing, and nobody has said that they have seen it.
    """

    id: int
    shop_id: int
    shop_name: str
    is_nightly: bool
    state: str
    made_by: str
    since_at: datetime
    reached_at: datetime | None
    begun_at: datetime
    ended_at: datetime | None
    listed_count: int
    missing_count: int
    difference_count: int
    unasked_count: int
    trouble: Trouble | None
    seen_at: datetime | None
    seen_by: str

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to look."""
        return self.missing_count > 0 and self.seen_at is None


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One order that differed; `kind` missing | unknown | gone | state | amount | lines, `outcome` as above.

    `ours` and `theirs` as `core.sync.comparing.Difference`; of what is not here: payment, the platform's word, and
    when it was placed (ISO 8601). Blank where there is no such order.
    """

    order_no: str
    kind: str
    ours: str
    theirs: str
    outcome: str


# --- making ---------------------------------------------------------------------------------------------------------


def is_due(connection: Connection, shop_id: int, now: datetime) -> bool:
    """Whether a shop has no nightly report of this day, whole or stopped by a person."""
    here = (Reconciliation.shop_id == shop_id, Reconciliation.is_nightly, Reconciliation.day == _day(now))
    done = select(Reconciliation.id).where(*here, Reconciliation.state.in_(("done", "cancelled")))
    return connection.execute(done.limit(1)).first() is None


def goes_on_from(connection: Connection, shop_id: int, now: datetime) -> datetime | None:
    """From when on a shop's last long comparison has still to list; None where nothing is, or not today."""
    here = (Reconciliation.shop_id == shop_id, Reconciliation.is_nightly.is_(False))
    query = select(Reconciliation.state, Reconciliation.day, Reconciliation.reached_at).where(*here)
    # What failed on the way is tried again from where the one before it came.
    query = query.where(Reconciliation.state.in_(("partly", "done", "cancelled")))
    last = connection.execute(query.order_by(Reconciliation.id.desc()).limit(1)).one_or_none()
    if last is None or last.state != "partly" or last.day >= _day(now):
        return None
    reached: datetime | None = last.reached_at
    return reached


def begin(uow: UnitOfWork, shop_id: int, since: datetime, *, is_nightly: bool) -> int:
    """Begin a report, its lease held; gives its id. One that was left running ends as failed."""
    here = Reconciliation.shop_id == shop_id
    left = update(Reconciliation).where(here, Reconciliation.state == "running")
    uow.execute(left.values(state="failed", ended_at=uow.now))
    if is_nightly:
        # A night of failures leaves the last one.
        again = (here, Reconciliation.is_nightly, Reconciliation.day == _day(uow.now), Reconciliation.state != "done")
        nothing = ~exists().where(ReconciliationLine.reconciliation_id == Reconciliation.id)
        uow.execute(delete(Reconciliation).where(*again, nothing))
    row = {
        "shop_id": shop_id,
        "day": _day(uow.now),
        "is_nightly": is_nightly,
        "state": "running",
        "made_by": "" if is_nightly else uow.actor.operator,
        "since_at": since,
        "begun_at": uow.now,
    }
    uow.changed(REPORTS, shop_id)
    return uow.insert(Reconciliation, row)


def note(uow: UnitOfWork, report_id: int, counts: Mapping[str, int], lines: Sequence[ReportLine]) -> None:
    """Write down how far a report is, and what it found since."""
    rows = [
        {
            "reconciliation_id": report_id,
            "order_no": line.order_no,
            "kind": line.kind,
            "ours": line.ours,
            "theirs": line.theirs,
            "outcome": line.outcome,
        }
        for line in lines
    ]
    uow.insert_many(ReconciliationLine, rows)
    uow.execute(update(Reconciliation).where(Reconciliation.id == report_id).values(**counts))


def finish(
    uow: UnitOfWork, report_id: int, state: str, error: str = "", *, reached_at: datetime | None = None
) -> None:
    """End a report; `reached_at` of one that goes on in the next night."""
    ended = {"state": state, "ended_at": uow.now, "error": error, "reached_at": reached_at}
    uow.execute(update(Reconciliation).where(Reconciliation.id == report_id).values(**ended))
    shop_id = uow.execute(select(Reconciliation.shop_id).where(Reconciliation.id == report_id)).scalar_one()
    uow.changed(REPORTS, shop_id)


def _day(now: datetime) -> int:
    return china_day(now).toordinal()


# --- reading --------------------------------------------------------------------------------------------------------


def reports(connection: Connection, shop_id: int, limit: int = 40) -> Sequence[ReportRow]:
    """A shop's reports, the newest first."""
    query = _REPORTS.where(Reconciliation.shop_id == shop_id)
    return [_row(row) for row in connection.execute(query.order_by(Reconciliation.id.desc()).limit(limit))]


def report(connection: Connection, report_id: int) -> ReportRow:
    """One report.

    Raises:
        NotFound: `reconcile.unknown`.
    """
    row = connection.execute(_REPORTS.where(Reconciliation.id == report_id)).first()
    if row is None:
        raise NotFound("reconcile.unknown", f"there is no report {report_id}")
    return _row(row)


def lines(connection: Connection, report_id: int, limit: int = MOST_LINES) -> Sequence[ReportLine]:
    """What a report found, in the order in which it did."""
    table = ReconciliationLine
    # Where the order is here it is named as everywhere.
    shown = func.coalesce(Order.display_no, table.order_no)
    query = (
        select(shown, table.kind, table.ours, table.theirs, table.outcome)
        .join(Reconciliation, Reconciliation.id == table.reconciliation_id)
        .outerjoin(Order, (Order.shop_id == Reconciliation.shop_id) & (Order.order_no == table.order_no))
        .where(table.reconciliation_id == report_id)
        .order_by(table.id)
        .limit(limit)
    )
    return [ReportLine(*row) for row in connection.execute(query)]


_REPORTS: Final = select(*Reconciliation.__table__.c, Shop.name.label("shop_name")).join(
    Shop, Shop.id == Reconciliation.shop_id
)


def _row(row: Any) -> ReportRow:
    return ReportRow(
        row.id,
        row.shop_id,
        row.shop_name,
        row.is_nightly,
        row.state,
        row.made_by,
        row.since_at,
        row.reached_at,
        row.begun_at,
        row.ended_at,
        row.listed_count,
        row.missing_count,
        row.difference_count,
        row.unasked_count,
        trouble_in(row.error),
        row.seen_at,
        row.seen_by,
    )


# --- people, time ---------------------------------------------------------------------------------------------------


def mark_seen(uow: UnitOfWork, shop_id: int) -> int:
    """Somebody has seen which orders of a shop were missing; gives how many reports that settles."""
    seen = update(Reconciliation).where(Reconciliation.shop_id == shop_id, _UNSEEN, Reconciliation.state != "running")
    count = uow.count(seen.values(seen_at=uow.now, seen_by=uow.actor.operator))
    if count:
        uow.record("reconcile.seen", "shop", shop_id, n=count)
        uow.changed(REPORTS, shop_id)
    return count


def forget_reports(uow: UnitOfWork) -> int:
    """Forget some that are too old, with their lines; `AT_ONCE` where there is more."""
    before = uow.now - KEPT
    old = select(Reconciliation.id).where(Reconciliation.begun_at < before)
    some = select(ReconciliationLine.id).where(ReconciliationLine.reconciliation_id.in_(old)).limit(AT_ONCE)
    gone = uow.count(delete(ReconciliationLine).where(ReconciliationLine.id.in_(some)))
    return gone if gone == AT_ONCE else forget_some(uow, Reconciliation, Reconciliation.begun_at, before)


def orders_missed(connection: Connection, _at: datetime) -> Sequence[Standing]:
    """Shops of which orders were missing, until somebody has seen which."""
    query = (
        select(Shop.id, Shop.name, func.sum(Reconciliation.missing_count).label("n"))
        .select_from(Reconciliation)
        .join(Shop, Shop.id == Reconciliation.shop_id)
        .where(_UNSEEN)
        .group_by(Shop.id, Shop.name)
        .order_by(Shop.id)
    )
    return [
        Standing(MISSED, f"shop:{row.id}", Severity.WARNING, {"shop": row.name, "n": int(row.n)})
        for row in connection.execute(query)
    ]
