"""How fine a print head is. Never derived from "203" or "300": two heads sold as 300 dpi differ."""

from dataclasses import dataclass

DEFAULT_THRESHOLD = 150


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a print head can do.

    Attributes:
        dots_per_mm: 8.0 at 203 dpi; heads sold as 300 dpi have 11.81 or 12.0.
        head_dots: printable columns; 0 where the paper's width is always printable.
        threshold: grey below this is black, 0 to 255; higher prints bolder.
    """

    dots_per_mm: float
    head_dots: int = 0
    threshold: int = DEFAULT_THRESHOLD
