"""Other parcels for the receiver of the open one: said in one line, joined with a key."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from core.fulfilment.records import Companion, Lookalike, Together
from desktop.commands import Command
from desktop.formats import age_phrase, number_text
from desktop.pages.packing.presenter import PackingPresenter
from desktop.pages.packing.screen import MERGE_KEY, UNMERGE_KEY, PackingScreen
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.labels import ElidedLabel

_NAMED = 3


class MergeCard(QFrame):
    """A reminder, never a question: who does not care packs on."""

    def __init__(self, ui: Ui, presenter: PackingPresenter) -> None:
        super().__init__()
        self.setObjectName("packing.merge")
        self.setProperty("look", "question")
        self._ui = ui
        self._words = ElidedLabel(ui, "heading", name="packing.merge.words")
        self._why = ElidedLabel(ui, "secondary", name="packing.merge.why")
        self._apart = ElidedLabel(ui, "secondary", name="packing.merge.apart")
        said = QVBoxLayout()
        said.setSpacing(2)
        for label in (self._words, self._why, self._apart):
            said.addWidget(label)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 16, 8)
        row.addLayout(said, 1)
        self._merge, self._part = (
            ActionButton(
                ui,
                code,
                partial(presenter.press, command),
                key=key,
                name=f"packing.action.{command}",
                takes_focus=False,
            )
            for code, command, key in (
                ("action.merge", Command.MERGE, MERGE_KEY),
                ("action.unmerge", Command.UNMERGE, UNMERGE_KEY),
            )
        )
        row.addWidget(self._merge)
        row.addWidget(self._part)
        self.hide()

    def show_for(self, screen: PackingScreen) -> None:
        """Show what could be joined and by whose word, that several orders lie in this box, or why others may not."""
        parcel, found, apart = screen.parcel, screen.companions, screen.apart
        is_merged = parcel is not None and len(parcel.order_nos) > 1
        self.setVisible(parcel is not None and bool(found or is_merged or apart))
        self._merge.setVisible(bool(found))
        self._part.setVisible(is_merged)
        self._words.setVisible(bool(found or is_merged))
        if found:
            self._words.say("packing.companions", n=len(found), numbers=_named(found))
        elif parcel is not None and is_merged:
            self._words.say("packing.merged", n=len(parcel.order_nos))
        self._why.setVisible(bool(found) and found[0].why is not Together.ADDRESS)
        if found:
            # The oldest answer is said: what could go wrong is that it is old.
            said_at = min((one.said_at for one in found if one.said_at is not None), default=None)
            age_s = 0.0 if said_at is None else (self._ui.now() - said_at).total_seconds()
            self._why.say(f"packing.together.{found[0].why}", age=age_phrase(age_s))
        self._apart.setVisible(bool(apart))
        if apart:
            why = Phrase(f"packing.apart.{apart[0].why}")
            self._apart.say("packing.apart", n=len(apart), numbers=_named(apart), why=why)


def _named(parcels: Sequence[Companion | Lookalike]) -> str:
    numbers = [number_text(no) for each in parcels for no in each.order_nos]
    return "  ".join(numbers[:_NAMED]) + (" …" if len(numbers) > _NAMED else "")
