"""The sheet a template draws on: text through Qt with grey edges, bars and lines later as whole black dots.

Lengths are millimetres of the label, turned into dots once. Nothing leaves its box: text shrinks to a
smallest size, then ends in an ellipsis, and the pen is clipped to the box besides (stacked accents would
climb out of it).
"""

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QPainterPath,
    QTextLayout,
    QTextOption,
    QTransform,
)

from printing.bitmap import Bitmap, BoolArray
from printing.codes import CODE128_QUIET_MODULES, QR_QUIET_MODULES, code128_modules, qr_modules
from printing.errors import RenderError
from printing.fonts import FontBook
from printing.plain_text import visible

#: Qt draws larger glyphs as outlines (slowly), and FreeType shifts those by 1/64 dot depending on what was
#: drawn before: a reprint would differ from the first copy. So we take them at 1000 dots, where 1/64 is
#: nothing, scale, and fill without grey edges: large letters need none, and they cost most of the time.
_LARGEST_CACHED_PX = 64
_GRID_PX = 1000


class Align(Enum):
    """Where a line stands in its box."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Rect:
    """A box in millimetres from the label's upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height

    def inset(self, dx: float, dy: float = 0.0) -> "Rect":
        """The box with less on both sides."""
        return Rect(self.x + dx, self.y + dy, self.width - 2 * dx, self.height - 2 * dy)


@dataclass(frozen=True, slots=True)
class Face:
    """How a text looks: wished and smallest height in millimetres; never below the smallest, rather cut."""

    size: float
    smallest: float
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Warned:
    """Something a person should know about this label: a stable code, an English sentence, plain facts."""

    code: str
    sentence: str
    facts: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class FittedText:
    """Lines that fit a box: `widths` in dots, `line_px` from line to line, `size_px` the font's height."""

    lines: tuple[str, ...]
    widths: tuple[float, ...]
    size_px: int
    line_px: int
    ascent_px: float
    is_cut: bool


class Canvas:
    """One label being drawn. Use from one thread, then `finish()`.

    Args:
        fonts: the shared font book.
        width_dots: columns.
        height_dots: rows.
        dots_per_mm: resolution, 8.0 for 203 dpi.
        threshold: grey values (0 black to 255 white) below this become black dots.
    """

    def __init__(
        self, fonts: FontBook, width_dots: int, height_dots: int, dots_per_mm: float, threshold: int
    ) -> None:
        self.warnings: list[Warned] = []
        self._fonts = fonts
        self._dots_per_mm = dots_per_mm
        self._threshold = threshold
        self._faces: dict[tuple[int, bool], tuple[QFont, QFontMetricsF]] = {}
        self._image = QImage(width_dots, height_dots, QImage.Format.Format_Grayscale8)
        self._image.fill(255)
        self._painter = QPainter(self._image)
        self._painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        self._blocks: list[tuple[int, int, BoolArray]] = []

    @property
    def width(self) -> float:
        """Printable width in millimetres."""
        return self._image.width() / self._dots_per_mm

    @property
    def height(self) -> float:
        """Height in millimetres."""
        return self._image.height() / self._dots_per_mm

    def dots(self, millimetres: float) -> int:
        """The nearest whole number of dots."""
        return math.floor(millimetres * self._dots_per_mm + 0.5)

    def warn(self, code: str, sentence: str, **facts: object) -> None:
        """Remember something for the person at the desk; the same thing only once."""
        warning = Warned(code, sentence, tuple(facts.items()))
        if warning not in self.warnings:
            self.warnings.append(warning)

    def text(
        self,
        box: Rect,
        text: str,
        face: Face,
        align: Align = Align.LEFT,
        lines: int = 1,
        *,
        on_black: bool = False,
    ) -> bool:
        """Draw foreign text in `box`.

        Several left-aligned lines start at the top; anything else is centred vertically.

        Returns:
            False where the text had to be cut.
        """
        shown = self._drawable(text)
        area = self._area(box)
        if not shown or area.width() <= 0 or area.height() <= 0:
            return not shown
        fitted = self.fit(shown, area.width(), area.height(), face, lines)
        font, _metrics = self._face(fitted.size_px, is_bold=face.is_bold)
        painter = self._painter
        painter.setClipRect(area)
        colour = QColor(Qt.GlobalColor.white if on_black else Qt.GlobalColor.black)
        painter.setFont(font)
        painter.setPen(colour)
        top = float(area.top())
        if lines == 1 or align is Align.CENTRE:
            top += (area.height() - fitted.line_px * len(fitted.lines)) / 2
        for line, width in zip(fitted.lines, fitted.widths, strict=True):
            left = area.left() + _shift(align, area.width(), width)
            start = QPointF(left, top + fitted.ascent_px)
            if fitted.size_px <= _LARGEST_CACHED_PX:
                painter.drawText(start, line)
            else:
                painter.fillPath(self._outline(start, line, fitted.size_px, is_bold=face.is_bold), colour)
            top += fitted.line_px
        painter.setClipping(False)
        return not fitted.is_cut

    def fit(self, text: str, width_px: int, height_px: int, face: Face, lines: int) -> FittedText:
        """Break `text` into at most `lines` lines that fit `width_px` x `height_px` dots.

        Takes the wished size, then smaller ones down to the smallest, then cuts with an ellipsis.
        """
        size = max(1, self.dots(face.size))
        smallest = max(1, min(size, self.dots(face.smallest)))
        while True:
            fitted = self._try(text, width_px, height_px, size, lines, is_bold=face.is_bold)
            if size <= smallest or not fitted.is_cut:
                return fitted
            size = max(smallest, self._smaller(text, width_px, size, lines, is_bold=face.is_bold))

    def _smaller(self, text: str, width_px: int, size_px: int, lines: int, *, is_bold: bool) -> int:
        """The next size to try: one line's width tells where to jump to, several lines go by steps."""
        step = size_px - max(1, size_px // 12)
        if lines > 1:
            return step
        advance = self._face(size_px, is_bold=is_bold)[1].horizontalAdvance(text)
        return min(size_px - 1, int(size_px * width_px / advance)) if advance > width_px else step

    def fits(self, box: Rect, text: str, face: Face, lines: int = 1) -> bool:
        """Whether the whole text can stand in `box` at some size of `face`."""
        area = self._area(box)
        return not self.fit(self._drawable(text), area.width(), area.height(), face, lines).is_cut

    def lines_needed(self, text: str, width: float, face: Face, lines: int) -> int:
        """How many lines, at most `lines`, the text takes at its wished size in `width` millimetres."""
        size = self.dots(face.size)
        room = lines * math.ceil(size * 1.22)
        fitted = self._try(self._drawable(text), self.dots(width), room, size, lines, is_bold=face.is_bold)
        return len(fitted.lines)

    def black_box(self, box: Rect) -> None:
        """A filled rectangle, under text drawn later with `on_black`."""
        self._painter.fillRect(self._area(box), Qt.GlobalColor.black)

    def line(self, x1: float, y1: float, x2: float, y2: float, weight: float = 0.25) -> None:
        """A horizontal or vertical line of whole dots, `weight` millimetres thick."""
        thick = max(1, self.dots(weight))
        left, top = self.dots(min(x1, x2)), self.dots(min(y1, y2))
        columns = max(thick, self.dots(max(x1, x2)) - left)
        rows = max(thick, self.dots(max(y1, y2)) - top)
        self._blocks.append((left, top, np.ones((rows, columns), dtype=np.bool_)))

    def frame(self, box: Rect, weight: float = 0.25) -> None:
        """The four edges of a box, drawn inside it."""
        inner = max(1, self.dots(weight)) / self._dots_per_mm
        self.line(box.x, box.y, box.right, box.y, weight)
        self.line(box.x, box.bottom - inner, box.right, box.bottom - inner, weight)
        self.line(box.x, box.y, box.x, box.bottom, weight)
        self.line(box.right - inner, box.y, box.right - inner, box.bottom, weight)

    def code128(self, box: Rect, text: str) -> None:
        """Bars of `text` over the whole height of `box`, centred, quiet zones inside the box.

        A module is 0.375 mm (3 dots at 203 dpi, 4 at 300); 0.25 mm with a warning where a long number needs
        it.

        Raises:
            RenderError: `render.waybill_too_long`, not even the thin bars fit.
        """
        modules = code128_modules(text)
        area = self._area(box)
        total = len(modules) + 2 * CODE128_QUIET_MODULES
        wide = max(2, int(0.375 * self._dots_per_mm))
        thin = max(2, round(0.25 * self._dots_per_mm))
        module = next((dots for dots in (wide, thin) if dots * total <= area.width()), 0)
        if not module:
            raise RenderError(
                "render.waybill_too_long", "the waybill number has too many characters for this label's width"
            )
        if module < wide:
            self.warn("render.thin_bars", f"the long number only fits with bars of {module} dots", dots=module)
        left = area.left() + (area.width() - module * len(modules)) // 2
        bars = np.repeat(modules, module)[np.newaxis, :]
        self._blocks.append((left, area.top(), np.repeat(bars, area.height(), axis=0)))

    def qr(self, box: Rect, text: str) -> bool:
        """The QR code of `text` centred in `box`, quiet zone inside.

        A module is at least 0.5 mm (4 dots at 203 dpi), larger where the box allows.

        Returns:
            False, with a warning, where it does not fit at a readable size.
        """
        area = self._area(box)
        side = min(area.width(), area.height())
        least = max(4, round(0.5 * self._dots_per_mm))
        modules = qr_modules(text, side // least - 2 * QR_QUIET_MODULES)
        if modules is None:
            self.warn("render.qr_too_long", "the QR text is too long to be readable here and was left out")
            return False
        scale = side // (len(modules) + 2 * QR_QUIET_MODULES)
        drawn = np.kron(modules, np.ones((scale, scale), dtype=np.bool_))
        left = area.left() + (area.width() - drawn.shape[1]) // 2
        top = area.top() + (area.height() - drawn.shape[0]) // 2
        self._blocks.append((left, top, drawn))
        return True

    def finish(self) -> Bitmap:
        """Close the sheet: grey becomes black or white by the threshold, then bars and lines go on top."""
        self._painter.end()
        image = self._image
        grey = np.frombuffer(image.bits(), dtype=np.uint8).reshape(image.height(), image.bytesPerLine())
        # Over the grey itself: a second array of this size costs more in fresh memory pages than comparing does.
        flags = grey.view(np.bool_)
        np.less(grey, self._threshold, out=flags)
        black = flags[:, : image.width()]
        for left, top, block in self._blocks:
            height = min(block.shape[0], black.shape[0] - top)
            width = min(block.shape[1], black.shape[1] - left)
            if height > 0 and width > 0:
                black[top : top + height, left : left + width] |= block[:height, :width]
        return Bitmap.from_array(black)

    def _outline(self, start: QPointF, line: str, size_px: int, *, is_bold: bool) -> QPainterPath:
        outline = QPainterPath()
        outline.setFillRule(Qt.FillRule.WindingFill)  # the strokes of one letter may overlap
        outline.addText(QPointF(0, 0), self._face(_GRID_PX, is_bold=is_bold)[0], line)
        scale = size_px / _GRID_PX
        return QTransform(scale, 0, 0, scale, start.x(), start.y()).map(outline)

    def _drawable(self, text: str) -> str:
        shown, missing = self._fonts.replace_missing(visible(text))
        for char in missing:
            name = f"U+{ord(char):04X}"
            self.warn("render.missing_glyph", f"no font has {char} ({name}); 〓 stands in its place", char=char)
        return shown

    def _area(self, box: Rect) -> QRect:
        left, top = self.dots(box.x), self.dots(box.y)
        return QRect(left, top, self.dots(box.right) - left, self.dots(box.bottom) - top)

    def _face(self, size_px: int, *, is_bold: bool) -> tuple[QFont, QFontMetricsF]:
        key = (size_px, is_bold)
        if key not in self._faces:
            font = self._fonts.font(size_px, is_bold=is_bold)
            self._faces[key] = (font, QFontMetricsF(font))
        return self._faces[key]

    def _try(
        self, text: str, width_px: int, height_px: int, size_px: int, lines: int, *, is_bold: bool
    ) -> FittedText:
        font, metrics = self._face(size_px, is_bold=is_bold)
        line_px = math.ceil(size_px * 1.22)
        room = max(1, min(lines, height_px // line_px))
        is_cut = line_px * room > height_px
        broken = [text] if room == 1 else _break(text, font, width_px, room)
        fitted, widths = [], []
        for line in broken:
            shown, width = line, metrics.horizontalAdvance(line)
            if width > width_px:
                shown = metrics.elidedText(line, Qt.TextElideMode.ElideRight, width_px)
                width = metrics.horizontalAdvance(shown)
            if width > width_px:
                shown, width = "", 0.0
            is_cut = is_cut or shown != line
            fitted.append(shown)
            widths.append(width)
        # The glyphs stand in the line's middle: Noto's own ascent and descent are far larger than its Hanzi.
        ascent = (line_px + metrics.capHeight()) / 2
        return FittedText(tuple(fitted), tuple(widths), size_px, line_px, ascent, is_cut)


def _shift(align: Align, room: int, width: float) -> int:
    free = max(0.0, room - width)
    return {Align.LEFT: 0, Align.CENTRE: int(free / 2), Align.RIGHT: int(free)}[align]


def _break(text: str, font: QFont, width_px: int, room: int) -> list[str]:
    """Cut at `width_px`, at most `room` lines; the last holds all the rest, to be elided by the caller."""
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout = QTextLayout(text, font)
    layout.setTextOption(option)
    # Qt counts UTF-16 units; Python counts characters.
    units = text.encode("utf-16-le", "surrogatepass")
    lines: list[str] = []
    layout.beginLayout()
    while len(lines) < room:
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(width_px)
        start, length = line.textStart(), line.textLength()
        stop = None if len(lines) == room - 1 else 2 * (start + length)
        lines.append(units[2 * start : stop].decode("utf-16-le", "surrogatepass").strip())
    layout.endLayout()
    return lines
