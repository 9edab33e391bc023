"""Puts the page of quotas together."""

from collections.abc import Callable

from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Tasks
from desktop.pages.quotas.page import QuotasPage
from desktop.pages.quotas.ports import QuotaDesk
from desktop.pages.quotas.presenter import QuotaPresenter
from desktop.ui import Ui


def make_page(
    ui: Ui,
    tasks: Tasks,
    tell: Tell,
    desk: QuotaDesk,
    on_stop: Callable[[str], None],
    on_start: Callable[[int, str], None],
) -> QuotasPage:
    """The page over core's service; `on_stop` and `on_start` as the presenter's."""
    presenter = QuotaPresenter(desk, tasks, tell)
    presenter.on_stop = on_stop
    presenter.on_start = on_start
    return QuotasPage(ui, presenter)
