"""The bar over the strip: what happened, what to do, undo, and a fold with details.

It neither moves the page nor covers it, but for the fold, which the clerk opens.
"""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout

from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import SIGNS, TONE_TOKENS, ActionButton
from desktop.widgets.labels import ElidedLabel, IconLabel, PlainLabel, set_look

_SHOWN_MS = 8000


@dataclass(frozen=True, slots=True)
class Message:
    """One notice.

    Attributes:
        tone: good | busy | notice | stop; the last two stay until they are put away.
        phrase: what happened and what to do.
        details: for the fold, plain text; empty for none.
        undo: takes back what the message tells; None where that is not possible.
    """

    tone: str
    phrase: Phrase
    details: str = ""
    undo: Callable[[], None] | None = None


class MessageBar(QFrame):
    """Shows the newest message; an older one of graver tone is not pushed away by good news."""

    def __init__(self, ui: Ui) -> None:
        super().__init__()
        self._ui = ui
        self._message: Message | None = None
        self.setObjectName("shell.message")
        self.setProperty("look", "message")
        self._sign = IconLabel(ui, "info", "accent", 18)
        self._words = ElidedLabel(ui, name="shell.message.words")
        self._more = PlainLabel(ui, "small", wraps=True, limit=600, name="shell.message.details")
        self._undo = ActionButton(ui, "action.undo", self._on_undo, icon="undo-2", name="shell.message.undo")
        self._fold = ActionButton(ui, "action.details", self._on_fold, name="shell.message.fold")
        self._close = ActionButton(ui, "action.dismiss", self.dismiss, icon="x", name="shell.message.close")
        for button in (self._undo, self._fold, self._close):
            button.setFocusPolicy(button.focusPolicy().TabFocus)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._sign)
        row.addWidget(self._words, 1)
        for button in (self._undo, self._fold, self._close):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 4, 8, 4)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self._more)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_timeout)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hide()

    @property
    def message(self) -> Message | None:
        """What is shown now."""
        return self._message

    def show_message(self, message: Message) -> None:
        """Show a message, unless a grave one is still waiting for an eye and this one is only good news."""
        grave = {"notice", "stop"}
        if self._message is not None and self._message.tone == "stop" and message.tone not in grave:
            return
        self._message = message
        self._sign.change(SIGNS[message.tone], TONE_TOKENS[message.tone])
        self._words.say_phrase(message.phrase)
        self._more.show_text(message.details)
        self._more.hide()
        self._fold.setVisible(bool(message.details))
        self._undo.setVisible(message.undo is not None)
        set_look(self, tone=message.tone)
        self.show()
        if message.tone in grave:
            self._timer.stop()
        else:
            self._timer.start(_SHOWN_MS)

    def dismiss(self) -> bool:
        """Put the message away; whether there was one."""
        was_shown = self._message is not None
        self._message = None
        self._timer.stop()
        self.hide()
        return was_shown

    @Slot()
    def _on_timeout(self) -> None:
        self.dismiss()

    def _on_undo(self) -> None:
        message = self._message
        self.dismiss()
        if message is not None and message.undo is not None:
            message.undo()

    def _on_fold(self) -> None:
        self._more.setVisible(not self._more.isVisible())
