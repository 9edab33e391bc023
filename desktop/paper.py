"""Sheets of A4 as a PDF: text, bars and lines placed in millimetres, in any thread, without widgets."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from PySide6.QtCore import QMarginsF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPageLayout, QPageSize, QPainter, QPdfWriter

from core.runtime.errors import Unavailable
from desktop.plain_text import visible

WIDTH_MM: Final = 210.0
HEIGHT_MM: Final = 297.0
_DPI: Final = 300
_MM: Final = _DPI / 25.4
#: narrowest bar; every scanner reads a third of a millimetre
_MODULE_MM: Final = 0.33
_QUIET_MODULES: Final = 10
#: keeps a line from being broken here
_JOINER: Final = "\u2060"

LEFT: Final = Qt.AlignmentFlag.AlignLeft
CENTRE: Final = Qt.AlignmentFlag.AlignHCenter
RIGHT: Final = Qt.AlignmentFlag.AlignRight


def bars(text: str) -> list[bool]:
    """The modules of `text` as Code 128, True for a dark one, without quiet zones."""
    # Both are needed when something is drawn, not when a page opens that might draw it.
    import numpy as np
    import zxingcpp

    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
    image = zxingcpp.write_barcode_to_image(barcode, scale=1, add_hrt=False, add_quiet_zones=False)
    pixels = np.asarray(image)
    return [bool(pixel < 128) for pixel in pixels[0]]


class Paper:
    """A sheet being drawn, black on white; lengths are millimetres from its upper left corner."""

    def __init__(self, writer: QPdfWriter, painter: QPainter, font: QFont) -> None:
        self._writer = writer
        self._painter = painter
        self._letters = font

    def next_page(self) -> None:
        """Go on on another page."""
        self._writer.newPage()

    def text(
        self,
        area: QRectF,
        words: str,
        size: float,
        align: Qt.AlignmentFlag = LEFT,
        *,
        is_bold: bool = False,
        smallest: float = 0.6,
    ) -> None:
        """One line in the middle of its area; where it would not fit it is smaller, in the end cut.

        Args:
            area: where it stands.
            words: foreign text too; what cannot be seen is left out.
            size: height of the letters.
            align: `LEFT`, `CENTRE` or `RIGHT`.
            is_bold: bold letters.
            smallest: down to which part of its size it may shrink.
        """
        words, room = visible(words), area.width() * _MM
        font = self._font(size, is_bold=is_bold)
        wide = QFontMetricsF(font).horizontalAdvance(words)
        if wide > room:
            font = self._font(size * max(room / wide, smallest), is_bold=is_bold)
            words = QFontMetricsF(font).elidedText(words, Qt.TextElideMode.ElideRight, room)
        self._painter.setFont(font)
        flags = int(align | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
        self._painter.drawText(_dots(area), flags, words)

    def lines(self, area: QRectF, words: str, size: float, most: int) -> None:
        """Words in `most` lines at most, broken between words; what does not fit ends in an ellipsis."""
        font = self._font(size, is_bold=False)
        self._painter.setFont(font)
        # A line is never filled to its end where words are kept whole.
        fits = area.width() * _MM * most * 0.85
        shown = QFontMetricsF(font).elidedText(visible(words), Qt.TextElideMode.ElideRight, fits)
        if shown != words and shown.endswith("…"):
            # Half a number would be another number.
            shown = f"{shown.rpartition(' ')[0]} …"
        flags = int(LEFT | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap)
        self._painter.drawText(_dots(area), flags, shown.replace("–", f"{_JOINER}–{_JOINER}"))

    def paragraph(self, area: QRectF, words: str, size: float) -> None:
        """Words of ours from the upper left corner on, in as many lines as they take."""
        self._painter.setFont(self._font(size, is_bold=False))
        self._painter.drawText(_dots(area), int(LEFT | Qt.TextFlag.TextWordWrap), words)

    def line(self, x1: float, y: float, x2: float, weight: float = 0.2) -> None:
        """A level line."""
        self._painter.fillRect(_dots(QRectF(x1, y, x2 - x1, weight)), QColor("black"))

    def box(self, area: QRectF) -> None:
        """An empty box to tick."""
        self._painter.drawRect(_dots(area))

    def picture(self, area: QRectF, image: QImage) -> None:
        """A picture, whole, in the middle of its area."""
        room = _dots(area)
        size = image.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        whole = QRectF(0, 0, size.width(), size.height())
        whole.moveCenter(room.center())
        self._painter.drawImage(whole, image)

    def code128(self, area: QRectF, text: str) -> None:
        """Bars in the middle of an area."""
        modules = bars(text)
        module_mm = min(_MODULE_MM, area.width() / (len(modules) + 2 * _QUIET_MODULES))
        start = area.x() + (area.width() - module_mm * len(modules)) / 2
        for place, is_dark in enumerate(modules):
            if is_dark:
                left = start + place * module_mm
                bar = QRectF(left, area.y(), module_mm, area.height())
                self._painter.fillRect(_dots(bar), QColor("black"))

    def _font(self, size: float, *, is_bold: bool) -> QFont:
        font = QFont(self._letters)
        font.setPixelSize(max(round(size * _MM), 1))
        font.setBold(is_bold)
        return font


@contextmanager
def a4_pdf(path: Path, title: str, font: QFont) -> Iterator[Paper]:
    """Draw a PDF; its folder is made.

    Args:
        path: the file, overwritten.
        title: the document's name.
        font: the letters; sizes are told with each text.

    Raises:
        Unavailable: `files.cannot_write`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(path) from error
    writer = QPdfWriter(str(path))
    writer.setResolution(_DPI)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0), QPageLayout.Unit.Millimeter)
    writer.setTitle(title)
    painter = QPainter()
    if not painter.begin(writer):
        raise _cannot_write(path)
    try:
        # One family: with the list of them Qt writes digits that a reader of the PDF cannot search for.
        yield Paper(writer, painter, QFont(font.family()))
    finally:
        painter.end()


def _dots(area: QRectF) -> QRectF:
    return QRectF(area.x() * _MM, area.y() * _MM, area.width() * _MM, area.height() * _MM)


def _cannot_write(path: Path) -> Unavailable:
    return Unavailable("files.cannot_write", f"cannot write {path.name}")
