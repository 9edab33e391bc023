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
