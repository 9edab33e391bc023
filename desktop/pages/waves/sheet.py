"""The pick list of a wave on A4 paper: bin, picture, goods, units, and the places of the wave they are for."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QMarginsF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPageLayout, QPageSize, QPainter, QPdfWriter

from core.fulfilment.records import PickRow
from core.fulfilment.wave_records import WaveProgress
from desktop.pages.waves.page import places_text
from desktop.plain_text import visible
from desktop.texts import Texts

_DPI: Final = 300
_MM: Final = _DPI / 25.4
_PAGE_MM: Final = (210.0, 297.0)
_MARGIN_MM: Final = 12.0
_HEAD_MM: Final = 24.0
_ROW_MM: Final = 15.0
_PER_PAGE: Final = int((_PAGE_MM[1] - _HEAD_MM - 2 * _MARGIN_MM) // _ROW_MM)
#: left edges from the margin, and widths: tick, bin, picture, goods, units, places
_COLUMNS_MM: Final = ((0.0, 8.0), (9.0, 30.0), (40.0, 14.0), (56.0, 62.0), (119.0, 16.0), (138.0, 48.0))

#: keeps a line from being broken here
_JOINER: Final = "\u2060"

#: gives the picture of goods by its name; None where there is none
PictureOf = Callable[[str], QImage | None]


def write_pick_sheet(
    path: Path, wave: WaveProgress, rows: tuple[PickRow, ...], texts: Texts, font: QFont, picture_of: PictureOf
) -> None:
    """Write the list. Runs in any thread; nothing personal stands on it.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = QPdfWriter(str(path))
    writer.setResolution(_DPI)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0), QPageLayout.Unit.Millimeter)
    writer.setTitle(wave.code)
    painter = QPainter()
    if not painter.begin(writer):
        raise OSError(f"cannot write {path}")
    try:
        pages = max(1, -(-len(rows) // _PER_PAGE))
        for page in range(pages):
            if page:
                writer.newPage()
            sheet = _Sheet(painter, font)
            _head(sheet, texts, wave, rows, f"{page + 1} / {pages}")
            for place, row in enumerate(rows[page * _PER_PAGE : (page + 1) * _PER_PAGE]):
                _row(sheet, row, _MARGIN_MM + _HEAD_MM + place * _ROW_MM, picture_of)
    finally:
        painter.end()


class _Sheet:
    """Draws in millimetres, black on white."""

    def __init__(self, painter: QPainter, font: QFont) -> None:
        self.painter = painter
        self._font = font

    def text(
        self,
        left_mm: float,
        top_mm: float,
        width_mm: float,
        room_mm: float,
        words: str,
        height_mm: float,
        *,
        is_bold: bool = False,
        is_right: bool = False,
        lines: int = 1,
    ) -> None:
        """Words in the middle of a box of `room_mm`; what does not fit into it ends in an ellipsis."""
        font = QFont(self._font)
        font.setPixelSize(round(height_mm * _MM))
        font.setBold(is_bold)
        self.painter.setFont(font)
        width = width_mm * _MM
        # A line is never filled to its end where words are kept whole.
        fits = width * lines * (1 if lines == 1 else 0.85)
        shown = QFontMetricsF(font).elidedText(visible(words), Qt.TextElideMode.ElideRight, fits)
        flags = int(
            (Qt.AlignmentFlag.AlignRight if is_right else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter
        )
        if lines > 1:
            if shown != words and shown.endswith("…"):
                # Half a number would be another number.
                shown = f"{shown.rpartition(' ')[0]} …"
            flags |= int(Qt.TextFlag.TextWordWrap)
            shown = shown.replace("–", f"{_JOINER}–{_JOINER}")
        self.painter.drawText(QRectF(left_mm * _MM, top_mm * _MM, width, room_mm * _MM), flags, shown)

    def line(self, top_mm: float) -> None:
        """A thin rule over the whole width."""
        width = (_PAGE_MM[0] - 2 * _MARGIN_MM) * _MM
        self.painter.fillRect(QRectF(_MARGIN_MM * _MM, top_mm * _MM, width, 0.15 * _MM), QColor("black"))

    def box(self, left_mm: float, top_mm: float, side_mm: float) -> None:
        """An empty square to tick."""
        self.painter.drawRect(QRectF(left_mm * _MM, top_mm * _MM, side_mm * _MM, side_mm * _MM))

    def picture(self, left_mm: float, top_mm: float, side_mm: float, image: QImage) -> None:
        """A picture, whole, in the middle of a square."""
        side = side_mm * _MM
        size = image.size().scaled(int(side), int(side), Qt.AspectRatioMode.KeepAspectRatio)
        left = left_mm * _MM + (side - size.width()) / 2
        top = top_mm * _MM + (side - size.height()) / 2
        self.painter.drawImage(QRectF(left, top, size.width(), size.height()), image)


def _head(sheet: _Sheet, texts: Texts, wave: WaveProgress, rows: tuple[PickRow, ...], page: str) -> None:
    width = _PAGE_MM[0] - 2 * _MARGIN_MM
    total = texts.t("packing.picks.total", kinds=len(rows), units=sum(row.qty for row in rows))
    sheet.text(_MARGIN_MM, _MARGIN_MM, width, 8, texts.t("packing.picks", code=wave.code), 6.0, is_bold=True)
    sheet.text(_MARGIN_MM, _MARGIN_MM, width, 8, page, 3.6, is_right=True)
    parts = (texts.t(f"waves.kind.{wave.kind}"), wave.about, texts.t(f"setting.way.{wave.way}"), total)
    sheet.text(_MARGIN_MM, _MARGIN_MM + 8.5, width, 6, "   ".join(part for part in parts if part), 3.6)
    heads = ("", "packing.pick.bin", "", "packing.pick.goods", "packing.pick.units", "waves.column.places")
    for (left, room), code in zip(_COLUMNS_MM, heads, strict=True):
        if code:
            is_right = code == "packing.pick.units"
            sheet.text(_MARGIN_MM + left, _MARGIN_MM + 16.5, room, 6, texts.t(code), 3.2, is_right=is_right)
    sheet.line(_MARGIN_MM + _HEAD_MM - 1)


def _row(sheet: _Sheet, row: PickRow, top: float, picture_of: PictureOf) -> None:
    tick, place, picture, goods, units, places = ((_MARGIN_MM + left, room) for left, room in _COLUMNS_MM)
    room = _ROW_MM - 1
    sheet.box(tick[0], top + (room - 4) / 2, 4)
    sheet.text(place[0], top, place[1], room, row.bin or "—", 6.0, is_bold=True)
    image = picture_of(row.picture) if row.picture else None
    if image is not None:
        sheet.picture(picture[0], top + 0.5, room - 1, image)
    sheet.text(goods[0], top + 0.5, goods[1], room / 2, row.name, 4.4, is_bold=True)
    about = "   ".join(part for part in (row.spec, row.sku_code) if part)
    sheet.text(goods[0], top + room / 2, goods[1], room / 2 - 0.5, about, 3.4)
    sheet.text(units[0], top, units[1], room, f"×{row.qty}", 6.0, is_bold=True, is_right=True)
    sheet.text(places[0], top, places[1], room, places_text(row.places), 2.8, lines=3)
    sheet.line(top + room)
