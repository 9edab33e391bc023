"""The page of people: who works here and as what, and what each role may do."""

from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from core.access.records import OperatorRow, Session
from core.access.rights import RIGHTS, Right, Role
from desktop.pages.people.badge import BadgeCard
from desktop.pages.people.form import PersonForm
from desktop.pages.people.presenter import Form, PeoplePresenter, roles_phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState, StatePill
from desktop.widgets.fields import NumberBox
from desktop.widgets.labels import ElidedLabel, PlainLabel
from desktop.widgets.page import PageWidget

_LONGEST_UNLOCKED = 240


class PeoplePage(PageWidget):
    """Shows what the presenter saw."""

    def __init__(self, ui: Ui, presenter: PeoplePresenter, session: Session) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._cards: list[_PersonCard] = []
        self.setObjectName("people")
        title = PlainLabel(ui, "title")
        title.say("page.people")
        add = partial(presenter.open_form, Form.NEW)
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        self._add = ActionButton(ui, "people.add", add, look="main", icon="plus", name="people.add")
        head.addWidget(self._add)
        self._form = PersonForm(ui, presenter)
        self._badge = BadgeCard(ui, presenter)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(8)
        first = ActionButton(ui, "people.add", add, look="main", icon="plus", name="people.add_first")
        self._empty = EmptyState(ui, "user", "people.empty", "people.empty", first)
        left = QVBoxLayout()
        left.setSpacing(12)
        left.addLayout(head)
        left.addWidget(self._form)
        left.addWidget(self._badge)
        left.addLayout(self._rows)
        left.addWidget(self._empty, 1)
        left.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(12)
        right.addWidget(_RolesCard(ui))
        right.addWidget(self._lock_card(session))
        right.addStretch(1)
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(16, 14, 16, 12)
        row.setSpacing(16)
        row.addLayout(left, 2)
        row.addLayout(right, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(holder)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        presenter.on_screen = self._on_screen
        self._on_screen()

    def _lock_card(self, session: Session) -> QFrame:
        card = QFrame()
        card.setProperty("look", "card")
        words = PlainLabel(self._ui, wraps=True)
        words.say("people.lock")
        minutes = self._minutes = NumberBox(1, _LONGEST_UNLOCKED, "people.lock_minutes")
        minutes.setFixedWidth(self._ui.scaled(80))
        minutes.setValue(session.lock_minutes)
        self._known_minutes = session.lock_minutes
        minutes.editingFinished.connect(self._on_minutes)
        row = QHBoxLayout(card)
        row.setContentsMargins(16, 12, 16, 12)
        row.addWidget(words, 1)
        row.addWidget(minutes)
        return card

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """Scans mean nothing here; the shell sends them where they belong."""

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:  # noqa: ARG002  one shape for all
        """F5 looks again."""
        if key != Qt.Key.Key_F5:
            return False
        self._presenter.look()
        return True

    def handle_changed(self) -> None:
        """Another desk may have changed somebody."""
        self._presenter.look()

    def handle_back(self) -> bool:
        """Esc closes the form, or puts the badge away."""
        return self._presenter.close()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Look when somebody comes."""
        super().showEvent(event)
        self._presenter.close()
        self._presenter.look()

    # --- showing ------------------------------------------------------------------------------------------------

    @Slot()
    def _on_minutes(self) -> None:
        minutes = self._minutes.value()
        if minutes != self._known_minutes:
            self._known_minutes = minutes
            self._presenter.set_lock_minutes(minutes)

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        while len(self._cards) < len(screen.people):
            card = _PersonCard(self._ui, self._presenter, f"people.card.{len(self._cards)}")
            self._cards.append(card)
            self._rows.addWidget(card)
        for card, row in zip(self._cards, screen.people, strict=False):
            card.show_person(row)
            card.show()
        for card in self._cards[len(screen.people) :]:
            card.hide()
        is_empty = screen.is_known and not screen.people
        self._empty.setVisible(is_empty and screen.form is None)
        self._add.setVisible(bool(screen.people))
        self._form.show_form(screen)
        self._badge.show_badge(screen.badge)


class _PersonCard(QFrame):
    def __init__(self, ui: Ui, presenter: PeoplePresenter, name: str) -> None:
        super().__init__()
        self._ui = ui
        self._row: OperatorRow | None = None
        self.setObjectName(name)
        self.setProperty("look", "card")
        self._name = ElidedLabel(ui, "heading", name=f"{name}.name")
        self._roles = ElidedLabel(ui, "secondary", name=f"{name}.roles")
        self._state = StatePill(ui, name=f"{name}.state")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._name)
        words.addWidget(self._roles)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 12, 12)
        row.setSpacing(8)
        row.addLayout(words, 1)
        row.addWidget(self._state)
        self._change = self._button("people.roles", partial(presenter.open_form, Form.ROLES), "change")
        self._pin = self._button("people.pin", partial(presenter.open_form, Form.PIN), "pin")
        self._badge = self._button("people.badge", presenter.make_badge, "badge")
        self._lost = self._button("people.badge.take", presenter.take_badge, "lost")
        self._off = self._button("people.off", lambda one: presenter.set_active(one, False), "off")
        self._on = self._button("people.on", lambda one: presenter.set_active(one, True), "on")
        for button in (self._change, self._pin, self._badge, self._lost, self._off, self._on):
            row.addWidget(button)
        ui.retranslated.connect(self._on_retranslated)

    def _button(self, code: str, act: "object", name: str) -> ActionButton:
        def press() -> None:
            if self._row is not None and callable(act):
                act(self._row)

        return ActionButton(self._ui, code, press, name=f"{self.objectName()}.{name}")

    def show_person(self, row: OperatorRow) -> None:
        """Show somebody; offer only what can be done."""
        self._row = row
        self._name.show_text(row.name)
        if not row.is_active:
            self._state.show_state("quiet", "people.state.off")
        elif row.has_badge:
            self._state.show_state("good", "people.state.badge")
        else:
            self._state.show_state("quiet", "people.state.pin")
        for button in (self._change, self._pin, self._badge, self._off):
            button.setVisible(row.is_active)
        self._lost.setVisible(row.is_active and row.has_badge)
        self._on.setVisible(not row.is_active)
        self._on_retranslated()

    @Slot()
    def _on_retranslated(self) -> None:
        if self._row is not None:
            texts = self._ui.texts
            self._roles.show_text(texts.t("list.comma").join(map(texts.say, roles_phrase(self._row.roles))))


class _RolesCard(QFrame):
    """What each role may do, drawn from core's own table."""

    def __init__(self, ui: Ui) -> None:
        super().__init__()
        self._ui = ui
        self.setProperty("look", "card")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(4)
        title = PlainLabel(ui, "heading")
        title.say("people.what_roles_may")
        column.addWidget(title)
        self._words: dict[Role, PlainLabel] = {}
        for role in Role:
            head = PlainLabel(ui, "body", name=f"people.role.{role}")
            head.say(f"role.{role}")
            words = self._words[role] = PlainLabel(ui, "small", wraps=True, name=f"people.role.{role}.may")
            column.addSpacing(4)
            column.addWidget(head)
            column.addWidget(words)
        ui.retranslated.connect(self._on_retranslated)
        self._on_retranslated()

    @Slot()
    def _on_retranslated(self) -> None:
        texts = self._ui.texts
        for role, words in self._words.items():
            rights = RIGHTS[role]
            if rights == frozenset(Right):
                words.say("people.may_everything")
            else:
                named = (texts.t(f"right.{right}") for right in Right if right in rights)
                words.show_text(texts.t("list.comma").join(named))
