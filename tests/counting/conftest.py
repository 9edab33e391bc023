import pytest

from tests.inventory.conftest import address, world  # noqa: F401 - fixtures
from tests.support.counting_world import Counts


@pytest.fixture
def counts(world) -> Counts:  # noqa: F811  the fixture
    return Counts(world)
