"""Why a clerk changed the books: a code per act, and a note in the clerk's own words."""

from collections.abc import Mapping
from typing import Final

from core.runtime.errors import Refused

#: act -> codes a clerk may choose from, the usual one first
REASONS: Final[Mapping[str, tuple[str, ...]]] = {
    "receive": ("purchase", "from_returns", "other"),
    "in_hand": ("unbooked_delivery", "found", "other"),
    "adjust": ("damaged", "lost", "found", "typing_error", "used", "other"),
    "count": ("stocktake", "spot_check", "other"),
    "quarantine": ("damaged", "expired", "to_inspect", "other"),
    "unquarantine": ("inspected", "typing_error", "other"),
    "transfer": ("fill_up", "make_room", "typing_error", "other"),
}
#: what is written for an act that is taken back
UNDONE: Final = "undone"
MOST_NOTE: Final = 200
_DIVIDER = ": "


def written(code: str, note: str = "") -> str:
    """A reason as movements and journal keep it: the code, and the note behind it.

    Raises:
        Refused: `stock.note_long`.
    """
    note = " ".join(note.split())
    if len(note) > MOST_NOTE:
        raise Refused("stock.note_long", f"a note has {MOST_NOTE} characters at most", most=MOST_NOTE)
    return f"{code}{_DIVIDER}{note}" if note else code


def parted(reason: str) -> tuple[str, str]:
    """Code and note of a written reason."""
    code, _, note = reason.partition(_DIVIDER)
    return code, note
