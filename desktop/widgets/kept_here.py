"""A number that a platform did not take because it has another parcel's: what that means, and a way to copy it."""

from collections.abc import Callable

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.labels import PlainLabel


class KeptHere(QWidget):
    """One calm sentence and a button; `on_copied` hears of the number that lies in the clipboard."""

    def __init__(self, ui: Ui, number: str, theirs: str, on_copied: Callable[[str], None], name: str) -> None:
        super().__init__()
        self._number = number
        self._on_copied = on_copied
        sentence = PlainLabel(ui, "secondary", wraps=True, keeps_lines=False, limit=300, name=name)
        sentence.say_phrase(Phrase("number.kept_here", {"number": number, "theirs": theirs}))
        acts = QHBoxLayout()
        acts.addWidget(ActionButton(ui, "number.copy", self._copy, name=f"{name}.copy"))
        acts.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(sentence)
        column.addLayout(acts)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._number)
        self._on_copied(self._number)
