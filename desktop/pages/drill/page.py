"""The page of the drill: the numbers on the left, what they lead to on the right."""

from typing import Final

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from core.practice.drill.records import Mode
from desktop.drill_words import comparison, meaning
from desktop.pages.drill.chart import SoldChart
from desktop.pages.drill.numbers import NumbersCard
from desktop.pages.drill.presenter import DrillPresenter
from desktop.pages.drill.results import ResultsCard
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState
from desktop.widgets.head_bar import head_bar
from desktop.widgets.labels import PlainLabel, set_look
from desktop.widgets.page import PageWidget

_PROGRESS_MS: Final = 120


class DrillPage(PageWidget):
    """Shows what the presenter played."""

    def __init__(self, ui: Ui, presenter: DrillPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.setObjectName("drill")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 14, 16, 12)
        whole.setSpacing(10)
        whole.addLayout(self._head())
        self._busy = _Busy(ui, presenter)
        whole.addWidget(self._busy)
        self._numbers = NumbersCard(ui, presenter)
        self._numbers.play_wanted.connect(self._on_play)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._numbers)
        row.addWidget(self._outcome(), 1)
        again = ActionButton(
            ui, "drill.play", self._on_play, look="main", icon="play", key="F5", name="drill.empty.play"
        )
        self._empty = EmptyState(ui, "boxes", "drill.empty", "drill.empty", again)
        row.addWidget(self._empty, 1)
        whole.addLayout(row, 1)
        self._timer = QTimer(self)
        self._timer.setInterval(_PROGRESS_MS)
        self._timer.timeout.connect(self._busy.show_progress)
        presenter.on_screen = self._on_screen
        ui.retranslated.connect(self._on_screen)
        self._on_screen()

    def _head(self) -> QHBoxLayout:
        ui = self._ui
        safe = PlainLabel(ui, "secondary", name="drill.safe")
        safe.say("drill.safe")
        self._play = ActionButton(
            ui, "drill.play", self._on_play, look="main", icon="play", key="F5", name="drill.play"
        )
        return head_bar(ui, "drill", (self._play,), beside=(safe,))

    def _outcome(self) -> QWidget:
        ui = self._ui
        self._right = QWidget()
        column = QVBoxLayout(self._right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        words = QFrame()
        words.setProperty("look", "card")
        self._together = PlainLabel(ui, "heading", wraps=True, name="drill.comparison")
        self._meaning = PlainLabel(ui, "body", wraps=True, name="drill.meaning")
        inside = QVBoxLayout(words)
        inside.setContentsMargins(16, 10, 16, 12)
        inside.setSpacing(4)
        inside.addWidget(self._together)
        inside.addWidget(self._meaning)
        card = QFrame()
        card.setProperty("look", "card")
        caption = PlainLabel(ui, "head")
        caption.say("drill.chart")
        self._chart = SoldChart(ui, "drill.chart")
        drawn = QVBoxLayout(card)
        drawn.setContentsMargins(12, 10, 12, 8)
        drawn.setSpacing(2)
        drawn.addWidget(caption)
        drawn.addWidget(self._chart, 1)
        self._results = ResultsCard(ui)
        self._results.chosen.connect(self._on_chosen)
        column.addWidget(words)
        column.addWidget(card, 1)
        column.addWidget(self._results)
        return self._right

    # --- what the shell asks --------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """A scanned product is drilled as it stands now."""
        self._presenter.take_goods(raw)

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """F5 plays, F2 goes to the SKU, F3 to the numbers, Alt+1 to Alt+4 choose a mode."""
        place = key - Qt.Key.Key_1
        if key == Qt.Key.Key_F5:
            self._on_play()
        elif key == Qt.Key.Key_F2:
            self._numbers.focus_code()
        elif key == Qt.Key.Key_F3:
            self._numbers.focus_first()
        elif modifiers == Qt.KeyboardModifier.AltModifier and 0 <= place < len(Mode):
            self._presenter.choose_mode(tuple(Mode)[place])
        else:
            return False
        return True

    def handle_changed(self) -> None:
        """A drill stands as it was played."""

    def handle_back(self) -> bool:
        """Esc stops what is played."""
        return self._presenter.cancel()

    # --- showing --------------------------------------------------------------------------------------------------

    @Slot()
    def _on_play(self) -> None:
        self._numbers.settle()
        self._presenter.play()

    @Slot(str)
    def _on_chosen(self, mode: str) -> None:
        self._presenter.choose_mode(Mode(mode))

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._numbers.show_screen(screen)
        self._numbers.setEnabled(not screen.is_busy)
        self._play.setVisible(bool(screen.played))
        self._play.setEnabled(not screen.is_busy)
        self._busy.setVisible(screen.is_busy)
        if screen.is_busy:
            self._busy.show_progress()
            self._timer.start()
        else:
            self._timer.stop()
        self._empty.setVisible(screen.played is None)
        self._right.setVisible(screen.played is not None)
        if screen.played is not None:
            self._chart.show_results(screen.results, screen.chosen)
            self._results.show_screen(screen)
            self._say()

    def _say(self) -> None:
        screen = self._presenter.screen
        together = comparison(screen.results)
        result = screen.result
        self._together.setVisible(together is not None)
        if together is not None:
            self._together.say_phrase(together)
        if result is not None and screen.played is not None:
            self._meaning.say_phrase(meaning(screen.played, result))
        else:
            self._meaning.say("drill.meaning.none" if screen.is_busy else "drill.meaning.stopped")
        set_look(self._meaning, tone="stop" if result is not None and result.oversold else "")


class _Busy(QFrame):
    """How far it is, and a way to stop."""

    def __init__(self, ui: Ui, presenter: DrillPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.setObjectName("drill.busy")
        self.setProperty("look", "card")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._count = PlainLabel(ui, "secondary", name="drill.progress")
        stop = ActionButton(ui, "drill.cancel", presenter.cancel, key="Esc", name="drill.cancel")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(12)
        row.addWidget(self._bar, 1)
        row.addWidget(self._count)
        row.addWidget(stop)

    @Slot()
    def show_progress(self) -> None:
        """Look how far it is."""
        progress = self._presenter.progress
        self._bar.setRange(0, max(progress.total, 1))
        self._bar.setValue(progress.done)
        self._count.say("drill.progress", n=100 * progress.done // max(progress.total, 1))
