"""The panels of the steps of words: language and name, owner and sender, recovery code, where orders come from."""

from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from desktop.first_start import Source
from desktop.pages.welcome.desk_steps import SENDER_FIELDS, LanguageStep, OwnerStep, SourceStep
from desktop.pages.welcome.parts import ChoiceCard
from desktop.pages.welcome.recovery_step import RecoveryStep
from desktop.texts import LANGUAGES, Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import Field
from desktop.widgets.labels import PlainLabel, set_look
from desktop.widgets.paste_box import PasteBox

_NAME_CHARS, _PIN_CHARS = 40, 12
_ROWS: Final = (("name", "phone"), ("province", "city", "district"), ("address",))
_ICONS: Final = {Source.PRACTICE: "star", Source.OWN: "store", Source.FILES: "folder-open"}


class Panel(QWidget):
    """One step: its body, and where the keyboard begins."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(f"welcome.{name}")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(12)

    def first(self) -> QWidget:
        """The widget that gets the keyboard."""
        raise NotImplementedError

    def show_screen(self) -> None:
        """Draw what the presenter holds."""
        raise NotImplementedError


def trouble_label(ui: Ui, step: str) -> PlainLabel:
    """Where a step says why it cannot go on; hidden while there is nothing to say."""
    label = PlainLabel(ui, "stop", wraps=True, name=f"welcome.{step}.trouble")
    label.hide()
    return label


def show_trouble(label: PlainLabel, trouble: Phrase | None) -> None:
    """Say it, or nothing."""
    label.setVisible(trouble is not None)
    if trouble is not None:
        label.say_phrase(trouble)


def card() -> tuple[QFrame, QVBoxLayout]:
    """A card and its column."""
    frame = QFrame()
    frame.setProperty("look", "card")
    column = QVBoxLayout(frame)
    column.setContentsMargins(16, 12, 16, 14)
    column.setSpacing(8)
    return frame, column


class LanguagePanel(Panel):
    """Two languages, each in its own words, and what this desk is called."""

    def __init__(self, ui: Ui, presenter: LanguageStep) -> None:
        super().__init__("language")
        self._presenter = presenter
        self._cards = {
            language: ChoiceCard(
                ui,
                "languages",
                f"welcome.language.{language}",
                partial(presenter.choose, language),
                f"welcome.language.{language}",
            )
            for language in LANGUAGES
        }
        row = QHBoxLayout()
        row.setSpacing(12)
        for one in self._cards.values():
            row.addWidget(one)
        self._name = Field(ui, "welcome.desk_name", "welcome.desk_name", limit=_NAME_CHARS)
        self._name.textEdited.connect(presenter.name)
        frame, column = card()
        label = PlainLabel(ui, "heading")
        label.say("welcome.desk_name")
        more = PlainLabel(ui, "secondary", wraps=True)
        more.say("welcome.desk_name.more")
        for widget in (label, more, self._name):
            column.addWidget(widget)
        self.column.addLayout(row)
        self.column.addWidget(frame)
        if presenter.on_join is not None:
            self.column.addWidget(
                ActionButton(ui, "welcome.language.desks", presenter.on_join, icon="monitor", name="welcome.desks")
            )
        presenter.on_screen = self.show_screen

    def first(self) -> QWidget:
        """The language that is spoken."""
        return self._cards[self._presenter.screen.language]

    def show_screen(self) -> None:
        """Mark the language; the name only where nobody is typing it."""
        screen = self._presenter.screen
        for language, one in self._cards.items():
            one.setChecked(language == screen.language)
        if self._name.text() != screen.name:
            self._name.setText(screen.name)


class OwnerPanel(Panel):
    """Who owns the shop, on the left; who stands on the labels as the sender, on the right."""

    def __init__(self, ui: Ui, presenter: OwnerStep) -> None:
        super().__init__("owner")
        self._ui = ui
        self._presenter = presenter
        self._fields: dict[str, Field] = {}
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._who(), 2)
        row.addWidget(self._sender(), 3)
        self._trouble = trouble_label(ui, "owner")
        self.column.addLayout(row)
        self.column.addWidget(self._trouble)
        presenter.on_screen = self.show_screen

    def _who(self) -> QFrame:
        frame, column = card()
        head = PlainLabel(self._ui, "heading")
        head.say("welcome.owner.who")
        self._how = PlainLabel(self._ui, "secondary", wraps=True, name="welcome.owner.how")
        column.addWidget(head)
        column.addWidget(self._how)
        for name, limit in (("name", _NAME_CHARS), ("pin", _PIN_CHARS), ("pin_again", _PIN_CHARS)):
            is_pin = name != "name"
            field = Field(self._ui, f"welcome.owner.{name}", f"welcome.owner.{name}", is_latin=is_pin, limit=limit)
            if is_pin:
                field.setEchoMode(QLineEdit.EchoMode.Password)
            field.textEdited.connect(partial(self._typed, name))
            self._fields[name] = field
            column.addWidget(field)
        self._no_pin = PlainLabel(self._ui, "secondary", wraps=True, name="welcome.owner.no_pin")
        self._no_pin.say("welcome.owner.no_pin")
        column.addWidget(self._no_pin)
        column.addStretch(1)
        return frame

    def _sender(self) -> QFrame:
        frame, column = card()
        head = PlainLabel(self._ui, "heading")
        head.say("welcome.owner.sender")
        more = PlainLabel(self._ui, "secondary", wraps=True)
        more.say("welcome.owner.sender.more")
        self._paste = PasteBox(self._ui, "welcome.owner.paste", self._presenter.paste, "welcome.owner.paste", 58)
        for widget in (head, more, self._paste):
            column.addWidget(widget)
        for names in _ROWS:
            grid = QGridLayout()
            grid.setHorizontalSpacing(8)
            grid.setVerticalSpacing(2)
            for place, name in enumerate(names):
                label = PlainLabel(self._ui, "small")
                label.say(f"entry.field.{name}")
                field = Field(self._ui, f"entry.field.{name}", f"welcome.owner.sender.{name}")
                field.textEdited.connect(partial(self._typed, f"sender_{name}"))
                self._fields[f"sender_{name}"] = field
                grid.addWidget(label, 0, place)
                grid.addWidget(field, 1, place)
            column.addLayout(grid)
        self._doubts = PlainLabel(self._ui, "notice", wraps=True, name="welcome.owner.doubts")
        column.addWidget(self._doubts)
        return frame

    def _typed(self, name: str, text: str) -> None:
        self._presenter.type(**{name: text})

    def first(self) -> QWidget:
        """The owner's name, or the sender where people sign in already."""
        return self._paste if self._presenter.screen.is_guarded else self._fields["name"]

    def show_screen(self) -> None:
        """Fill the fields."""
        screen = self._presenter.screen
        values = {"name": screen.name, "pin": screen.pin, "pin_again": screen.pin_again}
        values |= {f"sender_{name}": getattr(screen.sender, name) for name in SENDER_FIELDS}
        for name, value in values.items():
            if self._fields[name].text() != value:
                self._fields[name].setText(value)
        self._how.say("welcome.owner.guarded" if screen.is_guarded else "welcome.owner.who.more")
        self._fields["name"].setVisible(not screen.is_guarded)
        for widget in (self._fields["pin"], self._fields["pin_again"], self._no_pin):
            widget.setVisible(screen.may_sign_in and not screen.is_guarded)
        notes = [self._ui.texts.say(Phrase(f"entry.doubt.{code}")) for code in screen.doubts]
        self._doubts.setVisible(bool(notes))
        self._doubts.show_text("\n".join(notes))
        show_trouble(self._trouble, screen.trouble)


class RecoveryPanel(Panel):
    """The code, why it matters, and the field it is typed into once."""

    def __init__(self, ui: Ui, presenter: RecoveryStep) -> None:
        super().__init__("recovery")
        self._ui = ui
        self._presenter = presenter
        self._copied = ""
        frame, column = card()
        self._code = PlainLabel(ui, "number", wraps=True, name="welcome.recovery.code")
        self._code.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self._copy = ActionButton(
            ui, "welcome.recovery.copy", self._on_copy, icon="clipboard-list", name="welcome.recovery.copy"
        )
        self._save = ActionButton(
            ui, "welcome.recovery.save", self._on_save, icon="file-text", name="welcome.recovery.save"
        )
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._copy)
        buttons.addWidget(self._save)
        buttons.addStretch(1)
        self._warning = PlainLabel(ui, "notice", wraps=True, name="welcome.recovery.warning")
        column.addWidget(self._code)
        column.addLayout(buttons)
        column.addWidget(self._warning)
        self._typed = Field(ui, "recovery.type_it", "welcome.recovery.typed", is_latin=True)
        self._typed.textEdited.connect(presenter.type)
        self._trouble = trouble_label(ui, "recovery")
        for widget in (frame, self._typed, self._trouble):
            self.column.addWidget(widget)
        presenter.on_screen = self.show_screen

    def first(self) -> QWidget:
        """The field to type it into."""
        return self._typed

    def show_screen(self) -> None:
        """Show the code, or that it is done with."""
        screen = self._presenter.screen
        if screen.is_confirmed:
            self._code.say("welcome.recovery.confirmed")
        elif screen.code:
            self._code.show_text(screen.code)
        else:
            self._code.say("welcome.recovery.making")
        has_code = bool(screen.code)
        has_come = has_code and self._typed.isHidden()
        for widget in (self._copy, self._save, self._typed):
            widget.setVisible(has_code)
        self._copy.say("welcome.recovery.copy_now" if screen.armed == "copy" else "welcome.recovery.copy")
        self._save.say("welcome.recovery.save_now" if screen.armed == "save" else "welcome.recovery.save")
        said = screen.good or (Phrase(f"welcome.recovery.warning.{screen.armed}") if screen.armed else None)
        set_look(self._warning, look="good" if screen.good is not None else "notice")
        show_trouble(self._warning, said)
        if has_come and self.isVisible():
            self._typed.setFocus()
        show_trouble(self._trouble, screen.trouble)

    def forget(self) -> None:
        """Out of sight: nothing typed stays, and the clipboard keeps the code no longer."""
        self._typed.clear()
        clipboard = QGuiApplication.clipboard()
        if self._copied and clipboard.text() == self._copied:
            clipboard.clear()
        self._copied = ""

    def _on_copy(self) -> None:
        if self._presenter.arm("copy"):
            self._copied = self._presenter.screen.code
            QGuiApplication.clipboard().setText(self._copied)
            self._presenter.copied()

    def _on_save(self) -> None:
        if not self._presenter.arm("save"):
            return
        words = self._ui.texts.t("welcome.recovery.save")
        chosen, _ = QFileDialog.getSaveFileName(self, words, "packdesk-recovery.pdf", "PDF (*.pdf)")
        if chosen:
            self._presenter.save(Path(chosen))


class SourcePanel(Panel):
    """Three ways to the first orders."""

    def __init__(self, ui: Ui, presenter: SourceStep) -> None:
        super().__init__("source")
        self._presenter = presenter
        self._cards = {
            source: ChoiceCard(
                ui, icon, f"welcome.source.{source}", partial(presenter.choose, source), f"welcome.source.{source}"
            )
            for source, icon in _ICONS.items()
        }
        for one in self._cards.values():
            self.column.addWidget(one)
        self._busy = PlainLabel(ui, "secondary", wraps=True, name="welcome.source.busy")
        self._busy.say("welcome.source.busy")
        self._trouble = trouble_label(ui, "source")
        self.column.addWidget(self._busy)
        self.column.addWidget(self._trouble)
        presenter.on_screen = self.show_screen

    def offer_practice(self, has_practice: bool) -> None:
        """There may be no practice shop here."""
        self._cards[Source.PRACTICE].setVisible(has_practice)

    def first(self) -> QWidget:
        """What was chosen, or the first of them."""
        chosen = self._cards.get(self._presenter.screen.chosen)
        return chosen or next(one for one in self._cards.values() if not one.isHidden())

    def show_screen(self) -> None:
        """Mark the choice."""
        screen = self._presenter.screen
        for source, one in self._cards.items():
            one.setChecked(source is screen.chosen)
            one.setEnabled(not screen.is_busy)
        self._busy.setVisible(screen.is_busy)
        show_trouble(self._trouble, screen.trouble)
