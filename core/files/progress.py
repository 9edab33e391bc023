"""How far long work is, and whether somebody wants it stopped: written by one thread, read by another."""

import threading


class Progress:
    """Counts up; looking at it costs nothing and waits for nobody."""

    def __init__(self) -> None:
        self.done = 0
        self.total = 0
        self._is_cancelled = threading.Event()

    def show(self, done: int, total: int) -> None:
        """So much of so much is done."""
        self.done, self.total = done, total

    def cancel(self) -> None:
        """Stop at the next whole piece."""
        self._is_cancelled.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody wants it stopped."""
        return self._is_cancelled.is_set()
