"""Python's side of faultshim.c: compile it, start a process under it, arm it, read what it recorded."""

import ctypes
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

_SOURCE = Path(__file__).with_name("faultshim.c")
_HEAD = struct.Struct("<BBQI")


class Mode(IntEnum):
    """What the shim does to the operation it was armed for."""

    QUIET = 0
    COUNT = 1
    KILL = 2
    TORN = 3
    FAIL = 4
    RECORD = 5


class Kind(IntEnum):
    """Kinds of recorded operations."""

    WRITE = 1
    SYNC = 2
    TRUNCATE = 3
    UNLINK = 4
    NAME = 5
    MARK = 6


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded operation; `offset` is the new size for TRUNCATE and the number for MARK."""

    kind: Kind
    path: str
    offset: int
    data: bytes


def compile_shim(folder: Path) -> Path | None:
    """The compiled shim, None where no C compiler is."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return None
    target = folder / "faultshim.so"
    command = [
        compiler,
        "-shared",
        "-fPIC",
        "-O1",
        "-Wall",
        "-Werror",
        "-o",
        str(target),
        str(_SOURCE),
        "-ldl",
        "-lpthread",
    ]
    subprocess.run(command, check=True)
    return target


def run_under_shim(shim: Path, module: str, arguments: Sequence[str], timeout_s: float = 500) -> str:
    """Run a module of ours in a process with the shim loaded; what it printed.

    Raises:
        AssertionError: it failed; with what it said.
    """
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, "LD_PRELOAD": str(shim)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"{module} ended with {done.returncode}: {done.stderr[-3000:]}")
    return done.stdout


class Shim:
    """The shim loaded into this very process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None, use_errno=True)
        self._library.shim_counted.restype = ctypes.c_long

    def arm(
        self, mode: Mode, path_part: str, *, at: int = 0, error: int = 0, sticky: bool = False, log: int = -1
    ) -> None:
        """Begin to act on files whose path holds `path_part`; counting starts anew.

        While recording, `at` > 0 kills the process at that operation: after it, or before it when `sticky`.
        """
        self._library.shim_arm(int(mode), path_part.encode(), ctypes.c_long(at), error, int(sticky), log)

    def disarm(self) -> None:
        """Let everything pass."""
        self._library.shim_disarm()

    def counted(self) -> int:
        """Operations seen since it was armed."""
        return int(self._library.shim_counted())

    def mark(self, number: int) -> None:
        """Write a number into the record: everything before it was acknowledged."""
        self._library.shim_mark(ctypes.c_ulong(number))


def recorded(log: bytes) -> Iterator[Recorded]:
    """The operations of a record, in order; one that a kill cut short is left out."""
    names: dict[int, str] = {}
    place = 0
    while place + _HEAD.size <= len(log):
        kind, file, offset, length = _HEAD.unpack_from(log, place)
        place += _HEAD.size
        data = log[place : place + length]
        place += length
        if place > len(log):
            return
        if kind == Kind.NAME:
            names[file] = data.decode()
            continue
        yield Recorded(Kind(kind), names.get(file, ""), offset, data)
