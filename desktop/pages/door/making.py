"""Puts the page of the malls' door together."""

from typing import TYPE_CHECKING

from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Tasks
from desktop.pages.door.page import DoorPage
from desktop.pages.door.presenter import DoorPresenter
from desktop.ui import Ui

if TYPE_CHECKING:
    from desktop.shell.ports import DeskPorts


def make_page(ui: Ui, tasks: Tasks, tell: Tell, ports: "DeskPorts") -> DoorPage:
    """The page; `ports.mall_door` has to be there."""
    if ports.mall_door is None:
        raise RuntimeError("this desk has no door for malls")
    return DoorPage(ui, DoorPresenter(ports.mall_door, tasks, tell, ports.practice))
