"""Every language with every way it has to write a picture, and every template, for tests that hold for all of them."""

from collections.abc import Callable, Mapping, Set
from datetime import UTC, datetime

from printing.bitmap import Bitmap
from printing.profile import PrinterProfile
from printing.render import LabelRenderer
from printing.slip import Slip
from printing.templates.trial import TEST_NUMBER
from tests.support.labels import example_label

#: name -> settings
VARIANTS: Mapping[str, Mapping[str, object]] = {
    "tspl": {"language": "tspl"},
    "tspl inverted": {"language": "tspl", "is_inverted": True},
    "zpl hex": {"language": "zpl", "zpl_encoding": "hex"},
    "zpl rle": {"language": "zpl", "zpl_encoding": "rle"},
    "zpl z64": {"language": "zpl", "zpl_encoding": "z64"},
    "cpcl": {"language": "cpcl"},
    "cpcl hex": {"language": "cpcl", "cpcl_picture": "hex"},
    "cpcl rows": {"language": "cpcl", "cpcl_picture": "rows"},
    "escpos": {"language": "escpos"},
    "escpos cutter": {"language": "escpos", "has_cutter": True},
}


def variant_profile(name: str, **changes: object) -> PrinterProfile:
    """A printer of this variant, with some settings changed."""
    settings = {"address": "memory:", **VARIANTS[name], **changes}
    return PrinterProfile(key="p", name="p", **settings)  # type: ignore[arg-type]  # checked at run time


#: what a drawn template holds, as readers say it: (kind, text)
Codes = Set[tuple[str, str]]
_NOW = datetime(2026, 6, 18, 2, 0, tzinfo=UTC)
_BADGE = "PD-BADGE-TRIAL0123456789"


def _waybill(renderer: LabelRenderer, profile: PrinterProfile) -> tuple[Bitmap, Codes]:
    content = example_label()
    codes = {("code128", content.waybill_no), ("qr", content.qr_text)}
    return renderer.render(content, profile.size, profile.resolution).bitmap, codes


def _copy(renderer: LabelRenderer, profile: PrinterProfile) -> tuple[Bitmap, Codes]:
    content = example_label().stamped(2, _NOW)
    codes = {("code128", content.waybill_no), ("qr", content.qr_text)}
    return renderer.render(content, profile.size, profile.resolution).bitmap, codes


def _trial(renderer: LabelRenderer, profile: PrinterProfile) -> tuple[Bitmap, Codes]:
    return renderer.render_trial(profile, _NOW).bitmap, {("code128", TEST_NUMBER), ("qr", TEST_NUMBER)}


def _badge(renderer: LabelRenderer, profile: PrinterProfile) -> tuple[Bitmap, Codes]:
    label = renderer.render_badge("小李", _BADGE, "打包台工牌", profile.size, profile.resolution)
    return label.bitmap, {("code128", _BADGE)}


def _slip(renderer: LabelRenderer, profile: PrinterProfile) -> tuple[Bitmap, Codes]:
    slip = Slip(
        title="待处理",
        code="PK-0000618",
        large="A-07",
        facts=("T202601080001 练习店", "缺 1 件：团团熊 大号"),
        foot=("小王 18:02",),
        blanks=("处理人",),
    )
    return renderer.render_slip(slip, profile.size, profile.resolution).bitmap, {("code128", slip.code)}


#: name -> draws it for a printer; gives the preview and the codes in it
TEMPLATES: Mapping[str, Callable[[LabelRenderer, PrinterProfile], tuple[Bitmap, Codes]]] = {
    "waybill": _waybill,
    "waybill, second copy": _copy,
    "trial": _trial,
    "badge": _badge,
    "slip": _slip,
}
