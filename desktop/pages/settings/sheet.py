"""The command sheet: barcodes for the desk's verbs with captions, as a PDF to print and hang up."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import zxingcpp
from PySide6.QtCore import QMarginsF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPageLayout, QPageSize, QPainter, QPdfWriter

from desktop.commands import sheet_codes
from desktop.texts import Texts

_DPI: Final = 300
_MM: Final = _DPI / 25.4
_COLUMNS: Final = 3
_CELL_HEIGHT_MM: Final = 26.0
_BAR_HEIGHT_MM: Final = 11.0
#: narrowest bar; every scanner reads a third of a millimetre
_MODULE_MM: Final = 0.33
_QUIET_MODULES: Final = 10


def bars(text: str) -> list[bool]:
    """The modules of `text` as Code 128, True for a dark one, without quiet zones."""
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
    image = zxingcpp.write_barcode_to_image(barcode, scale=1, add_hrt=False, add_quiet_zones=False)
    pixels = np.asarray(image)
    return [bool(pixel < 128) for pixel in pixels[0]]


def write_sheet(path: Path, texts: Texts, family: str) -> None:
    """Write the sheet as an A4 PDF. Runs in any thread; takes some 100 ms.

    Raises:
        OSError: the file cannot be written.
    """
    write_page(path, texts.t("sheet.title"), lambda painter: _draw(painter, texts, family))


def write_page(path: Path, title: str, draw: Callable[[QPainter], None]) -> None:
    """Write one A4 page as a PDF; `draw` paints it at 300 dpi.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = QPdfWriter(str(path))
    writer.setResolution(_DPI)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0), QPageLayout.Unit.Millimeter)
    writer.setTitle(title)
    painter = QPainter()
    if not painter.begin(writer):
        raise OSError(f"cannot write {path}")
    try:
        draw(painter)
    finally:
        painter.end()


def _draw(painter: QPainter, texts: Texts, family: str) -> None:
    width_mm, margin_mm = 210.0, 12.0
    cell_mm = (width_mm - 2 * margin_mm) / _COLUMNS
    write_text(painter, QRectF(margin_mm, 10, width_mm - 2 * margin_mm, 9), texts.t("sheet.title"), family, 6.0)
    for number, (code, caption, value) in enumerate(sheet_codes()):
        left = margin_mm + (number % _COLUMNS) * cell_mm
        top = 24 + (number // _COLUMNS) * _CELL_HEIGHT_MM
        write_text(painter, QRectF(left, top, cell_mm, 6), texts.t(caption, n=value), family, 4.2)
        _bars(painter, code, left, top + 6.5, cell_mm)
        write_text(painter, QRectF(left, top + 6.5 + _BAR_HEIGHT_MM, cell_mm, 4), code, family, 2.6)


def _bars(painter: QPainter, code: str, left_mm: float, top_mm: float, room_mm: float) -> None:
    modules = bars(code)
    module_mm = min(_MODULE_MM, room_mm / (len(modules) + 2 * _QUIET_MODULES))
    start = left_mm + (room_mm - module_mm * len(modules)) / 2
    for place, is_dark in enumerate(modules):
        if is_dark:
            area = QRectF((start + place * module_mm) * _MM, top_mm * _MM, module_mm * _MM, _BAR_HEIGHT_MM * _MM)
            painter.fillRect(area, QColor("black"))


def write_text(
    painter: QPainter, area_mm: QRectF, text: str, family: str, height_mm: float, *, wraps: bool = False
) -> None:
    """Write centred text of a height in millimetres; `wraps` breaks it into lines, from the left."""
    font = QFont(family)
    font.setPixelSize(round(height_mm * _MM))
    painter.setFont(font)
    area = QRectF(area_mm.x() * _MM, area_mm.y() * _MM, area_mm.width() * _MM, area_mm.height() * _MM)
    flags = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap if wraps else Qt.AlignmentFlag.AlignCenter
    painter.drawText(area, int(flags), text)
