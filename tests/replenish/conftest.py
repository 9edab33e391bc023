from collections.abc import Iterator

import pytest

from tests.support.world import Address, World
from tests.support.world_fixtures import (  # noqa: F401 - fixtures
    empty_file,
    postgres_address,
    shared_database,
    spine_address,
    sqlite_address,
)


@pytest.fixture
def world(spine_address: Address) -> Iterator[World]:  # noqa: F811 - the fixture
    """A shop with goods on each engine; at the end of every test the sums must hold."""
    made = World(spine_address, stock=1000)
    try:
        yield made
        made.check_stock()
    finally:
        made.close()


@pytest.fixture
def file_world(sqlite_address: Address) -> Iterator[World]:  # noqa: F811 - the fixture
    """The same in a file alone: for what does not depend on the engine."""
    made = World(sqlite_address, stock=1000)
    try:
        yield made
        made.check_stock()
    finally:
        made.close()
