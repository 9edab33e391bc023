from collections.abc import Iterator

import pytest

from tests.support.quota_world import QuotaWorld
from tests.support.world import Address
from tests.support.world_fixtures import (  # noqa: F401 - fixtures
    empty_file,
    postgres_address,
    shared_database,
    spine_address,
    sqlite_address,
)


@pytest.fixture
def world(spine_address: Address) -> Iterator[QuotaWorld]:  # noqa: F811 - the fixture
    """A merchant without goods on each engine; at the end of every test the sums must hold."""
    made = QuotaWorld(spine_address)
    try:
        yield made
        made.check_stock()
    finally:
        made.close()
