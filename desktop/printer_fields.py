"""The settings of a printer as the form shows them: one row here is one field there.

Words are `printers.field.<key>`, a `.hint` for the tooltip, and `printers.field.<key>.<value>` for choices.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from printing.languages.names import CPCL_PICTURES, LANGUAGES, ZPL_ENCODINGS
from printing.profile import MEDIA, PrinterProfile, profile_to_mapping
from printing.templates.sheets import SHEETS

#: text: any words. choice: one of a few values. number: whole. decimal: with two places. millimetres: stored as dots.
#: yes: yes or no. resolution: dots a millimetre, as the words printers are sold with
Kind = Literal["text", "choice", "number", "decimal", "millimetres", "yes", "resolution"]


@dataclass(frozen=True, slots=True)
class ProfileField:
    """One setting of `printing.profile.PrinterProfile`.

    Attributes:
        key: its name in the profile.
        kind: how it is entered.
        choices: values of a choice; the profile may keep them as numbers.
        lowest: least value, in the unit shown.
        highest: greatest value, in the unit shown.
        languages: the printer languages that know it; empty for all.
        is_rare: stands in the fold.
        not_for: values of other settings that make it meaningless, as `(key, value)`.
    """

    key: str
    kind: Kind
    choices: tuple[str, ...] = ()
    lowest: float = 0
    highest: float = 0
    languages: tuple[str, ...] = ()
    is_rare: bool = False
    not_for: tuple[tuple[str, str], ...] = ()


#: heads as they are sold: 203 dpi is 8 dots a millimetre, "300 dpi" one of two; anything else is entered
RESOLUTIONS: Final = {"8": 8.0, "11.81": 11.81, "12": 12.0}
OTHER_RESOLUTION: Final = "other"

FIELDS: Final = (
    ProfileField("language", "choice", LANGUAGES),
    ProfileField("size", "choice", tuple(SHEETS)),
    ProfileField("dots_per_mm", "resolution", (*RESOLUTIONS, OTHER_RESOLUTION), 5, 30),
    ProfileField("media", "choice", MEDIA),
    ProfileField("gap_mm", "decimal", lowest=0, highest=30, not_for=(("media", "continuous"),)),
    ProfileField("density", "number", lowest=0, highest=15),
    ProfileField("speed", "number", lowest=1, highest=14),
    ProfileField("offset_x_dots", "millimetres", lowest=-50, highest=50),
    ProfileField("offset_y_dots", "millimetres", lowest=-50, highest=50),
    ProfileField("direction", "choice", ("0", "1"), is_rare=True),
    ProfileField("threshold", "number", lowest=1, highest=255, is_rare=True),
    ProfileField("head_dots", "number", lowest=0, highest=10_000, is_rare=True),
    ProfileField("has_ribbon", "yes", is_rare=True),
    ProfileField("is_inverted", "yes", languages=("tspl",), is_rare=True),
    ProfileField("has_cutter", "yes", languages=("tspl", "zpl", "escpos"), is_rare=True),
    ProfileField("feed_mm", "decimal", lowest=0, highest=60, languages=("escpos",), is_rare=True),
    ProfileField("zpl_encoding", "choice", ZPL_ENCODINGS, languages=("zpl",), is_rare=True),
    ProfileField("cpcl_picture", "choice", CPCL_PICTURES, languages=("cpcl",), is_rare=True),
    ProfileField("cainiao_printer", "text", is_rare=True),
    ProfileField("pdd_printer", "text", is_rare=True),
)

#: what a new printer has, and of which type each setting is
DEFAULTS: Final[Mapping[str, object]] = profile_to_mapping(PrinterProfile("-", "-", "-"))
