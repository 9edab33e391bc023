"""The activity page: what failed, what waits, what was told lately, and the print jobs."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from core.sync.deliveries import DeliveryRow
from core.waybills.records import PrintJobView
from desktop.formats import moment_text
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.activity.drawer import ActivityDrawer
from desktop.pages.activity.presenter import ActivityPresenter
from desktop.pages.activity.words import PILES, delivery_tone, trouble_word
from desktop.pages.packing.side import PRINT_TONES
from desktop.ui import Ui
from desktop.widgets.controls import EmptyState
from desktop.widgets.fields import ChipRow
from desktop.widgets.head_bar import head_bar, refresh_button
from desktop.widgets.page import PageWidget
from desktop.widgets.table import ListTable


class ActivityPage(PageWidget):
    """Shows what the presenter lists; deliveries and print jobs have a table each."""

    def __init__(self, ui: Ui, presenter: ActivityPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.setObjectName("activity")
        self._refresh = refresh_button(ui, "activity", presenter.reload)
        head = head_bar(ui, "activity", (self._refresh,))
        self._chips = ChipRow(ui, "activity.pile", PILES, "activity.pile")
        self._chips.chosen.connect(self._on_pile)
        self.model: PagedTableModel[DeliveryRow] = PagedTableModel(ui, self._columns(), lambda row: row.id, self)
        self.table = ListTable(ui, self.model, "activity.table")
        self.prints: PagedTableModel[PrintJobView] = PagedTableModel(
            ui, self._job_columns(), lambda job: job.id, self
        )
        self.print_table = ListTable(ui, self.prints, "activity.prints")
        for table in (self.table, self.print_table):
            table.moved.connect(self._on_moved)
            table.opened.connect(self._open)
        self._empty = EmptyState(ui, "circle-check", "activity.empty.waiting", "activity.empty")
        self.drawer = ActivityDrawer(ui, presenter)
        left = QVBoxLayout()
        left.setContentsMargins(16, 14, 16, 12)
        left.setSpacing(10)
        left.addLayout(head)
        left.addWidget(self._chips)
        left.addWidget(self.table, 1)
        left.addWidget(self.print_table, 1)
        left.addWidget(self._empty, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        row.addWidget(self.drawer)
        self.model.more_wanted.connect(presenter.more)
        presenter.on_screen = self._on_screen
        presenter.on_first = self.table.show_first
        presenter.on_more = self.model.append
        presenter.on_no_more = self.model.give_up
        presenter.on_prints = self._on_prints
        self._on_screen()

    def _columns(self) -> tuple[Column[DeliveryRow], ...]:
        ui = self._ui

        def state(row: DeliveryRow) -> str:
            return ui.texts.word("state.delivery", row.state)

        def trouble(row: DeliveryRow) -> str:
            if row.is_kept_here:
                return ui.texts.t("number.kept_here.short")
            return ui.texts.t(trouble_word(row)) if row.trouble else ""

        def when(row: DeliveryRow) -> str:
            return moment_text(row.done_at or row.not_before_at)

        return (
            Column("activity.column.state", state, 110, tone=delivery_tone),
            Column("activity.column.what", lambda row: ui.texts.word("activity.kind", row.kind), 130),
            Column("activity.column.target", lambda row: row.target, 110, stretch=True, spare=2),
            Column("activity.column.orders", lambda row: "  ".join(row.order_nos), 172, stretch=True),
            Column("activity.column.waybill", lambda row: row.waybill_no, 140, spare=4),
            Column("activity.column.trouble", trouble, 150, stretch=True, spare=1),
            Column("activity.column.attempts", lambda row: str(row.attempts), 60, is_right=True, spare=3),
            Column("activity.column.when", when, 110),
        )

    def _job_columns(self) -> tuple[Column[PrintJobView], ...]:
        ui = self._ui

        def state(job: PrintJobView) -> str:
            return ui.texts.word("state.print", job.state)

        def copy(job: PrintJobView) -> str:
            return ui.texts.t("activity.copy", n=job.copy_no) if job.copy_no else ui.texts.t("activity.first_copy")

        return (
            Column("activity.column.state", state, 160, tone=lambda job: PRINT_TONES.get(job.state, "quiet")),
            Column("activity.column.waybill", lambda job: job.waybill_no, 150),
            Column("activity.column.copy", copy, 90),
            Column("activity.column.orders", lambda job: "  ".join(job.order_nos), 172, stretch=True),
            Column("activity.column.printer", lambda job: job.printer_key, 110, stretch=True, spare=1),
            Column("activity.column.when", lambda job: moment_text(job.created_at), 110, spare=2),
        )

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """A code means nothing of its own here; the shell sends scans to the packing desk."""

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """What each key does here stands on its button."""
        acts = {
            Qt.Key.Key_F5: self._presenter.reload,
            Qt.Key.Key_F6: self.drawer.first,
            Qt.Key.Key_F7: self.drawer.second,
            Qt.Key.Key_F8: self.drawer.ask_reprint,
        }
        if key not in acts or modifiers != Qt.KeyboardModifier.NoModifier:
            return False
        acts[key]()
        return True

    def handle_changed(self) -> None:
        """Records changed somewhere: read again, but never pull the list away from under an eye further down."""
        if self._table().verticalScrollBar().value() == 0:
            self._presenter.reload()

    def handle_back(self) -> bool:
        """Esc closes the drawer."""
        if self._presenter.close():
            self._table().setFocus()
            return True
        return False

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Read, and let the keyboard begin in the table."""
        super().showEvent(event)
        self._table().setFocus()
        self._presenter.start()

    # --- showing ------------------------------------------------------------------------------------------------

    def _table(self) -> ListTable:
        return self.print_table if self._presenter.screen.shows_prints else self.table

    @Slot(str)
    def _on_pile(self, pile: str) -> None:
        self._presenter.choose_pile(pile)

    @Slot(int)
    def _on_moved(self, number: int) -> None:
        """With the drawer open, moving in the table shows the next row."""
        screen = self._presenter.screen
        if screen.delivery is not None or screen.job is not None:
            self._open(number)

    @Slot(int)
    def _open(self, number: int) -> None:
        if self._presenter.screen.shows_prints:
            job = self.prints.row_at(number)
            if job is not None:
                self._presenter.open_job(job)
            return
        row = self.model.row_at(number)
        if row is not None:
            self._presenter.open(row)

    def _on_prints(self, jobs: tuple[PrintJobView, ...], is_again: bool) -> None:
        self.print_table.show_first(jobs, None, is_again)

    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._chips.choose(screen.pile)
        self._chips.show_counts(screen.counts)
        is_empty = screen.is_known_empty and not screen.is_loading
        had_focus = self.table.hasFocus() or self.print_table.hasFocus()
        # The keyboard waits on the button while there is no table.
        had_focus = had_focus or (self._empty.isVisible() and self._refresh.hasFocus())
        self._empty.say(f"activity.empty.{screen.pile}")
        self._empty.setVisible(is_empty)
        self.table.setVisible(not is_empty and not screen.shows_prints)
        self.print_table.setVisible(not is_empty and screen.shows_prints)
        if had_focus:
            # Else the keyboard would land on the rail, out of the page.
            (self._refresh if is_empty else self._table()).setFocus()
        self.drawer.show_screen()
