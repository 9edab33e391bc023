"""Puts the page of the drill together."""

from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Tasks
from desktop.pages.drill.page import DrillPage
from desktop.pages.drill.ports import DrillDesk
from desktop.pages.drill.presenter import DrillPresenter
from desktop.ui import Ui


def make_page(ui: Ui, tasks: Tasks, tell: Tell, desk: DrillDesk) -> DrillPage:
    """The page with its presenter."""
    return DrillPage(ui, DrillPresenter(desk, tasks, tell))
