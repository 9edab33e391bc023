"""Statements that are asked so often that putting them together costs more than the answer.

SQLAlchemy finds the text of a statement in its cache by walking over the whole of it, and looks at every bind by
name; on SQLite that takes several times as long as the database. Here the text is worked out once for an engine.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.engine import Dialect

Value = int | str | None


@dataclass(frozen=True, slots=True)
class _Text:
    sql: str
    #: how the driver wants the values: in this order, or by name where it is None
    places: Sequence[str] | None
    fixed: Mapping[str, Any]


class ReadyStatement:
    """A statement whose binds and columns are whole numbers and texts, which go to the driver as they are.

    Args:
        build: makes it.
    """

    def __init__(self, build: Callable[[], Executable]) -> None:
        self._build = build
        self._texts: dict[str, _Text] = {}

    def run(self, connection: Connection, **binds: Value) -> CursorResult[Any]:
        """Run it; rows come as the driver gives them (SQLite: 0 and 1 for false and true).

        Raises:
            TypeError: a bind's type would turn the value into something else first.
        """
        text = self._texts.get(connection.dialect.name)
        if text is None:
            text = self._texts[connection.dialect.name] = _text(self._build(), connection.dialect)
        if text.places is None:
            return connection.exec_driver_sql(text.sql, {**text.fixed, **binds})
        known = {**text.fixed, **binds}
        return connection.exec_driver_sql(text.sql, tuple([known[name] for name in text.places]))


def _text(statement: Executable, dialect: Dialect) -> _Text:
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]  # every statement of ours has it
    for name, bind in compiled.binds.items():
        if bind.type.dialect_impl(dialect).bind_processor(dialect) is not None:
            raise TypeError(f"{name} is not bound as it is")
    return _Text(str(compiled), compiled.positiontup, dict(compiled.params))
