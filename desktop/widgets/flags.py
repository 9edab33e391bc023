"""A seller's flag (插旗) as colour and word."""

from typing import Final

from PySide6.QtWidgets import QSizePolicy

from desktop.ui import Ui
from desktop.widgets.labels import PlainLabel, set_look

#: as `core.channels.shop_contract.Flag`, which the first page must not load
FLAGS: Final = ("red", "yellow", "green", "blue", "purple")


class FlagMark(PlainLabel):
    """Shows one flag; hidden where there is none."""

    def __init__(self, ui: Ui, name: str = "") -> None:
        super().__init__(ui, "flag", name=name)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.hide()

    def show_flag(self, flag: str) -> None:
        """Show a flag of `core.channels.shop_contract.Flag`."""
        self.setVisible(bool(flag))
        if flag:
            self.say(f"flag.{flag}")
            set_look(self, tone=flag)
