"""Python's collector while much is built that stays: its full pass walks every object and holds every thread up."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Rest:
    """How many want the collector to rest: the collector is one for all threads of the program."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def begin(self) -> None:
        with self._lock:
            self._count += 1
            if self._count == 1:
                gc.collect(1)
                gc.disable()

    def end(self) -> None:
        with self._lock:
            self._count -= 1
            if not self._count:
                gc.freeze()
                gc.enable()


#: one for the program, as the collector itself is
_rest = _Rest()


@contextmanager
def unwalked() -> Iterator[None]:
    """Let nothing be collected meanwhile, and leave what there is then out of every later pass.

    For work that builds hundreds of thousands of objects at once: each pass over the orders of a table of 20,000 rows
    held a scan up for 150 ms, in a large program for half a second, and there were five or six of them. What is left
    out is freed as ever when nobody refers to it any more; only rings of objects that exist at the end of this stay
    until the program ends, also where they become garbage later. The young ones are looked through first. Where two
    threads want it, it lasts until the last of them is through.
    """
    _rest.begin()
    try:
        yield
    finally:
        _rest.end()
