"""Python's collector while much is built that stays: its full pass walks every object and holds every thread up."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unwalked() -> Iterator[None]:
    """Let nothing be collected meanwhile, and leave what there is then out of every later pass.

    For work that builds hundreds of thousands of objects at once: each pass over the orders of a table of 20,000 rows
    held a scan up for 150 ms, in a large program for half a second, and there were five or six of them. What is left
    out is freed as ever when nobody refers to it any more; only rings of objects that are garbage at the end of this
    stay until the program ends, so the young ones are looked through first.
    """
    gc.collect(1)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
