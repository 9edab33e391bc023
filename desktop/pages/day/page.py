"""The day page: start of work, today's orders in piles, work by shop and clerk."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from core.reports.records import Check, DayPile, DayReport
from desktop.formats import time_text
from desktop.pages.day.presenter import VIEWS, DayPresenter, check_words
from desktop.pages.reports.tables import clerk_figures, shop_figures
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.fields import ChipRow
from desktop.widgets.head_bar import head_bar, refresh_button
from desktop.widgets.labels import PlainLabel
from desktop.widgets.layouts import empty

_PILE_TONES = {"held": "notice", "short": "notice", "cancelled": "quiet", "elsewhere": "quiet", "unpaid": "quiet"}


class DayPage(QWidget):
    """Shows what the presenter looked at."""

    def __init__(self, ui: Ui, presenter: DayPresenter, open_reports: Callable[[], None]) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.setObjectName("day")
        self._worst = StatePill(ui, name="day.worst")
        self._at = PlainLabel(ui, "secondary", name="day.at")
        reports = ActionButton(ui, "day.reports", open_reports, icon="arrow-right", key="Ctrl+R", name="day.reports")
        acts = (self._at, reports, refresh_button(ui, "day", presenter.look))
        head = head_bar(ui, "day", acts, beside=(self._worst,))
        self._chips = ChipRow(ui, "day.view", VIEWS, "day.view")
        self._chips.chosen.connect(presenter.show_part)
        self._body = QVBoxLayout()
        self._body.setContentsMargins(0, 0, 8, 0)
        self._body.setSpacing(6)
        inside = QWidget()
        inside.setLayout(self._body)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 14, 16, 12)
        whole.setSpacing(10)
        whole.addLayout(head)
        whole.addWidget(self._chips)
        whole.addWidget(scroll, 1)
        presenter.on_screen = self._on_screen
        ui.retranslated.connect(self._on_screen)
        self._on_screen()

    def handle_scan(self, raw: str) -> None:
        """Scans mean nothing here; the shell sends them where they belong."""

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:  # noqa: ARG002  one shape for all
        """F5 looks again."""
        if key != Qt.Key.Key_F5:
            return False
        self._presenter.look()
        return True

    def handle_changed(self) -> None:
        """Something moved."""
        self._presenter.look()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Look."""
        super().showEvent(event)
        self._presenter.look()

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._chips.choose(screen.view)
        self._worst.setVisible(screen.is_known)
        self._worst.show_state(screen.worst, f"day.worst.{screen.worst}")
        report = screen.report
        self._at.setVisible(report is not None)
        if report is not None:
            self._at.say("day.at", at=time_text(report.at, self._ui.now(), self._ui.texts))
        focused = self.focusWidget()
        name = "" if focused is None else focused.objectName()
        empty(self._body)
        if screen.view == "start":
            for check in screen.all_checks:
                self._body.addWidget(_CheckRow(self._ui, self._presenter, check))
        elif report is not None and screen.view == "orders":
            self._add_piles(report)
        elif report is not None:
            self._add_work(report)
        self._body.addStretch(1)
        again = self.findChild(QWidget, name) if name else None
        if again is not None:
            again.setFocus()

    def _add_piles(self, report: DayReport) -> None:
        total = PlainLabel(self._ui, "heading", wraps=True, name="day.total")
        total.say("day.total", n=report.total)
        self._body.addWidget(total)
        for pile in report.piles:
            if pile.orders:
                self._body.addWidget(_PileRow(self._ui, self._presenter, pile))

    def _add_work(self, report: DayReport) -> None:
        self._body.addWidget(shop_figures(self._ui, "day.shops", report.shops))
        self._body.addWidget(clerk_figures(self._ui, "day.clerks", report.clerks))


class _CheckRow(QFrame):
    """One thing looked at, with the way to where it is mended."""

    def __init__(self, ui: Ui, presenter: DayPresenter, check: Check) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self.setObjectName(f"day.check.{check.code}")
        self.setMinimumHeight(ui.scaled(48))
        pill = StatePill(ui)
        pill.show_state(check.tone, f"day.tone.{check.tone}")
        pill.setFixedWidth(ui.scaled(96))
        words = PlainLabel(ui, wraps=True, name=f"day.check.{check.code}.words")
        words.say_phrase(check_words(check, ui.now(), ui.texts))
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 14, 8)
        row.addWidget(pill)
        row.addWidget(words, 1)
        if check.page:
            door = partial(presenter.on_door, check.page)
            row.addWidget(ActionButton(ui, "day.mend", door, icon="arrow-right", name=f"day.mend.{check.code}"))


class _PileRow(QFrame):
    """Orders that stand in one place."""

    def __init__(self, ui: Ui, presenter: DayPresenter, pile: DayPile) -> None:
        super().__init__()
        self.setProperty("look", "card")
        count = PlainLabel(ui, "title", name=f"day.pile.{pile.name}")
        count.show_text(str(pile.orders))
        count.setFixedWidth(ui.scaled(80))
        count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        words = PlainLabel(ui, wraps=True)
        words.say(f"day.pile.{pile.name}")
        tone = "stop" if pile.late else _PILE_TONES.get(pile.name, "good")
        state = StatePill(ui, name=f"day.late.{pile.name}")
        state.show_state(tone, "day.late" if pile.late else "day.on_time", n=pile.late)
        state.setVisible(bool(pile.late))
        door = partial(presenter.on_door, pile.door)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 14, 6)
        row.setSpacing(16)
        row.addWidget(count)
        row.addWidget(words, 1)
        row.addWidget(state)
        row.addWidget(ActionButton(ui, "day.show", door, icon="arrow-right", name=f"day.show.{pile.name}"))
