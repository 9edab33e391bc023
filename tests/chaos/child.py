"""A program that pulls and tells all shops until it is killed: its own process, the same database file."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from core.runtime.clock import ManualClock
from core.runtime.errors import DomainError
from core.runtime.remote_errors import ChannelError
from tests.chaos.centre import Centre

_ROUNDS = 50


def work(path: str, now: datetime, page_size: int) -> None:
    """Pull and tell, round after round; it buys no numbers, since the carrier lives in the other process."""
    clock = ManualClock(now)
    centre = Centre(Path(path), clock, page_size=page_size)
    for _ in range(_ROUNDS):
        for kind in centre.shop_ids:
            for act in (centre.tell, centre.pull):
                with suppress(ChannelError, DomainError):
                    act(kind)
        clock.advance(seconds=1)
    centre.close()
