"""Puts the page of accidents together."""

from collections.abc import Callable

from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Tasks
from desktop.pages.accident.page import AccidentsPage
from desktop.pages.accident.ports import AccidentDesk
from desktop.pages.accident.presenter import AccidentPresenter
from desktop.ui import Ui


def make_page(
    ui: Ui,
    tasks: Tasks,
    tell: Tell,
    desk: AccidentDesk,
    on_order: Callable[[int], None],
    on_document: Callable[[str], None],
) -> AccidentsPage:
    """The page over core's service; it opens an order by its id, and a document by its number."""
    presenter = AccidentPresenter(desk, tasks, tell)
    presenter.on_order = on_order
    presenter.on_document = on_document
    return AccidentsPage(ui, presenter)
