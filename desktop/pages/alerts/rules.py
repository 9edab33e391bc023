"""The tab of rules: what is watched, how grave it is, from which limit on; and how long what waits."""

from dataclasses import replace
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from core.alerts.policy import SeverityPolicy
from core.desk.alert_settings import RuleDraft, RuleView
from core.runtime.standing import Severity
from desktop.pages.alerts.deciding import DecidingPresenter, clock_of, quiet_of
from desktop.pages.alerts.words import TONES
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import StatePill
from desktop.widgets.fields import ChoiceBox, DecimalBox, Field, NumberBox, TickBox
from desktop.widgets.labels import ElidedLabel, PlainLabel

_GRAVEST_FIRST: Final = (Severity.CRITICAL, Severity.WARNING, Severity.NOTICE)
_WAITS: Final = ("next_after_s", "repeat_s", "clear_after_s", "again_after_s")
_WAIT_WORDS: Final = ("next", "repeat", "clear", "again")
_MOST_MINUTES: Final = 7 * 24 * 60


class RulesTab(QScrollArea):
    """Whatever is changed is saved at once, and can be taken back from the message."""

    def __init__(self, ui: Ui, presenter: DecidingPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._rows: dict[str, _RuleRow] = {}
        self.setObjectName("alerts.rules_tab")
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._trouble = PlainLabel(ui, "stop", wraps=True, name="alerts.rules_tab.trouble")
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(12)
        column.addWidget(self._trouble)
        column.addWidget(self._waits_card())
        column.addWidget(self._rules_card())
        column.addStretch(1)
        self.setWidget(holder)
        presenter.on_screen = self._on_screen
        self._on_screen()

    def look_again(self, *, is_new: bool) -> None:
        """Read what was decided."""
        if is_new:
            self._presenter.forget_trouble()
        self._presenter.look_at_rules()

    def _waits_card(self) -> QFrame:
        ui = self._ui
        card, grid = _card(ui, "alerts.waits.title")
        self._numbers: dict[tuple[Severity, str], NumberBox] = {}
        self._quiet: dict[Severity, Field] = {}
        for place, word in enumerate((*_WAIT_WORDS, "quiet_hours"), 1):
            head = PlainLabel(ui, "small", wraps=True)
            head.say(f"alerts.waits.{word}")
            grid.addWidget(head, 1, place)
        for line, severity in enumerate(_GRAVEST_FIRST, 2):
            pill = StatePill(ui)
            pill.show_state(TONES[severity], f"severity.{severity}")
            grid.addWidget(pill, line, 0)
            for place, (word, wait) in enumerate(zip(_WAIT_WORDS, _WAITS, strict=True), 1):
                box = NumberBox(0, _MOST_MINUTES, f"alerts.rules_tab.{severity}.{word}")
                box.setMaximumWidth(ui.scaled(110))
                box.editingFinished.connect(partial(self._on_wait, severity))
                self._numbers[severity, wait] = box
                grid.addWidget(box, line, place)
            quiet = Field(ui, "alerts.waits.quiet", f"alerts.rules_tab.{severity}.quiet", is_latin=True, limit=13)
            quiet.setMaximumWidth(ui.scaled(160))
            quiet.editingFinished.connect(partial(self._on_wait, severity))
            self._quiet[severity] = quiet
            grid.addWidget(quiet, line, len(_WAITS) + 1)
        grid.setColumnStretch(len(_WAITS) + 2, 1)
        return card

    def _rules_card(self) -> QFrame:
        card, self._grid = _card(self._ui, "alerts.rules.title", "alerts.rules.hint")
        self._grid.setColumnStretch(1, 1)
        return card

    def _on_wait(self, severity: Severity) -> None:
        known = dict(self._presenter.screen.severities).get(severity)
        if known is None:
            return
        try:
            quiet = quiet_of(self._quiet[severity].text())
        except ValueError:
            self._presenter.refuse_entry("alerts.duty.bad_time")
            return
        # Minutes are shown: what was set to the second elsewhere stays so until its minutes change.
        waits = {
            wait: getattr(known, wait)
            if self._numbers[severity, wait].value() == _minutes(getattr(known, wait))
            else self._numbers[severity, wait].value() * 60
            for wait in _WAITS
        }
        policy = replace(known, quiet=quiet, **waits)
        if policy != known:
            self._put(severity, policy, known)

    def _put(self, severity: Severity, policy: SeverityPolicy, before: SeverityPolicy) -> None:
        desk, presenter = self._presenter.desk, self._presenter
        presenter.act(
            lambda: desk.put_severity(severity, policy),
            presenter.look_at_rules,
            Phrase("alerts.waits.saved"),
            waits=True,
            undo=lambda: self._put(severity, before, policy),
        )

    def put_rule(self, draft: RuleDraft, before: RuleDraft) -> None:
        """Save a rule; the message offers what was before."""
        desk, presenter = self._presenter.desk, self._presenter
        presenter.act(
            lambda: desk.put_rule(draft),
            presenter.look_at_rules,
            Phrase("alerts.rules.saved"),
            waits=True,
            undo=lambda: self.put_rule(before, draft),
        )

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._trouble.setVisible(screen.trouble is not None)
        if screen.trouble is not None:
            self._trouble.say_phrase(screen.trouble)
        for severity, policy in screen.severities:
            for wait in _WAITS:
                box = self._numbers[severity, wait]
                if not box.hasFocus():
                    box.setValue(_minutes(getattr(policy, wait)))
            if not self._quiet[severity].hasFocus():
                quiet = policy.quiet
                self._quiet[severity].setText("" if quiet is None else f"{clock_of(quiet[0])}-{clock_of(quiet[1])}")
        for view in screen.rules:
            if view.info.rule not in self._rows:
                self._rows[view.info.rule] = _RuleRow(self._ui, self, view, self._grid, len(self._rows) + 2)
            self._rows[view.info.rule].show_rule(view)


class _RuleRow:
    """One rule: on or off, how grave, from when on."""

    def __init__(self, ui: Ui, tab: RulesTab, view: RuleView, grid: QGridLayout, line: int) -> None:
        self._tab = tab
        self._view = view
        name = f"alerts.rules_tab.{view.info.rule}"
        self.on = TickBox(ui, "alerts.channels.on", f"{name}.on")
        self.on.clicked.connect(lambda _checked=False: self._save())
        words = ElidedLabel(ui, name=f"{name}.words")
        words.say_phrase(Phrase(f"alerts.rule.{view.info.rule}", otherwise=view.info.rule))
        self.severity = ChoiceBox(ui, "severity", ("watch", *_GRAVEST_FIRST), f"{name}.severity")
        self.severity.picked.connect(lambda _value: self._save())
        self.limit = DecimalBox(0, 10**8, f"{name}.limit")
        self.limit.setMaximumWidth(ui.scaled(110))
        self.limit.editingFinished.connect(self._save)
        unit = PlainLabel(ui, "secondary")
        if view.info.unit:
            unit.say(f"alerts.unit.{view.info.unit}")
        for place, widget in enumerate((self.on, words, self.severity, self.limit, unit)):
            grid.addWidget(widget, line, place)
        self.limit.setVisible(view.limit is not None)

    def show_rule(self, view: RuleView) -> None:
        """Show what counts; what the owner types at is left alone."""
        self._view = view
        self.on.setChecked(view.is_on)
        self.severity.choose(view.severity or "watch")
        if view.limit is not None and not self.limit.hasFocus():
            self.limit.setValue(view.limit)

    def _save(self) -> None:
        view = self._view
        severity = self.severity.value()
        draft = RuleDraft(
            view.info.rule,
            self.on.isChecked(),
            "" if severity == "watch" else severity,
            self._limits(self.limit.value()),
        )
        before = RuleDraft(view.info.rule, view.is_on, view.severity, self._limits(view.limit or 0))
        if draft != before:
            self._tab.put_rule(draft, before)

    def _limits(self, usual: float) -> dict[str, float]:
        own = dict(self._view.own)
        return own if self._view.limit is None else {"": usual, **own}


def _minutes(seconds: int) -> int:
    return -(-seconds // 60)


def _card(ui: Ui, title: str, hint: str = "") -> tuple[QFrame, QGridLayout]:
    card = QFrame()
    card.setProperty("look", "card")
    grid = QGridLayout(card)
    grid.setContentsMargins(16, 12, 16, 14)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(6)
    head = PlainLabel(ui, "heading")
    head.say(title)
    grid.addWidget(head, 0, 0, 1, 2)
    if hint:
        small = PlainLabel(ui, "secondary", wraps=True)
        small.say(hint)
        grid.addWidget(small, 1, 0, 1, 5)
    return card, grid
