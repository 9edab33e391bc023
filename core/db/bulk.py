"""Inserting many rows on SQLite at nearly the driver's own cost.

SQLAlchemy looks at every value of every row by name; for a page of orders that costs more than SQLite's own work.
Here
the statement's text and the columns' conversions are worked out once for a table and a set of column names, and
rows are turned column by column.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, bindparam
from sqlalchemy.dialects import sqlite

from core.db.base import Base

Convert = Callable[[Any], Any]


class SqliteInsert:
    """An INSERT of rows that all have the same columns; what a row leaves out gets the column's default.

    Args:
        table: where to.
        names: the columns that rows bring, as keys.
        is_lenient: leave a row alone whose unique key is there already.

    Raises:
        KeyError: the table has no such column.
        TypeError: a default is not a plain value.
    """

    def __init__(self, table: type[Base], names: tuple[str, ...], *, is_lenient: bool = False) -> None:
        columns = table.__table__.c
        self._given: list[tuple[str, Convert | None]] = [(name, _converter(columns[name])) for name in names]
        defaults = {c.name: _plain_default(c) for c in columns if c.default is not None and c.name not in names}
        self._fixed = list(defaults.values())
        statement = sqlite.insert(table).values({name: bindparam(name) for name in (*names, *defaults)})
        if is_lenient:
            statement = statement.on_conflict_do_nothing()
        compiled = statement.compile(dialect=_DIALECT)
        self._sql = str(compiled)
        order = (*names, *defaults)
        self._places = [order.index(name) for name in compiled.positiontup or ()]

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert `rows`, which must not be empty."""
        given = [
            [row[name] for row in rows] if convert is None else _converted([row[name] for row in rows], convert)
            for name, convert in self._given
        ]
        values = [*given, *(repeat(value) for value in self._fixed)]
        connection.exec_driver_sql(self._sql, list(zip(*(values[place] for place in self._places), strict=False)))


@cache
def sqlite_insert(table: type[Base], names: tuple[str, ...], *, is_lenient: bool = False) -> SqliteInsert:
    """The statement for these columns, made once."""
    return SqliteInsert(table, names, is_lenient=is_lenient)


_DIALECT = sqlite.dialect()


def _converted(values: list[Any], convert: Convert) -> list[Any]:
    # Many rows carry the very same time or the very same facts; the list keeps them alive, so that ids stay theirs.
    done: dict[int, Any] = {}
    for value in values:
        if id(value) not in done:
            done[id(value)] = convert(value)
    return [done[id(value)] for value in values]


def _converter(column: Any) -> Convert | None:
    convert: Convert | None = column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    return convert


def _plain_default(column: Any) -> object:
    if not column.default.is_scalar:
        raise TypeError(f"the default of {column} is not a plain value")
    convert = _converter(column)
    return column.default.arg if convert is None else convert(column.default.arg)
