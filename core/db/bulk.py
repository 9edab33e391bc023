"""Inserting many rows on SQLite at nearly the driver's own cost.

SQLAlchemy looks at every value of every row by name; for a page of orders that costs more than SQLite's own work.
Here the statement's text and the columns' conversions are worked out once for a table and a set of column names, and
values come column by column.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, literal_column
from sqlalchemy.dialects import sqlite

from core.db.base import Base

Convert = Callable[[Any], Any]


def insert_on_sqlite(
    connection: Connection, table: type[Base], columns: Mapping[str, Sequence[Any]], *, is_lenient: bool = False
) -> None:
    """Insert rows given as columns of equal length; what no column brings gets its default.

    Args:
        connection: where to.
        table: what to insert into.
        columns: values by column name, one for each row.
        is_lenient: leave a row alone whose unique key is there already.

    Raises:
        KeyError: the table has no such column.
        TypeError: a default is not a plain value.
        ValueError: the columns are not of the same length.
    """
    empty = _may_be_left_out(table)
    # The driver takes longer to bind one NULL than the rest of a row: a column of nothing but NULLs is not named.
    names = tuple(name for name, values in columns.items() if name not in empty or not _is_all_null(values))
    _statement(table, names, is_lenient=is_lenient).run(connection, [columns[name] for name in names])


class _Insert:
    """An INSERT whose rows all bring the same columns."""

    def __init__(self, table: type[Base], names: tuple[str, ...], *, is_lenient: bool) -> None:
        columns = table.__table__.c
        binds: dict[str, Any] = {name: bindparam(name, type_=columns[name].type) for name in names}
        defaults = {c.name: _literal_default(c) for c in columns if c.default is not None and c.name not in binds}
        statement = sqlite.insert(table).values(binds | defaults)
        if is_lenient:
            statement = statement.on_conflict_do_nothing()
        compiled = statement.compile(dialect=_DIALECT)
        self._sql = str(compiled)
        #: for each place of the statement, which of the given columns fills it, and how its values are turned
        self._places = [(names.index(name), _converter(columns[name])) for name in (compiled.positiontup or ())]

    def run(self, connection: Connection, columns: Sequence[Sequence[Any]]) -> None:
        ready = [
            columns[place] if convert is None else _converted(columns[place], convert)
            for place, convert in self._places
        ]
        connection.exec_driver_sql(self._sql, list(zip(*ready, strict=True)))


@cache
def _statement(table: type[Base], names: tuple[str, ...], *, is_lenient: bool) -> _Insert:
    return _Insert(table, names, is_lenient=is_lenient)


@cache
def _may_be_left_out(table: type[Base]) -> frozenset[str]:
    """Columns that hold NULL where a row does not bring them (JSON has a null of its own)."""
    columns = table.__table__.c
    return frozenset(c.name for c in columns if c.nullable and c.default is None and _holds_null(_converter(c)))


def _holds_null(convert: Convert | None) -> bool:
    return convert is None or convert(None) is None


def _is_all_null(values: Iterable[Any]) -> bool:
    return all(value is None for value in values)


_DIALECT = sqlite.dialect()


def _converted(values: Sequence[Any], convert: Convert) -> list[Any]:
    # Many rows carry the very same time or the very same facts; the column keeps them alive, so that ids stay theirs.
    ids = list(map(id, values))
    done = {key: convert(value) for key, value in dict(zip(ids, values, strict=True)).items()}
    return [done[key] for key in ids]


def _converter(column: Any) -> Convert | None:
    convert: Convert | None = column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    return convert


def _literal_default(column: Any) -> Any:
    if not column.default.is_scalar:
        raise TypeError(f"the default of {column} is not a plain value")
    write = column.type.dialect_impl(_DIALECT).literal_processor(_DIALECT)
    return literal_column(write(column.default.arg))
