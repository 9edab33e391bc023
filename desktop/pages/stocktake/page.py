"""The stocktake page: the list, a new sheet, counting, differences, the nightly comparison; one of them at a time."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from core.access.rights import Right
from core.counting.records import SheetRow
from desktop.pages.stocktake.compare_view import CompareView
from desktop.pages.stocktake.comparing import ComparePresenter
from desktop.pages.stocktake.count_view import CountingView
from desktop.pages.stocktake.counting import CountPresenter
from desktop.pages.stocktake.deciding import LinesPresenter
from desktop.pages.stocktake.lines_view import LinesView
from desktop.pages.stocktake.sheets import PILES, SheetsPresenter
from desktop.pages.stocktake.sheets_view import SheetsView
from desktop.ui import Ui
from desktop.widgets.ask_where import ask_where, ask_which
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import ChipRow
from desktop.widgets.labels import PlainLabel
from desktop.widgets.page import PageWidget, if_may

_PLAIN: Final = Qt.KeyboardModifier.NoModifier
_SHIFT: Final = Qt.KeyboardModifier.ShiftModifier
_CTRL: Final = Qt.KeyboardModifier.ControlModifier
_Key = tuple[Qt.Key, Qt.KeyboardModifier]


class StocktakePage(PageWidget):
    """Shows one view at a time; the keys are those of the view."""

    def __init__(
        self,
        ui: Ui,
        sheets: SheetsPresenter,
        counting: CountPresenter,
        lines: LinesPresenter,
        comparing: ComparePresenter,
    ) -> None:
        super().__init__()
        self._ui = ui
        self.sheets, self.counting, self.lines, self.comparing = sheets, counting, lines, comparing
        self.setObjectName("stocktake")
        self.sheets_view = SheetsView(ui, sheets)
        self.count_view = CountingView(ui, counting)
        self.lines_view = LinesView(ui, lines)
        self.compare_view = CompareView(ui, comparing)
        #: asks for a file's place (its name, whether it is read); a test answers in the dialog's place
        self.ask_place = self._ask_place
        self._stack = QStackedWidget()
        for view in (self.sheets_view, self.count_view, self.lines_view, self.compare_view):
            self._stack.addWidget(view)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 14, 16, 12)
        whole.setSpacing(10)
        whole.addLayout(self._head())
        whole.addWidget(self._stack, 1)
        sheets.on_open = self.open_sheet
        counting.on_submitted = self._on_submitted
        counting.on_left = self.show_list
        lines.on_recount = self._on_recount
        sheets.on_screen = self._on_sheets
        counting.on_screen = self.count_view.show_screen
        lines.on_screen = self.lines_view.show_screen
        comparing.on_screen = self.compare_view.show_screen
        ui.retranslated.connect(self._on_retranslated)
        self._on_retranslated()
        self._show_head()

    def _head(self) -> QHBoxLayout:
        ui = self._ui
        title = PlainLabel(ui, "title", name="stocktake.title")
        title.say("page.stocktake")
        self._chips = ChipRow(ui, "count.sheets", PILES, "count.sheets")
        self._chips.chosen.connect(self.choose)
        self._new = ActionButton(
            ui,
            "count.new",
            self.begin_new,
            look="main",
            icon="plus",
            key="F6",
            name="count.new",
            right=Right.ADJUST_STOCK,
        )
        self._throw = ActionButton(
            ui, "count.throw", self.throw_away, icon="trash-2", key="F9", name="count.throw", right=Right.ADJUST_STOCK
        )
        self._back = ActionButton(
            ui, "count.list", self.show_list, icon="clipboard-list", key="Esc", name="count.list"
        )
        self._differences = ActionButton(
            ui, "count.differences", self._show_lines, icon="search", key="F6", name="count.differences"
        )
        self._paper_in = ActionButton(
            ui, "count.paper_in", self.read_paper, icon="folder-open", key="Ctrl+O", name="count.paper_in"
        )
        self._paper = ActionButton(
            ui, "count.paper", self.save_paper, icon="printer", key="Ctrl+P", name="count.paper"
        )
        self._save = ActionButton(ui, "count.save", self.save, icon="file-text", key="Ctrl+S", name="count.save")
        refresh = ActionButton(ui, "action.refresh", self.look, icon="refresh-cw", key="F5", name="count.refresh")
        head = QHBoxLayout()
        head.addWidget(title)
        head.addWidget(self._chips, 1)
        for widget in (
            self._back,
            self._differences,
            self._paper_in,
            self._paper,
            self._save,
            self._throw,
            self._new,
            refresh,
        ):
            head.addWidget(widget)
        return head

    # --- where one is -------------------------------------------------------------------------------------------

    @Slot()
    def show_list(self) -> None:
        """Back to the list."""
        self._turn_to(self.sheets_view)
        self.sheets.look()

    @Slot(str)
    def choose(self, pile: str) -> None:
        """A chip: a pile of sheets, or the comparison."""
        self.sheets.choose(pile)
        self._turn_to(self.compare_view if pile == "compare" else self.sheets_view)
        if pile == "compare":
            self.comparing.look()

    def open_sheet(self, sheet: SheetRow) -> None:
        """A sheet is counted while it is open, and decided about afterwards; whoever left the list is left alone."""
        if self._view is not self.sheets_view:
            return
        if sheet.state in ("counting", "paused"):
            self.counting.open(sheet.id)
            self._turn_to(self.count_view)
        else:
            self.lines.open(sheet)
            self._turn_to(self.lines_view)

    def _on_submitted(self, sheet: SheetRow) -> None:
        if self._view is self.count_view:
            self.lines.open(sheet)
            self._turn_to(self.lines_view)

    def _on_recount(self, sheet: SheetRow) -> None:
        shown = self.lines.screen.sheet
        if self._view is self.lines_view and shown is not None and shown.id == sheet.id:
            self.counting.open(sheet.id)
            self._turn_to(self.count_view)

    @Slot()
    def _show_lines(self) -> None:
        """What is counted so far, while it is counted."""
        view = self.counting.screen.view
        if view is not None:
            self.lines.open(view.sheet)
            self._turn_to(self.lines_view)

    def _turn_to(self, view: object) -> None:
        for number in range(self._stack.count()):
            if self._stack.widget(number) is view:
                self._stack.setCurrentIndex(number)
        self._show_head()
        self._focus_view()

    def _focus_view(self) -> None:
        """The keyboard begins in the view's list; where there is none, in the view itself, so that Esc is heard."""
        view = self._view
        lists = (self.sheets_view, self.lines_view)
        start = next((one.table for one in lists if one is view and one.table.isVisible()), view)
        start.setFocus()

    @property
    def _view(self) -> QWidget:
        return self._stack.currentWidget()

    def _show_head(self) -> None:
        view = self._view
        at_list = view in (self.sheets_view, self.compare_view)
        self._chips.setVisible(at_list)
        self._chips.choose("compare" if view is self.compare_view else self.sheets.screen.pile)
        is_listed = view is self.sheets_view and not self.sheets.screen.is_new
        self._new.setVisible(is_listed)
        self._throw.setVisible(is_listed)
        self._back.setVisible(not at_list)
        self._differences.setVisible(view is self.count_view)
        self._paper.setVisible(view is self.lines_view)
        self._paper_in.setVisible(view is self.lines_view)
        self._save.setVisible(view in (self.lines_view, self.compare_view))

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """Counting takes every code; a new sheet takes bins; elsewhere a code opens nothing."""
        if self._view is self.count_view:
            self.counting.scan(raw)
        elif self._view is self.sheets_view and self.sheets.screen.is_new:
            self.sheets_view.form.scan(raw)

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """What each key does here stands on its button."""
        if key == Qt.Key.Key_F5:
            self.look()
            return True
        keys = (self._list_keys, self._count_keys, self._lines_keys, self._compare_keys)
        act = keys[self._stack.currentIndex()]().get((key, modifiers))
        if act is None:
            return False
        act()
        return True

    def _list_keys(self) -> dict[_Key, Callable[[], object]]:
        if self.sheets.screen.is_new:
            return {(Qt.Key.Key_S, _CTRL): self.sheets_view.form.make}
        return {(Qt.Key.Key_F6, _PLAIN): self.begin_new, (Qt.Key.Key_F9, _PLAIN): self.throw_away}

    def _count_keys(self) -> dict[_Key, Callable[[], object]]:
        return {
            (Qt.Key.Key_F4, _PLAIN): self.counting.undo,
            (Qt.Key.Key_F6, _PLAIN): self._show_lines,
            (Qt.Key.Key_F7, _PLAIN): self.counting.other_batch,
            (Qt.Key.Key_F8, _PLAIN): self.counting.add_find,
            (Qt.Key.Key_F9, _PLAIN): self.counting.finish_place,
            (Qt.Key.Key_F9, _SHIFT): self.counting.drop_place,
            (Qt.Key.Key_F10, _PLAIN): self.counting.pause_or_resume,
            (Qt.Key.Key_S, _CTRL): self.counting.submit,
        }

    def _lines_keys(self) -> dict[_Key, Callable[[], object]]:
        return {
            (Qt.Key.Key_F7, _PLAIN): lambda: self.lines_view.decide("book"),
            (Qt.Key.Key_F8, _PLAIN): lambda: self.lines_view.decide("recount"),
            (Qt.Key.Key_F9, _PLAIN): lambda: self.lines_view.decide("keep"),
            (Qt.Key.Key_F7, _SHIFT): self.lines_view.book_all,
            (Qt.Key.Key_O, _CTRL): self.read_paper,
            (Qt.Key.Key_P, _CTRL): self.save_paper,
            (Qt.Key.Key_S, _CTRL): self.save,
        }

    def _compare_keys(self) -> dict[_Key, Callable[[], object]]:
        return {
            (Qt.Key.Key_F6, _PLAIN): self.compare_view.compare,
            (Qt.Key.Key_F7, _PLAIN): self.compare_view.confirm,
            (Qt.Key.Key_F7, _SHIFT): self.compare_view.confirm_all,
            (Qt.Key.Key_S, _CTRL): self.save,
        }

    def handle_back(self) -> bool:
        """Esc: one step back in the view, else to the list."""
        if self._view is self.count_view:
            return self.counting.back()
        if self._view is self.lines_view:
            if not self.lines.close():
                self.show_list()
            return True
        if self._view is self.compare_view:
            if not self.comparing.cancel():
                self.choose("under_way")
            return True
        return self.sheets.leave_new()

    def handle_changed(self) -> None:
        """Somebody counts at another desk, or goods moved."""
        self.look()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Read, and let the keyboard begin where one is."""
        super().showEvent(event)
        if not self.sheets.screen.is_new:
            self._focus_view()
        self.look()

    @Slot()
    def look(self) -> None:
        """Read again what is shown."""
        if self._view is self.count_view:
            self.counting.look()
        elif self._view is self.lines_view:
            self.lines.look()
        elif self._view is self.compare_view:
            self.comparing.look()
        else:
            self.sheets.look()

    # --- acts ---------------------------------------------------------------------------------------------------

    @Slot()
    def begin_new(self) -> None:
        """Open the form of a new sheet."""
        if_may(self._ui, self.sheets, Right.ADJUST_STOCK, self.sheets.begin_new)

    @Slot()
    def throw_away(self) -> None:
        """End the chosen sheet."""
        sheet = self.sheets_view.chosen
        if sheet is None or sheet.state in ("done", "thrown_away"):
            return
        if_may(self._ui, self.sheets, Right.ADJUST_STOCK, lambda: self.sheets.throw_away(sheet))

    @Slot()
    def save(self) -> None:
        """Write what is shown as a table."""
        if self._view is self.compare_view:
            report = self.comparing.screen.report
            place = None if report is None else self.ask_place(f"comparison-{report.id}.xlsx", is_read=False)
            if place is not None:
                self.comparing.save(place)
            return
        self._save_sheet(is_paper=False)

    @Slot()
    def save_paper(self) -> None:
        """Write the sheet to be counted on paper."""
        self._save_sheet(is_paper=True)

    def _save_sheet(self, *, is_paper: bool) -> None:
        sheet = self.lines.screen.sheet
        if sheet is None:
            return
        place = self.ask_place(f"{sheet.number}{'-paper' if is_paper else ''}.xlsx", is_read=False)
        if place is not None:
            self.lines.save(place, is_paper=is_paper)

    @Slot()
    def read_paper(self) -> None:
        """Take in what was counted on paper."""
        place = self.ask_place("", is_read=True)
        if place is not None:
            self.lines.read_paper(place)

    def _ask_place(self, name: str, *, is_read: bool) -> Path | None:
        words = self._ui.texts.t("count.paper_in" if is_read else "count.save")
        return ask_which(self, words) if is_read else ask_where(self, words, name)

    # --- showing ------------------------------------------------------------------------------------------------

    @Slot()
    def _on_sheets(self) -> None:
        self._chips.show_counts(self.sheets.screen.counts)
        self.sheets_view.show_screen()
        self._show_head()

    @Slot()
    def _on_retranslated(self) -> None:
        self._on_sheets()
        self.count_view.show_screen()
        self.lines_view.show_screen()
        self.compare_view.show_screen()
