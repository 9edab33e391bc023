"""A running Vendure for the tests: installed once per lock file into a cache, started once per session.

What it needs of the machine: `tests.support.node_packages`.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.support.node_packages import (
    Node,
    built_aside,
    cache_folder,
    digest_of,
    environment,
    find_node,
    install_packages,
    run,
)
from tests.support.node_server import running_server

USERNAME = "superadmin"
PASSWORD = "superadmin"

_HERE = Path(__file__).resolve().parents[1] / "realshop" / "vendure"
_PROGRAM = ("sqlite.js", "config.js", "seed.js", "index.js")
_START_S = 120.0


@dataclass(frozen=True)
class RunningShop:
    """Where the shop listens."""

    port: int

    @property
    def base_url(self) -> str:
        """The address as a merchant would enter it."""
        return f"http://127.0.0.1:{self.port}"


def install(cache: Path, node: Node) -> Path:
    """The folder with the program, its packages beside it and the seeded `seed.sqlite` in it.

    Raises:
        CannotRunError: npm failed; the sentence ends with its last words.
    """
    packages = install_packages(cache, node, _HERE)
    program = packages / f"shop-{digest_of([_HERE / name for name in _PROGRAM])}"
    if not program.is_dir():
        with built_aside(program) as building:
            for name in _PROGRAM:
                shutil.copy(_HERE / name, building)
            seed = [node.node, "seed.js", "seed.sqlite"]
            run(seed, building, "the Vendure shop could not be seeded")
    return program


@contextmanager
def running_shop() -> Iterator[RunningShop]:
    """A fresh shop: only China, one way to ship, one way to pay. It ends with the block.

    Raises:
        CannotRunError: it cannot be had here.
    """
    cache = cache_folder()
    node = find_node(cache)
    program = install(cache, node)
    command = [node.node, "index.js", "seed.sqlite"]
    with running_server(command, program, environment(), "listening on ") as port:
        requests.get(f"http://127.0.0.1:{port}/health", timeout=_START_S).raise_for_status()
        yield RunningShop(port)
