"""Where a table that only grows was at some moment: its first row from then on, by halving, without an index."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.engine import Connection


def first_id_since(
    connection: Connection, row_id: ColumnElement[Any], moment: ColumnElement[Any], at: datetime
) -> int:
    """The smallest id whose row is from `at` or later; one more than the largest where none is.

    Ids and times rise together but for transactions that overlapped: rows within their length of `at` may be missed
    or counted, so `at` should be a moment when little happens, such as midnight.
    """
    # Two questions: SQLite answers either from the end of the table, but both together by reading all of it.
    ends = (select(of(row_id)).scalar_subquery() for of in (func.min, func.max))
    low, high = connection.execute(select(*ends)).one()
    if high is None:
        return 1
    high += 1
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(select(row_id, moment).where(row_id >= middle).order_by(row_id).limit(1)).one()
        if row[1] >= at:
            high = middle
        else:
            low = int(row[0]) + 1
    return int(low)
