"""Fixtures of the whole spine on both engines."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, text

from tests.support import warm
from tests.support.world import Address, World, make_tables


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the schema and nothing in it, to be copied."""
    path = tmp_path_factory.mktemp("world") / "empty.db"
    make_tables(Address(sqlite_path=str(path)))
    return path


@pytest.fixture
def sqlite_address(empty_file: Path, tmp_path: Path) -> Address:
    """An own copy of the empty file."""
    path = tmp_path / "packdesk.db"
    shutil.copy(empty_file, path)
    return Address(sqlite_path=str(path))


@pytest.fixture(scope="session")
def shared_database(postgres_cluster: Any) -> Iterator[str]:
    """One database with the schema for all tests of this process: making one per test takes longer than the test."""
    with postgres_cluster.fresh_database() as url:
        make_tables(Address(postgres_url=url))
        with warm.kept(url):
            yield url


@pytest.fixture
def postgres_address(shared_database: str) -> Iterator[Address]:
    """The shared database, emptied afterwards."""
    yield Address(postgres_url=shared_database)
    engine = create_engine(shared_database, poolclass=NullPool)
    with engine.begin() as connection:
        # No foreign keys are checked in this role, so the order of the tables does not matter.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        names = (
            connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        )
        connection.execute(text(";".join(f'DELETE FROM "{name}"' for name in names)))
        # As in a new database, so that no test leans on what another one has left.
        numbers = "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"
        connection.execute(text(f"{numbers} AND relnamespace = 'public'::regnamespace"))
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def spine_address(request: pytest.FixtureRequest) -> Address:
    """An empty database on each engine."""
    address: Address = request.getfixturevalue(f"{request.param}_address")
    return address


@pytest.fixture
def world(spine_address: Address) -> Iterator[World]:
    """A furnished shop on each engine; at the end of every test the stock's sums must hold."""
    yield from _lived_in(spine_address)


@pytest.fixture
def file_world(sqlite_address: Address) -> Iterator[World]:
    """A furnished shop on SQLite alone, for what does not depend on the engine."""
    yield from _lived_in(sqlite_address)


def _lived_in(address: Address) -> Iterator[World]:
    world = World(address)
    try:
        yield world
        world.check_stock()
    finally:
        world.close()


@pytest.fixture(scope="module")
def shared_world(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A furnished shop for the examples of one property: every example uses orders of its own."""
    path = tmp_path_factory.mktemp("shared") / "packdesk.db"
    shutil.copy(empty_file, path)
    yield from _lived_in(Address(sqlite_path=str(path)))
