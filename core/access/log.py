"""What an auditor reads: a slice of the journal, found through an index of its own."""

from datetime import datetime

from sqlalchemy import Connection, or_, select, text

from core.access.records import LOG_KINDS, LogFilter, LogPage, LogRow
from core.access.unmasking import LOOK
from core.db.models import AUDITED, Journal
from core.orders.models import SHOWN_NO, Order

_COLUMNS = (
    Journal.id,
    Journal.at,
    Journal.operator,
    Journal.desk,
    Journal.action,
    Journal.subject_id,
    Journal.facts,
)


def log_page(connection: Connection, wanted: LogFilter, after: tuple[datetime, int] | None, limit: int) -> LogPage:
    """One page, newest first; `after` is the cursor of the page before."""
    query = select(*_COLUMNS).where(text(AUDITED), Journal.at >= wanted.since, Journal.at < wanted.until)
    actions = LOG_KINDS[wanted.kind]
    if actions:
        query = query.where(Journal.action.in_(actions))
    if after is not None:
        at, last_id = after
        query = query.where(Journal.at <= at, or_(Journal.at < at, Journal.id < last_id))
    query = query.order_by(Journal.at.desc(), Journal.id.desc()).limit(limit + 1)
    rows = connection.execute(query).all()
    looked = {row.subject_id for row in rows if row.action == LOOK}
    numbers = select(Order.id, SHOWN_NO).where(Order.id.in_(looked))
    order_nos: dict[int, str] = {row.id: row.order_no for row in connection.execute(numbers)} if looked else {}
    shown = tuple(
        LogRow(
            id=row.id,
            at=row.at,
            operator=row.operator,
            desk=row.desk,
            action=row.action,
            subject_id=row.subject_id,
            facts=row.facts,
            order_no=order_nos.get(row.subject_id, "") if row.action == LOOK else "",
        )
        for row in rows[:limit]
    )
    return LogPage(shown, (shown[-1].at, shown[-1].id) if len(rows) > limit else None)
