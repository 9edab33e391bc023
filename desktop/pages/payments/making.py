"""Puts the page of payments together."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Tasks
from desktop.pages.payments.page import PaymentsPage
from desktop.pages.payments.presenter import PaymentsPresenter
from desktop.ui import Ui

if TYPE_CHECKING:
    from desktop.shell.ports import DeskPorts


def make_page(
    ui: Ui,
    tasks: Tasks,
    tell: Tell,
    ports: "DeskPorts",
    on_order: Callable[[int], None],
    on_order_no: Callable[[str], None],
) -> PaymentsPage:
    """The page; `on_order` and `on_order_no` open an order."""
    presenter = PaymentsPresenter(ports.payments, tasks, tell)
    presenter.on_order = on_order
    presenter.on_order_no = on_order_no
    return PaymentsPage(ui, presenter)
