"""The typefaces of a label: the bundled one, what the machine adds for rare characters, and what neither has.

Needs a QGuiApplication. Loading takes some 100 ms and is done once per `FontBook`; drawing threads share the
book, because after construction it is only read.
"""

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication, QRawFont

from printing.errors import RenderError
from printing.plain_text import MISSING_GLYPH_MARK
from resources.paths import bundled_font_files

#: families known to hold Hanzi beyond the bundled font's, best match to its look first; only installed ones
#: are used
FALLBACK_FAMILIES = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "WenQuanYi Zen Hei",
    "SimSun-ExtB",
    "HanaMinB",
    "BabelStone Han",
)

_CODE_POINTS = 0x110000


def require_gui_application() -> None:
    """Refuse in words where Qt would abort the process.

    Raises:
        RenderError: `render.no_application`, no QGuiApplication exists in this process.
    """
    if not isinstance(QGuiApplication.instance(), QGuiApplication):
        raise RenderError(
            "render.no_application",
            "labels are drawn by Qt: create one QGuiApplication (platform offscreen without a screen) first",
        )


class FontBook:
    """Fonts to draw with, and the certainty which characters they have.

    Args:
        files: font files of the main family; the first names it. Default: the bundled Noto Sans SC.
        fallbacks: families tried, in order, for characters the main family lacks.
    """

    def __init__(self, files: Sequence[Path] | None = None, fallbacks: Sequence[str] = FALLBACK_FAMILIES) -> None:
        require_gui_application()
        main, *_bold = [self._load(path) for path in (bundled_font_files() if files is None else files)]
        installed = set(QFontDatabase.families())
        self.families = [main, *(name for name in fallbacks if name in installed and name != main)]
        known = np.zeros(_CODE_POINTS, dtype=np.bool_)
        for family in self.families:
            known |= _covered(family)
        self._known = known

    @staticmethod
    def _load(path: Path) -> str:
        handle = QFontDatabase.addApplicationFont(str(path))
        if handle < 0:
            raise RenderError("render.font_unreadable", f"the font file {path.name} cannot be loaded", file=path.name)
        return QFontDatabase.applicationFontFamilies(handle)[0]

    def font(self, size_px: int, *, is_bold: bool = False) -> QFont:
        """A font `size_px` dots high; belongs to the calling thread."""
        font = QFont(self.families)
        font.setPixelSize(size_px)
        font.setWeight(QFont.Weight.Bold if is_bold else QFont.Weight.Normal)
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        return font

    def has(self, char: str) -> bool:
        """Whether some family can draw this character."""
        return bool(self._known[ord(char)])

    def replace_missing(self, text: str) -> tuple[str, tuple[str, ...]]:
        """The text with 〓 for what no font has, and those characters in order, each once."""
        if text.isascii():
            return text, ()
        missing = tuple(dict.fromkeys(char for char in text if not self._known[ord(char)]))
        for char in missing:
            text = text.replace(char, MISSING_GLYPH_MARK)
        return text, missing


def _covered(family: str) -> npt.NDArray[np.bool_]:
    """Which code points a family maps to a glyph, as a flag per code point."""
    flags = np.zeros(_CODE_POINTS, dtype=np.bool_)
    table = bytes(QRawFont.fromFont(QFont(family)).fontTable("cmap").data())
    for first, last in _cmap_ranges(table):
        flags[first : last + 1] = True
    return flags


def _cmap_ranges(table: bytes) -> list[tuple[int, int]]:
    """Ranges of the widest Unicode subtable of an OpenType `cmap` (formats 12 and 4)."""
    if len(table) < 4:
        return []
    subtables: dict[int, int] = {}
    for index in range(struct.unpack_from(">H", table, 2)[0]):
        platform, _encoding, offset = struct.unpack_from(">HHI", table, 4 + 8 * index)
        if platform in {0, 3}:
            subtables[struct.unpack_from(">H", table, offset)[0]] = offset
    if 12 in subtables:
        offset = subtables[12]
        count = struct.unpack_from(">I", table, offset + 12)[0]
        groups = (struct.unpack_from(">III", table, offset + 16 + 12 * index) for index in range(count))
        return [(first, last) for first, last, _glyph in groups]
    if 4 in subtables:
        return _format_4_ranges(table, subtables[4])
    return []


def _format_4_ranges(table: bytes, offset: int) -> list[tuple[int, int]]:
    double_count = struct.unpack_from(">H", table, offset + 6)[0]
    count = double_count // 2
    ends = struct.unpack_from(f">{count}H", table, offset + 14)
    starts = struct.unpack_from(f">{count}H", table, offset + 16 + double_count)
    return [(first, last) for first, last in zip(starts, ends, strict=True) if first != 0xFFFF]
