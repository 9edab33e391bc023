"""Wakes those who wait for events: rung by the program's own writes from any thread, awaited in the server's loop."""

import asyncio
from contextlib import suppress


class Bell:
    """Counts rings. Whoever waits says how many it has heard, so that none is missed between a look and the wait."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rung: asyncio.Event | None = None
        self.count = 0
        self.is_closing = False

    def hang(self) -> None:
        """Hang it in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake everybody; from any thread, and harmless before it hangs and after its loop has ended."""
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._ring)

    def close(self) -> None:
        """Let everybody go; whoever comes later does not wait."""
        self.is_closing = True
        self.ring()

    def _ring(self) -> None:
        self.count += 1
        if self._rung is not None:
            # A new one for those who come now; the old one stays set for those who wait.
            self._rung.set()
            self._rung = asyncio.Event()

    async def next_ring(self, heard: int, most_s: float) -> int:
        """Wait until it has rung more often than `heard`, for some seconds at most; gives how often it has."""
        if self.count == heard and self._rung is not None and not self.is_closing:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._rung.wait(), most_s)
        return self.count
