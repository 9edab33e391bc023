"""The form of the page of people: somebody new, other roles, a new PIN; inline, never a dialog."""

from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout

from core.access.rights import Role
from desktop.pages.people.presenter import Draft, Form, PeoplePresenter, PeopleScreen
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import Field, TickBox
from desktop.widgets.labels import PlainLabel

_NAME_CHARS, _PIN_CHARS = 40, 12
_ROLES_IN_A_ROW: Final = 4


class PersonForm(QFrame):
    """Shows the fields that the open form asks for."""

    def __init__(self, ui: Ui, presenter: PeoplePresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._shown: tuple[Form, int] | None = None
        self.setObjectName("people.form")
        self.setProperty("look", "card")
        self._title = PlainLabel(ui, "heading", name="people.form.title")
        self._name = Field(ui, "people.form.name", "people.form.name", limit=_NAME_CHARS)
        self._pin = Field(ui, "people.form.pin", "people.form.pin", is_latin=True, limit=_PIN_CHARS)
        self._again = Field(ui, "people.form.pin_again", "people.form.pin_again", is_latin=True, limit=_PIN_CHARS)
        self._ticks = {role: TickBox(ui, f"role.{role}", f"people.form.role.{role}") for role in Role}
        self._trouble = PlainLabel(ui, "stop", wraps=True, name="people.form.trouble")
        fields = QHBoxLayout()
        for field in (self._name, self._pin, self._again):
            field.returnPressed.connect(self._on_save)
            fields.addWidget(field, 1)
        for field in (self._pin, self._again):
            field.setEchoMode(QLineEdit.EchoMode.Password)
        ticks = QGridLayout()
        for number, tick in enumerate(self._ticks.values()):
            ticks.addWidget(tick, number // _ROLES_IN_A_ROW, number % _ROLES_IN_A_ROW)
        buttons = QHBoxLayout()
        buttons.addWidget(ActionButton(ui, "action.save", self._on_save, look="main", name="people.form.save"))
        buttons.addWidget(ActionButton(ui, "action.cancel", presenter.close, key="Esc", name="people.form.cancel"))
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(10)
        column.addWidget(self._title)
        column.addLayout(fields)
        column.addLayout(ticks)
        column.addWidget(self._trouble)
        column.addLayout(buttons)

    def show_form(self, screen: PeopleScreen) -> None:
        """Open the form a screen asks for, or close."""
        self.setVisible(screen.form is not None)
        self._trouble.setVisible(screen.trouble is not None)
        if screen.trouble is not None:
            self._trouble.say_phrase(screen.trouble)
        if screen.form is None:
            self._shown = None
            self._forget()
            return
        about = screen.about
        shown = (screen.form, 0 if about is None else about.id)
        if shown == self._shown:
            return
        self._shown = shown
        self._forget()
        self._title.say(f"people.form.title.{screen.form}", name="" if about is None else about.name)
        self._name.setVisible(screen.form is Form.NEW)
        for field in (self._pin, self._again):
            field.setVisible(screen.form is not Form.ROLES)
        # The first one taken in manages people: nobody else could let anybody in.
        roles = (Role.ADMIN,) if about is None and not screen.people else () if about is None else about.roles
        for role, tick in self._ticks.items():
            tick.setVisible(screen.form is not Form.PIN)
            tick.setChecked(role in roles)
        first = {Form.NEW: self._name, Form.ROLES: next(iter(self._ticks.values())), Form.PIN: self._pin}
        first[screen.form].setFocus()

    def _forget(self) -> None:
        """No PIN stays in a field that nobody looks at."""
        for field in (self._name, self._pin, self._again):
            field.clear()

    @Slot()
    def _on_save(self) -> None:
        roles = tuple(role for role, tick in self._ticks.items() if tick.isChecked())
        self._presenter.save(Draft(self._name.text().strip(), roles, self._pin.text(), self._again.text()))
