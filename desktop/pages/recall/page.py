"""The page of batches: which end when, and, for those that are meant, the list of whom they went to."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.access.rights import Right
from core.fulfilment.recall import RecallRow
from core.inventory.batch_list import BATCH_PILES, BatchPlace, BatchRow
from desktop.formats import goods_text, number_text, time_text
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.recall.forms import BatchForms
from desktop.pages.recall.presenter import PARTS, RecallPresenter, RecallScreen
from desktop.pages.recall.words import batch_tone, batch_word, place_word, sure_tone, sure_word
from desktop.ui import Ui
from desktop.widgets.ask_where import ask_where
from desktop.widgets.controls import ActionButton, EmptyState
from desktop.widgets.fields import ChipRow
from desktop.widgets.labels import ElidedLabel, PlainLabel, set_look
from desktop.widgets.list_page import ListPage
from desktop.widgets.page import if_may
from desktop.widgets.table import ListTable


class RecallPage(ListPage[BatchRow]):
    """Shows what the presenter lists, or the recall list over it."""

    def __init__(self, ui: Ui, presenter: RecallPresenter) -> None:
        super().__init__(
            ui,
            presenter,
            "recall",
            hint="recall.search",
            icon="calendar-check",
            make_table=lambda model: _MarkingTable(ui, model, "recall.table", presenter.mark),
        )
        self._presenter = presenter
        self._marks: frozenset[int] = frozenset()
        self._chips = ChipRow(ui, "recall.pile", BATCH_PILES, "recall.pile")
        self._chips.chosen.connect(presenter.choose_pile)
        self._forms = BatchForms(ui, presenter)
        self._marked = PlainLabel(ui, "heading", name="recall.marked")
        self.found = _FoundPanel(ui, presenter)
        self._compose(above=(self._chips, self._forms), below=(self._make_acts(),), instead=self.found)

    def _make_acts(self) -> QWidget:
        side = QWidget()
        acts = QHBoxLayout(side)
        acts.setContentsMargins(0, 0, 0, 0)
        acts.addWidget(self._marked)
        acts.addStretch(1)
        self._acts: dict[str, ActionButton] = {}
        for code, act, icon, key, right in (
            ("recall.act.mark", self._presenter.mark, "check", "Space", Right.SEE_STOCK),
            ("recall.act.recall", self._presenter.recall, "truck", "F6", Right.SEE_ORDERS),
            ("recall.act.correct", partial(self._presenter.begin, "correct"), "pencil", "F7", Right.ADJUST_STOCK),
            ("recall.act.unblock", self._presenter.unblock, "play", "F8", Right.ADJUST_STOCK),
            ("recall.act.block", partial(self._presenter.begin, "block"), "octagon-x", "F9", Right.ADJUST_STOCK),
        ):
            look = "danger" if key == "F9" else "main" if key == "F6" else "plain"
            button = ActionButton(self._ui, code, act, look=look, icon=icon, key=key, name=code, right=right)
            self._acts[key] = button
            acts.addWidget(button)
        return side

    def _id_of(self, row: BatchRow) -> int:
        return row.batch.id

    def _columns(self) -> tuple[Column[BatchRow], ...]:
        ui = self._ui

        def code(row: BatchRow) -> str:
            return f"✓ {row.batch.code}" if row.batch.id in self._presenter.screen.marked else row.batch.code

        def said(row: BatchRow) -> str:
            return row.batch.blocked_why if row.batch.is_blocked else row.batch.note

        return (
            Column("recall.column.state", lambda row: batch_word(row, ui.texts), 150, tone=batch_tone),
            Column("recall.column.sku", lambda row: row.sku_code, 120, spare=2),
            Column("recall.column.name", lambda row: goods_text(row.sku_name, row.sku_spec), 190, stretch=True),
            Column("recall.column.batch", code, 130),
            Column("recall.column.made_on", lambda row: _iso(row.batch.made_on), 110, spare=3),
            Column("recall.column.expires_on", lambda row: _iso(row.batch.expires_on), 110),
            Column("recall.column.on_hand", lambda row: str(row.on_hand_qty), 80, is_right=True),
            Column("recall.column.promised", lambda row: str(row.promised_qty), 80, is_right=True),
            Column("recall.column.note", said, 130, stretch=True, spare=1),
        )

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """Show the batches of the goods that were scanned."""
        self._search.setText(raw)
        self._presenter.find(raw)

    def _act_by(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        return modifiers == Qt.KeyboardModifier.NoModifier and self._press(key)

    def _press(self, key: Qt.Key) -> bool:
        """Do what the key stands for; while the recall list is shown nothing is done to the list behind it."""
        listed: dict[Qt.Key, tuple[Right, Callable[[], object]]] = {
            Qt.Key.Key_F6: (Right.SEE_ORDERS, self._presenter.recall),
            Qt.Key.Key_F7: (Right.ADJUST_STOCK, partial(self._presenter.begin, "correct")),
            Qt.Key.Key_F8: (Right.ADJUST_STOCK, self._presenter.unblock),
            Qt.Key.Key_F9: (Right.ADJUST_STOCK, partial(self._presenter.begin, "block")),
        }
        found = {Qt.Key.Key_F10: (Right.USE_FILES, self.found.export)}
        keys = listed if self._presenter.screen.found is None else found
        if key not in keys:
            return key in listed
        if_may(self._ui, self._presenter, *keys[key])
        return True

    # --- showing ------------------------------------------------------------------------------------------------

    @Slot(int)
    def _on_moved(self, number: int) -> None:
        self._presenter.stand_on(self.model.row_at(number))

    def _open(self, row: BatchRow) -> None:
        self._presenter.stand_on(row)
        if self._ui.may(Right.SEE_ORDERS):
            self._presenter.recall()

    def _on_first(self, rows: tuple[BatchRow, ...], next_after: object, is_again: bool) -> None:
        super()._on_first(rows, next_after, is_again)
        self._presenter.stand_on(self.model.row_at(self.table.currentIndex().row()) if rows else None)

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._chips.choose(screen.wanted.pile)
        self._chips.show_counts(screen.counts)
        is_found = bool(screen.wanted.search) or screen.wanted.pile not in {"here", "all"}
        code = "recall.nothing_found" if is_found else "recall.empty"
        is_empty = self._show_list(code, search=screen.wanted.search)
        is_closing = self._forms.isVisible() and not screen.form
        was_found = self.found.isVisible()
        self._marked.setVisible(bool(screen.marked))
        self._marked.say("recall.marked", n=len(screen.marked))
        self._forms.show_screen()
        is_asked = screen.asked.startswith("unblock:")
        self._acts["F8"].say("action.really" if is_asked else "recall.act.unblock")
        set_look(self._acts["F8"], look="danger" if is_asked else "plain")
        self._middle.setVisible(screen.found is None)
        self.found.show_found(screen)
        if self._marks != screen.marked.keys():
            self._marks = frozenset(screen.marked)
            self.model.say_again()
        if screen.found is None and (is_closing or was_found) and not is_empty:
            self.table.setFocus()


class _MarkingTable(ListTable):
    """A table in which a space marks the row."""

    def __init__(self, ui: Ui, model: PagedTableModel[BatchRow], name: str, on_mark: Callable[[], None]) -> None:
        super().__init__(ui, model, name)
        self._on_mark = on_mark

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """A space marks; everything else is the table's."""
        if event.key() == Qt.Key.Key_Space:
            self._on_mark()
            return
        super().keyPressEvent(event)


class _FoundPanel(QWidget):
    """The recall list: what it is about, its parts as chips, their rows."""

    def __init__(self, ui: Ui, presenter: RecallPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._shown: tuple[object, str] | None = None
        self._title = ElidedLabel(ui, "heading", name="recall.found.title")
        self._hint = PlainLabel(ui, "secondary", wraps=True, name="recall.found.hint")
        self._chips = ChipRow(ui, "recall.part", PARTS, "recall.part")
        self._chips.chosen.connect(presenter.show_part)
        self._rows: PagedTableModel[RecallRow] = PagedTableModel(ui, self._columns(), _row_id, self)
        self.table = ListTable(ui, self._rows, "recall.found.table")
        self.table.opened.connect(self._on_opened)
        self._places: PagedTableModel[BatchPlace] = PagedTableModel(ui, self._place_columns(), _place_id, self)
        self._place_table = ListTable(ui, self._places, "recall.found.places")
        self._empty = EmptyState(ui, "circle-check", "recall.part_empty", "recall.part_empty")
        export = ActionButton(
            ui,
            "recall.export",
            self.export,
            icon="file-text",
            key="F10",
            name="recall.export",
            right=Right.USE_FILES,
        )
        back = ActionButton(ui, "recall.leave", presenter.close, key="Esc", name="recall.leave")
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(export)
        top.addWidget(back)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(top)
        column.addWidget(self._chips)
        column.addWidget(self._hint)
        for widget in (self.table, self._place_table, self._empty):
            column.addWidget(widget, 1)
        self.hide()

    def show_found(self, screen: RecallScreen) -> None:
        """Show the list, or nothing."""
        found = screen.found
        self.setVisible(found is not None)
        if found is None:
            self._shown = None
            return
        names = "、".join(f"{one.sku_name} {one.batch.code}" for one in found.batches)
        is_blocked = all(one.batch.is_blocked for one in found.batches)
        self._title.say("recall.found.blocked" if is_blocked else "recall.found", names=names)
        sizes = {"gone": found.gone, "maybe": found.maybe, "inside": found.inside, "places": found.places}
        self._chips.choose(screen.part)
        self._chips.show_counts({part: str(len(rows)) for part, rows in sizes.items()})
        self._hint.say(f"recall.part_hint.{screen.part}")
        if self._shown == (found, screen.part):
            return
        is_new = self._shown is None
        self._shown = (found, screen.part)
        rows = sizes[screen.part]
        is_places = screen.part == "places"
        self._empty.setVisible(not rows)
        self.table.setVisible(bool(rows) and not is_places)
        self._place_table.setVisible(bool(rows) and is_places)
        (self._place_table if is_places else self.table).show_first(rows, None, False)
        if is_new:
            (self._place_table if is_places else self.table).setFocus()

    @Slot()
    def export(self) -> None:
        """Ask where to, and write the list."""
        words = self._ui.texts.t("recall.export")
        path = ask_where(self, words, "recall.xlsx")
        if path is not None:
            self._presenter.export(path)

    def _columns(self) -> tuple[Column[RecallRow], ...]:
        ui = self._ui

        def left(row: RecallRow) -> str:
            return "" if row.shipped_at is None else time_text(row.shipped_at, ui.now(), ui.texts)

        return (
            Column("recall.column.sure", lambda row: sure_word(row, ui.texts), 130, tone=sure_tone),
            Column("recall.column.batch", lambda row: row.batch, 110),
            Column("recall.column.order", lambda row: number_text(row.order_no), 170, stretch=True),
            Column("recall.column.shop", lambda row: row.shop_name, 110, spare=1),
            Column("recall.column.qty", lambda row: str(row.qty), 64, is_right=True),
            Column("recall.column.where", lambda row: place_word(row, ui.texts), 130),
            Column("recall.column.shipped_at", left, 120, spare=2),
            Column("recall.column.waybill", lambda row: number_text(row.waybill_no), 160),
            Column("recall.column.receiver", lambda row: row.receiver, 90, spare=4),
            Column("recall.column.phone", lambda row: row.phone, 120, spare=3),
        )

    def _place_columns(self) -> tuple[Column[BatchPlace], ...]:
        def batch(row: BatchPlace) -> str:
            found = self._presenter.screen.found
            rows = () if found is None else found.batches
            return next((one.batch.code for one in rows if one.batch.id == row.batch_id), "")

        return (
            Column("recall.column.batch", batch, 160),
            Column("recall.column.place", lambda row: row.warehouse_name, 160, stretch=True),
            Column("recall.column.bin", lambda row: row.bin, 120),
            Column("recall.column.on_hand", lambda row: str(row.on_hand_qty), 100, is_right=True),
            Column("recall.column.promised", lambda row: str(row.promised_qty), 100, is_right=True),
            Column("recall.column.quarantined", lambda row: str(row.quarantined_qty), 110, is_right=True),
        )

    @Slot(int)
    def _on_opened(self, number: int) -> None:
        row = self._rows.row_at(number)
        if row is not None:
            self._presenter.open_order(row)


def _iso(day: object) -> str:
    return "" if day is None else str(day)


def _row_id(row: RecallRow) -> int:
    return hash((row.batch_id, row.parcel_id, row.order_id, row.how))


def _place_id(row: BatchPlace) -> int:
    return hash((row.batch_id, row.warehouse_name))
