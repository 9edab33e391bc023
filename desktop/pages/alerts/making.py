"""Making the alerts page out of what a window has."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Tasks
from desktop.pages.alerts.channels import ChannelsTab
from desktop.pages.alerts.deciding import DecidingPresenter
from desktop.pages.alerts.duty import DutyTab
from desktop.pages.alerts.page import AlertsPage
from desktop.pages.alerts.ports import AlertDesk, AlertSettingsDesk
from desktop.pages.alerts.presenter import AlertsPresenter
from desktop.pages.alerts.rules import RulesTab
from desktop.ui import Ui


def make_page(
    ui: Ui,
    tasks: Tasks,
    tell: Tell,
    alerts: AlertDesk,
    settings: AlertSettingsDesk,
    go: Callable[[str], None],
) -> AlertsPage:
    """The page; its other tabs are made when they are first opened. `go` opens a page or a pile of orders."""
    presenter = AlertsPresenter(alerts, tasks, tell)
    kinds: dict[str, Callable[[Ui, DecidingPresenter], QWidget]] = {
        "duty": DutyTab,
        "rules": RulesTab,
        "channels": ChannelsTab,
    }

    def make_tab(tab: str) -> QWidget:
        return kinds[tab](ui, DecidingPresenter(settings, tasks, tell))

    page = AlertsPage(ui, presenter, make_tab)
    presenter.on_door = lambda door: page.open_tab(door) if door == "channels" else go(door)
    return page
