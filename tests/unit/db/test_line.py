"""Programs that write one file stand in line: whoever came first goes first, and nobody waits for the dead."""

import errno
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.db.line import ENDING, Line

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no line on Windows")

_OTHER = """
import sys
from pathlib import Path
from core.db import line as module
from core.db.line import Line
module._TRUST_S = 600
line = Line(Path(sys.argv[1]))
line.queue_up()
print("in line", flush=True)
for word in sys.stdin:
    if word.strip() == "leave":
        line.leave()
    print(line.is_our_turn(), flush=True)
"""


class Other:
    """Another program, which has come just now."""

    def __init__(self, database: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _OTHER, str(database)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env={"PYTHONPATH": str(Path(__file__).parents[3])},
        )
        self._heard()

    def ask(self, word: str = "turn") -> bool:
        """Whether it is its turn."""
        assert self.process.stdin is not None
        print(word, file=self.process.stdin, flush=True)
        return self._heard() == "True"

    def _heard(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@contextmanager
def another(database: Path) -> Iterator[Other]:
    other = Other(database)
    try:
        yield other
    finally:
        other.process.kill()
        other.process.communicate()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


@pytest.fixture
def trusting(monkeypatch):
    """However slow the machine is: nobody is taken for asleep."""
    monkeypatch.setattr("core.db.line._TRUST_S", 600)


@pytest.mark.usefixtures("trusting")
def test_whoever_came_first_goes_first(database):
    line = Line(database)
    with another(database) as first:
        assert not line.is_our_turn()
        with another(database) as last:
            assert first.ask()
            assert not last.ask()
            assert not line.is_our_turn()
            first.ask("leave")
            assert not last.ask()
            assert line.is_our_turn()
            line.leave()
            assert last.ask()
            assert not line.is_our_turn(), "whoever has written goes to the end"
    line.close()


def test_where_nobody_waits_there_is_no_place_to_take(database):
    line = Line(database)
    assert line.is_our_turn()
    with another(database) as other:
        assert other.ask()
    line.close()


@pytest.mark.usefixtures("trusting")
def test_a_killed_program_leaves_no_gap(database):
    line = Line(database)
    with another(database):
        assert not line.is_our_turn()
    assert line.is_our_turn()
    line.close()


def test_a_program_that_was_stopped_is_passed_after_a_second(database):
    line = Line(database)
    with another(database):
        began = time.monotonic()
        while not line.is_our_turn():
            time.sleep(0.01)
        assert time.monotonic() - began > 0.9
    line.close()


def test_where_there_is_no_line_everybody_asks(tmp_path):
    nowhere = Line(tmp_path / "no folder" / "a.db")
    nowhere.queue_up()
    assert nowhere.is_our_turn()
    nowhere.close()
    none = Line(None)
    none.queue_up()
    assert none.is_our_turn()
    none.leave()


def test_it_lies_beside_the_database(database):
    line = Line(database)
    line.queue_up()
    assert [path.name for path in database.parent.iterdir()] == [f"a.db{ENDING}"]
    line.close()


def test_a_file_system_without_locks_has_no_line_and_keeps_nobody_waiting(database, monkeypatch):
    asked = []

    def no_locks(_descriptor, kind, *_where):
        asked.append(kind)
        assert len(asked) < 10, "it is tried without end"
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("core.db.line.fcntl.lockf", no_locks)
    line = Line(database)
    line.queue_up()
    assert line.is_our_turn()
    line.leave()
    line.close()
    assert len(asked) == 1


def test_locks_that_are_lost_on_the_way_end_the_line(database, monkeypatch):
    line = Line(database)
    line.queue_up()

    def lost(*_what):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("core.db.line.fcntl.lockf", lost)
    line.leave()
    assert line.is_our_turn()
    line.close()
