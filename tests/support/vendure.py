"""A running Vendure for the tests: installed once per lock file into a cache, started once per session.

What it needs of the machine: `tests.support.node_packages`.
"""

import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

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

USERNAME = "superadmin"
PASSWORD = "superadmin"

_HERE = Path(__file__).resolve().parents[1] / "realshop" / "vendure"
_PROGRAM = ("sqlite.js", "config.js", "seed.js", "index.js")
_START_S = 120.0
_STOP_S = 10.0


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
    process = subprocess.Popen(
        [node.node, "index.js", "seed.sqlite"],
        cwd=program,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    lines = _Output(process)
    try:
        port = lines.wait_for_port()
        requests.get(f"http://127.0.0.1:{port}/health", timeout=_START_S).raise_for_status()
        yield RunningShop(port)
    finally:
        _stop(process)
        lines.close()


class _Output:
    """Reads what the shop prints, so that its pipe never fills."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="vendure output", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._lines.put(line)
        self._lines.put(None)

    def wait_for_port(self) -> int:
        said: list[str] = []
        while True:
            try:
                line = self._lines.get(timeout=_START_S)
            except queue.Empty:
                raise CannotRunError(f"Vendure did not start within {_START_S:.0f} s") from None
            if line is None:
                raise CannotRunError(f"Vendure ended while starting: {one_line(''.join(said))}")
            match = re.match(r"listening on (\d+)", line)
            if match:
                return int(match.group(1))
            said.append(line)

    def close(self) -> None:
        self._reader.join(_STOP_S)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()


def _stop(process: subprocess.Popen[str]) -> None:
    """End the process group that was started, first politely; bounded."""
    for name in ("SIGTERM", "SIGKILL"):
        if process.poll() is None:
            if sys.platform == "win32":
                process.terminate()
            else:
                os.killpg(process.pid, getattr(signal, name))
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            continue
        return
