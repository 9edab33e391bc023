"""The slip of a parcel that was set aside: its number, why, what it lacks, and bars that open it again.

Nothing personal: it lies about in the open for days.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from printing.canvas import Align, Canvas, Face, Rect

_TITLE = Face(8.0, 4.5, is_bold=True)
_REASON = Face(6.0, 3.5, is_bold=True)
_LINE = Face(5.0, 3.0)
_SMALL = Face(3.2, 2.2)
_MARGIN, _HEIGHT = 3.0, 92.0
_LINE_MM = 6.0
_MOST_LINES = 5


@dataclass(frozen=True, slots=True)
class Slip:
    """What a slip says, in the clerk's language.

    Attributes:
        code: what its bars hold.
        title: what it is, with the number.
        reason: why it was set aside.
        orders: the order numbers.
        missing: a line for each SKU that lacks units.
        more: says that there are further lines; printed where they do not fit.
        foot: when, by whom, at which desk.
    """

    code: str
    title: str
    reason: str
    orders: str
    missing: Sequence[str]
    more: str
    foot: str


def draw_slip(canvas: Canvas, slip: Slip) -> None:
    """Draw it on the upper part of a label, in a frame to cut along.

    Raises:
        RenderError: `render.waybill_too_long`, the bars do not fit.
    """
    left, wide = _MARGIN, canvas.width - 2 * _MARGIN
    canvas.frame(Rect(_MARGIN / 2, _MARGIN / 2, canvas.width - _MARGIN, _HEIGHT - _MARGIN))
    canvas.text(Rect(left, 3, wide, 10), slip.title, _TITLE, Align.CENTRE)
    canvas.code128(Rect(left, 14, wide, 13), slip.code)
    # For a hand that types where no scanner is.
    canvas.text(Rect(left, 27.5, wide, 4), slip.code, _SMALL, Align.CENTRE)
    canvas.text(Rect(left, 32, wide, 7.5), slip.reason, _REASON)
    shown = list(slip.missing[:_MOST_LINES])
    if len(slip.missing) > _MOST_LINES:
        shown[-1:] = [slip.more]
    y = 40.0
    for line in shown:
        canvas.text(Rect(left, y, wide, _LINE_MM), line, _LINE)
        y += _LINE_MM
    canvas.text(Rect(left, 72, wide, 10), slip.orders, _SMALL, lines=2)
    canvas.text(Rect(left, 83, wide, 5), slip.foot, _SMALL)
