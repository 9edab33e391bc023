"""Lanes whose labels can be told apart, and content for components."""

from printing.bitmap import Bitmap
from printing.label import LabelContent
from printing.render import RenderedLabel
from printing.resolution import Resolution
from tests.simulators.print_component import page, print_data_for


def component_content(number: int, dialect: str = "cainiao", *, has_area: bool = True) -> dict[str, object]:
    """What core gives for a masked receiver."""
    area = {"template_url": "http://127.0.0.1/template/customArea/1", "data": {"items": "团团熊 ×1"}}
    document = {
        "document_id": f"TT{number:09}",
        "contents": [print_data_for(number)],
        "custom_area": area if has_area else None,
    }
    return {"schema": 1, "dialect": dialect, "documents": [document]}


class BitLabels:
    """Draws a label as its number and copy in bits, as the simulated component does."""

    def render(self, content: LabelContent, size: str, resolution: Resolution) -> RenderedLabel:
        number = int("".join(char for char in content.waybill_no if char.isdigit()))
        return RenderedLabel(Bitmap.from_array(page(number, content.reprint, by_component=False)), ())

    def warm_up(self, resolution: Resolution) -> None:
        """Nothing to prepare."""
