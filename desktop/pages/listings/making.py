"""Puts the page of listings together."""

from collections.abc import Callable

from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Tasks
from desktop.pages.listings.page import ListingsPage
from desktop.pages.listings.ports import ListingDesk
from desktop.pages.listings.presenter import ListingsPresenter
from desktop.ui import Ui


def make_page(ui: Ui, tasks: Tasks, tell: Tell, desk: ListingDesk, on_order: Callable[[int], None]) -> ListingsPage:
    """The page over core's service; `on_order` opens an order."""
    presenter = ListingsPresenter(desk, tasks, tell)
    presenter.on_order = on_order
    return ListingsPage(ui, presenter)
