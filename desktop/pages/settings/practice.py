"""The card of the practice shop: where its own page is, and more buyers at a press."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout

from desktop.bridge.tasks import Tasks
from desktop.errors import error_phrase
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.labels import PlainLabel

_MORE = 20


class PracticeDesk(Protocol):
    """The practice shop that runs inside this program."""

    def address(self) -> str:
        """Its own page, for a browser on this machine."""
        ...

    def place_orders(self, count: int) -> int:
        """Let invented buyers place and pay orders; how many the shop has then."""
        ...

    def uses_door(self) -> bool:
        """Whether it reserves at the malls' door before it sells."""
        ...

    def use_door(self, *, is_on: bool) -> None:
        """Let it reserve before it sells, or not."""
        ...


class PracticeCard(QFrame):
    """Says where the practice shop is and lets its buyers buy."""

    def __init__(
        self, ui: Ui, tasks: Tasks, tell: Callable[[str, Phrase, Callable[[], None] | None], None], shop: PracticeDesk
    ) -> None:
        super().__init__()
        self._tasks = tasks
        self._tell = tell
        self._shop = shop
        self.setProperty("look", "card")
        head = PlainLabel(ui, "heading")
        head.say("settings.practice")
        text = self._text = PlainLabel(ui, "secondary", wraps=True, name="settings.practice.hint")
        text.say("settings.practice.hint")
        more = ActionButton(ui, "settings.practice.more", self._buy, icon="store", name="settings.practice.more")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(8)
        for widget in (head, text, more):
            column.addWidget(widget)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """It may have been opened since the page was seen last."""
        super().showEvent(event)
        self._tasks.submit(
            self._shop.address,
            lambda url: self._text.say("settings.practice.hint", url=url),
            lambda error: self._text.say_phrase(error_phrase(error)),
            owner=self,
            key="address",
        )

    def _buy(self) -> None:
        self._tasks.submit(
            lambda: self._shop.place_orders(_MORE),
            lambda _count: self._tell("good", Phrase("settings.practice.placed", {"n": _MORE}), None),
            lambda error: self._tell("stop", error_phrase(error), None),
            owner=self,
        )
