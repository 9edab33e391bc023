"""The page of reports: which days, their sums, their shops, clerks and days, and a table of it all."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from core.access.rights import Right
from core.reports.records import RangeReport
from desktop.formats import time_text
from desktop.pages.reports.presenter import PERIODS, ReportsPresenter
from desktop.pages.reports.tables import clerk_figures, day_figures, shop_figures, totals
from desktop.ui import Ui
from desktop.widgets.ask_where import ask_where
from desktop.widgets.controls import ActionButton
from desktop.widgets.day_field import DayField
from desktop.widgets.fields import ChipRow
from desktop.widgets.figures import Figures, Tiles
from desktop.widgets.labels import PlainLabel
from desktop.widgets.layouts import empty
from desktop.widgets.page import PageWidget

_PROGRESS_MS: Final = 120


class ReportsPage(PageWidget):
    """Shows what the presenter read."""

    def __init__(self, ui: Ui, presenter: ReportsPresenter, open_day: Callable[[], None]) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._open_day = open_day
        self._shown: RangeReport | None = None
        self.setObjectName("reports")
        #: asks where to write; a test answers in the dialog's place
        self.ask_place: Callable[[str], Path | None] = self._ask_place
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 14, 16, 12)
        whole.setSpacing(10)
        whole.addLayout(self._head())
        whole.addLayout(self._which())
        self._busy = _Busy(ui, presenter)
        whole.addWidget(self._busy)
        self._body = QVBoxLayout()
        self._body.setContentsMargins(0, 0, 8, 0)
        self._body.setSpacing(8)
        inside = QWidget()
        inside.setLayout(self._body)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("reports.scroll")
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        whole.addWidget(self._scroll, 1)
        self._timer = QTimer(self)
        self._timer.setInterval(_PROGRESS_MS)
        self._timer.timeout.connect(self._busy.show_progress)
        presenter.on_screen = self._on_screen
        ui.retranslated.connect(self._on_retranslated)
        self._on_screen()

    def _head(self) -> QHBoxLayout:
        ui, presenter = self._ui, self._presenter
        title = PlainLabel(ui, "title", name="reports.title")
        title.say("page.reports")
        self._at = PlainLabel(ui, "secondary", name="reports.at")
        export = ActionButton(
            ui,
            "reports.export",
            self._export,
            icon="file-text",
            key="Ctrl+S",
            name="reports.export",
            right=Right.USE_FILES,
        )
        if not presenter.can_export:
            export.hide()
        refresh = ActionButton(
            ui, "action.refresh", presenter.look, icon="refresh-cw", key="F5", name="reports.refresh"
        )
        day = ActionButton(ui, "reports.day", self._open_day, icon="calendar-check", key="Esc", name="reports.day")
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        for widget in (self._at, day, export, refresh):
            head.addWidget(widget)
        return head

    def _which(self) -> QHBoxLayout:
        ui = self._ui
        self._chips = ChipRow(ui, "reports.period", PERIODS, "reports.period")
        self._chips.chosen.connect(self._on_period)
        self._first, self._last = (DayField(f"reports.{name}", self._on_days) for name in ("first", "last"))
        since, until = PlainLabel(ui), PlainLabel(ui)
        since.say("log.since")
        until.say("log.until")
        row = QHBoxLayout()
        row.addWidget(self._chips, 1)
        for widget in (since, self._first, until, self._last):
            row.addWidget(widget)
        return row

    # --- what the shell asks --------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """Scans mean nothing here; the shell sends them where they belong."""

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """Alt+1 to Alt+5 choose days, Ctrl+S writes a table, F5 looks again."""
        place = key - Qt.Key.Key_1
        if key == Qt.Key.Key_F5:
            self._presenter.look()
        elif modifiers == Qt.KeyboardModifier.AltModifier and 0 <= place < len(PERIODS):
            self._on_period(PERIODS[place])
        elif modifiers == Qt.KeyboardModifier.ControlModifier and key == Qt.Key.Key_S:
            self._export()
        else:
            return False
        return True

    def handle_changed(self) -> None:
        """A report stands as it was read: F5 reads it again."""

    def handle_back(self) -> bool:
        """Esc stops what is read, else goes back to the day."""
        if not self._presenter.cancel():
            self._open_day()
        return True

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Read when somebody comes."""
        super().showEvent(event)
        self._presenter.look()

    # --- acts -----------------------------------------------------------------------------------------------------

    @Slot(str)
    def _on_period(self, period: str) -> None:
        if period == "range":
            self._chips.choose(self._presenter.screen.period)
            self._first.setFocus()
            self._first.selectAll()
        else:
            self._presenter.choose(period)

    @Slot()
    def _on_days(self) -> None:
        first, last = self._first.day(), self._last.day()
        screen = self._presenter.screen
        if (first, last) != (screen.first, screen.last):
            self._presenter.choose_days(first, last)

    def _export(self) -> None:
        screen = self._presenter.screen
        if not self._presenter.can_export or screen.is_busy:
            return
        if not self._ui.may(Right.USE_FILES):
            self._presenter.refuse(Right.USE_FILES)
            return
        place = self.ask_place(f"report-{screen.first}-{screen.last}.xlsx")
        if place is not None:
            self._presenter.export(place)

    def _ask_place(self, name: str) -> Path | None:
        words = self._ui.texts.t("reports.export")
        return ask_where(self, words, name)

    # --- showing --------------------------------------------------------------------------------------------------

    @Slot()
    def _on_retranslated(self) -> None:
        self._shown = None
        self._on_screen()

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._chips.choose(screen.period)
        self._first.show_day(screen.first)
        self._last.show_day(screen.last)
        self._busy.setVisible(screen.is_busy)
        if screen.is_busy:
            self._timer.start()
        else:
            self._timer.stop()
        report = screen.report
        self._at.setVisible(report is not None)
        if report is not None:
            self._at.say("day.at", at=time_text(report.at, self._ui.now(), self._ui.texts))
        if report is not self._shown:
            self._shown = report
            self._fill(report)

    def _fill(self, report: RangeReport | None) -> None:
        empty(self._body)
        if report is not None:
            ui = self._ui
            self._body.addWidget(Tiles(ui, "reports.total", totals(report)))
            self._body.addWidget(shop_figures(ui, "reports.shops", report.shops, "reports.nothing"))
            self._body.addWidget(clerk_figures(ui, "reports.clerks", report.clerks, "reports.nothing"))
            if report.stuck:
                rows = [(ui.texts.t(f"day.pile.{stage}"), str(count)) for stage, count in report.stuck]
                self._body.addWidget(Figures(ui, "reports.stuck", ("stage", "stuck"), rows))
            if len(report.days) > 1:
                self._body.addWidget(day_figures(ui, "reports.days", report))
        self._body.addStretch(1)


class _Busy(QFrame):
    """How far the days are, and a way to stop."""

    def __init__(self, ui: Ui, presenter: ReportsPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.setObjectName("reports.busy")
        self.setProperty("look", "card")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._count = PlainLabel(ui, "secondary", name="reports.progress")
        stop = ActionButton(ui, "reports.cancel", presenter.cancel, key="Esc", name="reports.cancel")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(12)
        row.addWidget(self._bar, 1)
        row.addWidget(self._count)
        row.addWidget(stop)
        self.show_progress()

    @Slot()
    def show_progress(self) -> None:
        """Look how far it is."""
        progress = self._presenter.progress
        self._bar.setRange(0, max(progress.total, 1))
        self._bar.setValue(progress.done)
        self._count.say("reports.progress", done=progress.done, total=progress.total)
