"""What the tests of windows share: a shop in memory, tasks that run when told, a window with both."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.app import build_window
from desktop.bridge.tasks import Lane
from desktop.pages.packing.presenter import PackingPresenter
from desktop.settings import DeskSettings
from desktop.shell.ports import DeskPorts
from desktop.shell.window import DeskWindow, Start
from desktop.ui import Ui
from tests.support.desk_world import GOODS, START, DeskWorld


def pytest_configure(config: pytest.Config) -> None:
    """The marker by which a test announces a log it is meant to cause."""
    config.addinivalue_line(
        "markers", "expected_log(pattern, logger=None): a warning or error the test means to cause"
    )


@dataclass
class ManualTasks:
    """Keeps what was submitted until the test runs it, in order: a desk whose answers are late."""

    waiting: deque[Callable[[], None]] = field(default_factory=deque)

    def submit(self, work, on_result, on_error=None, *, owner, key="", lane=Lane.READS):
        def run() -> None:
            try:
                result = work()
            except Exception as error:
                if on_error is None:
                    raise
                on_error(error)
            else:
                on_result(result)

        self.waiting.append(run)

    def run(self, count: int = 10_000) -> None:
        while self.waiting and count:
            self.waiting.popleft()()
            count -= 1


class Desk:
    """A packing presenter with its world: scans in, sentences out. No Qt anywhere."""

    def __init__(self) -> None:
        self.world = DeskWorld(now=lambda: self.now)
        self.now = START
        self.tasks = ManualTasks()
        self.settings = DeskSettings(None)
        self.sounds: list[str] = []
        self._nonces = iter(range(1, 1_000_000))
        self.presenter = PackingPresenter(
            self.world,
            self.world,
            self.tasks,
            self.settings,
            now=lambda: self.now,
            nonce=lambda: f"n{next(self._nonces)}",
            on_sound=self.sounds.append,
        )

    @property
    def screen(self):
        return self.presenter.screen

    @property
    def said(self) -> str:
        return self.screen.sentence.what.code

    def scan(self, *codes: str) -> None:
        for code in codes:
            self.presenter.scan(code)
            self.tasks.run()

    def press(self, command, number: int = 0) -> None:
        self.presenter.press(command, number)
        self.tasks.run()

    def called(self, name: str) -> list[object]:
        return [about for called, about in self.world.calls if called == name]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def settings() -> DeskSettings:
    values = DeskSettings(None)
    values.put("sound", False)
    return values


@pytest.fixture
def ui(qapp: QApplication, settings: DeskSettings) -> Ui:
    return Ui(qapp, settings, lambda: START)


@pytest.fixture
def world() -> DeskWorld:
    made = DeskWorld()
    milk, bottle, bib, wipes, diapers = GOODS
    made.add_parcel((milk, 2), (bottle, 1), (bib, 1), note="请放门口")
    made.add_parcel((wipes, 24))
    made.add_parcel((diapers, 1))
    return made


@pytest.fixture
def window(
    qtbot: QtBot, qapp: QApplication, settings: DeskSettings, world: DeskWorld, tmp_path: Path
) -> Iterator[DeskWindow]:
    def boot() -> DeskPorts:
        return DeskPorts(world, world, world, world, world, lambda _listener: None, *[world] * 6)

    made = build_window(qapp, settings, start=Start(boot), folder=tmp_path, now=lambda: START)
    with qtbot.waitSignal(made.first_page):
        made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: made.isActiveWindow() and QApplication.focusWidget() is not None)
    yield made
    made.close()
    made.deleteLater()
