"""Many values at once: a page's worth of ids or rows in one call, the quickest way each engine has.

Expanding `IN (?, ?, ...)` makes a new statement for every length and costs more than the query itself; a JSON array
is one parameter, one prepared statement, and is taken apart inside the database on both engines. Whole rows go to
PostgreSQL the same way (a round trip per row would cost most), and to SQLite by the driver's own repetition (taking
JSON apart would cost as much as the write).
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from operator import itemgetter
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    Text,
    bindparam,
    cast,
    column,
    exists,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from core.db.base import Base

#: whole numbers and text survive JSON unchanged; nothing else is offered
ColumnKind = type[BigInteger | Text]

_JSON = json.JSONEncoder(separators=(",", ":"))

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
Value = int | str | None


class json_elements(GenericFunction[Any]):  # noqa: N801 - a function in SQL is named in lower case
    """The elements of a JSON array as rows of one column, `value`."""

    inherit_cache = True


@compiles(json_elements, "sqlite")
def _on_sqlite(element: json_elements, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(json_elements, "postgresql")
def _on_postgresql(element: json_elements, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **kw)} AS JSON))"


class json_texts(GenericFunction[Any]):  # noqa: N801 - as above
    """The texts of a JSON array as rows of one column, `value`."""

    inherit_cache = True


@compiles(json_texts, "sqlite")
def _texts_on_sqlite(element: json_texts, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(json_texts, "postgresql")
def _texts_on_postgresql(element: json_texts, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **kw)} AS JSON))"


def id_set(name: str) -> Select[tuple[int]]:
    """A sub-query for `column.in_(...)`; bind `name` to `packed_ids(...)`."""
    row = func.json_texts(bindparam(name, type_=Text)).table_valued(column("value", Text), name=f"{name}_set")
    return select(cast(row.c.value, BigInteger))


def has_row(name: str, of: InstrumentedAttribute[Any], *more: Any) -> ColumnElement[bool]:
    """Whether a row has one of the ids of a set in this column; bind `name` as for `id_set`.

    Looked up id by id in the column's index. Asked as `EXISTS (... IN ...)` PostgreSQL expects to meet a row soon and
    so reads the table, all of it where there is none.
    """
    row = func.json_texts(bindparam(name, type_=Text)).table_valued(column("value", Text), name=f"{name}_set")
    found = select(of).where(of == cast(row.c.value, BigInteger), *more).limit(literal_column("1"))
    return exists().select_from(row).where(found.scalar_subquery().is_not(None))


def text_set(name: str) -> Select[tuple[str]]:
    """As `id_set`, for texts; bind `name` to `packed_texts(...)`."""
    row = func.json_texts(bindparam(name, type_=Text)).table_valued(column("value", Text), name=f"{name}_set")
    return select(row.c.value)


def packed_texts(texts: Iterable[str]) -> str:
    """The bind value of a `text_set`."""
    return _packed(list(texts))


def packed_ids(ids: Iterable[int]) -> str:
    """The bind value of an `id_set`."""
    return _packed(list(ids))


def stored_ms(at: datetime) -> int:
    """The instant as its column stores it, for statements that skip the column types."""
    return (at - _EPOCH) // _MILLISECOND


class RowStatement:
    """An INSERT or UPDATE for many rows at once.

    Args:
        build: makes the statement from an object whose attributes are the columns of a row; the same function serves
            both engines. Fixed numbers and words in it must be literals, not binds.
        columns: names and kinds of a row's values, in their order.
        common: names and kinds of values that are the same for every row.
    """

    def __init__(
        self,
        build: Callable[[Any], Any],
        columns: Mapping[str, ColumnKind],
        common: Mapping[str, ColumnKind] | None = None,
    ) -> None:
        self._build = build
        self._columns = columns
        self._common = common or {}

    def run(self, connection: Connection, rows: Sequence[tuple[Value, ...]], **common: Value) -> int:
        """Run it and count the rows it met, which decides."""
        if not rows:
            return 0
        if connection.dialect.name != "sqlite":
            return connection.execute(self._as_one, {"rows": _packed(rows), **common}).rowcount
        sql, places = self._for_each
        tail = tuple(common[name] for name in self._common)
        return connection.exec_driver_sql(sql, [places(row + tail) for row in rows]).rowcount

    def _shared(self) -> dict[str, Any]:
        return {name: bindparam(name, type_=kind) for name, kind in self._common.items()}

    @cached_property
    def _as_one(self) -> Any:
        """The statement over a set of rows, taken out of one JSON array."""
        row = func.json_elements(bindparam("rows", type_=Text)).table_valued(column("value"), name="packed")
        fields = [
            cast(row.c.value.op("->>")(literal_column(str(place))), kind).label(name)
            for place, (name, kind) in enumerate(self._columns.items())
        ]
        one = select(*fields).subquery("one")
        return self._build(SimpleNamespace(**dict(one.c.items()), **self._shared()))

    @cached_property
    def _for_each(self) -> tuple[str, Callable[[tuple[Value, ...]], tuple[Value, ...]]]:
        """The statement's text for one row, and how its places are filled from a row."""
        binds = {name: bindparam(name, type_=kind) for name, kind in self._columns.items()}
        compiled = self._build(SimpleNamespace(**binds, **self._shared())).compile(dialect=sqlite.dialect())
        order = (*self._columns, *self._common)
        return str(compiled), itemgetter(*(order.index(name) for name in compiled.positiontup))


def insert_into(table: type[Base]) -> Callable[[Any], Any]:
    """What builds a `RowStatement` that inserts rows whose columns are named as the table's."""

    def build(row: Any) -> Any:
        values = vars(row)
        if all(isinstance(value, BindParameter) for value in values.values()):
            # VALUES: SQLite opens a statement journal for every INSERT ... SELECT, which costs more than the row.
            return insert(table).values(**values)
        return insert(table).from_select(tuple(values), select(*values.values()))

    return build


def _packed(value: object) -> str:
    return _JSON.encode(value)
