"""The desk sentence: what happened and what to do, readable from two metres."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.labels import FitLabel, IconLabel, PlainLabel, set_look

_SIGNS = {
    "calm": ("scan-barcode", "accent"),
    "good": ("circle-check", "good"),
    "notice": ("triangle-alert", "notice"),
}


class DeskSentence(QFrame):
    """Three lines on a ground whose colour, sign and words say the same."""

    def __init__(self, ui: Ui, name: str) -> None:
        super().__init__()
        self._ui = ui
        self.setObjectName(name)
        self.setProperty("look", "sentence")
        self._sign = IconLabel(ui, "scan-barcode", "accent", 52)
        self._what = FitLabel(ui, "desk", name=f"{name}.what")
        self._more = FitLabel(ui, "deskMore", name=f"{name}.more")
        self._way = FitLabel(ui, "deskMore", name=f"{name}.way")
        self._factor = PlainLabel(ui, "desk", name=f"{name}.factor")
        self._corner = PlainLabel(ui, "deskMore", wraps=True, name=f"{name}.corner")
        self._corner.setWordWrap(False)
        self._corner.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._shown: tuple[str, Phrase, Phrase | None, Phrase | None] | None = None
        lines = QVBoxLayout()
        lines.setSpacing(2)
        lines.addStretch(1)
        for label in (self._what, self._more, self._way):
            lines.addWidget(label)
        lines.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 8, 20, 8)
        row.setSpacing(18)
        row.addWidget(self._sign)
        row.addLayout(lines, 1)
        row.addWidget(self._factor)
        row.addWidget(self._corner)
        # Room for three lines, so that what stands below does not jump when a line comes or goes.
        self.setMinimumHeight(ui.scaled(144))
        ui.retranslated.connect(self._say_again)

    def say(self, mood: str, what: Phrase, more: Phrase | None, way: Phrase | None) -> None:
        """Show a sentence on the ground of its mood (calm | good | notice | stop)."""
        shown = (mood, what, more, way)
        if shown == self._shown:
            return
        self._shown = shown
        set_look(self, tone=mood)
        icon, token = _SIGNS.get(mood, ("octagon-x", "on_alarm"))
        self._sign.change(icon, token)
        self._say_again()

    def show_factor(self, text: str) -> None:
        """Show what multiplies the next scan, as large as the sentence; empty for nothing."""
        self._factor.show_text(text)
        self._factor.setVisible(bool(text))

    def show_corner(self, text: str) -> None:
        """Show where we are (place in the wave), small on the right."""
        self._corner.show_text(text)

    def _say_again(self) -> None:
        if self._shown is None:
            return
        _, what, more, way = self._shown
        self._what.show_text(self._ui.texts.say(what))
        for label, phrase in ((self._more, more), (self._way, way)):
            words = "" if phrase is None else self._ui.texts.say_if_known(phrase)
            label.show_text(words)
            label.setVisible(bool(words))
