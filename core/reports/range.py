"""A report over days: read day by day, so that it can be stopped and holds up nobody."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Protocol

from sqlalchemy.engine import Connection

from core.db.unit_of_work import Store
from core.reports.day import late_orders
from core.reports.records import RangeReport, WorkDay
from core.reports.work import Work, clerk_works, shop_works, work_between
from core.runtime.china import CHINA
from core.runtime.errors import Refused

#: a year and a day: whoever wants more wants the table of orders
MOST_DAYS = 366


class Watched(Protocol):
    """How far a report is, and whether somebody wants it stopped."""

    def show(self, done: int, total: int) -> None:
        """So many days of so many are read."""
        ...

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody wants it stopped."""
        ...


def range_report(store: Store, first: date, last: date, progress: Watched | None = None) -> RangeReport:
    """The work of days in China, both included; what stands too long is told as of now.

    Raises:
        Refused: `report.days`, they stand the wrong way round or are more than `MOST_DAYS`; `report.cancelled`.
    """
    count = (last - first).days + 1
    if not 1 <= count <= MOST_DAYS:
        raise Refused("report.days", f"a report has 1 to {MOST_DAYS} days", most=MOST_DAYS)
    whole = Work()
    days = []
    for place in range(count):
        if progress is not None:
            if progress.is_cancelled:
                raise Refused("report.cancelled", "the report was stopped")
            progress.show(place, count)
        day = first + timedelta(days=place)
        work = store.read(_reading(day))
        whole.add(work)
        days.append(
            WorkDay(
                day=day,
                taken=work.total("taken"),
                printed=work.total("printed"),
                shipped=work.total("shipped"),
                handed_over=work.total("handed_over"),
                pulled_out=work.total("pulled_out"),
            )
        )
    now = store.clock.now()
    return store.read(lambda connection: _whole(connection, whole, tuple(days), now))


def begins(day: date) -> datetime:
    """Midnight in China."""
    return datetime.combine(day, time(), CHINA)


def _reading(day: date) -> Callable[[Connection], Work]:
    return lambda connection: work_between(connection, begins(day), begins(day + timedelta(days=1)))


def _whole(connection: Connection, work: Work, days: tuple[WorkDay, ...], now: datetime) -> RangeReport:
    late = late_orders(connection, now)
    stuck = Counter(shop_id for shop_id, _ in late)
    stages = Counter(stage for _, stage in late)
    return RangeReport(
        first=days[0].day,
        last=days[-1].day,
        at=now,
        days=days,
        shops=shop_works(connection, work, stuck),
        clerks=clerk_works(work),
        stuck=tuple((stage, stages[stage]) for stage in stages),
    )
