"""The bar of stopped sales: below every page as long as one stands, so that nobody forgets it. It takes no key."""

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.ui import Ui
from desktop.widgets.controls import SIGNS, TONE_TOKENS, ActionButton
from desktop.widgets.labels import ElidedLabel, IconLabel, set_look


class StopBar(QFrame):
    """Says how many sales are stopped, and leads to them."""

    def __init__(self, ui: Ui, go: Callable[[str], None], place: QWidget) -> None:
        """`place` is the foot of the frame that it lies in."""
        super().__init__()
        self.setObjectName("shell.stopped")
        self.setProperty("look", "message")
        self._words = ElidedLabel(ui, name="shell.stopped.words")
        see = ActionButton(ui, "shell.stopped.see", lambda: go("limits"), name="shell.stopped.see", takes_focus=False)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(IconLabel(ui, SIGNS["notice"], TONE_TOKENS["notice"], 18))
        row.addWidget(self._words, 1)
        row.addWidget(see)
        whole = QVBoxLayout(place)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self)
        place.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        set_look(self, tone="notice")
        self._ui = ui
        self._count = 0
        self._shops: tuple[str, ...] = ()

    def show_count(self, count: int) -> None:
        """Show the bar while something is stopped."""
        self.setVisible(count > 0)
        self._count = count
        self._say()

    def show_shops(self, names: tuple[str, ...]) -> None:
        """Name the shops where somebody has to take goods off sale by hand."""
        self._shops = names
        self._say()

    def _say(self) -> None:
        if self._shops:
            shops = self._ui.texts.t("limits.and_shop").join(self._shops)
            self._words.say("shell.stopped.by_hand", n=self._count, shops=shops)
        else:
            self._words.say("shell.stopped", n=self._count)
