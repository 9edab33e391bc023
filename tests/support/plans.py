"""How SQLite means to answer what a read asks: each statement it executes, with the steps of its plan."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, event

from core.db.unit_of_work import Store


def plans_on(connection: Connection, act: Callable[[], object]) -> list[tuple[str, str]]:
    """Statement and step, for everything that `act` asks on a connection."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if not many:
            asked.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(connection, "before_cursor_execute", note)
    steps = []
    for statement, values in asked:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        steps += [(statement, str(row[3])) for row in plan]
    return steps


def walks(store: Store, read: Callable[[Connection], object]) -> set[str]:
    """The steps of a read that walk through a whole table or index."""
    steps = store.read(lambda connection: plans_on(connection, lambda: read(connection)))
    # A row of sub-queries has no table of its own.
    return {step for _, step in steps if step.startswith("SCAN")} - {"SCAN CONSTANT ROW"}
