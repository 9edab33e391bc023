"""Tables out: whole or not there, and never a formula that somebody else wrote.

A workbook's text is text whatever it begins with (the writer has formulas only where it is told so, and it is not).
A separated text has no types: there a text that a spreadsheet would calculate, and a number too long for it, get an
apostrophe, which Excel and our own reader take off again (OWASP ASVS 5.0, 1.2.10).
"""

import contextlib
import csv
import hashlib
import io
import itertools
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.db.files import sync_folder
from core.runtime.errors import Refused, Unavailable

Value = str | int

_CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127, 0xFFFE, 0xFFFF])
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"-?\d{1,11}(?:\.\d+)?")
_LONG = re.compile(r"\d{12,}")
#: what a cell of Excel holds
_LONGEST = 32_767
MOST_ROWS_OUT = 1_048_576
_SHEET = "Sheet1"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table to be written. `rows` are gone through once, so that a long table is never in memory as a whole."""

    header: Sequence[str]
    rows: Iterable[Sequence[Value]]


@dataclass(frozen=True, slots=True)
class Content:
    """What a written file holds, and how many rows below the header."""

    data: bytes
    rows: int


@dataclass(frozen=True, slots=True)
class Staged:
    """A written file that has no name yet."""

    temporary: Path
    path: Path
    digest: str
    rows: int

    def publish(self) -> None:
        """Give it its name; what had the name before is gone.

        Raises:
            Unavailable: `files.cannot_write`; nothing of it is left.
        """
        try:
            self.temporary.replace(self.path)
            sync_folder(self.path.parent)
        except OSError as error:
            self.drop()
            raise _cannot_write(error) from error

    def drop(self) -> None:
        """Forget it."""
        with contextlib.suppress(OSError):
            self.temporary.unlink()


def content_of(path: Path, sheet: Sheet) -> Content:
    """What the file of this name will hold: `.csv` separated text, `.xlsx` a workbook.

    Raises:
        Refused: `files.name`, neither of both; `files.too_many_rows`, more than a workbook holds. What comes up while
            the rows are read is passed on.
    """
    kind = path.suffix.lower()
    if kind not in {".csv", ".xlsx"}:
        raise Refused("files.name", "the name must end in .xlsx or .csv")
    rows = _Counted(sheet.rows, None if kind == ".csv" else MOST_ROWS_OUT - 1)
    counted = Sheet(sheet.header, rows)
    return Content(as_csv(counted) if kind == ".csv" else as_workbook(counted), rows.count)


def stage(path: Path, content: Content) -> Staged:
    """Write it beside the place where it is wanted.

    Raises:
        Unavailable: `files.cannot_write`; nothing is left of it.
    """
    digest = hashlib.sha256(content.data).hexdigest()
    return Staged(_written(path, content.data), path, digest, content.rows)


class _Counted:
    """Rows that are counted on their way, and refused beyond `most`."""

    def __init__(self, rows: Iterable[Sequence[Value]], most: int | None) -> None:
        self.count = 0
        self._rows = rows
        self._most = most

    def __iter__(self) -> Iterator[Sequence[Value]]:
        for row in self._rows:
            if self.count == self._most:
                raise Refused(
                    "files.too_many_rows", f"a workbook holds {MOST_ROWS_OUT} rows; write .csv", most=MOST_ROWS_OUT
                )
            self.count += 1
            yield row


def as_workbook(sheet: Sheet) -> bytes:
    """The bytes of a workbook."""
    from rustpy_xlsxwriter import write_worksheet

    out = io.BytesIO()
    header = [str(_clean(name)) for name in sheet.header]
    # One after the other: all at once they take as much memory again as the rows.
    records: Iterator[dict[str, Value]] = (dict(zip(header, map(_clean, row), strict=True)) for row in sheet.rows)
    # The writer takes the names from the first record.
    first = next(records, dict.fromkeys(header, ""))
    write_worksheet(itertools.chain([first], records), out, sheet_name=_SHEET, freeze_row=1)
    return out.getvalue()


def as_csv(sheet: Sheet) -> bytes:
    """The bytes of a text that Chinese Excel opens by a double click: UTF-8 with its mark, commas, CRLF."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(map(_guarded, sheet.header))
    writer.writerows([_guarded(value) for value in row] for row in sheet.rows)
    return out.getvalue().encode("utf-8-sig")


def _clean(value: Value) -> Value:
    if not isinstance(value, str):
        return value
    return (value if value.isprintable() else value.translate(_CONTROLS))[:_LONGEST]


def _guarded(value: Value) -> Value:
    if not isinstance(value, str):
        return value
    is_active = value.startswith(_ACTIVE) and not _NUMBER.fullmatch(value)
    text = str(_clean(value))
    return f"'{text}" if is_active or _LONG.fullmatch(text) else text


def _written(path: Path, content: bytes) -> Path:
    try:
        descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    except OSError as error:
        raise _cannot_write(error) from error
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise _cannot_write(error) from error
    return temporary


def _cannot_write(error: OSError) -> Unavailable:
    return Unavailable("files.cannot_write", f"the file cannot be written: {error.strerror}")
