"""A desk of its own, in this process or another one, that pulls the world's shop through a lease."""

from collections.abc import Callable
from datetime import timedelta
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

from core.behind import Behind
from core.channels.plugin import ChannelPlugin
from core.channels.registry import ChannelRegistry
from core.config import CoreConfig
from core.db import leases
from core.outside import Outside
from core.runtime.clock import ManualClock
from tests.support.fake_shop import FakeShop, line
from tests.support.world import CARRIER, START, Address, World

#: orders at the shop, and how many come on a page
ORDERS, PAGE = 6, 2
#: how long the shop takes for a page: longer than half a lease, so that three pages outlive one
PAGE_TIME = timedelta(seconds=100)


def full_shop(clock: ManualClock) -> FakeShop:
    """A shop with orders that changed at different times, told in small pages."""
    shop = FakeShop(ManualClock(START), page_size=PAGE)
    for n in range(ORDERS):
        shop.place(f"A{n}", line("1", "BEAR"), modified_at=START + timedelta(milliseconds=n))
    shop._clock = clock
    return shop


def no_alerts() -> Any:
    """Nobody is told anything here."""
    raise AssertionError("no alerts here")


def lanes_of(world: World, desk: str) -> Behind:
    """What works behind a desk, not started; its channel is the world's shop."""
    plugin = ChannelPlugin("fake", "假", "fake", (), world.shop.capabilities, lambda *_: world.shop)
    config = CoreConfig(folder=Path(), desk_id=desk, carrier_code=CARRIER, clock=world.clock)
    outside = Outside(world.clock, ChannelRegistry([plugin]))
    return Behind(world.store, world.digest, config, outside, alerting=no_alerts, refresh_people=lambda: None)


def pull_and_wait(address: Address, pipe: Pipe, is_guarded: bool) -> None:
    """A process: pull; before the third page is answered, say so and wait for a word. Says at the end what it did."""
    if not is_guarded:
        leases.renew = _always  # type: ignore[assignment]  # the guard is off
    world = World(address, shop=None, is_new=False)
    world.shop = full_shop(world.clock)
    world.shop.meanwhile = _pages(world, pipe)
    done = lanes_of(world, "desk 1").pull_shop(world.shop_id)
    pipe.send(None if done is None else done.new_count)
    world.close()


def _always(*_arguments: object) -> bool:
    return True


def _pages(world: World, pipe: Pipe) -> Callable[[str | None], None]:
    asked = 0

    def before_page(_cursor: str | None) -> None:
        nonlocal asked
        asked += 1
        world.clock.advance(seconds=PAGE_TIME.total_seconds())
        if asked == 3:
            pipe.send("third page")
            pipe.recv()

    return before_page
