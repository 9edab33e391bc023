"""A server that runs on Node.js for the tests: started in a process group of its own, and ended with it."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.node_packages import CannotRunError, one_line

_START_S = 120.0
_STOP_S = 10.0


@contextmanager
def running_server(command: Sequence[str], folder: Path, env: Mapping[str, str], ready: str) -> Iterator[int]:
    """Run it until the block ends; gives the port it says. `ready` is how its line begins that ends with the port.

    Raises:
        CannotRunError: it ended, or took too long, before it was ready.
    """
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    lines = _Output(process)
    try:
        yield lines.wait_for_port(re.compile(re.escape(ready) + r"(\d+)"))
    finally:
        _stop(process)
        lines.close()


class _Output:
    """Reads what the shop prints, so that its pipe never fills."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="server output", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._lines.put(line)
        self._lines.put(None)

    def wait_for_port(self, ready: re.Pattern[str]) -> int:
        said: list[str] = []
        while True:
            try:
                line = self._lines.get(timeout=_START_S)
            except queue.Empty:
                raise CannotRunError(f"The server did not start within {_START_S:.0f} s") from None
            if line is None:
                raise CannotRunError(f"The server ended while starting: {one_line(''.join(said))}")
            match = ready.search(line)
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
