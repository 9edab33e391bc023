"""What is wrong about counting, as long as it stands: differences nobody has looked into, sheets nobody decides."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select

from core.counting.comparing import Difference
from core.counting.models import Comparison, ComparisonLine, CountSheet
from core.counting.states import SheetState
from core.runtime.standing import MOST, Severity, Standing

#: a sheet that was handed in is decided within a working day
_DECIDED_WITHIN: Final = timedelta(hours=12)
#: rows whose classes are looked at; more than one is enough to say that it is critical
_LOOKED_AT: Final = 500
_DEFECTS: Final = frozenset({Difference.LEDGER, Difference.HISTORY})


def open_differences(connection: Connection, at: datetime) -> Sequence[Standing]:  # noqa: ARG001 - the shape of a watch
    """Rows of the newest comparison that nobody has confirmed; an older one is answered by the newer."""
    newest = select(Comparison.id, Comparison.day).where(Comparison.state == "ready")
    report = connection.execute(newest.order_by(Comparison.id.desc()).limit(1)).one_or_none()
    if report is None:
        return ()
    here = (ComparisonLine.comparison_id == report.id, ComparisonLine.confirmed_at.is_(None))
    count = connection.execute(select(func.count()).select_from(ComparisonLine).where(*here)).scalar_one()
    if not count:
        return ()
    kinds = connection.execute(select(ComparisonLine.kinds).where(*here).limit(_LOOKED_AT)).scalars()
    is_defect = any(kind in _DEFECTS for row in kinds for kind in row)
    severity = Severity.CRITICAL if is_defect else Severity.WARNING
    facts = {"rows": int(count), "day": report.day, "report_id": report.id}
    return (Standing("stock.comparison", "open", severity, facts),)


def undecided_sheets(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Sheets that were handed in half a day ago and wait for somebody to decide."""
    query = select(CountSheet.id, CountSheet.number, CountSheet.submitted_at).where(
        CountSheet.state == SheetState.TO_APPROVE.value, CountSheet.submitted_at <= at - _DECIDED_WITHIN
    )
    return tuple(
        Standing("stock.count_waits", f"sheet:{row.id}", Severity.NOTICE, {"number": row.number})
        for row in connection.execute(query.order_by(CountSheet.id).limit(MOST))
    )
