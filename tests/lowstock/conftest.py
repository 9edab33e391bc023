"""A shop with little left, and its door, on each engine."""

from collections.abc import Iterator

import pytest

from tests.support.door import Stand, open_door
from tests.support.world import World


@pytest.fixture
def world(spine_address) -> Iterator[World]:
    """A hundred and ten of each."""
    world = World(spine_address, stock=110)
    yield world
    world.check_stock()
    world.close()


@pytest.fixture
def stand(world: World) -> Iterator[Stand]:
    """An open door."""
    with open_door(world) as one:
        yield one
