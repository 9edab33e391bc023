"""A screen, a bus and the real program on them; hands that only press keys, eyes that only read the window."""

import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

from tests.walk.screen_reader import ScreenReader, session_bus
from tests.walk.stranger import KEY_S, SCAN_S, Seen, text_of

ROOT = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT = 1366, 768
T = TypeVar("T")


def in_real_time(*command: str) -> list[str]:
    """A command as hardware would do it: no other work of the machine gets in between, where that may be had."""
    return ["chrt", "-f", "10", *command] if os.geteuid() == 0 and shutil.which("chrt") else list(command)


#: keys of a scanner come this fast
_GUN_MS = 4
#: between two looks while something is awaited
_BLINK_S = 0.02


def missing_programs() -> list[str]:
    """Programs this needs and the machine lacks."""
    return [name for name in ("Xvfb", "xdotool", "import", "convert", "dbus-daemon") if shutil.which(name) is None]


class Hands:
    """A scanner and ten fingers, as the X server sees them. Counts what it does, and the time it takes by the model."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.keys = self.scans = 0
        self.spent_s = 0.0

    def press(self, key: str) -> None:
        """One key by its X name, such as `F12`, `space`, `ctrl+3`."""
        self.rest(KEY_S)
        self.keys += 1
        self._xdotool("key", key)

    def types(self, text: str) -> None:
        """A person's typing: each key alone."""
        for char in text:
            self.rest(0.15)
            self.keys += 1
            self._xdotool("type", "--delay", "0", char)

    def scan(self, code: str) -> float:
        """Read a barcode; gives the moment its last key was sent."""
        self.rest(SCAN_S)
        self.scans += 1
        self._xdotool("type", "--delay", str(_GUN_MS), "--args", "1", code, "key", "--delay", "0", "Return")
        return time.monotonic()

    def rest(self, seconds: float) -> None:
        """What hands do apart from the program."""
        self.spent_s += seconds
        time.sleep(seconds)

    def _xdotool(self, *words: str) -> None:
        subprocess.run(in_real_time("xdotool", *words), env=dict(self._environment), check=True)


class Eyes:
    """What stands on the screen now, by the names of the labels."""

    def __init__(self, reader: ScreenReader, environment: Mapping[str, str]) -> None:
        self._reader = reader
        self._environment = environment
        self._looks_s: list[float] = []

    def look(self) -> dict[str, Seen]:
        """Every visible thing by its identifier."""
        started = time.monotonic()
        seen = self._reader.look()
        self._looks_s.append(time.monotonic() - started)
        return seen

    def look_ms(self) -> float:
        """How long one look takes, by the median: the reader's own part of every answer time."""
        return round(statistics.median(self._looks_s) * 1000, 1)

    def blink(self, seconds: float) -> None:
        """Let a moment pass."""
        time.sleep(seconds)

    def text(self, name: str) -> str:
        """What the label `name` says, nothing when it is not there."""
        return text_of(self.look(), name)

    def wait(self, what: str, is_there: Callable[[dict[str, Seen]], T], timeout_s: float = 30.0) -> T:
        """Look until something is there."""
        give_up = time.monotonic() + timeout_s
        while True:
            found = is_there(self.look())
            if found:
                return found
            if time.monotonic() > give_up:
                shown = [f"{key.rpartition('.')[2]}: {seen.text}" for key, seen in self.look().items() if seen.text]
                raise TimeoutError(f"{what} did not come; on the screen: {shown}")
            time.sleep(_BLINK_S)

    def photograph(self, path: Path) -> None:
        """The whole screen as a small picture."""
        raw = path.with_suffix(".raw.png")
        environment = dict(self._environment)
        subprocess.run(["import", "-window", "root", str(raw)], env=environment, check=True)
        subprocess.run(
            [
                "convert",
                str(raw),
                "-resize",
                "75%",
                "+dither",
                "-colors",
                "48",
                "-define",
                "png:compression-level=9",
                f"PNG8:{path}",
            ],
            check=True,
        )
        raw.unlink()


@contextmanager
def program(data: Path, language: str, display: str) -> Iterator[tuple[Hands, Eyes]]:
    """The real program in a real window that fills the screen; ended in the end."""
    with ExitStack() as stack:
        server = subprocess.Popen(
            ["Xvfb", display, "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp"],
            stderr=subprocess.DEVNULL,
        )
        stack.callback(_end, server)
        bus = stack.enter_context(session_bus())
        time.sleep(1.0)
        environment = {**os.environ, **bus, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        command = [sys.executable, "-m", "desktop", "--data", str(data), "--language", language, "--desk", "desk-1"]
        log = stack.enter_context((data.parent / f"{data.name}.log").open("w"))
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        stack.callback(_end, process)
        reader = ScreenReader(bus["DBUS_SESSION_BUS_ADDRESS"])
        stack.callback(reader.close)
        reader.wait_for_program()
        _fill_screen(environment, process.pid)
        yield Hands(environment), Eyes(reader, environment)


def _fill_screen(environment: Mapping[str, str], pid: int) -> None:
    """What a window manager does: give the window the screen and the keyboard."""
    found = subprocess.run(
        ["xdotool", "search", "--sync", "--onlyvisible", "--pid", str(pid)],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=True,
    )
    window = re.findall(r"\d+", found.stdout)[-1]
    for words in (
        ("windowmove", window, "0", "0"),
        ("windowsize", window, str(WIDTH), str(HEIGHT)),
        ("windowfocus", window),
    ):
        subprocess.run(["xdotool", *words], env=dict(environment), check=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
