"""Builds the window. Importing this loads no database and no network library: the first paint comes before them."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtWidgets import QApplication

from desktop.settings import DeskSettings
from desktop.shell.window import DeskWindow, Start


def build_window(
    app: QApplication, settings: DeskSettings, *, start: Start, folder: Path, now: Callable[[], datetime]
) -> DeskWindow:
    """The desk's window, not shown yet.

    Args:
        app: the one application of this process.
        settings: of this desk.
        start: loads everything behind the window after the first paint. What it raises is told in the window.
        folder: the data folder, for what the desk writes itself (command sheet).
        now: aware current time.
    """
    return DeskWindow(app, settings, folder, start, now)
