"""Everything a person sets for one printer, read strictly from JSON and written back the same."""

import dataclasses
import math
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from printing.errors import ProfileError
from printing.languages.names import CPCL_PICTURES, LANGUAGES, ZPL_ENCODINGS
from printing.resolution import DEFAULT_THRESHOLD, Resolution
from printing.templates.sheets import SHEETS

#: how the printer finds the start of a label: die-cut gap, black mark on the back, or neither
MEDIA = ("gap", "mark", "continuous")


@dataclass(frozen=True, slots=True)
class PrinterProfile:
    """One printer's settings.

    Attributes:
        key: stable id; jobs name their printer by it.
        name: what the clerk reads.
        address: where the bytes go, see `printing.transports.registry`.
        language: what the printer speaks, one of `printing.languages.names.LANGUAGES`.
        size: the paper in the printer, a key of `printing.templates.sheets.SHEETS`.
        dots_per_mm: 8.0 at 203 dpi; "300 dpi" heads are 11.81 or 12.0.
        head_dots: printable columns, 0 where the paper always fits.
        density: darkness 0 to 15; each language maps it to its own scale, ESC/POS has none.
        speed: inches per second; each language takes the nearest it has, ESC/POS has none.
        media: how a label's start is found, one of `MEDIA`.
        gap_mm: length of gap or mark; a wrong value prints on every second label.
        direction: 0 or 1; 1 feeds the bottom out first.
        offset_x_dots: moves the picture right, negative left.
        offset_y_dots: moves the picture down, negative up.
        is_inverted: a few firmwares burn the 1 bits of TSPL BITMAP where most burn the 0 bits.
        threshold: grey below this is black; higher prints bolder.
        has_ribbon: thermal transfer; without it the ribbon bit of the status is ignored.
        has_cutter: cuts after each label; CPCL has no such command.
        feed_mm: ESC/POS on continuous paper without a cutter: how far a label is pushed out to be torn.
        zpl_encoding: how ZPL writes the picture, one of `printing.languages.names.ZPL_ENCODINGS`.
        cpcl_picture: how CPCL writes the picture, one of `printing.languages.names.CPCL_PICTURES`.
        cainiao_printer: what Cainiao's print component calls this printer, the name of its queue in the system; empty
            where that component does not print on it.
        pdd_printer: the same for Pinduoduo's.
    """

    key: str
    name: str
    address: str
    language: str = "tspl"
    size: str = "100x150"
    dots_per_mm: float = 8.0
    head_dots: int = 0
    density: int = 8
    speed: int = 4
    media: str = "gap"
    gap_mm: float = 2.0
    direction: int = 0
    offset_x_dots: int = 0
    offset_y_dots: int = 0
    is_inverted: bool = False
    threshold: int = DEFAULT_THRESHOLD
    has_ribbon: bool = False
    has_cutter: bool = False
    feed_mm: float = 12.0
    zpl_encoding: str = "hex"
    cpcl_picture: str = "binary"
    cainiao_printer: str = ""
    pdd_printer: str = ""

    def __post_init__(self) -> None:
        for name in ("key", "name", "address"):
            text = getattr(self, name)
            if not text or len(text) > 500 or not text.isprintable():
                raise _bad(name, "must be printable text of 1 to 500 characters")
        for name in ("cainiao_printer", "pdd_printer"):
            if len(getattr(self, name)) > 500 or not getattr(self, name).isprintable():
                raise _bad(name, "must be printable text of at most 500 characters")
        for name, known in _CHOICES.items():
            if getattr(self, name) not in known:
                raise _bad(name, f"must be one of {', '.join(known)}")
        for name, (lowest, highest) in _RANGES.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and lowest <= value <= highest):
                raise _bad(name, f"must lie between {lowest} and {highest}")

    @property
    def resolution(self) -> Resolution:
        """What the renderer needs to know."""
        return Resolution(self.dots_per_mm, self.head_dots, self.threshold)

    def component_printer(self, dialect: str) -> str:
        """This printer's name at a print component; empty where that component does not print on it."""
        return {"cainiao": self.cainiao_printer, "pdd": self.pdd_printer}.get(dialect, "")


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "language": LANGUAGES,
    "size": tuple(SHEETS),
    "media": MEDIA,
    "zpl_encoding": ZPL_ENCODINGS,
    "cpcl_picture": CPCL_PICTURES,
}
_RANGES: Mapping[str, tuple[float, float]] = {
    "dots_per_mm": (5.0, 30.0),
    "head_dots": (0, 10_000),
    "density": (0, 15),
    "speed": (1, 14),
    "gap_mm": (0.0, 30.0),
    "feed_mm": (0.0, 60.0),
    "direction": (0, 1),
    "offset_x_dots": (-800, 800),
    "offset_y_dots": (-800, 800),
    "threshold": (1, 255),
}
_FIELDS: Mapping[str, Any] = typing.get_type_hints(PrinterProfile)
_REQUIRED = frozenset({"key", "name", "address"})


def profile_from_mapping(raw: object) -> PrinterProfile:
    """A profile from a decoded JSON object; fields that are not there take their default.

    Raises:
        ProfileError: `printer.setting_bad`, facts hold `field`.
    """
    if not isinstance(raw, Mapping):
        raise _bad("", "a printer profile must be a JSON object")
    for name in raw:
        if name not in _FIELDS:
            raise _bad(f"{name!s:.60}", "is not a setting of a printer")
    for name in sorted(_REQUIRED - raw.keys()):
        raise _bad(name, "is missing")
    return PrinterProfile(**{name: _typed(name, value) for name, value in raw.items()})


def profile_to_mapping(profile: PrinterProfile) -> dict[str, object]:
    """The JSON object of a profile: `profile_from_mapping` of it is the profile again."""
    return dataclasses.asdict(profile)


def _typed(name: str, value: object) -> Any:
    kind = _FIELDS[name]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise _bad(name, f"must be {_KIND_WORDS[kind]}")
    return value


_KIND_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def _bad(field: str, problem: str) -> ProfileError:
    return ProfileError("printer.setting_bad", f"{field} {problem}".strip(), field=field)
