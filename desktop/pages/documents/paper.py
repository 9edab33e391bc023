"""A document on paper: what it is, its number as a barcode that opens it again, and its goods line by line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont

from core.inventory.documents.records import DocumentDetail, LineRow
from desktop.formats import person_text
from desktop.pages.documents.words import day_text, kind_phrase, place_words, state_word
from desktop.paper import CENTRE, HEIGHT_MM, LEFT, RIGHT, WIDTH_MM, Paper, a4_pdf
from desktop.texts import Texts

_MARGIN: Final = 12.0
_WIDE: Final = WIDTH_MM - 2 * _MARGIN
_TOP: Final = 52.0
_ROW: Final = 6.4
_FOOT: Final = HEIGHT_MM - 16.0
_ROWS: Final = int((_FOOT - _TOP - _ROW) / _ROW)
#: columns of `documents.table`, their left edges and widths; the last is written by hand
_COLUMNS: Final = (
    ("code", 0.0, 30.0),
    ("name", 31.0, 55.0),
    ("batch", 87.0, 26.0),
    ("until", 114.0, 20.0),
    ("bin", 135.0, 18.0),
    ("qty", 154.0, 15.0),
    ("done", 170.0, 16.0),
)
_NUMBERS: Final = frozenset({"qty", "done"})


def write_paper(path: Path, detail: DocumentDetail, texts: Texts, font: QFont) -> None:
    """Write a document as a PDF in the language of the desk. Runs in any thread.

    Raises:
        Unavailable: `files.cannot_write`.
    """
    row = detail.row
    title = f"{texts.say(kind_phrase(row.kind))} {row.number}"
    pages = [detail.lines[start : start + _ROWS] for start in range(0, len(detail.lines), _ROWS)] or [()]
    with a4_pdf(path, title, font) as sheet:
        for number, lines in enumerate(pages, 1):
            if number > 1:
                sheet.next_page()
            _head(sheet, detail, title, texts)
            _table(sheet, lines, texts)
            words = texts.t("paper.page", code=row.number, page=number, pages=len(pages))
            sheet.text(QRectF(_MARGIN, HEIGHT_MM - 12, _WIDE, 5), words, 3.0, CENTRE)


def _head(sheet: Paper, detail: DocumentDetail, title: str, texts: Texts) -> None:
    row = detail.row
    sheet.text(QRectF(_MARGIN, 10, 100, 10), title, 6.5, is_bold=True)
    sheet.code128(QRectF(WIDTH_MM - _MARGIN - 76, 10, 76, 11), row.number)
    sheet.text(QRectF(WIDTH_MM - _MARGIN - 76, 21.5, 76, 5), row.number, 3.6, CENTRE)
    facts = (
        state_word(row.kind, row.state, texts),
        place_words(row),
        row.supplier,
        row.reference,
        f"{person_text(row.author, texts)} {row.created_at.astimezone():%Y-%m-%d %H:%M}",
        row.note,
    )
    for place, words in enumerate(one for one in facts if one):
        sheet.text(QRectF(_MARGIN + place % 2 * 92, 28 + place // 2 * 6, 90, 6), words, 3.6)
    sheet.line(_MARGIN, _TOP - 2, WIDTH_MM - _MARGIN, 0.4)


def _table(sheet: Paper, lines: Sequence[LineRow], texts: Texts) -> None:
    header = {name: texts.t(f"documents.table.{name}") for name, _, _ in _COLUMNS}
    for place, cells in enumerate([header, *map(_cells, lines)]):
        top = _TOP + place * _ROW
        for name, left, wide in _COLUMNS:
            area = QRectF(_MARGIN + left, top, wide, _ROW)
            sheet.text(area, cells[name], 3.2, RIGHT if name in _NUMBERS else LEFT, is_bold=place == 0)
        sheet.line(_MARGIN, top + _ROW, WIDTH_MM - _MARGIN, 0.1)


def _cells(line: LineRow) -> dict[str, str]:
    return {
        "code": line.code,
        "name": f"{line.name} {line.spec}".strip(),
        "batch": line.batch,
        "until": day_text(line.expires_day),
        "bin": line.bin or line.usual_bin,
        "qty": str(line.qty),
        "done": str(line.done_qty) if line.done_qty else "",
    }
