import os
from collections.abc import Iterator

import pytest

from tests.support.inventory_world import POSTGRES_VARIABLE, Address, World, fresh_database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def address(request, tmp_path) -> Iterator[Address]:
    """An empty database on each engine."""
    if request.param == "sqlite":
        yield Address(sqlite_path=str(tmp_path / "stock.db"))
    elif server := os.environ.get(POSTGRES_VARIABLE):
        with fresh_database(server) as url:
            yield Address(postgres_url=url)
    else:
        yield Address(postgres_url=request.getfixturevalue("postgres_url"))


@pytest.fixture
def world(address) -> Iterator[World]:
    """A furnished shop; at the end of every test its sums must hold."""
    shop = World(address)
    try:
        yield shop
        shop.check()
    finally:
        shop.close()
