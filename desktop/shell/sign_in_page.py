"""What stands in the place of the pages while nobody is signed in: nothing but the way in."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.shell.door import Door
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import Field
from desktop.widgets.labels import IconLabel, PlainLabel

_WIDTH = 420
_NAME_CHARS, _PIN_CHARS = 40, 12


class SignInPage(QWidget):
    """A badge is scanned anywhere; a name with a PIN is typed here."""

    def __init__(self, ui: Ui, door: Door) -> None:
        super().__init__()
        self._door = door
        self.setObjectName("signin")
        icon = IconLabel(ui, "user", "secondary", 48)
        title = PlainLabel(ui, "title", wraps=True, name="signin.title")
        title.say("signin.title")
        how = PlainLabel(ui, "secondary", wraps=True, name="signin.how")
        how.say("signin.how")
        self._name = Field(ui, "signin.name", "signin.name", limit=_NAME_CHARS)
        self._pin = Field(ui, "signin.pin", "signin.pin", is_latin=True, limit=_PIN_CHARS)
        self._pin.setEchoMode(QLineEdit.EchoMode.Password)
        self._name.returnPressed.connect(self._pin.setFocus)
        self._pin.returnPressed.connect(self._on_enter)
        self._words = PlainLabel(ui, "body", wraps=True, name="signin.words")
        enter = ActionButton(ui, "signin.enter", self._on_enter, look="main", name="signin.enter")
        middle = QWidget()
        middle.setFixedWidth(ui.scaled(_WIDTH))
        column = QVBoxLayout(middle)
        column.setSpacing(14)
        column.addStretch(2)
        column.addWidget(icon, alignment=Qt.AlignmentFlag.AlignHCenter)
        for label in (title, how):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        for widget in (title, how, self._name, self._pin, self._words):
            column.addWidget(widget)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(enter)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(3)
        outer = QHBoxLayout(self)
        outer.addStretch(1)
        outer.addWidget(middle)
        outer.addStretch(1)
        self.setFocusProxy(self._name)
        door.told.connect(self._on_told)
        # A second line is there from the start: nothing moves when something is said.
        self._words.setMinimumHeight(ui.scaled(44))
        self._words.setAlignment(Qt.AlignmentFlag.AlignHCenter)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Begin anew; whoever was here last only types the PIN."""
        super().showEvent(event)
        self._pin.clear()
        self._name.setText(self._door.last_name)
        first = self._pin if self._door.last_name else self._name
        self.setFocusProxy(first)
        first.setFocus()

    @Slot()
    def _on_enter(self) -> None:
        name, pin = self._name.text().strip(), self._pin.text()
        self._pin.clear()
        if not name or not pin:
            (self._pin if name else self._name).setFocus()
            self._words.say("signin.incomplete")
            return
        self._door.enter(name, pin)

    @Slot(object)
    def _on_told(self, phrase: Phrase) -> None:
        self._words.say_phrase(phrase)
