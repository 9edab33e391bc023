"""The records of one shop, in the place of the cards: tables of its rounds, its comparisons and its last calls."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.access.rights import Right
from core.sync.reconciling import DAYS, NIGHTLY_DAYS
from desktop.formats import moment_text
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.shops import records_words as words
from desktop.pages.shops.records_presenter import TABS, RecordsPresenter
from desktop.ui import Ui
from desktop.widgets.ask_where import ask_where
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import ChipRow, ChoiceBox
from desktop.widgets.labels import ElidedLabel, PlainLabel
from desktop.widgets.table import ListTable
from desktop.widgets.ticking import while_shown

_SHAPE_CHARS: Final = 1000
#: a comparison that runs here tells no other table when nothing is found: look for oneself
_LOOK_MS: Final = 2000


class ShopRecords(QWidget):
    """Shows what the presenter read."""

    def __init__(self, ui: Ui, presenter: RecordsPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._shown: dict[str, object] = {}
        self._wants_table = False
        self.setObjectName("shops.records")
        #: asks where to write; a test answers in the dialog's place
        self.ask_place: Callable[[str], Path | None] = self._ask_place
        self._title = ElidedLabel(ui, "heading", name="shops.records.title")
        close = ActionButton(ui, "shops.records.close", presenter.close, key="Esc", name="shops.records.close")
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(close)
        self._tabs = ChipRow(ui, "shops.records", TABS, "shops.records.tab")
        self._tabs.chosen.connect(presenter.choose)
        self._hint = PlainLabel(ui, "secondary", wraps=True, name="shops.records.hint")
        self._tables = self._make_tables()
        self._nothing = PlainLabel(ui, "secondary", wraps=True, name="shops.records.nothing")
        self._shape = _CallShape(ui)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._tabs)
        column.addWidget(self._hint)
        column.addWidget(self._make_acts())
        for table in self._tables.values():
            column.addWidget(table, 1)
        column.addWidget(self._nothing, 1)
        column.addWidget(self._shape)
        while_shown(self, self._look_if_comparing, _LOOK_MS)
        ui.retranslated.connect(self._on_retranslated)
        self.show_screen()

    # --- making -------------------------------------------------------------------------------------------------

    def _make_tables(self) -> dict[str, ListTable]:
        texts = self._ui.texts
        columns: dict[str, tuple[Column[Any], ...]] = {
            "rounds": (
                Column("shops.column.at", words.span_text, 170),
                Column(
                    "shops.column.brought",
                    lambda row: words.round_words(row, texts),
                    240,
                    stretch=True,
                    tone=words.round_tone,
                ),
                Column("shops.column.rounds", lambda row: str(row.round_count), 76, is_right=True),
                Column("shops.column.pages", lambda row: str(row.page_count), 70, is_right=True, spare=2),
                Column("shops.column.took", lambda row: words.took_text(row.took_ms), 90, is_right=True),
                Column("shops.column.until", words.until_words, 110, spare=1),
                Column("shops.column.code", lambda row: "—" if row.trouble is None else row.trouble.code or "—", 250),
            ),
            "reports": (
                Column("shops.column.at", lambda row: moment_text(row.begun_at), 110),
                Column(
                    "shops.column.found",
                    lambda row: words.report_words(row, texts),
                    240,
                    stretch=True,
                    tone=words.report_tone,
                ),
                Column("shops.column.listed", lambda row: str(row.listed_count), 84, is_right=True),
                Column("shops.column.differing", lambda row: str(row.difference_count), 84, is_right=True),
                Column("shops.column.unasked", lambda row: str(row.unasked_count), 84, is_right=True, spare=3),
                Column("shops.column.since", lambda row: moment_text(row.since_at), 110, spare=2),
                Column("shops.column.by", lambda row: words.maker_words(row, texts), 90, spare=1),
                Column("shops.column.seen", lambda row: words.seen_words(row, texts), 170),
            ),
            "lines": (
                Column("shops.column.order", lambda row: row.order_no, 190),
                Column("shops.column.kind", lambda row: texts.t(f"shops.line.{row.kind}"), 150, tone=words.line_tone),
                Column("shops.column.ours", lambda row: words.side_words(row, row.ours, texts), 240, stretch=True),
                Column(
                    "shops.column.theirs", lambda row: words.side_words(row, row.theirs, texts), 240, stretch=True
                ),
                Column("shops.column.outcome", lambda row: texts.t(f"shops.line.outcome.{row.outcome}"), 110),
            ),
            "calls": (
                Column("shops.column.at", lambda row: words.clock_text(row.at), 130),
                Column("shops.column.call", lambda row: row.name, 270),
                Column("shops.column.path", lambda row: f"{row.method} {row.path}", 260, stretch=True, spare=1),
                Column("shops.column.status", lambda row: str(row.status or "—"), 64, is_right=True),
                Column("shops.column.took", lambda row: words.took_text(row.took_ms), 84, is_right=True),
                Column("shops.column.size", words.size_words, 84, is_right=True),
                Column("shops.column.ended", lambda row: words.call_words(row, texts), 290, tone=words.call_tone),
            ),
        }
        tables = {}
        for name, given in columns.items():
            model: PagedTableModel[Any] = PagedTableModel(self._ui, given, _id_of, self)
            tables[name] = ListTable(self._ui, model, f"shops.records.{name}")
        tables["reports"].opened.connect(self._on_report)
        tables["calls"].moved.connect(self._on_call)
        tables["calls"].opened.connect(self._on_call)
        return tables

    def _make_acts(self) -> QWidget:
        ui, presenter = self._ui, self._presenter
        self._progress = PlainLabel(ui, "body", wraps=True, name="shops.records.progress")
        self._days = ChoiceBox(ui, "shops.days", tuple(map(str, DAYS)), "shops.records.days")
        self._days.choose(str(NIGHTLY_DAYS))
        self._compare = ActionButton(
            ui, "shops.compare", self._on_compare, look="main", icon="refresh-cw", name="shops.records.compare"
        )
        self._seen = ActionButton(
            ui, "shops.report.mark_seen", presenter.mark_seen, icon="check", name="shops.records.seen"
        )
        self._back = ActionButton(ui, "shops.report.back", presenter.close_report, name="shops.records.back")
        self._export = ActionButton(
            ui,
            "shops.report.export",
            self._on_export,
            icon="file-text",
            name="shops.records.export",
            right=Right.USE_FILES,
        )
        self._copy = ActionButton(ui, "shops.calls.copy", self._on_copy, look="main", name="shops.records.copy")
        self._acts = QWidget()
        row = QHBoxLayout(self._acts)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self._days, self._compare, self._back, self._seen, self._export, self._copy):
            row.addWidget(widget)
        row.addWidget(self._progress, 1)
        return self._acts

    # --- acts ---------------------------------------------------------------------------------------------------

    @Slot(int)
    def _on_report(self, number: int) -> None:
        row = self._model("reports").row_at(number)
        if row is not None:
            self._presenter.open_report(row.id)

    @Slot(int)
    def _on_call(self, number: int) -> None:
        self._presenter.show_call(self._model("calls").row_at(number))

    def _on_compare(self) -> None:
        self._presenter.compare(self._days.value())

    def _on_export(self) -> None:
        report = self._presenter.screen.report
        if report is None or not self._export.is_permitted:
            return
        place = self.ask_place(f"reconciliation-{report.row.begun_at.astimezone():%Y%m%d-%H%M}.xlsx")
        if place is not None:
            self._presenter.export(place)

    def _ask_place(self, name: str) -> Path | None:
        return ask_where(self, self._ui.texts.t("shops.report.export"), name)

    def _on_copy(self) -> None:
        self._presenter.with_support_text(lambda text: QGuiApplication.clipboard().setText(text))

    def _look_if_comparing(self) -> None:
        if self._presenter.screen.is_comparing:
            self._presenter.look()

    # --- showing ------------------------------------------------------------------------------------------------

    def _model(self, name: str) -> PagedTableModel[Any]:
        model = self._tables[name].model()
        assert isinstance(model, PagedTableModel)  # noqa: S101  it was made in here
        return model

    @Slot()
    def _on_retranslated(self) -> None:
        self._shown.clear()
        self.show_screen()

    def show_screen(self) -> None:
        """Show what is open; hidden without a shop."""
        screen = self._presenter.screen
        was_visible = self.isVisible()
        self.setVisible(screen.shop is not None)
        if screen.shop is None:
            self._shown.clear()
            return
        self._title.show_text(self._ui.texts.t("shops.records.of", name=screen.shop.name))
        self._tabs.choose(screen.tab)
        lists: dict[str, Sequence[object] | None] = {
            "rounds": screen.rounds,
            "reports": None if screen.reports is None else screen.reports.rows,
            "lines": None if screen.report is None else screen.report.lines,
            "calls": screen.calls,
        }
        shown = "lines" if screen.tab == "reports" and screen.report is not None else screen.tab
        rows = lists[shown]
        self._fill(shown, rows)
        for name, table in self._tables.items():
            table.setVisible(name == shown and bool(rows))
        self._nothing.setVisible(not rows)
        self._nothing.say("shops.records.reading" if rows is None else f"shops.records.none.{shown}")
        self._hint.say(f"shops.records.hint.{shown}", at="" if screen.report is None else self._report_words())
        self._show_acts(shown)
        self._shape.show_call(screen.call if shown == "calls" else None)
        before = self._shown.get("table")
        if not was_visible or (shown == "lines") != (before == "lines"):
            # Who opens something goes on in its rows; who turns to another kind stays on the chips.
            self._wants_table = True
        self._shown["table"] = shown
        if self._wants_table and rows:
            self._wants_table = False
            self._tables[shown].setFocus()

    def _report_words(self) -> str:
        report = self._presenter.screen.report
        return "" if report is None else moment_text(report.row.begun_at)

    def _fill(self, name: str, rows: Sequence[object] | None) -> None:
        if rows is not None and rows != self._shown.get(name):
            is_again = name in self._shown
            self._shown[name] = rows
            self._tables[name].show_first(rows, None, is_again)

    def _show_acts(self, shown: str) -> None:
        screen = self._presenter.screen
        rows = () if screen.reports is None else screen.reports.rows
        is_open = any(row.is_open for row in rows)
        self._acts.setVisible(shown != "rounds")
        for widget, place in (
            (self._days, shown == "reports"),
            (self._compare, shown == "reports"),
            (self._back, shown == "lines"),
            (self._seen, shown in {"reports", "lines"} and is_open),
            (self._export, shown == "lines"),
            (self._copy, shown == "calls" and bool(screen.calls)),
        ):
            widget.setVisible(place)
        self._compare.say("shops.compare.stop" if screen.is_comparing else "shops.compare")
        self._days.setEnabled(not screen.is_comparing)
        said = words.progress_words(screen.reports, self._ui.texts) if shown == "reports" else ""
        self._progress.show_text(said)


class _CallShape(QFrame):
    """What one call sent and was answered, masked."""

    def __init__(self, ui: Ui) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self.setObjectName("shops.records.shape")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 12)
        self._texts: dict[str, PlainLabel] = {}
        for name in ("sent", "answered"):
            head = PlainLabel(ui, "head")
            head.say(f"shops.call.{name}")
            text = PlainLabel(ui, "small", wraps=True, limit=_SHAPE_CHARS, name=f"shops.records.{name}")
            self._texts[name] = text
            column.addWidget(head)
            column.addWidget(text)

    def show_call(self, call: Any) -> None:
        """Show a call, or nothing."""
        self.setVisible(call is not None)
        if call is not None:
            self._texts["sent"].show_text(call.sent or call.path)
            self._texts["answered"].show_text(call.answered or "—")


def _id_of(row: Any) -> int:
    """What a row is known by when its list is read again; calls and lines have no number of their own."""
    return int(getattr(row, "id", 0)) or hash(row)
