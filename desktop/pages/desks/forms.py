"""The forms of the two ways, and the code that another desk types."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from core.desk.several import ServerWords
from desktop.pages.desks.presenter import HOST, JOIN, DesksPresenter, DesksScreen
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import Field, NumberBox
from desktop.widgets.labels import PlainLabel

_PORTS = (1, 65535)
#: letters of a joining code in one line
_GROUP = 44


class HostForm(QFrame):
    """Where the PostgreSQL database is: it is tried first, then moved to."""

    def __init__(self, ui: Ui, presenter: DesksPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._is_filling = False
        self.setObjectName("desks.host_form")
        why = PlainLabel(ui, "secondary", wraps=True)
        why.say("desks.host.why")
        self._host = Field(ui, "desks.host.example", "desks.host.host", is_latin=True)
        self._port = NumberBox(*_PORTS, "desks.host.port")
        self._database = Field(ui, "desks.field.database", "desks.host.database", is_latin=True)
        self._user = Field(ui, "desks.field.user", "desks.host.user", is_latin=True)
        self._password = Field(ui, "desks.field.password", "desks.host.password", is_latin=True)
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        grid = _grid(
            ui,
            (
                ("host", self._host),
                ("port", self._port),
                ("database", self._database),
                ("user", self._user),
                ("password", self._password),
            ),
        )
        self._found = PlainLabel(ui, "good", wraps=True, name="desks.host.found")
        self._go = ActionButton(ui, "desks.host.try", presenter.go_on, look="main", key="F8", name="desks.host.go")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        column.addWidget(why)
        column.addLayout(grid)
        column.addWidget(self._found)
        column.addWidget(self._go)
        for field in (self._host, self._database, self._user, self._password):
            field.textChanged.connect(self._on_typed)
            field.returnPressed.connect(presenter.go_on)
        self._port.valueChanged.connect(self._on_typed)
        self.hide()

    def show_screen(self) -> None:
        """Show the form, or hide it."""
        screen = self._presenter.screen
        is_open, was_hidden = screen.way == HOST, self.isHidden()
        self._is_filling = True
        try:
            _fill(self._host, screen.server.host)
            _fill(self._database, screen.server.database)
            _fill(self._user, screen.server.user)
            _fill(self._password, screen.server.password)
            self._port.setValue(screen.server.port)
        finally:
            self._is_filling = False
        look = screen.look
        is_good = look is not None and look.is_empty
        self._found.setVisible(is_good)
        if look is not None:
            self._found.say("desks.host.found", address=look.address)
        self._go.say(_step(screen))
        self._go.setEnabled(not screen.is_busy)
        self.setVisible(is_open)
        if is_open and was_hidden:
            self._host.setFocus()

    @Slot()
    def _on_typed(self) -> None:
        if self._is_filling:
            return
        self._presenter.type_server(
            ServerWords(
                self._host.text(),
                self._port.value(),
                self._database.text(),
                self._user.text(),
                self._password.text(),
            )
        )


def _step(screen: DesksScreen) -> str:
    """What the next press does."""
    if screen.is_busy:
        return "desks.busy"
    if screen.may_make:
        return "desks.host.make"
    return "desks.host.move" if screen.look is not None and screen.look.is_empty else "desks.host.try"


class JoinForm(QFrame):
    """The code of the host, and its PIN."""

    def __init__(self, ui: Ui, presenter: DesksPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._is_filling = False
        self.setObjectName("desks.join_form")
        why = PlainLabel(ui, "secondary", wraps=True)
        why.say("desks.join.why")
        self._code = Field(ui, "desks.join.paste", "desks.join.code", is_latin=True, limit=4000)
        self._pin = Field(ui, "desks.join.pin", "desks.join.pin", is_latin=True, limit=20)
        grid = _grid(ui, (("code", self._code), ("pin", self._pin)))
        self._go = ActionButton(ui, "desks.join.go", presenter.go_on, look="main", key="F8", name="desks.join.go")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        column.addWidget(why)
        column.addLayout(grid)
        column.addWidget(self._go)
        for field in (self._code, self._pin):
            field.textChanged.connect(self._on_typed)
        self._code.returnPressed.connect(self._pin.setFocus)
        self._pin.returnPressed.connect(presenter.go_on)
        self.hide()

    def show_screen(self) -> None:
        """Show the form, or hide it."""
        screen = self._presenter.screen
        is_open, was_hidden = screen.way == JOIN, self.isHidden()
        self._is_filling = True
        try:
            _fill(self._code, screen.code)
            _fill(self._pin, screen.pin)
        finally:
            self._is_filling = False
        self._go.say("desks.busy" if screen.is_busy else "desks.join.leave" if screen.leaves else "desks.join.go")
        self._go.setEnabled(not screen.is_busy)
        self.setVisible(is_open)
        if is_open and was_hidden:
            self._code.setFocus()

    @Slot()
    def _on_typed(self) -> None:
        if not self._is_filling:
            self._presenter.type_code(self._code.text(), self._pin.text())


class InvitationBox(QFrame):
    """A code with its PIN, until it is put away."""

    def __init__(self, ui: Ui, presenter: DesksPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.setObjectName("desks.invitation")
        words = PlainLabel(ui, "body", wraps=True)
        words.say("desks.invitation")
        self._code = PlainLabel(ui, "secondary", wraps=True, name="desks.invitation.code")
        self._pin = PlainLabel(ui, "number", name="desks.invitation.pin")
        for label in (self._code, self._pin):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._copy = ActionButton(
            ui, "desks.invitation.copy", self._on_copy, look="main", name="desks.invitation.copy"
        )
        done = ActionButton(ui, "desks.invitation.done", presenter.put_away, key="Esc", name="desks.invitation.done")
        acts = QHBoxLayout()
        acts.addWidget(self._copy)
        acts.addWidget(done)
        acts.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        for label in (words, self._code, self._pin):
            column.addWidget(label)
        column.addLayout(acts)
        self.hide()

    def show_screen(self) -> None:
        """Show what was made, or forget it."""
        made = self._presenter.screen.invitation
        was_hidden = self.isHidden()
        self._code.show_text("" if made is None else "\n".join(_lines(made.code)))
        self._pin.show_text("" if made is None else made.pin)
        self.setVisible(made is not None)
        if made is not None and was_hidden:
            self._copy.setFocus()

    @Slot()
    def _on_copy(self) -> None:
        made = self._presenter.screen.invitation
        if made is not None:
            QGuiApplication.clipboard().setText(made.code)
            self._presenter.copied()


def _grid(ui: Ui, rows: Sequence[tuple[str, QWidget]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(6)
    grid.setColumnStretch(1, 1)
    for row, (name, editor) in enumerate(rows):
        label = PlainLabel(ui)
        label.say(f"desks.field.{name}")
        grid.addWidget(label, row, 0)
        grid.addWidget(editor, row, 1)
    return grid


def _fill(field: QLineEdit, text: str) -> None:
    # Writing the same text again would move the cursor to its end.
    if field.text() != text:
        field.setText(text)


def _lines(code: str) -> Sequence[str]:
    return [code[start : start + _GROUP] for start in range(0, len(code), _GROUP)]
