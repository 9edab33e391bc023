"""The question for a batch: what may be in hand as numbered buttons, the one that the books have chosen first."""

from functools import partial
from typing import Final

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from core.fulfilment.records import LineBatch
from desktop.commands import Command
from desktop.pages.packing.presenter import PackingPresenter
from desktop.pages.packing.screen import PackingScreen
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.batches import left_days, left_phrase
from desktop.widgets.controls import ActionButton
from desktop.widgets.labels import ElidedLabel, PlainLabel, set_look

_MOST: Final = 6


class BatchCard(QFrame):
    """Asked inline: Enter takes the first, a number and Enter another, any other text is the batch itself."""

    def __init__(self, ui: Ui, presenter: PackingPresenter) -> None:
        super().__init__()
        self._ui = ui
        self.setObjectName("packing.batch")
        self.setProperty("look", "question")
        self._title = ElidedLabel(ui, "heading", name="packing.batch.title")
        self._hint = PlainLabel(ui, "secondary", name="packing.batch.hint")
        self._buttons = [
            ActionButton(
                ui,
                "action.choose",
                partial(presenter.press, Command.REASON, number),
                key="Enter" if number == 1 else str(number),
                name=f"packing.batch.{number}",
                takes_focus=False,
            )
            for number in range(1, _MOST + 1)
        ]
        row = QHBoxLayout()
        for button in self._buttons:
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 10)
        column.addWidget(self._title)
        column.addLayout(row)
        column.addWidget(self._hint)
        self.hide()

    def show_for(self, screen: PackingScreen) -> None:
        """Show the question, or nothing."""
        question = screen.batch
        self.setVisible(question is not None)
        if question is None:
            return
        self._title.say("packing.batch.title", name=question.name, n=question.qty)
        self._hint.say("packing.batch.hint" if question.offered else "packing.batch.none")
        for place, button in enumerate(self._buttons):
            if place < len(question.offered):
                button.say("packing.batch.one", **self._words(question.offered[place]))
                set_look(button, look="main" if place == 0 else "plain")
            button.setVisible(place < len(question.offered))

    def _words(self, batch: LineBatch) -> dict[str, object]:
        if batch.expires_on is None:
            return {"batch": batch.code, "left": Phrase("batches.no_day")}
        return {"batch": batch.code, "left": left_phrase(left_days(batch.expires_on, self._ui.now()))}
