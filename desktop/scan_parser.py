"""Tells a barcode gun from a hand: by the gap between keys and by the terminator. No Qt here.

The window's filter and the headless demo sort keys by the very same rules.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

#: stands between the elements of a GS1 code
GROUP_SEPARATOR: Final = "\x1d"
#: shorter bursts are a nervous hand, not a code
MIN_CODE_CHARS: Final = 3
MAX_CODE_CHARS: Final = 512
#: a burst this long without a terminator comes from a scanner that was never set up
UNTERMINATED_CHARS: Final = 6


class Key(StrEnum):
    """What one key press can be for the parser."""

    CHAR = "char"
    TERMINATOR = "terminator"
    #: the character GS within a GS1 code (FNC1), which scanners type as Ctrl and a bracket
    SEPARATOR = "separator"
    #: function keys and anything with Ctrl, Alt or Meta: a scanner's prefix, or a clerk's command
    COMMAND = "command"
    #: arrows, Backspace, Escape, Chinese text: only hands make these
    OTHER = "other"


class Ruling(StrEnum):
    """What becomes of a key press."""

    #: not ours: let it go where it was going
    PASS = "pass"  # noqa: S105  a ruling, not a password
    #: keep it until it is clear whose it is
    HOLD = "hold"
    #: it belongs to a scanner: nobody else gets it
    SWALLOW = "swallow"


@dataclass(frozen=True, slots=True)
class Stroke:
    """One key as it came.

    Attributes:
        text: what it types, as it came (full-width forms stay full-width); empty for Enter and Tab.
        ends: `enter` or `tab`, empty for a character.
        by_input_method: an input method has made it.
    """

    text: str
    at_ms: float
    ends: str = ""
    by_input_method: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The parser's answer to one key.

    Attributes:
        ruling: what becomes of this key.
        releases: keys held before were typed by hand and go back first.
        drops: keys held before were a scanner's prefix and are forgotten.
        scan: a complete code, empty while there is none.
        is_repeat: the same code came again too fast to be a second act; `scan` is empty then.
    """

    ruling: Ruling
    releases: bool = False
    drops: bool = False
    scan: str = ""
    is_repeat: bool = False


class ScanParser:
    """Decides from kinds of keys and their times alone, so that tests and headless runs use the very same rules."""

    def __init__(self, gap_ms: int = 50, debounce_ms: int = 250) -> None:
        self.gap_ms = gap_ms
        self.debounce_ms = debounce_ms
        self._chars: list[str] = []
        self._has_command = False
        self._last_ms = -1e12
        self._scan_ms = -1e12
        self._scan = ""

    def key(self, kind: Key, char: str, at_ms: float) -> Answer:
        """Look at one key press; `char` is the normalised character of a `CHAR`."""
        gap = at_ms - self._last_ms
        is_holding = bool(self._chars) or self._has_command
        in_burst = is_holding and 0 <= gap <= self.gap_ms
        stale = is_holding and not in_burst
        if stale:
            self._forget()
        self._last_ms = at_ms
        if kind is Key.CHAR:
            return self._char(char, stale)
        if kind is Key.TERMINATOR:
            return self._terminator(at_ms, stale)
        if kind is Key.SEPARATOR and self._chars:
            return self._char(GROUP_SEPARATOR, stale)
        if kind in {Key.COMMAND, Key.SEPARATOR}:
            if self._chars:
                return Answer(Ruling.SWALLOW)
            self._has_command = True
            return Answer(Ruling.HOLD, releases=stale)
        self._forget()
        return Answer(Ruling.PASS, releases=is_holding)

    def quiet(self) -> str:
        """No key for longer than the gap: what was held was typed. Returns the held characters."""
        held = "".join(self._chars)
        self._forget()
        return held

    def _char(self, char: str, stale: bool) -> Answer:
        drops = self._has_command
        self._has_command = False
        if len(self._chars) >= MAX_CODE_CHARS:
            return Answer(Ruling.SWALLOW)
        self._chars.append(char)
        return Answer(Ruling.HOLD, releases=stale, drops=drops)

    def _terminator(self, at_ms: float, stale: bool) -> Answer:
        text = "".join(self._chars).strip()
        is_holding = bool(self._chars) or self._has_command
        self._forget()
        if len(text) >= MIN_CODE_CHARS:
            is_repeat = text == self._scan and 0 <= at_ms - self._scan_ms < self.debounce_ms
            self._scan, self._scan_ms = text, at_ms
            return Answer(Ruling.SWALLOW, drops=True, scan="" if is_repeat else text, is_repeat=is_repeat)
        if not is_holding and not stale and 0 <= at_ms - self._scan_ms <= self.gap_ms:
            return Answer(Ruling.SWALLOW)  # the second half of CR LF
        return Answer(Ruling.PASS, releases=stale or is_holding)

    def _forget(self) -> None:
        self._chars.clear()
        self._has_command = False


def normalised(char: str) -> str:
    """The printable ASCII character a key means (full-width forms folded), or nothing for any other text."""
    if len(char) != 1:
        return ""
    if "\uff01" <= char <= "\uff5e" or char == "\u3000":
        char = unicodedata.normalize("NFKC", char)
    return char if " " <= char <= "~" else ""
