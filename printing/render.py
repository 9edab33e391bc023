"""From label content to a 1-bit picture of one copy, in any thread, without widgets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from printing.bitmap import Bitmap
from printing.canvas import Canvas, Warned
from printing.errors import RenderError
from printing.fonts import FontBook, require_gui_application
from printing.label import Box, Carrier, Consignee, Item, LabelContent, Sender, SequenceNo
from printing.profile import PrinterProfile
from printing.resolution import Resolution
from printing.slip import Slip
from printing.templates.badge import draw_badge
from printing.templates.sheets import SHEETS, Sheet, find_sheet
from printing.templates.slip import draw_slip
from printing.templates.trial import draw_trial
from printing.templates.waybill import draw_waybill

#: a head this much narrower than the paper still prints the template, squeezed; below it the paper is wrong
_NARROWEST_HEAD = 0.9


@dataclass(frozen=True, slots=True)
class RenderedLabel:
    """One copy as dots, and what the person at the desk should know about it."""

    bitmap: Bitmap
    warnings: Sequence[Warned]


class LabelRenderer:
    """Draws labels. Make one per process, after the QGuiApplication; `render` may run in several threads.

    Raises:
        RenderError: `render.no_application`.
    """

    def __init__(self, fonts: FontBook | None = None) -> None:
        self._fonts = fonts or FontBook()

    def render(self, content: LabelContent, size: str, resolution: Resolution) -> RenderedLabel:
        """Draw `content` on the template for `size` (`76x130` or `100x150`).

        Raises:
            RenderError: `render.no_application`, `render.size_unknown`, `render.head_too_narrow` or
                `render.waybill_too_long`.
        """
        require_gui_application()
        return self._drawn(size, resolution, lambda canvas, sheet: draw_waybill(canvas, content, sheet))

    def render_trial(self, profile: PrinterProfile, now: datetime) -> RenderedLabel:
        """Draw the test label of a printer.

        Raises:
            RenderError: its paper is too small for the bars.
        """
        return self._drawn(
            profile.size, profile.resolution, lambda canvas, sheet: draw_trial(canvas, sheet, profile, now)
        )

    def render_slip(self, slip: Slip, size: str, resolution: Resolution) -> RenderedLabel:
        """Draw a slip.

        Raises:
            RenderError: as `render`.
        """
        require_gui_application()
        return self._drawn(size, resolution, lambda canvas, sheet: draw_slip(canvas, slip, sheet))

    def _drawn(self, size: str, resolution: Resolution, draw: Callable[[Canvas, Sheet], None]) -> RenderedLabel:
        sheet = find_sheet(size)
        width = int(sheet.width_mm * resolution.dots_per_mm + 0.5)
        height = int(sheet.height_mm * resolution.dots_per_mm + 0.5)
        if resolution.head_dots and width > resolution.head_dots:
            if resolution.head_dots < width * _NARROWEST_HEAD:
                raise RenderError(
                    "render.head_too_narrow",
                    f"the label is {width} dots wide, the print head has only {resolution.head_dots}",
                    width_dots=width,
                    head_dots=resolution.head_dots,
                )
            width = resolution.head_dots
        canvas = Canvas(self._fonts, width, height, resolution.dots_per_mm, resolution.threshold)
        try:
            draw(canvas, sheet)
        finally:
            bitmap = canvas.finish()
        return RenderedLabel(bitmap, tuple(canvas.warnings))

    def render_badge(self, name: str, code: str, caption: str, size: str, resolution: Resolution) -> RenderedLabel:
        """Draw somebody's badge on the upper part of a label: caption, name, and `code` as Code 128.

        Raises:
            RenderError: `render.no_application`, `render.size_unknown`, `render.waybill_too_long`.
        """
        require_gui_application()
        sheet = find_sheet(size)
        width = int(sheet.width_mm * resolution.dots_per_mm + 0.5)
        height = int(sheet.height_mm * resolution.dots_per_mm + 0.5)
        if resolution.head_dots:
            width = min(width, resolution.head_dots)
        canvas = Canvas(self._fonts, width, height, resolution.dots_per_mm, resolution.threshold)
        try:
            draw_badge(canvas, name, code, caption)
        finally:
            bitmap = canvas.finish()
        return RenderedLabel(bitmap, tuple(canvas.warnings))

    def warm_up(self, resolution: Resolution) -> None:
        """Fill the calling thread's glyph cache: its first label shall be as fast as the others."""
        for size in SHEETS:
            self.render(_COMMON, size, resolution)


_COMMON = LabelContent(
    waybill_no="SF0123456789012",
    carrier=Carrier("SF", "顺丰速运中通圆通申通韵达极兔邮政京东德邦", "标快特惠"),
    sort_code="755W-AB 0123456789",
    package_centre="北京上海广州深圳杭州集包中心",
    sender=Sender("王先生女士", "13800138000", "广东省", "深圳市", "南山区", "科技园路街道大厦工业园"),
    consignee=Consignee(
        "李张刘陈*", "138******00", "浙江省", "杭州市", "西湖区", "文三路号小区街道镇村组**", is_masked=True
    ),
    items=(Item("红色白色黑色蓝色绿色", "大中小号 XL 500g", 1),),
    item_count=1,
    order_nos=("T0123456789", "T1"),
    buyer_note="请尽快发货，谢谢！",
    gift_note="小样",
    sequence=SequenceNo(1, 2, "W0123456789"),
    box=Box(1, 2),
    reprint=1,
    qr_text="MMM={'k1':'020'}",
    printed_at=datetime(2026, 1, 1, tzinfo=UTC),
    shop_name="旗舰店",
)
