"""What an auditor reads: a slice of the journal, found through an index of its own."""

from datetime import datetime

from sqlalchemy import Connection, or_, select, text

from core.access.records import LOG_KINDS, LogFilter, LogPage, LogRow
from core.db.models import AUDITED, Journal

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
    rows = tuple(LogRow(*row) for row in connection.execute(query))
    shown = rows[:limit]
    return LogPage(shown, (shown[-1].at, shown[-1].id) if len(rows) > limit else None)
