"""What a desk knows of its scale at one moment, and when a weight has come to rest."""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from desktop.scale.reading import Reading

#: up to here nothing lies on the scale: dust, a drift, a pen
EMPTY_G: Final = 10
#: how far readings at rest may lie apart: one step of the finest shipping scales
_SPREAD_G: Final = 2
#: a scale that says "at rest" is believed after two readings that agree; one that says nothing of it has to prove it
_REST_TOLD: Final = (0.15, 2)
_REST_UNTOLD: Final = (0.6, 3)


class Condition(StrEnum):
    """How it stands with the scale."""

    #: none is set up
    OFF = "off"
    #: its port is open, and it has not spoken yet
    WAITING = "waiting"
    #: a weight at rest
    STEADY = "steady"
    MOVING = "moving"
    #: overloaded, or below what it can show
    OUT = "out"
    #: its port is open and nothing comes
    SILENT = "silent"
    #: something comes, and none of it is a weight in the format that is set
    GARBLED = "garbled"
    #: unplugged, or never there
    GONE = "gone"
    #: another program has its port
    BUSY = "busy"
    FORBIDDEN = "forbidden"


#: what passes by itself in a moment
PASSING: Final = frozenset({Condition.WAITING, Condition.MOVING})
#: a scale that works
WELL: Final = frozenset({Condition.STEADY, Condition.MOVING, Condition.OUT})


@dataclass(frozen=True, slots=True)
class ScaleState:
    """The scale at one moment.

    Attributes:
        grams: what it shows; counts only where it is steady or moving.
        is_net: it takes a tare off by itself.
        emptied: how many times it has been found empty since its reader began.
    """

    condition: Condition
    grams: int = 0
    is_net: bool = False
    emptied: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing lies on it."""
        return self.grams <= EMPTY_G


OFF: Final = ScaleState(Condition.OFF)


class _NoScale:
    """A desk without a scale."""

    def look(self) -> ScaleState:
        """Nothing to see."""
        return OFF


NO_SCALE: Final = _NoScale()


class Watch:
    """Follows the readings: at rest or not, and whether everything was taken off in between."""

    def __init__(self) -> None:
        self._recent: deque[tuple[float, Reading]] = deque()
        self._is_empty = False
        self._emptied = 0

    @property
    def emptied(self) -> int:
        """How many times it has been found empty."""
        return self._emptied

    def forget(self) -> None:
        """Whatever was read before says nothing about what lies on it now."""
        self._recent.clear()

    def feed(self, reading: Reading, at: float) -> ScaleState:
        """The state after one more reading; `at` in seconds that never run backwards."""
        if reading.is_out:
            self._recent.clear()
            self._is_empty = False
            return ScaleState(Condition.OUT, emptied=self._emptied)
        if (reading.grams <= EMPTY_G) and not self._is_empty:
            self._emptied += 1
        self._is_empty = reading.grams <= EMPTY_G
        self._recent.append((at, reading))
        while self._recent[0][0] < at - 2 * _REST_UNTOLD[0]:
            self._recent.popleft()
        condition = Condition.STEADY if self._is_at_rest(reading, at) else Condition.MOVING
        return ScaleState(condition, reading.grams, reading.is_net, self._emptied)

    def _is_at_rest(self, newest: Reading, at: float) -> bool:
        if newest.is_stable is False:
            return False
        seconds, count = _REST_UNTOLD if newest.is_stable is None else _REST_TOLD
        for agreeing, (then, reading) in enumerate(reversed(self._recent), 1):
            if reading.is_stable is False or abs(reading.grams - newest.grams) > _SPREAD_G:
                return False
            if at - then >= seconds and agreeing >= count:
                return True
        return False
