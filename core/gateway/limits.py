"""How often a mall may call: buckets that fill with time. Each node counts for itself; nothing is written."""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from core.gateway.problems import Problem

#: buckets remembered; the one that was touched longest ago is forgotten, and then it is full again
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls a second on and on, and so many at once."""

    per_s: float
    burst: int


@dataclass(frozen=True, slots=True)
class Rates:
    """The limits of a door: of one mall, of all together, and of calls that are refused before a key is known."""

    mall: Rate = Rate(300, 600)
    everybody: Rate = Rate(600, 1200)
    stranger: Rate = Rate(5, 30)


class Limiter:
    """Buckets by name; safe for threads."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        """`elapsed` gives seconds that never run backwards."""
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, rate: Rate) -> None:
        """Take one call out of a bucket.

        Raises:
            Problem: `rate_limited`; says when there is one again.
        """
        wait_s = self._spend(name, rate)
        if wait_s > 0:
            raise Problem("rate_limited", retry_after_s=max(1, math.ceil(wait_s)))

    def _spend(self, name: str, rate: Rate) -> float:
        with self._lock:
            level = self._level(name, rate)
            is_enough = level >= 1
            self._buckets[name] = (level - 1 if is_enough else level, self._elapsed())
            self._buckets.move_to_end(name)
            if len(self._buckets) > _MOST:
                self._buckets.popitem(last=False)
            return 0.0 if is_enough else (1 - level) / rate.per_s

    def _level(self, name: str, rate: Rate) -> float:
        level, at = self._buckets.get(name, (float(rate.burst), self._elapsed()))
        return min(rate.burst, level + (self._elapsed() - at) * rate.per_s)
