"""Differences of a sheet: filtered, explained beside the list, decided by keys."""

from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.access.rights import Right
from core.counting.records import FindRow, LineRow, LineStory, ShortRow
from core.counting.settling import REASONS
from desktop.formats import deadline_text, goods_text, moment_text, person_text
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.stocktake.deciding import PILES, LinesPresenter
from desktop.pages.stocktake.words import line_tone, line_word, shown, signed
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState
from desktop.widgets.drawer import Drawer
from desktop.widgets.end_note import EndNote
from desktop.widgets.fields import ChipRow, ChoiceBox, Field
from desktop.widgets.labels import PlainLabel
from desktop.widgets.page import if_may
from desktop.widgets.table import ListTable


class LinesView(QWidget):
    """Shows what the presenter lists."""

    def __init__(self, ui: Ui, presenter: LinesPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._sheet = PlainLabel(ui, "heading", name="count.lines.sheet")
        self._chips = ChipRow(ui, "count.pile", PILES, "count.pile")
        self._chips.chosen.connect(presenter.choose)
        self.model: PagedTableModel[LineRow] = PagedTableModel(ui, self._columns(), lambda row: row.id, self)
        self.table = ListTable(ui, self.model, "count.lines")
        self.table.opened.connect(self._on_opened)
        self.table.moved.connect(self._on_moved)
        self.model.more_wanted.connect(presenter.more)
        self.short: PagedTableModel[ShortRow] = PagedTableModel(
            ui, self._short_columns(), lambda row: hash((row.order_id, row.sku_code)), self
        )
        self._short_table = ListTable(ui, self.short, "count.short")
        self._short_table.opened.connect(self._on_short)
        self.finds: PagedTableModel[FindRow] = PagedTableModel(
            ui, self._find_columns(), lambda row: hash((row.raw, row.bin)), self
        )
        self._finds_table = ListTable(ui, self.finds, "count.finds")
        self._empty = EmptyState(ui, "circle-check", "count.lines.empty", "count.lines.empty")
        self.drawer = StoryDrawer(ui, presenter)
        left = QVBoxLayout()
        left.setSpacing(10)
        left.addWidget(self._sheet)
        left.addWidget(self._chips)
        for widget in (self.table, self._short_table, self._finds_table, self._empty):
            left.addWidget(widget, 1)
        self._end = EndNote(ui, "count.finds.end")
        left.addWidget(self._end)
        left.addLayout(self._decisions())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addLayout(left, 1)
        row.addWidget(self.drawer)
        presenter.on_first = self.table.show_first
        presenter.on_more = self.model.append

    def _decisions(self) -> QVBoxLayout:
        ui = self._ui
        self._reason = ChoiceBox(ui, "count.reason", REASONS, "count.reason")
        self._note = Field(ui, "count.note", "count.note")
        why = QHBoxLayout()
        why.addWidget(self._reason)
        why.addWidget(self._note, 1)
        row = QHBoxLayout()
        acts = (
            ("book", "F7", "check", "main"),
            ("recount", "F8", "refresh-cw", "plain"),
            ("keep", "F9", "x", "plain"),
        )
        self._acts: list[ActionButton] = []
        for verdict, key, icon, look in acts:
            button = ActionButton(
                ui,
                f"count.{verdict}",
                partial(self.decide, verdict),
                look=look,
                icon=icon,
                key=key,
                name=f"count.{verdict}",
                right=Right.ADJUST_STOCK,
            )
            self._acts.append(button)
            row.addWidget(button)
        every = ActionButton(
            ui, "count.book_all", self.book_all, key="Shift+F7", name="count.book_all", right=Right.ADJUST_STOCK
        )
        self._acts.append(every)
        row.addStretch(1)
        row.addWidget(every)
        both = QVBoxLayout()
        both.setSpacing(8)
        both.addLayout(why)
        both.addLayout(row)
        return both

    def _columns(self) -> tuple[Column[LineRow], ...]:
        texts = self._ui.texts
        return (
            Column("count.column.state", lambda row: line_word(row, texts), 140, tone=line_tone),
            Column("count.column.bin", lambda row: row.bin or "—", 90),
            Column("count.column.code", lambda row: row.code, 120),
            Column("count.column.name", lambda row: goods_text(row.name, row.spec), 170, stretch=True),
            Column("count.column.batch", lambda row: row.batch, 80, spare=4),
            Column("count.column.shelf", lambda row: shown(row.shelf_qty), 92, is_right=True),
            Column("count.column.counted", lambda row: shown(row.counted_qty), 84, is_right=True),
            Column("count.column.difference", lambda row: signed(row.difference_qty), 98, is_right=True),
            Column("count.column.counters", lambda row: "、".join(row.counters), 110, spare=2),
            Column("count.column.decided", lambda row: row.settled_by, 90, spare=3),
        )

    def _short_columns(self) -> tuple[Column[ShortRow], ...]:
        ui = self._ui

        def due(row: ShortRow) -> str:
            return "—" if row.ship_by_at is None else deadline_text(row.ship_by_at, ui.now())

        return (
            Column("count.column.order", lambda row: row.order_no, 200, stretch=True),
            Column("count.column.code", lambda row: row.sku_code, 140),
            Column("count.column.lacks", lambda row: str(row.short_qty), 90, is_right=True),
            Column("count.column.still", lambda row: str(row.still_qty), 90, is_right=True),
            Column("count.column.due", due, 120),
        )

    def _find_columns(self) -> tuple[Column[FindRow], ...]:
        texts = self._ui.texts
        return (
            Column("count.column.code", lambda row: row.code or row.raw, 180, stretch=True),
            Column("count.column.name", lambda row: row.name or texts.t("count.unknown"), 200, stretch=True),
            Column("count.column.qty", lambda row: str(row.qty), 80, is_right=True),
            Column("count.column.found_in", lambda row: row.bin or "—", 100),
            Column("count.column.home", lambda row: row.home or "—", 100),
            Column("count.column.counters", lambda row: person_text(row.counter, texts), 110),
        )

    # --- acts ---------------------------------------------------------------------------------------------------

    @property
    def chosen(self) -> LineRow | None:
        """The line the keyboard is on."""
        return self.model.row_at(self.table.currentIndex().row()) if self.table.isVisible() else None

    @property
    def reason(self) -> str:
        """The reason that is written."""
        note = " ".join(self._note.text().split())
        return f"{self._reason.value()}: {note}" if note else self._reason.value()

    def decide(self, verdict: str) -> None:
        """Decide about the chosen line."""

        def decide() -> None:
            self._presenter.decide(self.chosen, verdict, self.reason)
            self._note.clear()

        if_may(self._ui, self._presenter, Right.ADJUST_STOCK, decide)

    def book_all(self) -> None:
        """Book all that are sure."""
        if_may(self._ui, self._presenter, Right.ADJUST_STOCK, lambda: self._presenter.book_all(self.reason))

    @Slot(int)
    def _on_opened(self, number: int) -> None:
        row = self.model.row_at(number)
        if row is not None:
            self._presenter.explain(row.id)

    @Slot(int)
    def _on_moved(self, number: int) -> None:
        if self._presenter.screen.story is not None:
            self._on_opened(number)

    @Slot(int)
    def _on_short(self, number: int) -> None:
        row = self.short.row_at(number)
        if row is not None:
            self._presenter.on_order(row.order_id)

    @Slot()
    def show_screen(self) -> None:
        """Show the sheet."""
        screen = self._presenter.screen
        sheet = screen.sheet
        if sheet is None:
            return
        state = self._ui.texts.word("count.state", sheet.state)
        self._sheet.say("count.lines.sheet", number=sheet.number, state=state, n=sheet.differing)
        self._chips.choose(screen.pile)
        self._chips.show_counts(screen.counts)
        tables = {"short": self._short_table, "finds": self._finds_table}
        shows = tables.get(screen.pile, self.table)
        for table in (self.table, self._short_table, self._finds_table):
            table.setVisible(table is shows and not screen.is_empty)
        self._empty.setVisible(screen.is_empty)
        self._empty.say(f"count.lines.empty.{screen.pile}")
        self.short.show_first(screen.short, None)
        self.finds.show_first(screen.finds, None)
        self._end.show_rows(screen.finds if screen.pile == "finds" else ())
        may_decide = sheet.state == "to_approve" and not screen.is_busy
        for button in self._acts:
            button.setEnabled(may_decide and button.is_permitted)
        self.drawer.show_story(screen.story)


class StoryDrawer(Drawer):
    """What explains a difference."""

    def __init__(self, ui: Ui, presenter: LinesPresenter) -> None:
        super().__init__(ui, "count.drawer", presenter.close)
        self._ui = ui
        self._story: LineStory | None = None
        self.hide()
        ui.retranslated.connect(self._fill)

    def show_story(self, story: LineStory | None) -> None:
        """Show a line; the drawer hides without one."""
        is_new = story != self._story
        self._story = story
        self.setVisible(story is not None)
        if is_new and story is not None:
            self._fill()

    @Slot()
    def _fill(self) -> None:
        story = self._story
        if story is None:
            return
        line = story.line
        self.title.show_text(f"{line.code}  {line.name}")
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(6)
        facts = {
            "book": shown(line.book_qty),
            "away": shown(line.away_qty),
            "shelf": shown(line.shelf_qty),
            "counted": shown(line.counted_qty),
            "difference": signed(line.difference_qty),
        }
        self._say(column, Phrase("count.story.sum", facts), "heading")
        if line.moved_qty:
            self._say(column, Phrase("count.story.moved", {"n": line.moved_qty}), "notice")
        if line.is_disputed:
            self._say(column, Phrase("count.story.disputed"), "notice")
        since = {"since": signed(story.since_qty), "now": story.now_qty}
        self._say(column, Phrase("count.story.since", since), "secondary")
        self._counts(column, story)
        self._boxes(column, story)
        self._movements(column, story)
        column.addStretch(1)
        self.show_body(body)

    def _counts(self, column: QVBoxLayout, story: LineStory) -> None:
        self._say(column, Phrase("count.story.counts"), "head")
        texts = self._ui.texts
        for one in story.tallies:
            code = "replaced" if one.is_replaced else "holds" if one.is_effective else "earlier"
            facts = {
                "bin": one.bin or texts.t("count.no_bin"),
                "who": person_text(one.counter, texts),
                "qty": one.qty,
                "shelf": one.shelf_qty,
                "at": moment_text(one.at),
            }
            self._say(column, Phrase(f"count.story.count.{code}", facts), "body" if code == "holds" else "secondary")

    def _boxes(self, column: QVBoxLayout, story: LineStory) -> None:
        if not story.boxes:
            return
        self._say(column, Phrase("count.story.boxes"), "head")
        for box in story.boxes:
            facts = {"order": box.order_no, "seen": box.seen_qty, "left": box.to_come_qty}
            self._say(column, Phrase("count.story.box", facts), "body")

    def _movements(self, column: QVBoxLayout, story: LineStory) -> None:
        texts = self._ui.texts
        for since, head in ((True, "count.story.after"), (False, "count.story.before")):
            rows = [one for one in story.movements if one.is_since is since]
            if not rows:
                continue
            self._say(column, Phrase(head), "head")
            for one in rows:
                facts = {
                    "at": moment_text(one.at),
                    "qty": signed(one.qty),
                    "kind": texts.word("stock.kind", one.kind),
                    "who": person_text(one.operator, texts),
                    "reference": one.reference,
                }
                self._say(column, Phrase("count.story.movement", facts), "body")

    def _say(self, column: QVBoxLayout, phrase: Phrase, look: str) -> None:
        label = PlainLabel(self._ui, look, wraps=True)
        label.say_phrase(phrase)
        label.setAlignment(Qt.AlignmentFlag.AlignLeft)
        column.addWidget(label)
