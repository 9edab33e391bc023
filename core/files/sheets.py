"""The cells of a workbook and of separated text. Runs in the child process, behind the guards."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from core.files.guards import MOST_COLUMNS, MOST_ROWS
from core.runtime.errors import Refused

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_DELIMITERS = ",\t;"
_LONGEST_FIELD = 131_072


def workbook_rows(data: bytes) -> list[list[Any]]:
    """All rows from the first of the first visible sheet that has any; row n of the sheet is item n - 1.

    A file that cannot be read raises whatever its reader raises.
    """
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
        for sheet in book.sheets_metadata:
            if sheet.visible is not SheetVisibleEnum.Visible or sheet.typ is not SheetTypeEnum.WorkSheet:
                continue
            rows: list[list[Any]] = book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
            if rows:
                return rows
    return []


def plain(value: object) -> object:
    """What JSON has no word for: a date of the sheet."""
    if isinstance(value, datetime):
        return {"at": value.isoformat(sep=" ")}
    if isinstance(value, date):
        return {"at": f"{value.isoformat()} 00:00:00"}
    if isinstance(value, time | timedelta):
        return str(value)
    raise TypeError(type(value).__name__)


def text_rows(data: bytes) -> list[list[str]]:
    """The records of separated text, in whatever encoding and with whatever delimiter Chinese Excel writes.

    Raises:
        Refused: `files.encoding`, no text that we know; `files.damaged`, a quote that never closes, a field without
            end; `files.sheet_too_big`.
    """
    text = _decoded(data)
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
    except csv.Error as error:
        raise Refused("files.damaged", "the text breaks off inside a field") from error
    if len(rows) > MOST_ROWS or max(map(len, rows), default=0) > MOST_COLUMNS:
        raise Refused("files.sheet_too_big", "too many rows or columns", rows=MOST_ROWS, columns=MOST_COLUMNS)
    return rows


def _decoded(data: bytes) -> str:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _decode(data[len(mark) :], encoding)
    if b"\0" in data:
        raise Refused("files.encoding", "this is no text that we know")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode(data, "gb18030")


def _decode(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Refused("files.encoding", "this is no text that we know") from error
    if "\0" in text:
        raise Refused("files.encoding", "this is no text that we know")
    return text


def _delimiter(text: str) -> str:
    """Whichever stands most often in the first record, outside of quotes."""
    counts = dict.fromkeys(_DELIMITERS, 0)
    is_quoted = False
    for char in text[:20_000].lstrip("\r\n"):
        if char == '"':
            is_quoted = not is_quoted
        elif not is_quoted:
            if char in "\r\n":
                break
            if char in counts:
                counts[char] += 1
    return max(_DELIMITERS, key=lambda char: counts[char])


def is_blank(row: Sequence[Any]) -> bool:
    """Whether nothing stands in the row."""
    return all(cell in ("", None) or (isinstance(cell, str) and not cell.strip()) for cell in row)
