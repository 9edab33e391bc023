"""A badge: who it is for, and the bars that sign them in. Small enough to be cut out and worn."""

from printing.canvas import Align, Canvas, Face, Rect

_CAPTION = Face(4.0, 2.5)
_NAME = Face(9.0, 4.0, is_bold=True)
_MARGIN, _HEIGHT = 2.0, 46.0


def draw_badge(canvas: Canvas, name: str, code: str, caption: str) -> None:
    """Caption, name and bars in a frame to cut along.

    Raises:
        RenderError: `render.waybill_too_long`, the bars do not fit.
    """
    wide = canvas.width - 2 * _MARGIN
    canvas.frame(Rect(_MARGIN / 2, _MARGIN / 2, canvas.width - _MARGIN, _HEIGHT))
    canvas.text(Rect(_MARGIN, 3, wide, 6), caption, _CAPTION, Align.CENTRE)
    canvas.text(Rect(_MARGIN, 10, wide, 12), name, _NAME, Align.CENTRE)
    canvas.code128(Rect(_MARGIN, 25, wide, 18), code)
