"""Many values as one bind: a page's worth of ids or rows goes to the database in a single parameter.

Expanding `IN (?, ?, ...)` makes a new statement for every length and costs more than the query itself; a JSON array
is one parameter, one prepared statement, and is taken apart inside the database on both engines.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, Integer, Select, Text, bindparam, cast, column, func, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement, Subquery
from sqlalchemy.sql.functions import GenericFunction

Values = Sequence[int | str | None]


class json_elements(GenericFunction[Any]):  # noqa: N801 - a function in SQL is named in lower case
    """The elements of a JSON array as rows of one column, `value`."""

    inherit_cache = True


@compiles(json_elements, "sqlite")
def _on_sqlite(element: json_elements, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(json_elements, "postgresql")
def _on_postgresql(element: json_elements, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **kw)} AS JSON))"


def id_set(name: str) -> Select[tuple[int]]:
    """A sub-query for `column.in_(...)`; bind `name` to `packed_ids(...)`."""
    row = func.json_elements(bindparam(name, type_=Text)).table_valued(column("value"), name=f"{name}_set")
    return select(cast(cast(row.c.value, Text), BigInteger))


def row_set(name: str, **types: type[BigInteger | Integer | Text]) -> Subquery:
    """Rows with the named columns, in this order; bind `name` to `packed_rows(...)`."""
    row = func.json_elements(bindparam(name, type_=Text)).table_valued(column("value"), name=f"{name}_row")
    fields: list[ColumnElement[Any]] = [
        cast(row.c.value.op("->>")(literal_column(str(place))), kind).label(label)
        for place, (label, kind) in enumerate(types.items())
    ]
    return select(*fields).subquery(name)


def packed_ids(ids: Iterable[int]) -> str:
    """The bind value of an `id_set`."""
    return json.dumps(list(ids), separators=(",", ":"))


def packed_rows(rows: Iterable[Values]) -> str:
    """The bind value of a `row_set`."""
    return json.dumps(list(rows), separators=(",", ":"))
