"""Fixtures and options for PostgreSQL: a cluster per test process, a database per test."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.postgres import PostgresMissing, PrivateCluster

_LEFT_OUT = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--without-postgres`."""
    parser.addoption(
        "--without-postgres", action="store_true", help="leave out the tests that need a PostgreSQL server"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what uses the cluster, and leave it out where the caller said so."""
    for item in items:
        if "postgres_cluster" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)
    if not config.getoption("--without-postgres"):
        return
    left_out = [item for item in items if item.get_closest_marker("postgres")]
    config.stash[_LEFT_OUT] = len(left_out)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not item.get_closest_marker("postgres")]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say that PostgreSQL was left out: a green run must not be read as a complete one."""
    if config.getoption("--without-postgres"):
        number = config.stash.get(_LEFT_OUT, None)
        amount = "the" if number is None else str(number)
        terminalreporter.write_line(f"--without-postgres: {amount} tests on PostgreSQL were left out", yellow=True)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[PrivateCluster]:
    """A private PostgreSQL cluster of this test process, started with the first test that wants it."""
    with ExitStack() as stack:
        try:
            cluster = stack.enter_context(PrivateCluster())
        except PostgresMissing as missing:
            pytest.fail(str(missing), pytrace=False)
        yield cluster


@pytest.fixture
def postgres_url(postgres_cluster: PrivateCluster) -> Iterator[str]:
    """The address of an empty PostgreSQL database of this test alone."""
    with postgres_cluster.fresh_database() as url:
        yield url
