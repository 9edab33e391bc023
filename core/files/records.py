"""What passes between reading, mapping, taking in and writing: frozen tables, rejects, counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

#: a cell as read: text, a number, yes or no, nothing, or `{"at": ISO}` for a date of the sheet
Cell = str | int | float | bool | Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Table:
    """One table as read, nothing interpreted; its values are personal, so no text of it shows them.

    `header` is the row of column names; `rows` are (row number in the file counted from 1, cells), blank rows left
    out. `digest` is the SHA-256 of the file's bytes; `written_at` the instant at which the platform wrote the file,
    as well as it can be known.
    """

    name: str
    digest: str
    written_at: datetime
    header: tuple[str, ...]
    rows: Sequence[tuple[int, Sequence[Cell]]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that is not taken in: where, why (a code below `files.reason`), and what stood there, masked."""

    file: str
    row: int
    column: str
    reason: str
    shown: str = ""


@dataclass(frozen=True, slots=True)
class NumberSaid:
    """A waybill number that a row gives to an order, with the place where it stands. `carrier` is a name or empty."""

    order_no: str
    number: str
    carrier: str
    file: str
    row: int
    column: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What a table would do, or has done.

    `older` copies say less than is known already and are left alone. `waiting` counts stand on a sheet that somebody
    else has to approve.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    older: int = 0
    rejected: int = 0
    masked: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `is_whole` is False where it was stopped: what was stored stays stored.

    `sheets` are the numbers of the count sheets that wait for somebody else.
    """

    counts: Counts
    is_whole: bool = True
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PastImport:
    """One import of the journal."""

    at: datetime
    operator: str
    shop: str
    kind: str
    new: int
    changed: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was written."""

    path: str
    rows: int
    digest: str
