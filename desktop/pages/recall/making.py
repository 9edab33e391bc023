"""Puts the page of batches together."""

from collections.abc import Callable

from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Tasks
from desktop.pages.recall.page import RecallPage
from desktop.pages.recall.ports import BatchDesk
from desktop.pages.recall.presenter import RecallPresenter
from desktop.ui import Ui


def make_page(ui: Ui, tasks: Tasks, tell: Tell, batches: BatchDesk, on_order: Callable[[int], None]) -> RecallPage:
    """The page; `on_order` opens an order's page."""
    presenter = RecallPresenter(batches, tasks, tell)
    presenter.on_order = on_order
    return RecallPage(ui, presenter)
