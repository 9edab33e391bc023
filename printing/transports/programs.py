"""Running the system's printing programs: in plain English whatever the desk's language, and never for ever."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from printing.errors import NothingSent


@dataclass(frozen=True, slots=True)
class Said:
    """What a program answered: its exit code, and its words on both ways out."""

    code: int
    out: str
    error: str


class TookTooLong(Exception):
    """A program was stopped because it did not end."""


def run(words: Sequence[str], *, data: bytes = b"", timeout_s: float) -> Said:
    """Run a program of the path with `data` as its input.

    Raises:
        NothingSent: `wire.no_cups`, there is no such program.
        TookTooLong: it was still running after `timeout_s`, and has been stopped.
    """
    program = shutil.which(words[0])
    if program is None:
        raise NothingSent("wire.no_cups", f"the program {words[0]} is missing: install cups-client", sent_bytes=0)
    environ = {**os.environ, "LC_ALL": "C", "LANGUAGE": "C"}
    try:
        done = subprocess.run(  # noqa: S603  # a program of the system, without a shell
            [program, *words[1:]], input=data, capture_output=True, env=environ, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise TookTooLong from error
    return Said(done.returncode, _text(done.stdout), _text(done.stderr))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace").strip()
