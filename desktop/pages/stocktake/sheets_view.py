"""The list of sheets, and the form of a new one."""

from typing import Final

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.access.rights import Right
from core.counting.records import SheetRow
from core.counting.suggesting import Suggestion
from desktop.formats import goods_text, person_text, time_text
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.stocktake.sheets import KINDS, SheetsPresenter
from desktop.pages.stocktake.words import SHEET_TONES, reason_of, scope_words
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState
from desktop.widgets.end_note import EndNote
from desktop.widgets.fields import ChoiceBox, Field, TickBox
from desktop.widgets.labels import PlainLabel
from desktop.widgets.page import if_may
from desktop.widgets.places import PlaceBox
from desktop.widgets.table import ListTable

#: a share of the height beside which any other is nothing
_ALL: Final = 1000


class SheetsView(QWidget):
    """Shows what the presenter lists."""

    def __init__(self, ui: Ui, presenter: SheetsPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.form = NewSheetForm(ui, presenter)
        self.model: PagedTableModel[SheetRow] = PagedTableModel(ui, self._columns(), lambda row: row.id, self)
        self.table = ListTable(ui, self.model, "count.sheets")
        self.table.opened.connect(self._on_opened)
        self._end = EndNote(ui, "count.sheets.end")
        self._empty = EmptyState(ui, "clipboard-list", "count.empty", "count.empty")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.form, 1)
        column.addWidget(self.table, 1)
        column.addWidget(self._end)
        column.addWidget(self._empty, 1)

    def _columns(self) -> tuple[Column[SheetRow], ...]:
        ui = self._ui

        def progress(row: SheetRow) -> str:
            return ui.texts.t("count.progress", counted=row.counted, lines=row.lines)

        def state(row: SheetRow) -> str:
            return ui.texts.word("count.state", row.state)

        def made(row: SheetRow) -> str:
            return time_text(row.created_at, ui.now(), ui.texts)

        return (
            Column("count.column.state", state, 110, tone=lambda row: SHEET_TONES[row.state]),
            Column("count.column.number", lambda row: row.number, 130),
            Column("count.column.scope", lambda row: scope_words(row, ui.texts), 200, stretch=True),
            Column("count.column.place", lambda row: row.warehouse_name, 90, spare=4),
            Column("count.column.progress", progress, 110, is_right=True),
            Column("count.column.differing", lambda row: str(row.differing or ""), 70, is_right=True),
            Column(
                "count.column.counters",
                lambda row: "、".join(person_text(one, ui.texts) for one in row.counters),
                130,
                stretch=True,
                spare=2,
            ),
            Column("count.column.author", lambda row: person_text(row.author, ui.texts), 90, spare=3),
            Column("count.column.made", made, 110, spare=1),
        )

    @property
    def chosen(self) -> SheetRow | None:
        """The sheet the keyboard is on."""
        return self.model.row_at(self.table.currentIndex().row())

    @Slot(int)
    def _on_opened(self, number: int) -> None:
        row = self.model.row_at(number)
        if row is not None:
            self._presenter.open(row)

    def show_screen(self) -> None:
        """Show the list, or the form over it."""
        screen = self._presenter.screen
        self.form.show_screen()
        is_empty = screen.is_known and not screen.rows
        self.table.setVisible(not is_empty and not screen.is_new)
        self._empty.setVisible(is_empty and not screen.is_new)
        self._empty.say("count.empty" if screen.pile == "under_way" else f"count.empty.{screen.pile}")
        self.table.show_first(screen.rows, None, is_again=True)
        self._end.show_end(len(screen.rows), 0 if screen.is_new else int(screen.counts.get(screen.pile) or 0))


class NewSheetForm(QFrame):
    """What to count, where, and whether those who count see the books; below it what is worth counting today."""

    def __init__(self, ui: Ui, presenter: SheetsPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._is_open = False
        self.setProperty("look", "card")
        title = PlainLabel(ui, "heading")
        title.say("count.new.title")
        self._kind = ChoiceBox(ui, "count.new.kind", KINDS, "count.new.kind")
        self._kind.currentIndexChanged.connect(self._on_kind)
        self._warehouse = PlaceBox(ui, "count.new.warehouse")
        self._warehouse.currentIndexChanged.connect(self._on_warehouse)
        self._values = Field(ui, "count.new.values", "count.new.values", limit=2000)
        self._note = Field(ui, "count.new.note", "count.new.note")
        self._blind = TickBox(ui, "count.new.blind", "count.new.blind")
        self._blind.setChecked(True)
        make = ActionButton(
            ui,
            "count.new.make",
            self.make,
            look="main",
            icon="play",
            key="Ctrl+S",
            name="count.new.make",
            right=Right.ADJUST_STOCK,
        )
        leave = ActionButton(ui, "action.cancel", presenter.leave_new, key="Esc", name="count.new.leave")
        self._make = make
        self._hint = PlainLabel(ui, "secondary", wraps=True, name="count.new.hint")
        self._suggested: PagedTableModel[Suggestion] = PagedTableModel(
            ui, self._columns(), lambda row: row.sku_id, self
        )
        self._table = ListTable(ui, self._suggested, "count.suggested")
        first = QHBoxLayout()
        for widget, part in ((self._kind, 2), (self._warehouse, 1), (self._values, 4)):
            first.addWidget(widget, part)
        second = QHBoxLayout()
        second.addWidget(self._note, 1)
        second.addWidget(self._blind)
        second.addWidget(make)
        second.addWidget(leave)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(10)
        column.addWidget(title)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self._hint)
        column.addWidget(self._table, _ALL)
        # Without the table the rows stay together at the top.
        column.addStretch(1)
        for field in (self._values, self._note):
            field.returnPressed.connect(self.make)
        self.hide()

    def _columns(self) -> tuple[Column[Suggestion], ...]:
        texts = self._ui.texts
        return (
            Column("count.column.why", lambda row: reason_of(row, texts), 230, stretch=True),
            Column("count.column.bin", lambda row: row.bin or "—", 100),
            Column("count.column.code", lambda row: row.code, 130),
            Column("count.column.name", lambda row: goods_text(row.name, row.spec), 220, stretch=True),
            Column("count.column.points", lambda row: str(row.points), 70, is_right=True),
        )

    @Slot()
    def make(self) -> None:
        """Make the sheet; what is to be named is named first."""
        if_may(self._ui, self._presenter, Right.ADJUST_STOCK, self._make_sheet)

    def _make_sheet(self) -> None:
        kind = self._kind.value()
        if kind in ("bins", "zones", "skus") and not self._values.text().strip():
            self._values.setFocus()
            return
        self._presenter.make(
            self._warehouse_id(), kind, self._values.text(), self._note.text(), is_blind=self._blind.isChecked()
        )

    def scan(self, raw: str) -> None:
        """A scanned bin is added to what is to be counted."""
        if self._kind.value() not in ("bins", "zones"):
            self._kind.choose("bins")
            self._on_kind()
        before = self._values.text().strip()
        self._values.setText(f"{before}, {raw}" if before else raw)

    def _warehouse_id(self) -> int:
        place = self._warehouse.place()
        return 0 if place is None else place.id

    @Slot()
    def _on_kind(self) -> None:
        kind = self._kind.value()
        self._values.setVisible(kind in ("bins", "zones", "skus"))
        self._table.setVisible(kind == "suggested")
        self._show_hint()

    @Slot()
    def _on_warehouse(self) -> None:
        if self._is_open and self._warehouse_id():
            self._presenter.suggest(self._warehouse_id())

    def show_screen(self) -> None:
        """Open with the wish for a new sheet; what was written stays while it is open."""
        screen = self._presenter.screen
        opens = screen.is_new and not self._is_open
        self.setVisible(screen.is_new)
        with QSignalBlocker(self._warehouse):
            self._warehouse.show_places(screen.warehouses)
            if opens and screen.suggested_for:
                # What is suggested is of this one, whichever was chosen for the sheet before.
                self._warehouse.choose(str(screen.suggested_for))
        self._warehouse.setVisible(len(screen.warehouses) > 1)
        self._is_open = screen.is_new
        self._make.setEnabled(screen.filling is None)
        self._suggested.show_first(screen.suggested or (), None)
        if opens:
            self._values.clear()
            self._note.clear()
            self._kind.choose("suggested")
            self._on_kind()
            self._kind.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_hint()

    def _show_hint(self) -> None:
        screen = self._presenter.screen
        if screen.filling is not None:
            self._hint.say("count.new.filling", n=screen.filling)
        elif self._kind.value() == "suggested" and screen.suggested is not None:
            self._hint.say(
                "count.new.suggested" if screen.suggested else "count.new.nothing", n=len(screen.suggested)
            )
        else:
            self._hint.say(f"count.new.hint.{self._kind.value()}")
