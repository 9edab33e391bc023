"""A door over each engine."""

from collections.abc import Iterator

import pytest

from tests.support.door import Stand, open_door
from tests.support.world import World


@pytest.fixture
def stand(world: World) -> Iterator[Stand]:
    """An open door over a furnished shop, on each engine."""
    with open_door(world) as one:
        yield one


@pytest.fixture
def file_stand(file_world: World) -> Iterator[Stand]:
    """An open door on SQLite alone, for what does not depend on the engine."""
    with open_door(file_world) as one:
        yield one
