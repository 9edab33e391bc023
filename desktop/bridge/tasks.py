"""What presenters know of background work: a sentence `submit(work, on_result, on_error, owner=...)`."""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol, TypeVar

T = TypeVar("T")


class Lane(StrEnum):
    """Who runs a piece of work. Work of one lane never overtakes its own kind, except in `READS`."""

    #: the desk's own acts, one after the other: a scan is answered before the next is looked at
    ACTS = "acts"
    #: look-ups of any page, a few at a time
    READS = "reads"
    #: asking printers how they are: may be slow, and nothing else waits for it
    PRINTERS = "printers"
    #: pictures of goods from their shops: a slow shop keeps nothing else waiting
    PICTURES = "pictures"
    #: reading and writing tables: seconds, and nothing else waits for it
    FILES = "files"
    #: asking a shop while a clerk waits for it: a few seconds at most, and only what needs the answer waits
    SHOPS = "shops"


class Tasks(Protocol):
    """Runs work somewhere else and brings the outcome back to the caller's own thread."""

    def submit(
        self,
        work: Callable[[], T],
        on_result: Callable[[T], None],
        on_error: Callable[[Exception], None] | None = None,
        *,
        owner: object,
        key: str = "",
        lane: Lane = Lane.READS,
    ) -> None:
        """Run `work` in `lane`; exactly one of the callbacks follows, or none when nobody waits any more.

        Args:
            work: runs in another thread; may return frozen data only.
            on_result: gets what `work` returned.
            on_error: gets what `work` raised; without it the error is shown in the message bar.
            owner: whose callbacks these are. When it is gone, the outcome is dropped.
            key: a newer submission of the same owner and key makes this one's outcome worthless.
            lane: who runs it.
        """
        ...


class InlineTasks:
    """Runs everything at once in the caller's thread: for headless verbs, where nobody looks at a window."""

    def __init__(self, on_unhandled: Callable[[Exception], None]) -> None:
        self._on_unhandled = on_unhandled

    def submit(
        self,
        work: Callable[[], T],
        on_result: Callable[[T], None],
        on_error: Callable[[Exception], None] | None = None,
        *,
        owner: object,  # noqa: ARG002  the caller is alive: it is on the stack
        key: str = "",  # noqa: ARG002  nothing can be newer than what runs at once
        lane: Lane = Lane.READS,  # noqa: ARG002  there is only this thread
    ) -> None:
        """Run `work` now and call back before returning."""
        try:
            result = work()
        except Exception as error:  # noqa: BLE001  the outcome of foreign work belongs to its caller
            (on_error or self._on_unhandled)(error)
        else:
            on_result(result)
