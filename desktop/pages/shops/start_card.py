"""The last steps of connecting a shop: the list of what would happen, and three switches over it."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QProgressBar, QVBoxLayout

from core.access.rights import Right
from core.sync.start_list import NumberRow, RowKind, StartList
from desktop.formats import moment_text
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.shops.start_presenter import ListRow, StartPresenter
from desktop.ui import Ui
from desktop.widgets.ask_where import ask_where
from desktop.widgets.controls import ActionButton, StatePill
from desktop.widgets.fields import Field
from desktop.widgets.labels import PlainLabel
from desktop.widgets.table import ListTable

_TONES: Final = {"read_only": "quiet", "partly": "notice", "whole": "good"}
_ROW_TONES: Final = {
    RowKind.CONFIRM: "notice",
    RowKind.TO_DESK: "notice",
    RowKind.UNPAID: "quiet",
    RowKind.BEFORE: "quiet",
    RowKind.PART_SENT: "stop",
    RowKind.SENT: "good",
}
_TABLE_PX: Final = 306
_PROGRESS_MS: Final = 120


class StartCard(QFrame):
    """Shows a `StartPresenter`; closed while no shop is chosen."""

    def __init__(self, ui: Ui, presenter: StartPresenter, stop_telling: Callable[[int], None]) -> None:
        """`stop_telling`: the shops' own act of switching confirmations off."""
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._stop_telling = stop_telling
        self._round = 0
        self._shown: object = None
        #: asks where to write; a test answers in the dialog's place
        self.ask_place: Callable[[str], Path | None] = lambda name: ask_where(self, ui.texts.t("start.export"), name)
        self.setProperty("look", "card")
        self.setObjectName("start")
        self._title = PlainLabel(ui, "heading", name="start.title")
        self._stage = StatePill(ui, name="start.stage")
        self._hint = PlainLabel(ui, "secondary", wraps=True, name="start.hint")
        self._hint.say("start.hint")
        self._moment = Field(ui, "start.moment", "start.moment", is_latin=True, limit=16)
        self._moment.setFixedWidth(ui.scaled(170))
        self._moment.editingFinished.connect(self._on_moment)
        right = Right.CHANGE_SETTINGS
        self._orders = ActionButton(
            ui, "start.orders", presenter.orders, look="main", key="F7", name="start.orders", right=right
        )
        self._numbers = ActionButton(
            ui, "start.numbers", presenter.numbers, look="main", key="F8", name="start.numbers", right=right
        )
        self._confirm = ActionButton(
            ui, "start.confirm", self.confirm, look="main", key="F9", name="start.confirm", right=right
        )
        self._words = {
            name: PlainLabel(ui, "body", wraps=True, name=f"start.{name}.words")
            for name in ("orders", "numbers", "confirm")
        }
        steps = QGridLayout()
        steps.setColumnStretch(1, 1)
        steps.setHorizontalSpacing(12)
        buttons = (("orders", self._orders), ("numbers", self._numbers), ("confirm", self._confirm))
        for row, (name, button) in enumerate(buttons):
            number = PlainLabel(ui, "heading")
            number.show_text(str(row + 1))
            steps.addWidget(number, row, 0)
            steps.addWidget(self._words[name], row, 1)
            steps.addWidget(button, row, 2, Qt.AlignmentFlag.AlignRight)
        model: PagedTableModel[ListRow] = PagedTableModel(ui, self._columns(), _row_id, self)
        self.table = ListTable(ui, model, "start.table")
        self.table.setFixedHeight(ui.scaled(_TABLE_PX))
        self.table.opened.connect(self._on_opened)
        self._model = model
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._count = PlainLabel(ui, "secondary", name="start.progress")
        self._cancel = ActionButton(ui, "action.cancel", presenter.cancel, name="start.cancel")
        self._more = PlainLabel(ui, "secondary", name="start.more")
        self._timer = QTimer(self)
        self._timer.setInterval(_PROGRESS_MS)
        self._timer.timeout.connect(self._show_progress)
        self._compose(steps)
        ui.retranslated.connect(self._on_retranslated)
        presenter.on_screen = self.show_screen

    def _compose(self, steps: QGridLayout) -> None:
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._stage)
        when = QHBoxLayout()
        label = PlainLabel(self._ui, "body")
        label.say("start.cut_over")
        told = PlainLabel(self._ui, "secondary", wraps=True)
        told.say("start.cut_over_hint")
        when.addWidget(label)
        when.addWidget(self._moment)
        when.addWidget(told, 1)
        ending = QHBoxLayout()
        export = ActionButton(
            self._ui, "start.export", self.export, icon="file-text", key="F10", name="start.export",
            right=Right.USE_FILES,
        )  # fmt: skip
        close = ActionButton(self._ui, "action.close", self._presenter.close, key="Esc", name="start.close")
        for part in (self._more, self._bar, self._count, self._cancel):
            ending.addWidget(part, 1 if part is self._bar else 0)
        ending.addStretch(1)
        ending.addWidget(export)
        ending.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._hint)
        column.addLayout(when)
        column.addLayout(steps)
        column.addWidget(self.table)
        column.addLayout(ending)

    def _columns(self) -> tuple[Column[ListRow], ...]:
        ui = self._ui

        def tick(row: ListRow) -> str:
            ticked = self._presenter.screen.is_ticked(row)
            return "" if ticked is None else "☑" if ticked else "☐"

        def kind(row: ListRow) -> str:
            return ui.texts.t("start.kind.number" if isinstance(row, NumberRow) else f"start.kind.{row.kind}")

        def what(row: ListRow) -> str:
            return f"{row.code} {row.name}" if isinstance(row, NumberRow) else row.order_no

        def when(row: ListRow) -> str:
            at = row.read_at if isinstance(row, NumberRow) else row.since
            return "—" if at is None else moment_text(at)

        def tells(row: ListRow) -> str:
            if not isinstance(row, NumberRow):
                return row.waybill_no or row.channel_status
            there = ui.texts.t("start.unread") if row.theirs is None else str(row.theirs)
            return f"{there} → {ui.texts.t('start.read_first') if row.ours is None else row.ours}"

        return (
            Column("start.column.tick", tick, 40),
            Column("start.column.kind", kind, 270, tone=_tone),
            Column("start.column.what", what, 240, stretch=True),
            Column("start.column.when", when, 150),
            Column("start.column.tells", tells, 220),
        )

    # --- acts ---------------------------------------------------------------------------------------------------

    def confirm(self) -> None:
        """Tell the shop, or tell it no more."""
        self._presenter.confirm(self._stop_telling)

    def export(self) -> None:
        """Ask where, and write the list there."""
        found = self._presenter.screen.found
        if found is not None:
            path = self.ask_place(
                f"{self._ui.texts.t('start.file')}-{found.cut_over_at.astimezone():%Y%m%d%H%M}.xlsx"
            )
            if path is not None:
                self._presenter.export(path)

    def handle_key(self, key: Qt.Key) -> bool:
        """F7 to F10 while it is open."""
        acts = {
            Qt.Key.Key_F5: self._presenter.look,
            Qt.Key.Key_F7: self._orders.click,
            Qt.Key.Key_F8: self._numbers.click,
            Qt.Key.Key_F9: self._confirm.click,
            Qt.Key.Key_F10: self.export,
        }
        if self._presenter.screen.shop_id is None or key not in acts:
            return False
        acts[key]()
        return True

    @Slot()
    def _on_moment(self) -> None:
        self._presenter.choose_moment(self._moment.text())

    @Slot(int)
    def _on_opened(self, number: int) -> None:
        row = self._model.row_at(number)
        if row is not None:
            self._presenter.tick(row)

    # --- showing ------------------------------------------------------------------------------------------------

    @Slot()
    def _on_retranslated(self) -> None:
        self._shown = None
        self.show_screen()

    @Slot()
    def show_screen(self) -> None:
        """Open, close, and show how far it is; what is being typed is left alone."""
        screen = self._presenter.screen
        self.setVisible(screen.shop_id is not None)
        self._show_busy(is_busy=screen.is_busy)
        if screen.shop_id is None:
            return
        self._title.say("start.title", name=screen.name)
        found = screen.found
        self._stage.setVisible(found is not None)
        for button in (self._orders, self._numbers, self._confirm):
            button.setEnabled(button.is_permitted and found is not None and not screen.is_busy)
        if found is None:
            self._model.show_first((), None)
            for label in self._words.values():
                label.say("start.reading")
        else:
            self._show_found(found)
        if screen.round != self._round:
            self._round = screen.round
            self.table.setFocus()

    def _show_found(self, found: StartList) -> None:
        screen = self._presenter.screen
        self._stage.show_state(_TONES[found.stage], f"start.stage.{found.stage}")
        at = screen.cut_over_at or found.cut_over_at
        if not self._moment.hasFocus():
            self._moment.setText(f"{at.astimezone():%Y-%m-%d %H:%M}")
        counts = {str(kind): found.counts.get(kind, 0) for kind in RowKind}
        on = "on" if found.on_desk else "off"
        also = set(screen.also)
        for row in found.rows:
            if row.kind in (RowKind.BEFORE, RowKind.PART_SENT) and row.order_id in also:
                counts[row.kind] -= 1
        self._words["orders"].say(f"start.orders.{on}", **counts, picked=len(also))
        is_over = found.on_desk and self._presenter.is_orders_done
        self._orders.say("start.orders_stop" if is_over else "start.orders")
        numbers = "unreachable" if not found.is_reachable else "on" if found.writes_stock else "off"
        self._words["numbers"].say(f"start.numbers.{numbers}", n=len(found.numbers), all=len(found.sku_ids))
        self._numbers.say("start.numbers_stop" if found.writes_stock else "start.numbers")
        self._numbers.setEnabled(self._numbers.isEnabled() and found.is_reachable)
        told = len(screen.told)
        left = counts["confirm"] - told
        none = "" if told or left else "_none"
        self._words["confirm"].say(f"start.confirm.{'on' if found.confirms else 'off'}{none}", n=told, left=left)
        self._confirm.say("start.confirm_stop" if found.confirms and not told else "start.confirm")
        hidden = sum(found.counts.values()) - len(found.rows)
        self._more.setVisible(bool(hidden))
        self._more.say("start.more", n=hidden)
        shown = (found, screen.picked, screen.dropped)
        if shown != self._shown:
            self._shown = shown
            self.table.show_first(screen.rows, None, is_again=True)

    def _show_busy(self, *, is_busy: bool) -> None:
        for part in (self._bar, self._count, self._cancel):
            part.setVisible(is_busy)
        if is_busy:
            self._timer.start()
            self._show_progress()
        else:
            self._timer.stop()

    @Slot()
    def _show_progress(self) -> None:
        progress = self._presenter.progress
        self._bar.setRange(0, progress.total)
        self._bar.setValue(progress.done)
        self._count.say("start.progress", done=progress.done)


def start_button(ui: Ui, name: str, stage: str, on_press: Callable[[], None]) -> ActionButton:
    """The way here from a shop's card: the first thing to do while nothing is switched on."""
    look = "main" if stage == "read_only" else "plain"
    return ActionButton(ui, f"start.open.{stage}", on_press, look=look, name=f"{name}.start")


def _tone(row: ListRow) -> str:
    return "notice" if isinstance(row, NumberRow) else _ROW_TONES[row.kind]


def _row_id(row: ListRow) -> int:
    return -row.sku_id if isinstance(row, NumberRow) else (row.parcel_id << 40) + row.order_id
