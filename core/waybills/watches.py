"""What can be wrong with labels: one whose outcome nobody knows, and a queue that does not get on."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select, text

from core.db.limits import limits_of
from core.runtime.standing import Severity, Standing
from core.waybills.models import PrintJob
from core.waybills.states import IS_OPEN

#: seconds that a label may wait
STUCK_S: Final = 600.0


def prints_in_doubt(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Labels that need an answer, by desk; labels that wait for too long, by printer."""
    limits = limits_of(connection, "print.stuck", STUCK_S)
    is_open = text(f"print_job.{IS_OPEN}")
    doubt = (
        select(PrintJob.desk, func.count().label("n"))
        .where(is_open, PrintJob.state == "unknown")
        .group_by(PrintJob.desk)
        .order_by(PrintJob.desk)
    )
    found = [
        Standing("print.doubt", f"desk:{row.desk}", Severity.WARNING, {"desk": row.desk, "n": row.n})
        for row in connection.execute(doubt)
    ]
    waiting = (
        select(PrintJob.printer_key, func.count().label("n"), func.min(PrintJob.created_at).label("since"))
        .where(is_open, PrintJob.state.in_(("queued", "claimed")))
        .group_by(PrintJob.printer_key)
        .order_by(PrintJob.printer_key)
    )
    for row in connection.execute(waiting):
        key = f"printer:{row.printer_key}"
        age = at - row.since
        if age > timedelta(seconds=limits.of(key)):
            facts = {"printer": row.printer_key, "n": row.n, "minutes": int(age.total_seconds() // 60)}
            found.append(Standing("print.stuck", key, Severity.WARNING, facts))
    return found
