"""Foreign text made harmless before it is shown: what would act invisibly becomes a visible mark.

Widgets get text through here and are told that it is plain; what remains to guard is the reader (bidi marks that
reorder a line, characters nobody sees) and the layout (thousands of stacked accents, texts without end).
"""

import re
import unicodedata

CONTROL_MARK = "※"
MAX_SHOWN_CHARS = 2000
#: more accents than this on one letter are no writing system's
MAX_STACKED_MARKS = 4

_ELLIPSIS = "…"
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
#: what nearly all cells of a list hold: one look at the whole text instead of one at each character
_HARMLESS = re.compile("[ -~¥·×—…‘’“”\u3001-\u3029\uff01-\uff5e\u3400-\u4dbf\u4e00-\u9fff]*")
#: what a reader of markup takes for more than itself (`html.escape` would load a table of 2,000 names)
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;", "\n": "<br>"})
_SELECTORS = frozenset([*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])


def visible(text: str, *, lines: bool = False, limit: int = MAX_SHOWN_CHARS) -> str:
    """The text with every control, bidi, zero-width and unpaired character shown as ※, at most `limit` long.

    Args:
        text: whatever a platform, a buyer or a scanner gave.
        lines: keep line breaks; otherwise they become spaces.
        limit: what comes after is cut and replaced by an ellipsis.
    """
    if len(text) <= limit and _HARMLESS.fullmatch(text):
        return text
    out: list[str] = []
    stacked = 0
    for char in text[: limit + 1].replace("\r\n", "\n").replace("\r", "\n"):
        category = unicodedata.category(char)
        stacked = stacked + 1 if category in {"Mn", "Me"} else 0
        if stacked > MAX_STACKED_MARKS:
            continue
        if char == "\n" or category in {"Zl", "Zp"}:
            out.append("\n" if lines else " ")
        elif char == "\t" or category == "Zs":
            out.append(" ")
        elif ord(char) in _SELECTORS:
            continue
        else:
            out.append(CONTROL_MARK if category in _HIDDEN else char)
    shown = "".join(out)
    if len(text) > limit:
        return shown[: limit - 1] + _ELLIPSIS
    return shown


def button_text(text: str) -> str:
    """Text for a button: plain, and an ampersand is an ampersand."""
    return visible(text).replace("&", "&&")


def tooltip(text: str) -> str:
    """Text for a tooltip or a model's ToolTipRole: these have no switch for plain text, so it is escaped."""
    if not text:
        return ""
    return "<span>" + visible(text, lines=True).translate(_MARKUP) + "</span>"
