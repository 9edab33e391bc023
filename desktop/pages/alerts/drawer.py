"""One alert: what it is, what can be done, and its story from the first sight to the all-clear."""

from functools import partial

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.access.rights import Right
from core.alerts.records import AlertDetail
from desktop.formats import moment_text
from desktop.pages.alerts.presenter import AlertsPresenter
from desktop.pages.alerts.words import STATE_TONES, TONES, door_of, door_phrase, sentence, story_text
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.drawer import Drawer
from desktop.widgets.fields import ChoiceBox, Field
from desktop.widgets.labels import PlainLabel

_TIMES = ("60", "480", "1440", "10080")
_NOTE_CHARS = 500


class AlertDrawer(Drawer):
    """Acts stand above, the story below."""

    def __init__(self, ui: Ui, presenter: AlertsPresenter) -> None:
        super().__init__(ui, "alerts.drawer", presenter.close)
        self._ui = ui
        self._presenter = presenter
        self._shown: AlertDetail | None = None
        self._severity = StatePill(ui, name="alerts.drawer.severity")
        self._state = StatePill(ui, name="alerts.drawer.state")
        pills = QHBoxLayout()
        pills.addWidget(self._severity)
        pills.addWidget(self._state)
        pills.addStretch(1)
        self._what = PlainLabel(ui, "heading", wraps=True, limit=300, name="alerts.drawer.what")
        self._note = Field(ui, "alerts.note", "alerts.drawer.note", limit=_NOTE_CHARS)
        self._note.returnPressed.connect(self.acknowledge)
        self._ack = self._button("alerts.ack", self.acknowledge, "F6", "check", look="main")
        self._mute = self._button("alerts.mute", presenter.ask_mute, "F7", "pause", right=Right.CHANGE_SETTINGS)
        self._go = self._button("alerts.go", presenter.go, "F8", "arrow-right")
        acts = QHBoxLayout()
        for button in (self._ack, self._mute):
            acts.addWidget(button)
        acts.addStretch(1)
        self._form = self._make_form()
        self.top.addLayout(pills)
        self.top.addWidget(self._what)
        self.top.addWidget(self._note)
        self.top.addLayout(acts)
        self.top.addWidget(self._go)
        self.top.addWidget(self._form)
        ui.retranslated.connect(self._fill)

    def _make_form(self) -> QFrame:
        ui = self._ui
        form = QFrame()
        form.setObjectName("alerts.drawer.form")
        form.setProperty("look", "card")
        self._scope = ChoiceBox(ui, "alerts.mute.scope", ("key", "rule"), "alerts.drawer.scope")
        self._time = ChoiceBox(ui, "alerts.mute.time", _TIMES, "alerts.drawer.time")
        self._reason = Field(ui, "alerts.mute.reason", "alerts.drawer.reason", limit=200)
        self._reason.returnPressed.connect(self._on_mute)
        choices = QHBoxLayout()
        choices.addWidget(self._scope, 1)
        choices.addWidget(self._time, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(
            ActionButton(ui, "alerts.mute.do", self._on_mute, look="main", name="alerts.drawer.mute_do")
        )
        buttons.addWidget(
            ActionButton(ui, "action.cancel", self._presenter.close, key="Esc", name="alerts.drawer.mute_not")
        )
        buttons.addStretch(1)
        column = QVBoxLayout(form)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(8)
        column.addLayout(choices)
        column.addWidget(self._reason)
        column.addLayout(buttons)
        return form

    def acknowledge(self) -> None:
        """Whoever is here handles it; what stands in the field is the note."""
        self._presenter.acknowledge(note=self._note.text())

    def show_screen(self) -> None:
        """Show what is open; the drawer hides without it."""
        screen = self._presenter.screen
        shown = screen.detail
        is_other = shown is None or self._shown is None or shown.row.id != self._shown.row.id
        self._shown = shown
        self.setVisible(shown is not None)
        if is_other:
            self._note.clear()
            self._reason.clear()
        was_open = self._form.isVisible()
        self._form.setVisible(screen.is_muting)
        if screen.is_muting and not was_open:
            self._reason.setFocus()
        for button in (self._ack, self._mute):
            button.setEnabled(not screen.is_saving and button.is_permitted)
        self._mute.say("alerts.unmute" if screen.mute is not None else "alerts.mute")
        self._fill()

    def _button(
        self, code: str, on_press: object, key: str, icon: str, *, look: str = "plain", right: Right | None = None
    ) -> ActionButton:
        name = f"alerts.drawer.{code.rpartition('.')[2]}"
        press = on_press if callable(on_press) else lambda: None
        return ActionButton(self._ui, code, press, icon=icon, key=key, look=look, name=name, right=right)

    def _on_mute(self) -> None:
        self._presenter.mute(self._scope.value(), int(self._time.value()), self._reason.text())

    def _fill(self) -> None:
        if self._shown is None:
            return
        row, texts = self._shown.row, self._ui.texts
        self.title.say("page.alerts")
        self._severity.show_state(TONES.get(row.severity, "notice"), f"severity.{row.severity}")
        self._state.show_state(STATE_TONES[row.state], f"state.alert.{row.state}")
        self._what.say_phrase(sentence(row.rule, row.key, row.facts))
        can_ack = row.acked_at is None and row.cleared_at is None
        self._ack.setVisible(can_ack)
        self._note.setVisible(can_ack)
        self._mute.setVisible(row.cleared_at is None)
        door = door_of(row.rule)
        self._go.setVisible(bool(door))
        if door:
            self._go.say("alerts.go", page=door_phrase(door))
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(6)
        say = partial(self._say, column)
        if row.is_muted and row.cleared_at is None:
            say(texts.t("alerts.is_muted"), "notice")
        if row.acked_at is not None and row.cleared_at is None:
            say(texts.t("alerts.by", who=row.acked_by), "secondary")
        if self._shown.note:
            say(texts.t("alerts.noted", note=self._shown.note), "body")
        if can_ack and row.next_step_at is not None and not row.is_muted:
            say(texts.t("alerts.next", at=moment_text(row.next_step_at)), "secondary")
        say(texts.t("alerts.story"), "head")
        for line in self._shown.story:
            tone = "stop" if line.state == "failed" else "body"
            say(f"{moment_text(line.at)}  {story_text(line, texts)}", tone)
        column.addStretch(1)
        self.show_body(body)

    def _say(self, column: QVBoxLayout, text: str, look: str) -> None:
        label = PlainLabel(self._ui, look, wraps=True, keeps_lines=False, limit=600)
        label.show_text(text)
        column.addWidget(label)
