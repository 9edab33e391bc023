"""The nightly comparison: which report, its rows, and the word of whoever looked into them."""

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.access.rights import Right
from core.counting.reports import DifferenceRow, ReportRow
from desktop.formats import moment_text, person_text, time_text
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.stocktake.comparing import ComparePresenter
from desktop.pages.stocktake.words import kinds_tone, kinds_words, listed_words, shown
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState
from desktop.widgets.end_note import EndNote
from desktop.widgets.fields import Field
from desktop.widgets.labels import PlainLabel
from desktop.widgets.page import if_may
from desktop.widgets.table import ListTable

_PROGRESS_MS = 200


class CompareView(QWidget):
    """Reports on the left, the rows of one on the right."""

    def __init__(self, ui: Ui, presenter: ComparePresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._story = PlainLabel(ui, "heading", wraps=True, name="count.compare.story")
        self.reports: PagedTableModel[ReportRow] = PagedTableModel(ui, self._report_columns(), lambda r: r.id, self)
        self.report_table = ListTable(ui, self.reports, "count.compare.reports")
        self.report_table.setFixedWidth(ui.scaled(280))
        self.report_table.opened.connect(self._on_report)
        self.rows: PagedTableModel[DifferenceRow] = PagedTableModel(ui, self._row_columns(), lambda row: row.id, self)
        self.table = ListTable(ui, self.rows, "count.compare.rows")
        self._empty = EmptyState(ui, "circle-check", "count.compare.empty", "count.compare.empty")
        self._end = EndNote(ui, "count.compare.end")
        self._note = Field(ui, "count.compare.note", "count.compare.note")
        lists = QHBoxLayout()
        lists.setSpacing(12)
        lists.addWidget(self.report_table)
        lists.addWidget(self.table, 1)
        lists.addWidget(self._empty, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self._story)
        column.addLayout(lists, 1)
        column.addWidget(self._end)
        column.addLayout(self._acts())
        self._timer = QTimer(self)
        self._timer.setInterval(_PROGRESS_MS)
        self._timer.timeout.connect(self._show_progress)

    def _acts(self) -> QHBoxLayout:
        ui = self._ui
        self._now = ActionButton(
            ui,
            "count.compare.now",
            self.compare,
            icon="refresh-cw",
            key="F6",
            name="count.compare.now",
            right=Right.ADJUST_STOCK,
        )
        self._one = ActionButton(
            ui,
            "count.compare.confirm",
            self.confirm,
            look="main",
            icon="check",
            key="F7",
            name="count.compare.confirm",
            right=Right.ADJUST_STOCK,
        )
        self._all = ActionButton(
            ui,
            "count.compare.confirm_all",
            self.confirm_all,
            key="Shift+F7",
            name="count.compare.confirm_all",
            right=Right.ADJUST_STOCK,
        )
        row = QHBoxLayout()
        row.addWidget(self._now)
        row.addWidget(self._note, 1)
        row.addWidget(self._one)
        row.addWidget(self._all)
        return row

    def _report_columns(self) -> tuple[Column[ReportRow], ...]:
        ui = self._ui

        def when(row: ReportRow) -> str:
            return time_text(row.made_at, ui.now(), ui.texts)

        def state(row: ReportRow) -> str:
            if row.open_count:
                return ui.texts.t("count.compare.open", n=row.open_count)
            return ui.texts.t("count.compare.seen" if row.difference_count else "count.compare.equal")

        def tone(row: ReportRow) -> str:
            return "notice" if row.open_count else "good"

        return (
            Column("count.column.at", when, 120, stretch=True),
            Column("count.column.state", state, 130, tone=tone),
        )

    def _row_columns(self) -> tuple[Column[DifferenceRow], ...]:
        texts = self._ui.texts
        return (
            Column("count.column.differs", lambda row: kinds_words(row, texts), 190, tone=kinds_tone, stretch=True),
            Column("count.column.code", lambda row: row.code, 120),
            Column("count.column.name", lambda row: row.name, 150, stretch=True, spare=3),
            Column("count.column.place", lambda row: row.warehouse or texts.t("count.all_places"), 80, spare=4),
            Column("count.column.level", lambda row: str(row.level_qty), 70, is_right=True),
            Column("count.column.ledger", lambda row: str(row.ledger_qty), 70, is_right=True),
            Column("count.column.forward", lambda row: shown(row.counted_qty), 80, is_right=True),
            Column("count.column.listed", listed_words, 120, spare=2),
            Column("count.column.confirmed", lambda row: person_text(row.confirmed_by, self._ui.texts), 80, spare=1),
            Column("count.column.note", lambda row: row.note, 100, spare=5),
        )

    def compare(self) -> None:
        """Make a report now, or stop the one that is being made."""
        if self._presenter.screen.done is not None:
            self._presenter.cancel()
        else:
            if_may(self._ui, self._presenter, Right.ADJUST_STOCK, self._presenter.compare)

    def confirm(self) -> None:
        """The chosen row was looked into."""
        row = self.rows.row_at(self.table.currentIndex().row())
        if row is None:
            return
        self._confirm(row)

    def confirm_all(self) -> None:
        """All rows were."""
        self._confirm(None)

    def _confirm(self, row: DifferenceRow | None) -> None:
        def confirm() -> None:
            self._presenter.confirm(row, self._note.text())
            self._note.clear()

        if_may(self._ui, self._presenter, Right.ADJUST_STOCK, confirm)

    @Slot(int)
    def _on_report(self, number: int) -> None:
        row = self.reports.row_at(number)
        if row is not None:
            self._presenter.choose(row.id)

    @Slot()
    def _show_progress(self) -> None:
        if self._presenter.screen.done is not None:
            self._story.say("count.compare.busy", n=self._presenter.compared)

    @Slot()
    def show_screen(self) -> None:
        """Show the reports."""
        screen = self._presenter.screen
        report = screen.report
        is_busy = screen.done is not None
        if is_busy:
            self._timer.start()
            self._show_progress()
        else:
            self._timer.stop()
            if report is None:
                self._story.say("count.compare.none")
            else:
                who = person_text(report.made_by, self._ui.texts)
                facts = {"at": moment_text(report.made_at), "skus": f"{report.sku_count:,}", "who": who}
                self._story.say("count.compare.story", **facts, n=report.difference_count, open=report.open_count)
        self._now.say("action.cancel" if is_busy else "count.compare.now")
        self.report_table.setVisible(bool(screen.reports))
        self.report_table.show_first(screen.reports, None, is_again=True)
        self.table.setVisible(bool(screen.rows))
        self._empty.setVisible(screen.is_known and not screen.rows)
        self._empty.say("count.compare.empty" if report is None else "count.compare.equal_all")
        self.table.show_first(screen.rows, None, is_again=True)
        self._end.show_end(len(screen.rows), report.difference_count if report is not None and screen.rows else 0)
        has_open = report is not None and report.open_count > 0
        for button in (self._one, self._all):
            button.setEnabled(has_open and button.is_permitted)
        self._note.setEnabled(has_open)
