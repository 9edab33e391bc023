"""The alerts page: a list of what stands and stood, and behind tabs what the owner decides."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from core.access.rights import Right
from core.alerts.records import AlertRow
from desktop.formats import moment_text
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.alerts.drawer import AlertDrawer
from desktop.pages.alerts.presenter import AlertsPresenter
from desktop.pages.alerts.words import PILES, STATE_TONES, TONES, duty_text, past_text, quiet_facts, sentence
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState
from desktop.widgets.fields import ChipRow
from desktop.widgets.labels import ElidedLabel, PlainLabel
from desktop.widgets.page import PageWidget, if_may
from desktop.widgets.table import ListTable

TABS: Final = ("list", "duty", "rules", "channels")


class AlertsPage(PageWidget):
    """Shows what the presenter lists; the other tabs are made when they are first opened."""

    def __init__(self, ui: Ui, presenter: AlertsPresenter, make_tab: Callable[[str], QWidget]) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._make_tab = make_tab
        self._tab = "list"
        self._tabs: dict[str, QWidget] = {}
        self.setObjectName("alerts")
        title = PlainLabel(ui, "title", name="alerts.title")
        title.say("page.alerts")
        self._duty = ElidedLabel(ui, "secondary", name="alerts.duty")
        self._duty.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._refresh = ActionButton(
            ui, "action.refresh", self._reload, icon="refresh-cw", key="F5", name="alerts.refresh"
        )
        head = QHBoxLayout()
        head.addWidget(title)
        head.addSpacing(16)
        head.addWidget(self._duty, 1)
        head.addWidget(self._refresh)
        self._tab_row = ChipRow(ui, "alerts.tab", TABS, "alerts.tab")
        self._tab_row.chosen.connect(self.open_tab)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._make_list())
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(self._tab_row)
        column.addWidget(self._stack, 1)
        presenter.on_screen = self._on_screen
        presenter.on_first = self.table.show_first
        presenter.on_more = self.model.append
        presenter.on_no_more = self.model.give_up
        ui.entitled.connect(self._on_entitled)
        ui.retranslated.connect(self._on_screen)
        self._on_entitled()
        self._on_screen()

    def _make_list(self) -> QWidget:
        ui = self._ui
        self._chips = ChipRow(ui, "alerts.pile", PILES, "alerts.pile")
        self._chips.chosen.connect(self._on_pile)
        self.model: PagedTableModel[AlertRow] = PagedTableModel(ui, self._columns(), lambda row: row.id, self)
        self.table = ListTable(ui, self.model, "alerts.table")
        self.table.moved.connect(self._on_moved)
        self.table.opened.connect(self._open)
        self.model.more_wanted.connect(self._presenter.more)
        self._empty = EmptyState(ui, "circle-check", "alerts.empty.open", "alerts.empty")
        self.drawer = AlertDrawer(ui, self._presenter)
        left = QVBoxLayout()
        left.setSpacing(10)
        left.addWidget(self._chips)
        left.addWidget(self.table, 1)
        left.addWidget(self._empty, 1)
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addLayout(left, 1)
        row.addWidget(self.drawer)
        return holder

    def _columns(self) -> tuple[Column[AlertRow], ...]:
        texts = self._ui.texts
        return (
            Column(
                "alerts.column.severity",
                lambda row: texts.word("severity", row.severity),
                110,
                tone=lambda row: "quiet" if row.cleared_at is not None else TONES.get(row.severity, "notice"),
            ),
            Column(
                "alerts.column.what",
                lambda row: texts.say(sentence(row.rule, row.key, row.facts)),
                300,
                stretch=True,
            ),
            Column(
                "alerts.column.state",
                lambda row: texts.word("state.alert", row.state),
                120,
                tone=lambda row: STATE_TONES[row.state],
            ),
            Column("alerts.column.who", lambda row: row.acked_by, 100, spare=2),
            Column("alerts.column.since", lambda row: moment_text(row.raised_at), 110),
            Column("alerts.column.until", lambda row: past_text(row.cleared_at), 110, spare=1),
        )

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """A code means nothing of its own here; the shell sends scans to the packing desk."""

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """What each key does here stands on its button."""
        if modifiers != Qt.KeyboardModifier.NoModifier:
            return False
        if key == Qt.Key.Key_F5:
            self._reload()
            return True
        acts = {
            Qt.Key.Key_F6: self._acknowledge,
            Qt.Key.Key_F7: self._ask_mute,
            Qt.Key.Key_F8: self._presenter.go,
        }
        if key not in acts or self._tab != "list":
            return False
        acts[key]()
        return True

    def handle_changed(self) -> None:
        """Records changed somewhere: read again, but never pull the list away from under an eye further down."""
        if self._tab != "list":
            self._show_tab(is_new=False)
        elif self.table.verticalScrollBar().value() == 0:
            self._presenter.reload()

    def handle_back(self) -> bool:
        """Esc closes form, drawer, then the tab."""
        if self._tab != "list":
            self.open_tab("list")
            return True
        if self._presenter.close():
            self.table.setFocus()
            return True
        return False

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Read, and let the keyboard begin in the table."""
        super().showEvent(event)
        self.table.setFocus()
        self._reload()

    # --- tabs -----------------------------------------------------------------------------------------------------

    @Slot(str)
    def open_tab(self, tab: str) -> None:
        """Show the list, or what the owner decides."""
        self._tab = tab
        self._tab_row.choose(tab)
        # Before what has the keyboard is hidden: else it would land on the rail.
        self._refresh.setFocus()
        self._show_tab(is_new=True)
        if tab == "list":
            self.table.setFocus()

    def _show_tab(self, *, is_new: bool) -> None:
        if self._tab == "list":
            self._stack.setCurrentIndex(0)
            self._presenter.reload()
            return
        if self._tab not in self._tabs:
            made = self._tabs[self._tab] = self._make_tab(self._tab)
            self._stack.addWidget(made)
        widget = self._tabs[self._tab]
        self._stack.setCurrentWidget(widget)
        look = getattr(widget, "look_again", None)
        if callable(look):
            look(is_new=is_new)

    def _reload(self) -> None:
        self._show_tab(is_new=False)

    # --- showing ------------------------------------------------------------------------------------------------

    @Slot()
    def _on_entitled(self) -> None:
        may = self._ui.may(Right.CHANGE_SETTINGS)
        self._tab_row.setVisible(may)
        if not may and self._tab != "list":
            self.open_tab("list")

    @Slot(str)
    def _on_pile(self, pile: str) -> None:
        self._presenter.choose_pile(pile)

    @Slot(int)
    def _on_moved(self, number: int) -> None:
        """With the drawer open, moving in the table shows the next row."""
        if self._presenter.screen.detail is not None:
            self._open(number)

    @Slot(int)
    def _open(self, number: int) -> None:
        row = self.model.row_at(number)
        if row is not None:
            self._presenter.open(row)

    def _acknowledge(self) -> None:
        """The open alert with its note; with none open the row under the keyboard."""
        if self._presenter.screen.detail is not None:
            self.drawer.acknowledge()
            return
        row = self.model.row_at(self.table.currentIndex().row())
        if row is not None:
            self._presenter.acknowledge(row)

    def _ask_mute(self) -> None:
        if_may(self._ui, self._presenter, Right.CHANGE_SETTINGS, self._presenter.ask_mute)

    def _on_screen(self) -> None:
        screen, texts = self._presenter.screen, self._ui.texts
        self._tab_row.choose(self._tab)
        self._chips.choose(screen.pile)
        self._chips.show_counts(screen.counts)
        self._duty.show_text(duty_text(screen.chain, texts))
        is_empty = screen.is_known_empty and not screen.is_loading
        had_focus = self.table.hasFocus() or (self._empty.isVisible() and self._refresh.hasFocus())
        self._empty.say(f"alerts.empty.{screen.pile}", **quiet_facts(screen.quiet, texts))
        self._empty.setVisible(is_empty)
        self.table.setVisible(not is_empty)
        if had_focus:
            # Else the keyboard would land on the rail, out of the page.
            (self._refresh if is_empty else self.table).setFocus()
        self.drawer.show_screen()
