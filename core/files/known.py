"""Columns that a person has assigned once, kept under the header they belong to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection

from core.db.settings import kept_setting

#: of the setting
NAME = "files.mappings"
#: the oldest one goes when there are more
_MOST = 50


@dataclass(frozen=True, slots=True)
class Assigned:
    """What the columns of one header mean: field -> column's name."""

    name: str
    kind: str
    columns: Mapping[str, str]


def assigned(connection: Connection) -> Mapping[str, Assigned]:
    """Everything that was assigned, by the signature of its header."""
    stored = kept_setting(connection, NAME)
    return {
        mark: Assigned(str(one["name"]), str(one["kind"]), dict(one["columns"]))
        for mark, one in (stored or {}).items()
    }


def with_one_more(connection: Connection, mark: str, given: Assigned) -> Mapping[str, Any]:
    """The setting's value that remembers it too, for every later file with the same header."""
    known: dict[str, Any] = {
        other: {"name": one.name, "kind": one.kind, "columns": dict(one.columns)}
        for other, one in assigned(connection).items()
        if other != mark
    }
    known[mark] = {"name": given.name, "kind": given.kind, "columns": dict(given.columns)}
    return dict(list(known.items())[-_MOST:])
