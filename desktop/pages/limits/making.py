"""Puts the page of limits together."""

from collections.abc import Callable

from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Tasks
from desktop.pages.limits.page import LimitsPage
from desktop.pages.limits.ports import LowStockDesk
from desktop.pages.limits.presenter import LimitsPresenter
from desktop.ui import Ui


def make_page(ui: Ui, tasks: Tasks, tell: Tell, desk: LowStockDesk, on_order: Callable[[int], None]) -> LimitsPage:
    """The page over core's service; `on_order` opens an order."""
    presenter = LimitsPresenter(desk, tasks, tell)
    presenter.on_order = on_order
    return LimitsPage(ui, presenter)
