"""Puts the page of several desks together."""

from typing import TYPE_CHECKING

from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Tasks
from desktop.pages.desks.page import DesksPage
from desktop.pages.desks.presenter import DesksPresenter
from desktop.ui import Ui

if TYPE_CHECKING:
    from desktop.shell.ports import DeskPorts


def make_page(ui: Ui, tasks: Tasks, tell: Tell, ports: "DeskPorts") -> DesksPage:
    """The page; `ports.several` has to be there."""
    if ports.several is None:
        raise RuntimeError("this desk knows of no others")
    presenter = DesksPresenter(ports.several, tasks, tell)
    presenter.on_restart = ports.restart
    return DesksPage(ui, presenter)
