from tests.inventory.conftest import address, world

__all__ = ["address", "world"]
