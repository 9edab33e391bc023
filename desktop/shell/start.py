"""What a person decides at the start: where a machine without keyring keeps its key, and the recovery code."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.runtime.errors import DomainError
from desktop.errors import error_phrase
from desktop.shell.window import DeskWindow
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import Field
from desktop.widgets.labels import PlainLabel

#: wide enough for a sentence, narrow enough to be read at a glance
_WIDTH = 720
_KEYRING_CODES = frozenset({"key.no_keyring", "key.keyring_failed", "key.keyring_slow"})
#: the records are there, and this machine has no key to them; the code that was typed is not theirs
_LOCKED_CODES = frozenset(
    {"key.recovery_needed", "key.secret_damaged", "key.code_typo", "key.code_length", "key.code_wrong"}
)


class StartDecisions(Protocol):
    """What the start questions need from whoever loads the program."""

    def keep_key_in_file(self) -> None:
        """Keep this machine's key in a file from now on."""
        ...

    def open_with(self, recovery_code: str) -> None:
        """Try this code at the next try."""
        ...

    def recovery_code(self) -> str | None:
        """The code to be written down, None when that is done. Takes a moment: ask in a lane."""
        ...

    def confirm_recovery_code(self, typed: str) -> None:
        """Note that the owner has it. Raises `Refused` when it is not the code."""
        ...


class StartQuestions:
    """Shows the questions in the place of the pages; never a dialog."""

    def __init__(self, window: DeskWindow, decisions: StartDecisions) -> None:
        self._window = window
        self._decisions = decisions

    def on_failed(self, error: object, *, was_put_off: bool = False) -> None:
        """A missing keyring is for a person to decide here; most else the window tells as it is.

        `was_put_off`: what failed is not opening the records, but what was to be done before.
        """
        if was_put_off:
            self._say_not_done(error)
            return
        code = getattr(error, "code", "")
        if isinstance(error, DomainError) and code in _KEYRING_CODES:
            self._window.show_over(
                StartPage(
                    self._window.ui,
                    "start.keyring",
                    Phrase("start.keyring.why", {"error": error_phrase(error)}),
                    ("start.keyring.use_file", self._use_file),
                    ("start.try_again", self._window.try_again),
                )
            )

        elif isinstance(error, DomainError) and code in _LOCKED_CODES:
            self._window.show_over(
                UnlockPage(self._window.ui, error_phrase(error), self._open_with, self._window.close)
            )

    def _open_with(self, typed: str) -> None:
        self._decisions.open_with(typed)
        self._window.try_again()

    def _say_not_done(self, error: object) -> None:
        """Moving or joining came to nothing: said as it is, and the desk can be opened as before."""
        why = error_phrase(error) if isinstance(error, Exception) else Phrase("error.bug")
        self._window.show_over(
            StartPage(
                self._window.ui,
                "start.desks",
                Phrase("start.desks.why", {"error": why}),
                ("start.desks.go_on", self._window.try_again),
                ("start.desks.close", self._window.close),
            )
        )

    def _use_file(self) -> None:
        self._decisions.keep_key_in_file()
        self._window.try_again()

    @Slot()
    def on_ready(self) -> None:
        """Once the program behind is there: show the recovery code until its owner has proved to have it."""
        self._window.tasks.submit(self._decisions.recovery_code, self._show_code, owner=self)

    def _show_code(self, code: str | None) -> None:
        if code is not None:
            self._window.show_over(RecoveryPage(self._window.ui, code, self._confirm, self._later))

    def _confirm(self, typed: str) -> Phrase | None:
        try:
            self._decisions.confirm_recovery_code(typed)
        except DomainError as error:
            return error_phrase(error)
        self._later()
        return None

    def _later(self) -> None:
        self._window.go("packing")


class StartPage(QWidget):
    """One question: a title, why it is asked, and what can be done."""

    def __init__(
        self,
        ui: Ui,
        code: str,
        why: Phrase,
        first: tuple[str, Callable[[], object]],
        second: tuple[str, Callable[[], object]],
    ) -> None:
        super().__init__()
        self.setObjectName(code)
        column = _column(self)
        title = PlainLabel(ui, "title", wraps=True, name=f"{code}.title")
        title.say(code)
        reason = PlainLabel(ui, "body", wraps=True, name=f"{code}.why")
        reason.say_phrase(why)
        column.addWidget(title)
        column.addWidget(reason)
        self._first = ActionButton(ui, first[0], first[1], look="main", name=f"{code}.first")
        _answers(column, self._first, ActionButton(ui, second[0], second[1], name=f"{code}.second"))
        self.setFocusProxy(self._first)


class UnlockPage(QWidget):
    """Asks for the recovery code where this machine has no key to the records that lie here."""

    def __init__(self, ui: Ui, why: Phrase, on_code: Callable[[str], object], on_close: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName("unlock")
        self._on_code = on_code
        column = _column(self)
        title = PlainLabel(ui, "title", wraps=True, name="unlock.title")
        title.say("unlock.title")
        reason = PlainLabel(ui, "stop", wraps=True, name="unlock.why")
        reason.say_phrase(why)
        hint = PlainLabel(ui, "body", wraps=True, name="unlock.hint")
        hint.say("unlock.hint")
        self._typed = Field(ui, "unlock.type_it", "unlock.typed", is_latin=True)
        self._typed.returnPressed.connect(self._on_entered)
        for widget in (title, reason, hint, self._typed):
            column.addWidget(widget)
        go_on = ActionButton(ui, "unlock.open", self._on_entered, look="main", name="unlock.open")
        _answers(column, go_on, ActionButton(ui, "start.desks.close", on_close, name="unlock.close"))
        self.setFocusProxy(self._typed)

    @Slot()
    def _on_entered(self) -> None:
        if self._typed.text().strip():
            self._on_code(self._typed.text())


class RecoveryPage(QWidget):
    """Shows the recovery code and asks for it once, so that a lost machine does not lose the data."""

    def __init__(
        self, ui: Ui, code: str, on_confirm: Callable[[str], Phrase | None], on_later: Callable[[], None]
    ) -> None:
        super().__init__()
        self._on_confirm = on_confirm
        column = _column(self)
        title = PlainLabel(ui, "title", wraps=True, name="recovery.title")
        title.say("recovery.title")
        why = PlainLabel(ui, "body", wraps=True, name="recovery.why")
        why.say("recovery.why")
        shown = PlainLabel(ui, "number", wraps=True, name="recovery.code")
        shown.show_text(code)
        shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._typed = Field(ui, "recovery.type_it", "recovery.typed", is_latin=True)
        self._typed.returnPressed.connect(self._on_entered)
        self._trouble = PlainLabel(ui, "stop", wraps=True, name="recovery.trouble")
        for widget in (title, why, shown, self._typed, self._trouble):
            column.addWidget(widget)
        confirm = ActionButton(ui, "recovery.confirm", self._on_entered, look="main", name="recovery.confirm")
        _answers(column, confirm, ActionButton(ui, "recovery.later", on_later, name="recovery.later"))
        self.setFocusProxy(self._typed)

    @Slot()
    def _on_entered(self) -> None:
        trouble = self._on_confirm(self._typed.text())
        if trouble is not None:
            self._trouble.say_phrase(trouble)
            self._typed.selectAll()


def _answers(column: QVBoxLayout, *buttons: ActionButton) -> None:
    """The buttons of a page, the usual one first, and the empty rest of it."""
    row = QHBoxLayout()
    for button in buttons:
        row.addWidget(button)
    row.addStretch(1)
    column.addLayout(row)
    column.addStretch(2)


def _column(page: QWidget) -> QVBoxLayout:
    """A column of readable width in the middle of the page."""
    middle = QWidget()
    middle.setMaximumWidth(_WIDTH)
    outer = QHBoxLayout(page)
    outer.addStretch(1)
    outer.addWidget(middle, 8)
    outer.addStretch(1)
    column = QVBoxLayout(middle)
    column.setSpacing(16)
    column.addStretch(1)
    return column
