"""Other parcels for the receiver of the open one: said in one line, joined with a key."""

from functools import partial

from PySide6.QtWidgets import QFrame, QHBoxLayout

from desktop.commands import Command
from desktop.formats import number_text
from desktop.pages.packing.presenter import PackingPresenter
from desktop.pages.packing.screen import MERGE_KEY, UNMERGE_KEY, PackingScreen
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
        self._words = ElidedLabel(ui, "heading", name="packing.merge.words")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 16, 8)
        row.addWidget(self._words, 1)
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
        """Show what could be joined, or that several orders lie in this box already."""
        parcel, found = screen.parcel, screen.companions
        is_merged = parcel is not None and len(parcel.order_nos) > 1
        self.setVisible(parcel is not None and (bool(found) or is_merged))
        self._merge.setVisible(bool(found))
        self._part.setVisible(is_merged)
        if found:
            numbers = [number_text(no) for each in found for no in each.order_nos]
            shown = "  ".join(numbers[:_NAMED]) + (" …" if len(numbers) > _NAMED else "")
            self._words.say("packing.companions", n=len(found), numbers=shown)
        elif parcel is not None and is_merged:
            self._words.say("packing.merged", n=len(parcel.order_nos))
