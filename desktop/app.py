"""Builds the window. Importing this loads no database and no network library: the first paint comes before them."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from desktop.bridge.task_runner import TaskRunner
from desktop.settings import DeskSettings
from desktop.shell.window import DeskWindow
from desktop.ui import Ui

if TYPE_CHECKING:
    from desktop.shell.ports import DeskPorts


def build_window(
    app: QApplication,
    settings: DeskSettings,
    *,
    boot: "Callable[[], DeskPorts]",
    folder: Path,
    now: Callable[[], datetime],
) -> DeskWindow:
    """The desk's window, not shown yet.

    Args:
        app: the one application of this process.
        settings: of this desk.
        boot: loads everything behind the window and joins it; called once, in a lane, after the first paint. What it
            raises is told in the window.
        folder: the data folder, for what the desk writes itself (command sheet).
        now: aware current time.
    """
    ui = Ui(app, settings, now)
    tasks = TaskRunner()
    window = DeskWindow(app, ui, tasks, folder, boot)
    for part in (ui, tasks):
        part.setParent(window)
    return window
