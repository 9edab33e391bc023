"""The pick list of a wave on A4 paper: bin, picture, goods, units, and the places of the wave they are for."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont, QImage

from core.fulfilment.records import PickRow
from core.fulfilment.wave_records import WaveProgress
from desktop.pages.waves.page import places_text
from desktop.paper import HEIGHT_MM, LEFT, RIGHT, WIDTH_MM, Paper, a4_pdf
from desktop.texts import Texts

_MARGIN_MM: Final = 12.0
_HEAD_MM: Final = 24.0
_ROW_MM: Final = 15.0
_PER_PAGE: Final = int((HEIGHT_MM - _HEAD_MM - 2 * _MARGIN_MM) // _ROW_MM)
#: left edges from the margin, and widths: tick, bin, picture, goods, units, places
_COLUMNS_MM: Final = ((0.0, 8.0), (9.0, 30.0), (40.0, 14.0), (56.0, 62.0), (119.0, 16.0), (138.0, 48.0))

#: gives the picture of goods by its name; None where there is none
PictureOf = Callable[[str], QImage | None]


def write_pick_sheet(
    path: Path, wave: WaveProgress, rows: tuple[PickRow, ...], texts: Texts, font: QFont, picture_of: PictureOf
) -> None:
    """Write the list. Runs in any thread; nothing personal stands on it.

    Raises:
        Unavailable: `files.cannot_write`.
    """
    with a4_pdf(path, wave.code, font) as sheet:
        pages = max(1, -(-len(rows) // _PER_PAGE))
        for page in range(pages):
            if page:
                sheet.next_page()
            _head(sheet, texts, wave, rows, f"{page + 1} / {pages}")
            for place, row in enumerate(rows[page * _PER_PAGE : (page + 1) * _PER_PAGE]):
                _row(sheet, row, _MARGIN_MM + _HEAD_MM + place * _ROW_MM, picture_of)


def _text(
    sheet: Paper, box: QRectF, words: str, height_mm: float, *, is_bold: bool = False, is_right: bool = False
) -> None:
    """Words that keep their size: a picker reads them from afar."""
    sheet.text(box, words, height_mm, RIGHT if is_right else LEFT, is_bold=is_bold, smallest=1.0)


def _head(sheet: Paper, texts: Texts, wave: WaveProgress, rows: tuple[PickRow, ...], page: str) -> None:
    top, width = _MARGIN_MM, WIDTH_MM - 2 * _MARGIN_MM
    total = texts.t("packing.picks.total", kinds=len(rows), units=sum(row.qty for row in rows))
    _text(sheet, QRectF(_MARGIN_MM, top, width, 8), texts.t("packing.picks", code=wave.code), 6.0, is_bold=True)
    _text(sheet, QRectF(_MARGIN_MM, top, width, 8), page, 3.6, is_right=True)
    parts = (texts.t(f"waves.kind.{wave.kind}"), wave.about, texts.t(f"setting.way.{wave.way}"), total)
    _text(sheet, QRectF(_MARGIN_MM, top + 8.5, width, 6), "   ".join(part for part in parts if part), 3.6)
    heads = ("", "packing.pick.bin", "", "packing.pick.goods", "packing.pick.units", "waves.column.places")
    for (left, room), code in zip(_COLUMNS_MM, heads, strict=True):
        if code:
            box = QRectF(_MARGIN_MM + left, top + 16.5, room, 6)
            _text(sheet, box, texts.t(code), 3.2, is_right=code == "packing.pick.units")
    _rule(sheet, top + _HEAD_MM - 1)


def _row(sheet: Paper, row: PickRow, top: float, picture_of: PictureOf) -> None:
    tick, place, picture, goods, units, places = ((_MARGIN_MM + left, room) for left, room in _COLUMNS_MM)
    room = _ROW_MM - 1
    sheet.box(QRectF(tick[0], top + (room - 4) / 2, 4, 4))
    _text(sheet, QRectF(place[0], top, place[1], room), row.bin or "—", 6.0, is_bold=True)
    image = picture_of(row.picture) if row.picture else None
    if image is not None:
        sheet.picture(QRectF(picture[0], top + 0.5, room - 1, room - 1), image)
    _text(sheet, QRectF(goods[0], top + 0.5, goods[1], room / 2), row.name, 4.4, is_bold=True)
    about = "   ".join(part for part in (row.spec, row.sku_code) if part)
    _text(sheet, QRectF(goods[0], top + room / 2, goods[1], room / 2 - 0.5), about, 3.4)
    _text(sheet, QRectF(units[0], top, units[1], room), f"×{row.qty}", 6.0, is_bold=True, is_right=True)
    sheet.lines(QRectF(places[0], top, places[1], room), places_text(row.places), 2.8, 3)
    _rule(sheet, top + room)


def _rule(sheet: Paper, top: float) -> None:
    sheet.line(_MARGIN_MM, top, WIDTH_MM - _MARGIN_MM, 0.15)
