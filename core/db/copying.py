"""Every row of one database into another one of the same schema, and the proof that it is all there.

Personal values are opened on the way out and sealed on the way in, as each side wants it. Plain JSON goes over as the
text it is.
"""

import hashlib
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    select,
    text,
    type_coerce,
)
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import DBAPIError

from core.db.failures import as_domain_error
from core.db.schema import all_tables
from core.runtime.errors import Refused

_TOGETHER: Final = 1000
_SUM_BITS: Final = 128

#: table, rows done in all, rows there are in all
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class TableSum:
    """How many rows a table has, and a sum over all of them that no other rows have; their order says nothing."""

    rows: int
    digest: int


def row_counts(connection: Connection) -> Mapping[str, int]:
    """Rows per table of ours."""
    counted = {}
    for table in all_tables().sorted_tables:
        counted[table.name] = int(connection.execute(select(func.count()).select_from(table)).scalar_one())
    return counted


def is_without_rows(connection: Connection) -> bool:
    """Whether there is nothing at all in the tables of ours."""
    return all(
        connection.execute(select(text("1")).select_from(table).limit(1)).first() is None
        for table in all_tables().sorted_tables
    )


def copy_tables(source: Connection, target: Connection, tell: Tell) -> Mapping[str, TableSum]:
    """Copy every table into `target`, whose tables are empty; gives what was read.

    References between rows are taken off for the time of the copy and looked at all together afterwards; in a file
    (`target` has its foreign keys switched off) by whoever looks at it next.

    Raises:
        Refused: `move.value_refused`, the target does not take a value; facts `table`.
    """
    counts = row_counts(source)
    total, done = sum(counts.values()), 0
    sums = {}
    is_file = target.dialect.name == "sqlite"
    references = () if is_file else _take_references_off(target)
    for table in all_tables().sorted_tables:
        summed = _Summing()
        writing, names = _insert(table, is_file=is_file), [f"v_{column.name}" for column in table.columns]
        with closing(_pages(source, _select(table))) as pages:
            for rows in pages:
                _write(target, table, writing, [dict(zip(names, row, strict=True)) for row in rows])
                summed.add(rows)
                done += len(rows)
                tell(table.name, done, total)
        sums[table.name] = summed.sum()
    if not is_file:
        _put_references_back(target, references)
        _set_sequences(target)
    return sums


def sums_of(connection: Connection, tell: Tell) -> Mapping[str, TableSum]:
    """What stands in each table, read again."""
    total, done = sum(row_counts(connection).values()), 0
    sums = {}
    for table in all_tables().sorted_tables:
        summed = _Summing()
        with closing(_pages(connection, _select(table))) as pages:
            for rows in pages:
                summed.add(rows)
                done += len(rows)
                tell(table.name, done, total)
        sums[table.name] = summed.sum()
    return sums


def _write(target: Connection, table: Table, writing: Any, values: Sequence[Mapping[str, Any]]) -> None:
    try:
        target.execute(writing, values)
    except DBAPIError as error:
        if as_domain_error(error, is_committing=False) is not None:
            raise
        raise Refused(
            "move.value_refused",
            f"the copy does not take a row of {table.name}: {type(error.orig).__name__}",
            table=table.name,
        ) from error


class _Summing:
    def __init__(self) -> None:
        self._rows = 0
        self._digest = 0

    def add(self, rows: Sequence[Row[Any]]) -> None:
        self._rows += len(rows)
        for row in rows:
            hashed = hashlib.blake2b(repr(tuple(row)).encode(), digest_size=_SUM_BITS // 8).digest()
            self._digest = (self._digest + int.from_bytes(hashed)) % (1 << _SUM_BITS)

    def sum(self) -> TableSum:
        return TableSum(self._rows, self._digest)


def _is_plain_json(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON)


def _select(table: Table) -> Select[Any]:
    """Every column; JSON as its text, so that null and no value stay two things and nothing is written anew."""
    columns: list[ColumnElement[Any]] = [
        type_coerce(cast(column, Text), Text).label(column.name) if _is_plain_json(column) else column
        for column in table.columns
    ]
    return select(*columns)


def _insert(table: Table, *, is_file: bool) -> Any:
    values: dict[str, Any] = {}
    for column in table.columns:
        name = f"v_{column.name}"
        if _is_plain_json(column):
            as_text = bindparam(name, type_=Text())
            # A file keeps it as the text it is, and has no such type to cast to.
            values[column.name] = as_text if is_file else cast(as_text, JSON)
        else:
            values[column.name] = bindparam(name, type_=column.type)
    return insert(table).values(values)


def _pages(connection: Connection, query: Select[Any]) -> Generator[Sequence[Row[Any]]]:
    with connection.execute(query.execution_options(yield_per=_TOGETHER)) as result:
        yield from result.partitions()


def _take_references_off(target: Connection) -> Sequence[tuple[str, str, str]]:
    query = text(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY oid"
    )
    found = [(str(table), str(name), str(what)) for table, name, what in target.execute(query)]
    for table, name, _ in found:
        target.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    return found


def _put_references_back(target: Connection, references: Sequence[tuple[str, str, str]]) -> None:
    for table, name, what in references:
        target.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {what}")


def _set_sequences(target: Connection) -> None:
    """The next id the server gives is beyond all that came."""
    for table in all_tables().sorted_tables:
        for column in table.primary_key.columns:
            query = text("SELECT pg_get_serial_sequence(:table, :column)")
            named = {"table": f'"{table.name}"', "column": column.name}
            sequence = target.execute(query, named).scalar_one_or_none()
            if sequence is None:
                continue
            last = target.execute(select(func.max(column))).scalar_one()
            if last is not None:
                target.execute(
                    text("SELECT setval(CAST(:sequence AS regclass), :last)"), {"sequence": sequence, "last": last}
                )
