"""Puts the documents page together."""

import secrets
from collections.abc import Callable

from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Tasks
from desktop.pages.documents.page import DocumentsPage
from desktop.pages.documents.ports import DocumentDesk
from desktop.pages.documents.presenter import DocumentsPresenter
from desktop.ui import Ui


def make_page(
    ui: Ui,
    tasks: Tasks,
    tell: Tell,
    desk: DocumentDesk,
    on_order: Callable[[int], None],
    on_goods: Callable[[str], None],
) -> DocumentsPage:
    """The page; `on_order` opens an order, `on_goods` the goods of a code."""
    presenter = DocumentsPresenter(desk, tasks, tell, lambda: secrets.token_hex(16))
    presenter.on_order = on_order
    presenter.on_goods = on_goods
    return DocumentsPage(ui, presenter)
