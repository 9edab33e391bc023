"""What one try of a scanner says about it: how quick it types, how it ends, and what becomes of its letters. No Qt.

Gaps between keys tell a scanner from a hand: guns type within some 10 ms, slow or wireless ones in even steps of
up to 100 ms, and a hand unevenly and slower (`ScanParser` decides by the same gap).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from statistics import fmean, median, pstdev
from typing import Final

from desktop.scan_parser import MIN_CODE_CHARS, Stroke, normalised
from desktop.settings import BY_NAME

#: shown as a barcode: upper and lower case, a digit, a sign, and the letters that keyboards of other countries move
SAMPLE: Final = "Qz-Packdesk-7Ya"
#: this long without a key, and the code is over
QUIET_MS: Final = 600
_NOBODY_TYPES_MS: Final = 35
#: beyond this, steps are a hand's however even they are
_SLOWEST_STEPS_MS: Final = 130
#: deviation of the gaps, as a share of their mean: machines are even
_EVEN: Final = 0.15
_FEWEST_GAPS: Final = 4
_USUAL_GAP: Final = int(BY_NAME["scanner_gap_ms"].default)
_LONGEST_GAP: Final = BY_NAME["scanner_gap_ms"].highest


class Finding(StrEnum):
    """What was noticed; the first one is the sentence, a trial without any but these two works."""

    QUICK = "quick"
    #: slower than usual, and even: it works with a longer gap
    SLOW = "slow"
    #: too slow to be told from a hand
    TOO_SLOW = "too_slow"
    BY_HAND = "by_hand"
    #: it sends neither Enter nor Tab
    NO_END = "no_end"
    #: upper and lower case changed places
    CASE = "case"
    #: other letters arrive than stand on the paper
    LAYOUT = "layout"
    FULL_WIDTH = "full_width"
    INPUT_METHOD = "input_method"


_WORKS: Final = frozenset({Finding.QUICK, Finding.SLOW})


@dataclass(frozen=True, slots=True)
class Trial:
    """What was read, and what it says.

    Attributes:
        ends: `enter`, `tab`, or empty.
        typical_ms, slowest_ms: gaps between its keys.
        gap_ms: the setting that fits it, 0 where none does.
    """

    text: str
    ends: str
    typical_ms: int
    slowest_ms: int
    findings: tuple[Finding, ...]
    gap_ms: int = 0

    @property
    def works(self) -> bool:
        """Whether the desk understands this scanner."""
        return _WORKS.issuperset(self.findings)


def judge(strokes: Sequence[Stroke], sample: str = SAMPLE) -> Trial:
    """What a try says. `strokes` hold at least one character; its Enter or Tab, if any, is the last."""
    chars = [stroke for stroke in strokes if not stroke.ends]
    ends = next((stroke.ends for stroke in strokes if stroke.ends), "")
    raw = "".join(stroke.text for stroke in chars)
    gaps = [later.at_ms - earlier.at_ms for earlier, later in pairwise(strokes)]
    typical = round(median(gaps)) if gaps else 0
    slowest = round(max(gaps)) if gaps else 0
    speed = _speed(gaps)
    # Half as much again: a busy machine delivers keys later than they were sent.
    gap_ms = max(_USUAL_GAP, -(-slowest * 3 // 20) * 10)
    if speed is Finding.SLOW and gap_ms > _LONGEST_GAP:
        speed = Finding.TOO_SLOW
    findings: list[Finding] = []
    if any(stroke.by_input_method for stroke in chars):
        findings.append(Finding.INPUT_METHOD)
    elif any(text != normalised(text) for text in raw):
        findings.append(Finding.FULL_WIDTH)
    elif speed is not Finding.BY_HAND:
        findings += _letters(raw, sample)
    if speed in {Finding.BY_HAND, Finding.TOO_SLOW}:
        findings.insert(0, speed)
        gap_ms = 0
    elif not ends:
        findings.insert(0, Finding.NO_END)
    return Trial(raw, ends, typical, slowest, tuple(findings) or (speed,), min(gap_ms, _LONGEST_GAP))


def _speed(gaps: Sequence[float]) -> Finding:
    if not gaps or median(gaps) <= _NOBODY_TYPES_MS:
        return Finding.QUICK if not gaps or max(gaps) <= _USUAL_GAP else Finding.SLOW
    is_even = len(gaps) >= _FEWEST_GAPS and pstdev(gaps) <= _EVEN * fmean(gaps)
    if not is_even:
        return Finding.BY_HAND
    return Finding.SLOW if median(gaps) <= _SLOWEST_STEPS_MS else Finding.TOO_SLOW


def _letters(raw: str, sample: str) -> list[Finding]:
    """Only what resembles the sample can be held against it: any other barcode is taken as it came."""
    if raw == sample:
        return []
    if raw.casefold() == sample.casefold():
        return [Finding.CASE]
    alike = sum(one.casefold() == other.casefold() for one, other in zip(raw, sample, strict=False))
    return [Finding.LAYOUT] if len(raw) == len(sample) and alike * 2 >= len(sample) else []


class Tape:
    """Takes keys until a code is over: by its Enter or Tab, or by a pause."""

    def __init__(self) -> None:
        self._strokes: list[Stroke] = []

    def put(self, stroke: Stroke) -> Trial | None:
        """One key; the trial when it ends a code."""
        if self._strokes and stroke.at_ms - self._strokes[-1].at_ms > QUIET_MS:
            self._strokes.clear()
        if not stroke.ends:
            self._strokes.append(stroke)
            return None
        if len(self._strokes) < MIN_CODE_CHARS:
            self._strokes.clear()
            return None
        self._strokes.append(stroke)
        return self._end()

    def quiet(self) -> Trial | None:
        """No key for `QUIET_MS`: what came is a code without an end, or nothing."""
        if len(self._strokes) < MIN_CODE_CHARS:
            self._strokes.clear()
            return None
        return self._end()

    @property
    def is_open(self) -> bool:
        """Whether a code is on its way."""
        return bool(self._strokes)

    def _end(self) -> Trial:
        strokes, self._strokes = self._strokes, []
        return judge(strokes)
