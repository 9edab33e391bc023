"""Puts the page of handing over together."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QFont

from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Tasks
from desktop.pages.handover.page import HandoverPage
from desktop.pages.handover.paper import SheetPapers
from desktop.pages.handover.presenter import HandoverPresenter
from desktop.ui import Ui

if TYPE_CHECKING:
    from desktop.shell.ports import DeskPorts


def open_file(path: Path) -> None:
    """Show a file in the program that this machine has for its kind; where it has none, nothing happens."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def make_page(
    ui: Ui,
    tasks: Tasks,
    tell: Tell,
    ports: "DeskPorts",
    *,
    folder: Path,
    font: QFont,
    on_sound: Callable[[str], None],
    on_order: Callable[[int], None],
) -> HandoverPage:
    """The page; sheets are written into `folder` with the `font` of the window; `on_order` opens an order."""
    presenter = HandoverPresenter(
        ports.handover,
        tasks,
        tell,
        now=ui.now,
        papers=SheetPapers(folder, ui.texts, font, ports.print_slip),
        open_file=open_file,
        on_sound=on_sound,
    )
    presenter.on_order = on_order
    return HandoverPage(ui, presenter)
