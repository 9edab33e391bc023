"""What can be wrong with documents: nobody looked, goods are on the road or on the floor for too long."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select

from core.inventory.documents.models import Document
from core.inventory.documents.states import DocKind, DocState
from core.inventory.shelves import day_of
from core.runtime.standing import MOST, Severity, Standing

#: how long each may stand before somebody is told
TO_APPROVE_FOR: Final = timedelta(hours=4)
ON_THE_ROAD_FOR: Final = timedelta(days=3)
TO_INSPECT_FOR: Final = timedelta(days=2)
TO_PUT_AWAY_FOR: Final = timedelta(hours=12)
_PRESSING: Final = 3

_UNDER_WAY = (str(DocState.OPEN), str(DocState.PART))
_PATIENCE: Final = (
    (DocKind.ADJUSTMENT, (str(DocState.TO_APPROVE),), "document.to_approve", TO_APPROVE_FOR),
    (DocKind.TRANSFER, _UNDER_WAY, "document.on_the_road", ON_THE_ROAD_FOR),
    (DocKind.RETURN, _UNDER_WAY, "document.to_inspect", TO_INSPECT_FOR),
    (DocKind.PUTAWAY, _UNDER_WAY, "document.to_put_away", TO_PUT_AWAY_FOR),
)
_STANDING = select(Document.id, Document.number, Document.settled_at, Document.author)


def stuck_documents(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Documents that wait for a person for longer than is usual; three times as long is a warning."""
    standing = []
    for kind, states, rule, patience in _PATIENCE:
        query = (
            _STANDING.where(Document.kind == kind, Document.state.in_(states), Document.settled_at <= at - patience)
            .order_by(Document.id)
            .limit(MOST)
        )
        rows: Sequence[Any] = connection.execute(query).all()
        for row in rows:
            is_pressing = row.settled_at <= at - patience * _PRESSING
            hours = int((at - row.settled_at).total_seconds() // 3600)
            facts = {"number": row.number, "hours": hours, "author": row.author}
            severity = Severity.WARNING if is_pressing else Severity.NOTICE
            standing.append(Standing(rule, f"document:{row.id}", severity, facts))
    return standing


def late_purchases(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Orders whose goods were expected before today and have not all come."""
    today = day_of(at)
    query = (
        select(Document.id, Document.number, Document.supplier, Document.expected_day)
        .where(
            Document.kind == DocKind.PURCHASE,
            Document.state.in_(_UNDER_WAY),
            Document.expected_day < today,
        )
        .order_by(Document.id)
        .limit(MOST)
    )
    rows: Sequence[Any] = connection.execute(query).all()
    return [
        Standing(
            "document.late",
            f"document:{row.id}",
            Severity.NOTICE,
            {"number": row.number, "supplier": row.supplier, "days": today - row.expected_day},
        )
        for row in rows
    ]
