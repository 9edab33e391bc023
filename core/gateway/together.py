"""Calls that come at the same time share what is dear: one transaction, one page of orders, one word of the disk."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Together(Generic[T, R]):
    """Whoever comes while nobody is at work leads: it does its own and what has lined up meanwhile, in order."""

    def __init__(self, do_all: Callable[[Sequence[T]], Sequence[R | Exception]], most: Callable[[], int]) -> None:
        """Make it.

        Args:
            do_all: gives an outcome for each of what it is given, in order; an exception is raised to whoever waits.
            most: so many at a time, asked anew each time.
        """
        self._do_all = do_all
        self._most = most
        self._lock = threading.Lock()
        self._waiting: deque[tuple[T, Future[R]]] = deque()
        self._is_led = False

    def enter(self, one: T) -> tuple["Future[R]", bool]:
        """Line up; gives what will be the outcome, and whether the caller leads and has to call `lead`."""
        outcome: Future[R] = Future()
        # Begun: whoever waits may leave, but cannot call it off under the hands of who leads.
        outcome.set_running_or_notify_cancel()
        with self._lock:
            self._waiting.append((one, outcome))
            leads, self._is_led = not self._is_led, True
        return outcome, leads

    def lead(self) -> None:
        """Do what waits, and what comes meanwhile, until nothing does."""
        while group := self._next():
            try:
                outcomes = self._do_all([one for one, _ in group])
            except BaseException as error:  # noqa: BLE001 - whoever waits hears of it, and the next are done all the same
                outcomes = [error if isinstance(error, Exception) else RuntimeError("broken off")] * len(group)
            for (_, waiting), outcome in zip(group, outcomes, strict=True):
                if isinstance(outcome, Exception):
                    waiting.set_exception(outcome)
                else:
                    waiting.set_result(outcome)

    def _next(self) -> list[tuple[T, "Future[R]"]]:
        with self._lock:
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._most()))]
            self._is_led = bool(group)
            return group
