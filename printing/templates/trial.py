"""The test label: shows where the paper begins, how dark the head burns, and what the printer is set to.

The frame stands where the waybill template has its own; the rulers begin at the paper's edge, so that the first
millimetre that can be read tells how far the picture is off.
"""

from datetime import datetime

from printing.canvas import Align, Canvas, Face, Rect
from printing.profile import PrinterProfile
from printing.templates.sheets import Sheet

#: what the bars of the test label hold; no carrier gives such a number
TEST_NUMBER = "TEST0000000000"
_TEXT = Face(3.0, 2.2)
_BOLD = Face(4.4, 2.6, is_bold=True)


def draw_trial(canvas: Canvas, sheet: Sheet, profile: PrinterProfile, now: datetime) -> None:
    """Draw the test label of a printer on a canvas of the sheet's size.

    Raises:
        RenderError: the bars do not fit.
    """
    margin = sheet.margin
    frame = Rect(margin, margin, canvas.width - 2 * margin, canvas.height - 2 * margin)
    canvas.frame(frame, 0.4)
    _rulers(canvas, sheet)
    left, width = margin + 9, canvas.width - 2 * margin - 11
    y = margin + 9
    canvas.text(Rect(left, y, width, 6), "测试面单  不要寄出  TEST", _BOLD)
    y += 7
    for line in _facts(profile, now):
        canvas.text(Rect(left, y, width, 4), line, _TEXT)
        y += 4.4
    y += 1.5
    canvas.code128(Rect(margin, y, canvas.width - 2 * margin, sheet.bars_height), TEST_NUMBER)
    canvas.text(
        Rect(margin, y + sheet.bars_height + 0.6, canvas.width - 2 * margin, 5), TEST_NUMBER, _BOLD, Align.CENTRE
    )
    y += sheet.bars_height + 8
    canvas.qr(Rect(left, y, sheet.qr_side, sheet.qr_side), TEST_NUMBER)
    _wedge(
        canvas, Rect(left + sheet.qr_side + 3, y, width - sheet.qr_side - 3, sheet.qr_side), 1 / profile.dots_per_mm
    )
    y += sheet.qr_side + 2
    for size in (2.5, 3.0, 4.0):
        canvas.text(Rect(left, y, width, size * 1.3), f"{size:g} mm 龘鑫赢馨 永国 Aa0123", Face(size, size))
        y += size * 1.4


def _facts(profile: PrinterProfile, now: datetime) -> list[str]:
    return [
        profile.name,
        f"{profile.language.upper()}  {profile.size} mm  {profile.dots_per_mm:g} dots/mm",
        f"{profile.media} {profile.gap_mm:g} mm  浓度 density {profile.density}  速度 speed {profile.speed}",
        f"偏移 offset X {_mm(profile.offset_x_dots, profile)}  Y {_mm(profile.offset_y_dots, profile)} mm"
        f"  方向 direction {profile.direction}",
        f"{now:%Y-%m-%d %H:%M:%S}",
    ]


def _mm(dots: int, profile: PrinterProfile) -> str:
    return f"{dots / profile.dots_per_mm:+.1f}"


def _rulers(canvas: Canvas, sheet: Sheet) -> None:
    """A millimetre scale from the paper's left edge and one from its top."""
    for mm in range(1, int(canvas.width)):
        tick = 4.0 if mm % 10 == 0 else 2.5 if mm % 5 == 0 else 1.5
        canvas.line(mm, 0, mm, tick, 0.125)
        if mm % 10 == 0 and mm + 4 < canvas.width:
            canvas.text(Rect(mm - 3, 4.2, 6, 3), str(mm), Face(2.2, 2.2), Align.CENTRE)
    for mm in range(1, int(canvas.height)):
        tick = 4.0 if mm % 10 == 0 else 2.5 if mm % 5 == 0 else 1.5
        canvas.line(0, mm, tick, mm, 0.125)
        if mm % 10 == 0 and 10 < mm < sheet.height_mm - 4:
            canvas.text(Rect(4.4, mm - 1.5, 5, 3), str(mm), Face(2.2, 2.2))


def _wedge(canvas: Canvas, box: Rect, dot: float) -> None:
    """Lines of one, two and three dots with gaps as wide: where they run together, it is printed too dark."""
    height = box.height / 3 - 3.5
    for row, dots in enumerate((1, 2, 3)):
        top = box.y + row * box.height / 3
        canvas.text(Rect(box.x, top, box.width, 3), f"{dots} dot", Face(2.2, 2.2))
        for number in range(int(min(box.width, 30) / (2 * dots * dot))):
            x = box.x + number * 2 * dots * dot
            canvas.line(x, top + 3.2, x, top + 3.2 + height, dots * dot)
