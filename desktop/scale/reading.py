"""One weight as a scale said it, and the words for how a scale may be set: light enough for the first paint."""

from dataclasses import dataclass
from typing import Final

#: of `desktop.scale.formats.FORMATS`, the usual ones first
FORMAT_NAMES: Final = ("ad", "wn", "toledo", "yaohua_reversed", "yaohua", "xk3190", "sics")
#: what a desk may say about scales that do not name their unit, or name another than they show
UNITS: Final = ("told", "kg", "g", "lb")
BAUDS: Final = ("9600", "1200", "2400", "4800", "19200", "38400", "57600", "115200")


@dataclass(frozen=True, slots=True)
class Reading:
    """One weight as the scale said it.

    Attributes:
        grams: below zero where more was taken off than lay on it; 0 where it is out of its range.
        is_stable: None where the format says nothing of it.
        is_net: after its own tare.
        is_out: overloaded, or below what it can show.
    """

    grams: int
    is_stable: bool | None = None
    is_net: bool = False
    is_out: bool = False
