"""Puts the stocktake page together."""

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Tasks
from desktop.pages.stocktake.comparing import ComparePresenter
from desktop.pages.stocktake.counting import CountPresenter
from desktop.pages.stocktake.deciding import LinesPresenter
from desktop.pages.stocktake.page import StocktakePage
from desktop.pages.stocktake.sheets import SheetsPresenter
from desktop.ui import Ui

if TYPE_CHECKING:
    from desktop.shell.ports import DeskPorts


def make_page(
    ui: Ui,
    tasks: Tasks,
    tell: Tell,
    ports: "DeskPorts",
    on_sound: Callable[[str], None],
    on_order: Callable[[int], None],
) -> StocktakePage:
    """The page with its presenters; `on_order` opens an order's page."""

    def nonce() -> str:
        return secrets.token_hex(16)

    lines = LinesPresenter(ports.counting, ports.count_reports, tasks, tell)
    lines.on_order = on_order
    return StocktakePage(
        ui,
        SheetsPresenter(ports.counting, tasks, tell, nonce),
        CountPresenter(ports.counting, tasks, tell, nonce, on_sound),
        lines,
        ComparePresenter(ports.count_reports, tasks, tell, nonce),
    )
