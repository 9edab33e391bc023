"""The panel of the scanner: a barcode to scan, and what the desk saw of it."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.pages.welcome.parts import BarsView
from desktop.pages.welcome.scanner_step import ScannerStep
from desktop.pages.welcome.word_panels import Panel, card, show_trouble, trouble_label
from desktop.paper import bars
from desktop.scan_parser import Stroke
from desktop.scan_trial import QUIET_MS, SAMPLE, Finding, Trial
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.labels import PlainLabel

#: what the desk can live with, what wants a look, what does not work
_TONES: Final = {
    Finding.QUICK: "good",
    Finding.SLOW: "good",
    Finding.INPUT_METHOD: "notice",
    Finding.FULL_WIDTH: "notice",
    Finding.BY_HAND: "notice",
}
_BARS_PX: Final = 96


class ScannerPanel(Panel):
    """The pad takes every key while it has the keyboard; a bare Enter goes on."""

    def __init__(self, ui: Ui, presenter: ScannerStep, print_sample: Callable[[], None]) -> None:
        super().__init__("scanner")
        self._ui = ui
        self._presenter = presenter
        frame, column = card()
        how = PlainLabel(ui, "body", wraps=True)
        how.say("welcome.scanner.how")
        view = BarsView(bars(SAMPLE), 2, ui.scaled(_BARS_PX))
        text = PlainLabel(ui, "small")
        text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        text.show_text(SAMPLE)
        holder = QWidget()
        holder.setFixedWidth(view.width())
        shown = QVBoxLayout(holder)
        shown.setContentsMargins(0, 0, 0, 0)
        shown.setSpacing(4)
        shown.addWidget(view)
        shown.addWidget(text)
        words = QVBoxLayout()
        words.setSpacing(10)
        words.addWidget(how)
        # In a row of its own: a button's greatest width would be that of the whole column.
        printing = QHBoxLayout()
        printing.addWidget(
            ActionButton(ui, "welcome.scanner.print", print_sample, icon="printer", name="welcome.scanner.print")
        )
        printing.addStretch(1)
        words.addLayout(printing)
        words.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(20)
        row.addWidget(holder)
        row.addLayout(words, 1)
        column.addLayout(row)
        self._pad = _Pad(ui, presenter)
        self._trouble = trouble_label(ui, "scanner")
        for widget in (frame, self._pad, self._trouble):
            self.column.addWidget(widget)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(QUIET_MS)
        self._quiet.timeout.connect(presenter.quiet)
        presenter.on_screen = self.show_screen

    def put(self, stroke: Stroke) -> None:
        """A key of the window."""
        self._presenter.put(stroke)
        self._quiet.start()

    def first(self) -> QWidget:
        """The pad."""
        return self._pad

    def show_screen(self) -> None:
        """Show the newest try."""
        screen = self._presenter.screen
        self._pad.show_trial(screen.trial)
        show_trouble(self._trouble, screen.trouble)


class _Pad(QFrame):
    """Takes the keys, so that nothing a slow scanner types presses a button; says what came."""

    def __init__(self, ui: Ui, presenter: ScannerStep) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.setObjectName("welcome.scanner.pad")
        self.setProperty("look", "pad")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # An input method that is on has to be seen here: on pages with fields it would eat the scans.
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
        self.setMinimumHeight(ui.scaled(150))
        self._state = StatePill(ui, name="welcome.scanner.state")
        self._title = PlainLabel(ui, "title", wraps=True, name="welcome.scanner.title")
        self._more = PlainLabel(ui, "body", wraps=True, name="welcome.scanner.more")
        self._read = PlainLabel(ui, "secondary", wraps=True, name="welcome.scanner.read")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(8)
        for widget in (self._state, self._title, self._more, self._read):
            column.addWidget(widget)
        column.addStretch(1)
        self.show_trial(None)

    def show_trial(self, trial: Trial | None) -> None:
        """The sentence of what matters most, and what was read."""
        self._state.setVisible(trial is not None)
        self._read.setVisible(trial is not None)
        if trial is None:
            self._title.say("welcome.scanner.waiting")
            self._more.say("welcome.scanner.waiting.more")
            return
        finding = trial.findings[0]
        facts = {"gap": trial.gap_ms, "typical": trial.typical_ms, "slowest": trial.slowest_ms}
        tone = _TONES.get(finding, "stop")
        self._state.show_state(tone, "welcome.scanner.works" if trial.works else "welcome.scanner.look")
        self._title.say(f"welcome.scanner.{finding}", **facts)
        more = [self._ui.texts.t(f"welcome.scanner.{one}.more", **facts) for one in trial.findings]
        self._more.show_text("\n".join(more))
        ends = Phrase(f"welcome.scanner.ends.{trial.ends or 'none'}")
        self._read.say("welcome.scanner.read", text=trial.text, ends=ends, **facts)

    def event(self, event: QEvent) -> bool:
        """A Tab that belongs to a code does not move the keyboard away."""
        is_tab = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Tab
        if is_tab and event.type() == QEvent.Type.KeyPress and self._presenter.is_scanning():
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Characters stay here, and an Enter that belongs to a code; everything else goes its way."""
        is_enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if (is_enter and self._presenter.is_scanning()) or (event.text().isprintable() and event.text()):
            event.accept()
            return
        super().keyPressEvent(event)
