"""The command sheet: barcodes for the desk's verbs with captions, as a PDF to print and hang up."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont

from desktop.commands import sheet_codes
from desktop.paper import CENTRE, WIDTH_MM, a4_pdf
from desktop.texts import Texts

_COLUMNS: Final = 3
_MARGIN_MM: Final = 12.0
_CELL_HEIGHT_MM: Final = 26.0
_BAR_HEIGHT_MM: Final = 11.0


def write_sheet(path: Path, texts: Texts, font: QFont) -> None:
    """Write the sheet as an A4 PDF. Runs in any thread; takes some 100 ms.

    Raises:
        Unavailable: `files.cannot_write`.
    """
    title = texts.t("sheet.title")
    room_mm = WIDTH_MM - 2 * _MARGIN_MM
    cell_mm = room_mm / _COLUMNS
    with a4_pdf(path, title, font) as paper:
        paper.text(QRectF(_MARGIN_MM, 10, room_mm, 9), title, 6.0, CENTRE)
        for number, (code, caption, value) in enumerate(sheet_codes()):
            left = _MARGIN_MM + (number % _COLUMNS) * cell_mm
            top = 24 + (number // _COLUMNS) * _CELL_HEIGHT_MM
            paper.text(QRectF(left, top, cell_mm, 6), texts.t(caption, n=value), 4.2, CENTRE)
            paper.code128(QRectF(left, top + 6.5, cell_mm, _BAR_HEIGHT_MM), code)
            paper.text(QRectF(left, top + 6.5 + _BAR_HEIGHT_MM, cell_mm, 4), code, 2.6, CENTRE)
