"""How fast one host may be called: learnt from its own refusals."""

import threading

#: the first gap after a refusal, and the longest
FIRST_GAP_S = 0.25
LONGEST_GAP_S = 30.0
#: a gap that has shrunk below this is forgotten
_FORGET_GAP_S = 0.05
_SHRINK = 0.9


class Limiter:
    """The gap between two calls to one host: doubled by each refusal, shrunk by each success. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gap_s = 0.0
        self._free_at = 0.0

    def book(self, now_s: float, longest_s: float) -> float:
        """Seconds to wait before calling; the slot is taken unless the wait is longer than `longest_s`."""
        with self._lock:
            start = max(now_s, self._free_at)
            wait = start - now_s
            if wait <= longest_s:
                self._free_at = start + self._gap_s
            return wait

    def refused(self, now_s: float, retry_after_s: float) -> None:
        """The host said "too many": wait as told and go at half the speed from then on."""
        with self._lock:
            self._gap_s = min(max(self._gap_s * 2, FIRST_GAP_S), LONGEST_GAP_S)
            self._free_at = max(self._free_at, now_s + max(retry_after_s, self._gap_s))

    def answered(self) -> None:
        """The host took the call: go a little faster."""
        with self._lock:
            self._gap_s *= _SHRINK
            if self._gap_s < _FORGET_GAP_S:
                self._gap_s = 0.0
