"""How a slip is drawn, on any of the label sizes."""

from printing.canvas import Align, Canvas, Face, Rect
from printing.slip import Slip
from printing.templates.sheets import Sheet

_TITLE = Face(6.0, 3.5, is_bold=True)
_MARK = Face(5.0, 3.0, is_bold=True)
_CODE = Face(4.4, 2.6, is_bold=True)
_LARGE = Face(12.0, 5.0, is_bold=True)
_TEXT = Face(4.0, 2.4)
_ROW, _BLANK = 5.6, 11.0


def draw_slip(canvas: Canvas, slip: Slip, sheet: Sheet) -> None:
    """Draw a slip on a canvas of the sheet's size.

    Raises:
        RenderError: `render.waybill_too_long`, the bars do not fit.
    """
    left, wide = sheet.margin + 2, canvas.width - 2 * sheet.margin - 4
    canvas.frame(Rect(sheet.margin, sheet.margin, canvas.width - 2 * sheet.margin, canvas.height - 2 * sheet.margin))
    y = sheet.margin + 2
    canvas.text(Rect(left, y, wide, 9), slip.title, _TITLE, Align.CENTRE)
    y += 9
    if slip.mark:
        canvas.text(Rect(left, y, wide, 7), slip.mark, _MARK, Align.CENTRE)
        y += 7
    canvas.code128(Rect(left, y + 1, wide, sheet.bars_height), slip.code)
    y += sheet.bars_height + 2
    canvas.text(Rect(left, y, wide, 6), slip.code, _CODE, Align.CENTRE)
    y += 7
    canvas.text(Rect(left, y, wide, 15), slip.large, _LARGE, Align.CENTRE)
    y += 16
    low = canvas.height - sheet.margin - 3 - _BLANK * len(slip.blanks)
    foot = low - _ROW * len(slip.foot)
    shown = list(slip.facts[: int((foot - y) / _ROW)])
    if len(shown) < len(slip.facts) and slip.more:
        shown[-1:] = [slip.more]
    for place, fact in enumerate(shown):
        canvas.text(Rect(left, y + _ROW * place, wide, _ROW), fact, _TEXT)
    for place, line in enumerate(slip.foot):
        canvas.text(Rect(left, foot + _ROW * place, wide, _ROW), line, _TEXT)
    for place, caption in enumerate(slip.blanks):
        bottom = low + _BLANK * (place + 1)
        canvas.text(Rect(left, bottom - _ROW, wide * 0.35, _ROW), caption, _TEXT)
        canvas.line(left + wide * 0.37, bottom, left + wide, bottom)
