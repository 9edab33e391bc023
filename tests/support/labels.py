"""Label content for tests."""

import dataclasses
from pathlib import Path

from printing.label import LabelContent, label_to_mapping, read_label

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "label-content.json"


def example_label(**changes: object) -> LabelContent:
    """The documented example with some fields changed."""
    return dataclasses.replace(read_label(EXAMPLE.read_bytes()), **changes)  # type: ignore[arg-type]  # checked at run time


def example_mapping(**changes: object) -> dict[str, object]:
    """The same as a JSON object."""
    return label_to_mapping(example_label(**changes))


def mapping_with_everywhere(text: str) -> dict[str, object]:
    """A JSON object with `text` in every field that a person or a shop fills in."""
    raw = example_mapping(
        sort_code=text,
        package_centre=text,
        buyer_note=text,
        gift_note=text,
        shop_name=text,
        order_nos=[text] * 3,
    )
    raw["carrier"] = {"code": "SF", "name": text, "product": text}
    raw["items"] = [{"short_name": text, "spec": text, "qty": 1}] * 3
    raw["sequence"] = {"number": 1, "total": 2, "wave": text}
    for party in ("sender", "consignee"):
        fields = raw[party]
        assert isinstance(fields, dict)
        raw[party] = {key: text if isinstance(value, str) else value for key, value in fields.items()}
    return raw
