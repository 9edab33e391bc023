"""How many rows a query has, for lists of which only the first are read."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select


def first_rows(connection: Connection, query: Any, most: int) -> tuple[Sequence[Any], int]:
    """The first rows of an ordered query, and how many it has; they are counted only where there are more."""
    rows: Sequence[Any] = connection.execute(query.limit(most + 1)).all()
    if len(rows) <= most:
        return rows, len(rows)
    whole = select(func.count()).select_from(query.order_by(None).subquery())
    return rows[:most], int(connection.execute(whole).scalar_one())
