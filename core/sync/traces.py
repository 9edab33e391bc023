"""The last calls of each shop, masked, in memory alone: for whoever has to tell support what happened.

They are of this program: another desk that pulls the shop has its own.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from core.runtime.clock import Clock
from core.runtime.http_trace import Exchange, TracedCall, masked_call

#: calls of a shop that are kept
MOST: Final = 60


class Traces:
    """Keeps what `masked_call` leaves of each call; what was said never stands in here."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: dict[int, deque[TracedCall]] = {}

    def hearer(self, shop_id: int) -> Callable[[Exchange], None]:
        """What is told of a shop's calls."""

        def hear(exchange: Exchange) -> None:
            call = masked_call(exchange, self._clock.now())
            with self._lock:
                self._calls.setdefault(shop_id, deque(maxlen=MOST)).append(call)

        return hear

    def calls(self, shop_id: int) -> Sequence[TracedCall]:
        """The last calls, the newest first."""
        with self._lock:
            return tuple(reversed(self._calls.get(shop_id, ())))


def support_text(calls: Sequence[TracedCall]) -> str:
    """Calls as they are handed to support: plain lines, the oldest first, everything masked."""
    said = []
    for call in reversed(calls):
        outcome = f"{call.error} {call.code}".strip() or "ok"
        head = f"{call.at:%Y-%m-%d %H:%M:%S}Z {call.method} {call.host}{call.path} ({call.name})"
        said.append(f"{head} -> {call.status or '-'} {outcome}, {call.took_ms} ms, {call.size} B")
        said += [f"  > {call.sent}"] if call.sent else []
        said += [f"  < {call.answered}"] if call.answered else []
    return "\n".join(said)
