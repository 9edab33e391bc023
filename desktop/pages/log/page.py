"""The auditor's page: kinds, days, how often each person looked, and the lines."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.access.gate import SYSTEM
from core.access.records import LOG_KINDS, LogPage, LogRow
from desktop.formats import moment_text
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.log.presenter import LogPresenter, action_code, facts_phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState
from desktop.widgets.day_field import DayField
from desktop.widgets.fields import ChipRow
from desktop.widgets.labels import PlainLabel
from desktop.widgets.table import ListTable

_MOST_LOOKERS = 8


class AuditPage(QWidget):
    """Shows what the presenter read."""

    def __init__(self, ui: Ui, presenter: LogPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.setObjectName("log")
        title = PlainLabel(ui, "title")
        title.say("page.log")
        self._first, self._last = (DayField(f"log.{name}", self._on_days) for name in ("first", "last"))
        since, until = PlainLabel(ui), PlainLabel(ui)
        since.say("log.since")
        until.say("log.until")
        refresh = ActionButton(ui, "action.refresh", presenter.look, icon="refresh-cw", key="F5", name="log.refresh")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(title)
        head.addStretch(1)
        for widget in (since, self._first, until, self._last, refresh):
            head.addWidget(widget)
        self._kinds = ChipRow(ui, "log.kind", tuple(LOG_KINDS), "log.kind")
        self._kinds.chosen.connect(presenter.choose_kind)
        self._looks = PlainLabel(ui, "secondary", wraps=True, name="log.looks")
        self.model: PagedTableModel[LogRow] = PagedTableModel(ui, self._columns(), lambda row: row.id, self)
        self.table = ListTable(ui, self.model, "log.table")
        self._empty = EmptyState(ui, "file-text", "log.empty", "log.empty")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(self._kinds)
        column.addWidget(self._looks)
        column.addWidget(self.table, 1)
        column.addWidget(self._empty, 1)
        self.model.more_wanted.connect(presenter.more)
        presenter.on_screen = self._on_screen
        presenter.on_more = self._on_more
        presenter.on_no_more = self.model.give_up
        ui.retranslated.connect(self._say_looks)
        self._on_screen()

    def _columns(self) -> tuple[Column[LogRow], ...]:
        texts = self._ui.texts

        def who(row: LogRow) -> str:
            return texts.t("log.system") if row.operator == SYSTEM else row.operator

        return (
            Column("log.column.at", lambda row: moment_text(row.at), 120),
            Column("log.column.operator", who, 120, stretch=True),
            Column("log.column.desk", lambda row: row.desk, 120, stretch=True, spare=1),
            Column("log.column.action", lambda row: texts.t(action_code(row)), 200),
            Column("log.column.facts", lambda row: texts.say(facts_phrase(row)).strip(), 330, stretch=True),
        )

    def handle_scan(self, raw: str) -> None:
        """Scans mean nothing here; the shell sends them where they belong."""

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:  # noqa: ARG002  one shape for all
        """F5 looks again."""
        if key != Qt.Key.Key_F5:
            return False
        self._presenter.look()
        return True

    def handle_changed(self) -> None:
        """New lines come on top; further down they would pull the list away from under an eye."""
        if self.table.verticalScrollBar().value() == 0:
            self._presenter.look()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Read when somebody comes."""
        super().showEvent(event)
        self.table.setFocus()
        self._presenter.look()

    @Slot()
    def _on_days(self) -> None:
        self._presenter.choose_days(self._first.day(), self._last.day())

    def _on_more(self, page: LogPage) -> None:
        self.model.append(page.rows, page.next_after)

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._kinds.choose(screen.kind)
        self._first.show_day(screen.first)
        self._last.show_day(screen.last)
        self._say_looks()
        self.model.show_first(screen.rows, screen.next_after)
        is_empty = screen.is_known and not screen.rows
        self._empty.setVisible(is_empty)
        self.table.setVisible(not is_empty)

    @Slot()
    def _say_looks(self) -> None:
        texts, looks = self._ui.texts, self._presenter.screen.looks
        who = texts.t("list.comma").join(
            texts.t("log.looks.one", name=name, n=count) for name, count in looks[:_MOST_LOOKERS]
        )
        if looks:
            self._looks.say("log.looks", who=who)
        else:
            self._looks.say("log.looks.none")
