"""Puts the page of replenishment together."""

import secrets
from collections.abc import Callable

from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Tasks
from desktop.pages.replenish.page import ReplenishPage
from desktop.pages.replenish.ports import ReplenishDesk
from desktop.pages.replenish.presenter import ReplenishPresenter
from desktop.ui import Ui


def make_page(
    ui: Ui, tasks: Tasks, tell: Tell, desk: ReplenishDesk, on_document: Callable[[str], None]
) -> ReplenishPage:
    """The page over core's service; `on_document` opens a document by its number."""
    presenter = ReplenishPresenter(desk, tasks, tell, lambda: secrets.token_hex(16))
    presenter.on_document = on_document
    return ReplenishPage(ui, presenter)
