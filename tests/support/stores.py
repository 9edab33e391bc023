"""Stores with every table, made fast: a copied template file, or a copied template database of the private cluster.

A test asks for `store` (runs on both engines), or for `make_store` and says which engine, clock and desk it wants;
the same `name` is the same database, so several desks can share one. Import the fixtures in the folder's conftest.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from core.db.cipher import AesCipher
from core.db.driver import connect_sqlite
from core.db.engines import Engines, postgres_engines, sqlite_engines
from core.db.keys import DataKey
from core.db.migrations.runner import migrate_postgres, migrate_sqlite
from core.db.unit_of_work import Actor, Store
from core.runtime.clock import Clock, ManualClock
from tests.support import warm

#: the key of every test database; protects nothing
TEST_KEY = DataKey(bytes(range(32)))
START = datetime(2026, 6, 18, 9, 30, tzinfo=UTC)
KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


class MakeStore(Protocol):
    """Gives a store on the test's database `name` of an engine (`sqlite` or `postgres`)."""

    def __call__(self, kind: str, clock: Clock | None = None, *, desk: str = "desk 1", name: str = "main") -> Store:
        """The store; closed when the test ends."""
        ...


def make_sqlite_template(path: Path) -> Path:
    """A file with every table and no rows, in one piece."""
    migrate_sqlite(lambda: connect_sqlite(path, TEST_KEY.file_key))
    connection = connect_sqlite(path, TEST_KEY.file_key, must_exist=True)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


def fill_postgres_template(url: str) -> None:
    """Every table and no rows; no connection stays open."""
    engines = postgres_engines(url)
    migrate_postgres(engines.writer)
    engines.dispose()


def engines_for(kind: str, address: str) -> Engines:
    """Engines on a file's path or a server's address, with the test key."""
    if kind == "sqlite":
        return warm.knowing(sqlite_engines(Path(address), TEST_KEY.file_key, must_exist=True), "file")
    return warm.knowing(postgres_engines(address, AesCipher(TEST_KEY)), "server")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template file of this test process."""
    return make_sqlite_template(tmp_path_factory.mktemp("template") / "template.db")


@pytest.fixture
def database_address(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path
) -> Iterator[Callable[[str, str], str]]:
    """Give the address of this test's database `name` of an engine, made on first use."""
    made: dict[tuple[str, str], str] = {}
    with ExitStack() as stack:

        def address(kind: str, name: str = "main") -> str:
            if (kind, name) not in made:
                if kind == "sqlite":
                    made[kind, name] = shutil.copyfile(sqlite_template, tmp_path / f"{name}.db").as_posix()
                else:
                    cluster = request.getfixturevalue("postgres_cluster")
                    template = cluster.template("all_tables", fill_postgres_template)
                    made[kind, name] = stack.enter_context(cluster.fresh_database(template))
            return made[kind, name]

        yield address


@pytest.fixture
def make_store(database_address: Callable[[str, str], str]) -> Iterator[MakeStore]:
    """Stores of this test, closed at its end."""
    stores: list[Store] = []

    def make(kind: str, clock: Clock | None = None, *, desk: str = "desk 1", name: str = "main") -> Store:
        engines = engines_for(kind, database_address(kind, name))
        stores.append(Store(engines, clock or ManualClock(START), Actor("tester", desk)))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


@pytest.fixture(params=KINDS)
def engine_kind(request: pytest.FixtureRequest) -> str:
    """Each engine in turn."""
    return str(request.param)


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still until told to move."""
    return ManualClock(START)


@pytest.fixture
def store(make_store: MakeStore, engine_kind: str, clock: ManualClock) -> Store:
    """A store with every table and no rows, on each engine in turn."""
    return make_store(engine_kind, clock)
