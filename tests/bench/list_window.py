"""The real page of orders over a bench file, and the time from a key to the end of the paint that follows."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from core.channels.registry import built_in
from core.desk.labels import Labels
from core.desk.notes import Notes
from core.desk.orders import Orders
from desktop.bridge.task_runner import TaskRunner
from desktop.pages.orders.page import OrdersPage
from desktop.pages.orders.presenter import OrdersPresenter
from desktop.settings import DeskSettings
from desktop.ui import Ui
from tests.bench.shop import CARRIER, BenchFile

_PATIENCE_MS: Final = 10_000
_KEYS: Final = {name: getattr(Qt.Key, f"Key_{name}") for name in ("PageDown", "PageUp", "Home", "End", "Up", "Down")}


@dataclass(frozen=True, slots=True)
class Shown:
    """One act, in milliseconds: CPU of the clerk's own thread, and wall time until it was on the screen."""

    own: float
    wall: float


class _Paints(QObject):
    """Counts paints of a widget, and ends the loop that waits for one."""

    def __init__(self, watched: QObject) -> None:
        super().__init__()
        self.count = 0
        self.loop: QEventLoop | None = None
        self.is_enough: Callable[[], bool] = lambda: True
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name and signature
        if event.type() == QEvent.Type.Paint:
            self.count += 1
            if self.loop is not None and self.is_enough():
                # Takes effect when the paint is done.
                self.loop.quit()
        return False


class ListWindow:
    """The page with its lanes, open at the newest orders."""

    def __init__(self, file: BenchFile) -> None:
        self._app = QApplication.instance() or QApplication([])
        settings = DeskSettings(None)
        ui = Ui(self._app, settings, file.clock.now)
        ui.settle()
        self._tasks = TaskRunner()
        orders = Orders(file.store, file.digester.digest, CARRIER)
        self._presenter = OrdersPresenter(
            orders, Labels(file.store, CARRIER), Notes(file.store, built_in), self._tasks, self._tell
        )
        self.page = OrdersPage(ui, self._presenter)
        self.page.resize(1366, 768)
        self._paints = _Paints(self.page.table.viewport())
        self._resets = 0
        self.page.model.modelReset.connect(self._on_reset)

    def __enter__(self) -> Self:
        self._acted(self.page.show, lambda: self._resets > 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.page.close()
        self._tasks.stop()

    def press(self, name: str) -> Shown:
        """A key in the list."""
        return self._acted(lambda: self._send(name), lambda: True)

    def place(self, name: str) -> None:
        """A key that may change nothing, and is not timed."""
        self._send(name)
        self.rest()

    def choose(self, pile: str) -> Shown:
        """Another pile, until its first rows are painted."""
        return self._until_new_rows(lambda: self._presenter.choose_pile(pile))

    def search(self, typed: str) -> Shown:
        """A search, until what it found is painted."""
        return self._until_new_rows(lambda: self._presenter.search(typed))

    def refresh(self) -> Shown:
        """Records changed: the same rows again."""
        return self._until_new_rows(self.page.handle_changed)

    def rest(self, milliseconds: int = 30) -> None:
        """Let everything arrive that is on its way."""
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    def _send(self, name: str) -> None:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, _KEYS[name], Qt.KeyboardModifier.NoModifier)
            QCoreApplication.sendEvent(self.page.table, event)

    def _until_new_rows(self, act: Callable[[], None]) -> Shown:
        before = self._resets
        return self._acted(act, lambda: self._resets > before)

    def _acted(self, act: Callable[[], None], is_enough: Callable[[], bool]) -> Shown:
        loop = QEventLoop()
        self._paints.loop, self._paints.is_enough = loop, is_enough
        QTimer.singleShot(_PATIENCE_MS, loop, lambda: loop.exit(1))
        cpu, wall = time.thread_time(), time.perf_counter()
        act()
        code = loop.exec()
        shown = Shown((time.thread_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000)
        self._paints.loop = None
        if code:
            raise TimeoutError("nothing was painted")
        self.rest()
        return shown

    def _on_reset(self) -> None:
        self._resets += 1

    def _tell(self, tone: str, phrase: object, undo: object) -> None:
        raise RuntimeError(f"the page complains: {phrase}")
