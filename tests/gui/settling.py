"""What the gallery's scenes share: waiting until what was asked for is on the screen, and a parcel on the desk."""

from collections.abc import Callable

from PySide6.QtCore import QEventLoop, QTimer

from desktop.commands import Command
from desktop.shell.window import DeskWindow


def settle(milliseconds: int = 200) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def settled(is_done: Callable[[], bool]) -> None:
    """Wait for something that takes its time; the picture shows what there is if it never comes."""
    for _ in range(200):
        if is_done():
            return
        settle(50)


def opened(window: DeskWindow, *codes: str) -> None:
    """The next parcel on the desk, and what is scanned there."""
    presenter = window.parts.packing
    presenter.press(Command.NEXT)
    for code in codes:
        settle(30)
        presenter.scan(code)
