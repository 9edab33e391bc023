"""The two papers that cover nearly all desks (一联单), and the rows of the waybill template on each."""

from collections.abc import Mapping
from dataclasses import dataclass

from printing.errors import RenderError


@dataclass(frozen=True, slots=True)
class Sheet:
    """One paper size in millimetres and the template's rows from the top; rows and margins fill the height.

    `bars_height` is the height of the bars themselves; `text` scales every text (1.0 on 100 mm wide paper).
    """

    key: str
    width_mm: float
    height_mm: float
    margin: float
    head: float
    sort_code: float
    centre: float
    barcode: float
    bars_height: float
    consignee: float
    sender: float
    foot: float
    qr_side: float
    text: float


SHEETS: Mapping[str, Sheet] = {
    "100x150": Sheet(
        key="100x150",
        width_mm=100,
        height_mm=150,
        margin=2.5,
        head=10,
        sort_code=17,
        centre=8,
        barcode=23.5,
        bars_height=14,
        consignee=23,
        sender=11.5,
        foot=8.5,
        qr_side=29,
        text=1.0,
    ),
    "76x130": Sheet(
        key="76x130",
        width_mm=76,
        height_mm=130,
        margin=2,
        head=8.5,
        sort_code=14,
        centre=7,
        barcode=20.5,
        bars_height=12.5,
        consignee=21,
        sender=10.5,
        foot=7.5,
        qr_side=26,
        text=0.9,
    ),
}


def find_sheet(key: str) -> Sheet:
    """The sheet called `key`, such as `100x150`.

    Raises:
        RenderError: `render.size_unknown`.
    """
    sheet = SHEETS.get(key)
    if sheet is None:
        known = ", ".join(sorted(SHEETS))
        raise RenderError("render.size_unknown", f"no template for {key!r}; known sizes: {known}", size=key)
    return sheet
