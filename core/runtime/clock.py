"""Where time comes from, so that a test can run days in milliseconds."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Wall time and elapsed time. Code asks a clock, never the machine."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start that never run backwards."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The machine's wall time in UTC, whatever zone the PC is set to."""
        return datetime.fromtimestamp(time.time(), UTC)

    def monotonic(self) -> float:
        """The machine's monotonic seconds; on Linux they stand still during suspend."""
        return time.monotonic()


class ManualClock:
    """A clock that moves only when told to: for tests, drills and replays."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._elapsed = 0.0

    def now(self) -> datetime:
        """The time it was last set to."""
        return self._now

    def monotonic(self) -> float:
        """Seconds of forward movement so far."""
        return self._elapsed

    def advance(self, **delta: float) -> None:
        """Move forward by `timedelta(**delta)`, wall and elapsed together."""
        step = timedelta(**delta)
        self._now += step
        self._elapsed += step.total_seconds()

    def jump(self, to: datetime) -> None:
        """Set the wall time alone, as a user or a time server does."""
        self._now = to
