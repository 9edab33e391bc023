"""Things that are still being made while the window is already open: whoever needs one in a lane waits for it."""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Late(Generic[T]):
    """One thing that another thread is making. A thing that was made stays; a failure can be followed by another try.

    Never wait for it on the thread of the window.
    """

    def __init__(self) -> None:
        self._is_settled = threading.Event()
        self._made: T | None = None
        self._failure: Exception | None = None

    def make(self, work: Callable[[], T]) -> T:
        """Run `work` and give what it made to all who wait, or its failure."""
        self._is_settled.clear()
        try:
            made = work()
        except Exception as error:
            self._failure = error
            raise
        else:
            self._made = made
            return made
        finally:
            self._is_settled.set()

    def give_up(self, reason: Exception) -> None:
        """Let nobody wait any longer: unless it is made still, they get the reason."""
        if not self._is_settled.is_set():
            self._failure = reason
            self._is_settled.set()

    def get(self) -> T:
        """The thing, as soon as it is there.

        Raises:
            Exception: why it could not be made.
        """
        self._is_settled.wait()
        if self._made is not None:
            return self._made
        raise self._failure or RuntimeError("nothing was made")

    def stand_in(self, part: Callable[[T], object]) -> Any:
        """An object with the methods of one part of the thing. Calling one waits, so call it in a lane."""
        return _StandIn(lambda: part(self.get()))


class _StandIn:
    """Has every method its part has; looking one up is free, only calling it waits."""

    def __init__(self, part: Callable[[], object]) -> None:
        self._part = part

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: object, **named: object) -> Any:
            return getattr(self._part(), name)(*arguments, **named)

        return call
