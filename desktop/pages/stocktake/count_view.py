"""Counting: one large sentence, where one is, what was scanned last, how much of the sheet is done."""

from typing import Final

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from core.counting.records import PlaceRow, ScanRow
from desktop.formats import person_text, time_text
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.stocktake.counting import CountPresenter
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.end_note import EndNote
from desktop.widgets.labels import PlainLabel, set_look
from desktop.widgets.sentence import DeskSentence
from desktop.widgets.table import ListTable

#: scans that could not be stored are tried again so often, whether or not another one comes
_AGAIN_MS: Final = 3000


class CountingView(QWidget):
    """Made for two hands and a scanner: every act has a key, and nothing needs the mouse."""

    def __init__(self, ui: Ui, presenter: CountPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.setObjectName("count.view")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.sentence = DeskSentence(ui, "count.sentence")
        self._where = PlainLabel(ui, "heading", name="count.where")
        self._sheet = PlainLabel(ui, "secondary", name="count.sheet")
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(6)
        self._unsent = PlainLabel(ui, "stop", name="count.unsent")
        self._batches = PlainLabel(ui, "heading", wraps=True, name="count.batches")
        self.places: PagedTableModel[PlaceRow] = PagedTableModel(ui, self._place_columns(), _place_id, self)
        self.scans: PagedTableModel[ScanRow] = PagedTableModel(ui, self._scan_columns(), lambda row: row.id, self)
        places = ListTable(ui, self.places, "count.places")
        scans = ListTable(ui, self.scans, "count.scans")
        for table in (places, scans):
            # The keyboard belongs to the scanner: digits multiply the next scan.
            table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._again = QTimer(self)
        self._again.setInterval(_AGAIN_MS)
        self._again.timeout.connect(presenter.look)
        head = QHBoxLayout()
        head.addWidget(self._where)
        head.addStretch(1)
        head.addWidget(self._unsent)
        head.addWidget(self._sheet)
        lists = QHBoxLayout()
        lists.setSpacing(12)
        self._end = EndNote(ui, "count.places.end")
        first = QVBoxLayout()
        first.addWidget(places, 1)
        first.addWidget(self._end)
        lists.addLayout(first, 2)
        lists.addWidget(scans, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.sentence)
        column.addLayout(head)
        column.addWidget(self._progress)
        column.addWidget(self._batches)
        column.addLayout(lists, 1)
        column.addLayout(self._acts())

    def _acts(self) -> QHBoxLayout:
        ui, presenter = self._ui, self._presenter
        self._finish = ActionButton(
            ui, "count.finish", presenter.finish_place, look="main", icon="check", key="F9", name="count.finish"
        )
        self._pause = ActionButton(
            ui, "count.pause", presenter.pause_or_resume, icon="pause", key="F10", name="count.pause"
        )
        self._add = ActionButton(ui, "count.add", presenter.add_find, icon="plus", key="F8", name="count.add")
        row = QHBoxLayout()
        row.addWidget(self._finish)
        row.addWidget(ActionButton(ui, "count.undo", presenter.undo, icon="undo-2", key="F4", name="count.undo"))
        row.addWidget(self._add)
        row.addWidget(
            ActionButton(ui, "count.other_batch", presenter.other_batch, icon="layers", key="F7", name="count.batch")
        )
        self._drop = ActionButton(ui, "count.drop", presenter.drop_place, icon="x", key="Shift+F9", name="count.drop")
        row.addWidget(self._drop)
        row.addStretch(1)
        row.addWidget(self._pause)
        row.addWidget(
            ActionButton(
                ui, "count.submit", presenter.submit, icon="clipboard-list", key="Ctrl+S", name="count.submit"
            )
        )
        return row

    def _place_columns(self) -> tuple[Column[PlaceRow], ...]:
        texts = self._ui.texts

        def tone(row: PlaceRow) -> str:
            if row.counters:
                return "busy"
            return "good" if row.counted >= row.lines else "quiet"

        def state(row: PlaceRow) -> str:
            if row.counters:
                return "、".join(person_text(one, texts) for one in row.counters)
            return texts.t("count.place.done" if row.counted >= row.lines else "count.place.open")

        return (
            Column("count.column.bin", lambda row: row.bin or texts.t("count.no_bin"), 120, stretch=True),
            Column("count.column.progress", lambda row: f"{row.counted} / {row.lines}", 90, is_right=True),
            Column("count.column.who", state, 120, tone=tone),
        )

    def _scan_columns(self) -> tuple[Column[ScanRow], ...]:
        ui = self._ui

        def tone(row: ScanRow) -> str:
            if row.is_undone:
                return "quiet"
            return "stop" if row.kind == "find" else "good"

        def word(row: ScanRow) -> str:
            return ui.texts.t("count.scan.undone") if row.is_undone else ui.texts.word("count.scan", row.kind)

        return (
            Column("count.column.scan", word, 100, tone=tone),
            Column("count.column.qty", lambda row: f"+{row.qty}" if row.kind != "zero" else "0", 70, is_right=True),
            Column("count.column.code", lambda row: row.code, 130),
            Column("count.column.name", lambda row: row.name, 180, stretch=True),
            Column("count.column.at", lambda row: time_text(row.at, ui.now(), ui.texts), 100, spare=1),
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """A hand types a number for the next scan, the number of a batch, or a code that no scanner reads."""
        text = event.text()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._presenter.enter()
        elif event.key() == Qt.Key.Key_Asterisk:
            self._presenter.multiply()
        elif event.key() == Qt.Key.Key_Backspace:
            self._presenter.rub_out()
        elif len(text) == 1 and text.isprintable() and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._presenter.type_key(text)
        else:
            super().keyPressEvent(event)

    @Slot()
    def show_screen(self) -> None:
        """Show what is counted."""
        screen = self._presenter.screen
        self.sentence.say(screen.mood, screen.what, screen.more, screen.way)
        factor = "" if screen.factor == 1 else f"× {screen.factor}"
        self.sentence.show_factor(screen.typed or factor)
        self._unsent.setVisible(screen.unsent > 0)
        if screen.unsent and not self._again.isActive():
            self._again.start()
        elif not screen.unsent:
            self._again.stop()
        self._unsent.say("count.unsent", n=screen.unsent)
        self._batches.setVisible(bool(screen.batches))
        none = self._ui.texts.t("count.no_batch")
        self._batches.show_text(
            "    ".join(f"{number}  {batch or none}" for number, batch in enumerate(screen.batches, 1))
        )
        self._add.setEnabled(screen.find is not None)
        self._finish.say("count.finish_zero" if screen.asks == "zero" else "count.finish")
        self._drop.say("action.really" if screen.asks == "drop" else "count.drop")
        set_look(self._drop, look="danger" if screen.asks == "drop" else "plain")
        view = screen.view
        if view is None:
            return
        sheet = view.sheet
        self._pause.say("count.resume" if sheet.state == "paused" else "count.pause")
        if view.pass_id:
            code = "count.where.again" if view.pass_number > 1 else "count.where"
            place = view.bin or self._ui.texts.t("count.no_bin")
            self._where.say(code, bin=place, left=view.left_here, n=view.pass_number)
        else:
            self._where.say("count.where.nowhere")
        self._sheet.say("count.sheet", number=sheet.number, counted=sheet.counted, lines=sheet.lines)
        self._progress.setRange(0, max(sheet.lines, 1))
        self._progress.setValue(sheet.counted)
        self.places.show_first(view.places, None)
        self._end.show_rows(view.places)
        self.scans.show_first(view.scans, None)


def _place_id(row: PlaceRow) -> int:
    return hash(row.bin)
