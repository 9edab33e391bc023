"""Foreign text made harmless before it is drawn: what would act invisibly becomes a visible mark.

Text only ever reaches a printer as dots, so it cannot carry commands; what is left to guard is the reader
(bidi marks that reorder a line, breaks that hide the rest) and the drawing engine (thousands of stacked
accents).
"""

import re
import unicodedata

LINE_BREAK_MARK = "⏎"
CONTROL_MARK = "※"
MISSING_GLYPH_MARK = "〓"

#: more accents than this on one letter are no writing system's; they become one visible mark
MAX_STACKED_MARKS = 4
#: no box on a label holds more characters; the rest is cut before the layout looks at it
MAX_DRAWN_CHARS = 1200

_BREAKS = frozenset("\n\x0b\x0c\x85\u2028\u2029")
#: format characters are dropped silently only if they merely pick a glyph's variant
_VARIATION_SELECTORS = frozenset([*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
_ELLIPSIS = "…"
#: nearly every text is made of these alone, and then there is nothing to look at
_HARMLESS = re.compile(r"[ -~·×—…‘’“”、-〃《-】一-鿋！-～]*")


def visible(text: str) -> str:
    r"""The text on one line, with every control, bidi, zero-width and unpaired character shown as a mark.

    `\r\n` counts as one break; trailing white space goes; the result has at most `MAX_DRAWN_CHARS`
    characters and ends in an ellipsis where something was cut.
    """
    if len(text) <= MAX_DRAWN_CHARS and _HARMLESS.fullmatch(text):
        return text.strip()
    source = text[: MAX_DRAWN_CHARS * 4].replace("\r\n", "\n").replace("\r", "\n").strip()
    out: list[str] = []
    stacked = 0
    for char in source:
        category = unicodedata.category(char)
        stacked = stacked + 1 if category in {"Mn", "Me"} else 0
        if stacked <= MAX_STACKED_MARKS:
            out.append(_shown(char, category))
        elif stacked == MAX_STACKED_MARKS + 1:
            out.append(CONTROL_MARK)
        if len(out) > MAX_DRAWN_CHARS:
            break
    shown = "".join(out)
    if len(shown) > MAX_DRAWN_CHARS or len(text) > MAX_DRAWN_CHARS * 4:
        return shown[: MAX_DRAWN_CHARS - 1] + _ELLIPSIS
    return shown


def _shown(char: str, category: str) -> str:
    if char in _BREAKS:
        return LINE_BREAK_MARK
    if char == "\t" or category == "Zs":
        return " "
    if ord(char) in _VARIATION_SELECTORS:
        return ""
    if category in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return CONTROL_MARK
    return char
