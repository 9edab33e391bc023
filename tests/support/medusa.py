"""A running Medusa for the tests: installed and filled once per lock file into a cache, started once per session.

What it needs of the machine: `tests.support.node_packages`, and PostgreSQL's server programs, because Medusa keeps its
data nowhere else. Each start has a database cluster of its own, restored from the cache, on loopback.
"""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.node_packages import (
    CannotRunError,
    Node,
    built_aside,
    cache_folder,
    digest_of,
    environment,
    find_node,
    install_packages,
    one_line,
    run,
)
from tests.support.node_server import running_server
from tests.support.postgres import PostgresMissing, PrivateCluster
from tests.support.postgres_programs import find_postgres_programs

_HERE = Path(__file__).resolve().parents[1] / "realshop" / "medusa"
_PROGRAM = ("medusa-config.js", "setup.js", "seed.js", "index.js")
#: the filled database, and what the tests need to know of the shop in it
_DUMP, _FACTS = "seed.dump", "facts.json"


@dataclass(frozen=True)
class RunningMedusa:
    """Where the shop listens, and `facts` of it: keys, account, ids of its region, place, channel and profile."""

    port: int
    facts: Mapping[str, str] = field(repr=False)

    @property
    def base_url(self) -> str:
        """The address as a merchant would enter it."""
        return f"http://127.0.0.1:{self.port}"


def install(cache: Path, node: Node) -> Path:
    """The folder with the program, its packages beside it and the filled database in it.

    Raises:
        CannotRunError: a step failed; the sentence ends with its last words.
        PostgresMissing: no server programs.
    """
    packages = install_packages(cache, node, _HERE)
    program = packages / f"shop-{digest_of([_HERE / name for name in _PROGRAM])}-pg{_postgres_version()}"
    if not program.is_dir():
        with built_aside(program) as building:
            for name in _PROGRAM:
                shutil.copy(_HERE / name, building)
            with _cluster() as database:
                env = {**_environment(database.url), "SEED_FACTS": str(building / _FACTS)}
                for step in ("tables", "shop"):
                    run([node.node, "setup.js", step], building, f"the Medusa shop has no {step}", env)
                database.do("pg_dump", "--format=custom", "--no-owner", f"--file={building / _DUMP}")
    return program


@contextmanager
def running_medusa() -> Iterator[RunningMedusa]:
    """A fresh shop: only China, one place, one way to ship, one way to pay. It ends with the block.

    Raises:
        CannotRunError, PostgresMissing: it cannot be had here.
    """
    cache = cache_folder()
    node = find_node(cache)
    program = install(cache, node)
    facts = json.loads((program / _FACTS).read_text(encoding="utf-8"))
    with _cluster() as database:
        database.do("pg_restore", "--exit-on-error", "--no-owner", "--jobs=2", str(program / _DUMP))
        command = [node.node, "index.js", str(free_port())]
        ready = "Server is ready on port: "
        with running_server(command, program, _environment(database.url), ready) as port:
            yield RunningMedusa(port, facts)


@dataclass(frozen=True)
class _Database:
    port: int
    programs: Path

    @property
    def url(self) -> str:
        return f"postgres://packdesk@127.0.0.1:{self.port}/medusa"

    def do(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), f"--dbname={self.url}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            raise CannotRunError(f"{program} failed: {one_line(done.stderr)}")


@contextmanager
def _cluster() -> Iterator[_Database]:
    programs = find_postgres_programs()
    if programs is None:
        raise PostgresMissing
    port = free_port()
    with PrivateCluster(port=port) as cluster:
        cluster.create("medusa")
        yield _Database(port, programs)


def _postgres_version() -> str:
    programs = find_postgres_programs()
    if programs is None:
        raise PostgresMissing
    said = subprocess.run(
        [programs / "postgres", "--version"], capture_output=True, text=True, timeout=30, check=True
    )
    return said.stdout.split()[2].partition(".")[0]


def _environment(database_url: str) -> dict[str, str]:
    return {
        **environment(),
        "DATABASE_URL": database_url,
        "NODE_ENV": "production",
        "MEDUSA_DISABLE_TELEMETRY": "true",
        "XDG_CONFIG_HOME": os.devnull,
    }


def free_port() -> int:
    """A loopback port that nobody listens at right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
