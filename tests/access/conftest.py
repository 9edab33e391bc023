"""What the tests of access share: PINs that cost nothing to try, and a desk at which people sign in."""

import pytest

from core.access import pins
from tests.support.staff import Staffed


@pytest.fixture
def quick_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same hash with less work: what it costs is looked at elsewhere."""
    monkeypatch.setattr(pins, "_COST", 4)


@pytest.fixture
def staffed(world, quick_pins) -> Staffed:
    """The world's desk, nobody hired yet."""
    return Staffed(world, world.desk)
