"""What goes wrong next, in order: each fault is used up by one call that it fits."""

import threading
from collections import deque
from typing import Final

#: faults of the wire, which every platform's server can show
WIRE: Final = frozenset(
    {
        #: hangs up before the call had any effect
        "cut_before",
        #: the call takes effect, and nobody hears the answer
        "cut_after",
        #: half of the body, then nothing
        "half_body",
        #: a page of a proxy instead of an answer
        "html_200",
        "html_403",
        "http_502",
        #: an answer as from a broken cache
        "empty_200",
        #: waits until `PlatformServer.released` is set, or the caller gives up
        "slow",
    }
)


class Faults:
    """Orders trouble; `ok` lets a call pass."""

    def __init__(self, names: frozenset[str]) -> None:
        """`names`: the platform's own faults besides those of the wire."""
        self._names = names | WIRE
        self._waiting: deque[tuple[str, str]] = deque()
        self._lock = threading.Lock()

    @property
    def names(self) -> frozenset[str]:
        """Everything that can be ordered."""
        return self._names

    def next(self, *names: str, only: str = "") -> None:
        """Let the next calls meet these faults; with `only`, the next calls of this name, others pass."""
        for name in names:
            if name != "ok" and name not in self._names:
                raise ValueError(f"no such fault: {name}")
        with self._lock:
            self._waiting.extend((name, only) for name in names)

    def take(self, call_name: str) -> str:
        """The fault of this call."""
        with self._lock:
            if not self._waiting:
                return "ok"
            name, only = self._waiting[0]
            if only and only != call_name:
                return "ok"
            self._waiting.popleft()
            return name

    def forget(self) -> None:
        """Nothing that was ordered and has not happened happens any more."""
        with self._lock:
            self._waiting.clear()

    @property
    def is_used_up(self) -> bool:
        """Whether every ordered fault has happened."""
        with self._lock:
            return not self._waiting
