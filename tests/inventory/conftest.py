from collections.abc import Iterator

import pytest

from tests.support.inventory_world import World
from tests.support.world import Address


@pytest.fixture
def address(spine_address: Address) -> Address:
    """A database with every table and no rows, on each engine."""
    return spine_address


@pytest.fixture
def world(address) -> Iterator[World]:
    """A furnished shop; at the end of every test its sums must hold."""
    shop = World(address)
    try:
        yield shop
        shop.check()
    finally:
        shop.close()
