"""The page after an accident: orders without goods in order of promise, the goods they lack, what became of each."""

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from core.access.rights import Right
from core.orders.settling.records import AffectedOrder, MissingSku
from desktop.formats import deadline_text, moment_text, yuan
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.accident.drawer import OrderDrawer, WordsForm
from desktop.pages.accident.presenter import DAYS, PARTS, AccidentPresenter
from desktop.pages.accident.words import REASON_TONES, missing_words, outcome_code, summary
from desktop.ui import Ui
from desktop.widgets.ask_where import ask_where
from desktop.widgets.controls import ActionButton, EmptyState
from desktop.widgets.fields import ChipRow, ChoiceBox
from desktop.widgets.head_bar import head_bar, refresh_button
from desktop.widgets.labels import PlainLabel
from desktop.widgets.page import PageWidget
from desktop.widgets.table import ListTable


class AccidentsPage(PageWidget):
    """Shows the presenter's pile, and an order beside it."""

    def __init__(self, ui: Ui, presenter: AccidentPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.setObjectName("accident")
        self._chips = ChipRow(ui, "accident.part", PARTS, "accident.part")
        self._chips.chosen.connect(presenter.choose_part)
        self._summary = PlainLabel(ui, "heading", wraps=True, name="accident.summary")
        self.model: PagedTableModel[AffectedOrder] = PagedTableModel(
            ui, self._columns(), lambda row: row.order_id, self
        )
        self.table = ListTable(ui, self.model, "accident.table")
        self.table.moved.connect(self._on_moved)
        self.table.opened.connect(self._on_opened)
        self.goods: PagedTableModel[MissingSku] = PagedTableModel(
            ui, self._goods_columns(), lambda row: int(row.sku_id), self
        )
        self.goods_table = ListTable(ui, self.goods, "accident.goods")
        self.goods_table.opened.connect(self._on_goods_opened)
        self._begins = False
        self._empty = EmptyState(ui, "circle-check", "accident.empty.open", "accident.empty")
        self.drawer = OrderDrawer(ui, presenter)
        self.words = WordsForm(ui, presenter)
        left = QVBoxLayout()
        left.setContentsMargins(16, 14, 16, 12)
        left.setSpacing(10)
        left.addLayout(self._head())
        left.addWidget(self._summary)
        left.addWidget(self._chips)
        for widget in (self.table, self.goods_table, self._empty):
            left.addWidget(widget, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        for beside in (self.drawer, self.words):
            beside.hide()
            row.addWidget(beside)
        presenter.on_screen = self._on_screen
        ui.retranslated.connect(self._on_screen)
        self._on_screen()

    def _head(self) -> QHBoxLayout:
        ui, presenter = self._ui, self._presenter
        self._days = ChoiceBox(ui, "accident.days", tuple(map(str, DAYS)), "accident.days")
        self._days.picked.connect(lambda value: presenter.choose_days(int(value)))
        wording = ActionButton(
            ui,
            "accident.words.open",
            presenter.begin_wording,
            icon="pencil",
            key="F9",
            name="accident.wording",
            right=Right.CHANGE_SETTINGS,
        )
        export = ActionButton(
            ui,
            "accident.export",
            self.export,
            icon="file-text",
            key="F10",
            name="accident.export",
            right=Right.USE_FILES,
        )
        return head_bar(ui, "accident", (self._days, wording, export, refresh_button(ui, "accident", presenter.look)))

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """The number of an order opens it."""
        self._presenter.find(raw)

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """What each key does here stands on its button."""
        screen = self._presenter.screen
        if key == Qt.Key.Key_F5:
            self._presenter.look()
        elif key == Qt.Key.Key_F7 and screen.order is not None:
            self._with(Right.SETTLE_SHORTAGE, self.drawer.copy)
        elif key == Qt.Key.Key_F9:
            self._with(Right.CHANGE_SETTINGS, self._begin_wording)
        elif key == Qt.Key.Key_F10:
            self._with(Right.USE_FILES, self.export)
        elif key == Qt.Key.Key_S and modifiers == Qt.KeyboardModifier.ControlModifier:
            if screen.is_wording:
                self._with(Right.CHANGE_SETTINGS, self.words.save)
            elif screen.order is not None:
                self._with(Right.SETTLE_SHORTAGE, self.drawer.save)
        else:
            return False
        return True

    def _with(self, right: Right, act: Callable[[], object]) -> None:
        if self._ui.may(right):
            act()
        else:
            self._presenter.refuse(right)

    def _begin_wording(self) -> None:
        self._presenter.begin_wording()
        self.words.focus_first()

    def export(self) -> None:
        """Ask where the table goes, and write it there."""
        words = self._ui.texts.t("accident.export")
        name = f"accident-{self._ui.now().date()}.xlsx"
        path = ask_where(self, words, name)
        if path is not None:
            self._presenter.export(path)

    def handle_changed(self) -> None:
        """Records changed somewhere."""
        self._presenter.look()

    def handle_back(self) -> bool:
        """Esc closes what is open beside the list."""
        if self._presenter.close():
            self.table.setFocus()
            return True
        return False

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Read, and let the keyboard begin in the table."""
        super().showEvent(event)
        self._begins = True
        self._presenter.look()

    # --- showing ------------------------------------------------------------------------------------------------

    @Slot(int)
    def _on_moved(self, number: int) -> None:
        """With the drawer open, moving in the table shows the next order."""
        if self._presenter.screen.order_id:
            self._open(number)

    @Slot(int)
    def _on_opened(self, number: int) -> None:
        self._open(number)
        self.drawer.focus_first()

    def _open(self, number: int) -> None:
        row = self.model.row_at(number)
        if row is not None:
            self._presenter.open(row.order_id)

    @Slot(int)
    def _on_goods_opened(self, number: int) -> None:
        """Enter on goods leads to the document that brings them first."""
        row = self.goods.row_at(number)
        if row is not None and row.supplies:
            self._presenter.open_document(row.supplies[0].number)

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        page = screen.page
        self._chips.choose(screen.part)
        self._days.choose(str(screen.days))
        is_goods = screen.part == "goods"
        rows: tuple[object, ...] = ()
        if page is not None:
            counts = page.counts() | {"goods": len(page.skus)}
            self._chips.show_counts({part: str(n) if n else "" for part, n in counts.items()})
            self._summary.show_text(summary(page, screen.days, self._ui.texts))
            if tuple(self.model.rows) != screen.rows:
                self.table.show_first(screen.rows, None, is_again=True)
            if tuple(self.goods.rows) != page.skus:
                self.goods_table.show_first(page.skus, None, is_again=True)
            rows = page.skus if is_goods else screen.rows
        held = self.table.hasFocus() or self.goods_table.hasFocus()
        self.table.setVisible(bool(rows) and not is_goods)
        self.goods_table.setVisible(bool(rows) and is_goods)
        self._empty.setVisible(page is not None and not rows)
        if rows and (self._begins or held):
            # The table was not there yet when the page came into sight, or it gave way to the other.
            self._begins = False
            (self.goods_table if is_goods else self.table).setFocus()
        elif held:
            # Else the keyboard would land on the rail, out of the page.
            self._days.setFocus()
        waits = 0 if page is None else page.counts()["waits"]
        part = "open_waits" if screen.part == "open" and waits else screen.part
        self._empty.say(f"accident.empty.{part}", n=waits)
        self.drawer.show_screen()
        self.words.show_screen()

    def _columns(self) -> tuple[Column[AffectedOrder], ...]:
        texts = self._ui.texts

        def promise(row: AffectedOrder) -> str:
            return "—" if row.ship_by_at is None else deadline_text(row.ship_by_at, self._ui.now())

        def paid(row: AffectedOrder) -> str:
            return texts.t("accident.unpaid") if row.paid_at is None else moment_text(row.paid_at)

        def comes(row: AffectedOrder) -> str:
            return _day(row.comes_on) if row.missing else "—"

        return (
            Column(
                "accident.column.reason",
                lambda row: texts.word("accident.reason", row.reason),
                130,
                tone=lambda row: REASON_TONES[row.reason],
            ),
            Column("accident.column.promise", promise, 110),
            Column("accident.column.paid", paid, 110, spare=3),
            Column("orders.column.order_no", lambda row: row.order_no, 170),
            Column("accident.column.shop", lambda row: row.shop_name, 110, stretch=True, spare=2),
            Column("accident.column.missing", missing_words, 170, stretch=True),
            Column("accident.column.comes", comes, 100),
            Column("accident.column.amount", lambda row: yuan(row.amount_fen), 100, is_right=True, spare=1),
            Column(
                "accident.column.outcome",
                lambda row: texts.t(outcome_code(row)[1]),
                132,
                tone=lambda row: outcome_code(row)[0],
            ),
            Column(
                "accident.column.given",
                lambda row: yuan(row.given_fen) if row.given_fen else "—",
                90,
                is_right=True,
                spare=4,
            ),
        )

    def _goods_columns(self) -> tuple[Column[MissingSku], ...]:
        texts = self._ui.texts

        def no_day() -> str:
            return texts.t("accident.no_day")

        def coming(row: MissingSku) -> str:
            said = [
                texts.t("accident.coming", number=one.number, n=one.qty, day=_day(one.day) or no_day())
                for one in row.supplies
            ]
            return texts.t("limits.and").join(said) or texts.t("accident.nothing_comes")

        return (
            Column("stock.column.code", lambda row: row.code, 130),
            Column("stock.column.name", lambda row: row.name, 170, stretch=True),
            Column("accident.column.missing_qty", lambda row: str(row.qty), 90, is_right=True),
            Column("accident.column.orders", lambda row: str(row.order_count), 80, is_right=True),
            Column("accident.column.coming", coming, 320, stretch=True),
            Column("accident.column.uncured", lambda row: str(row.uncured_qty), 120, is_right=True),
        )


def _day(day: date | None) -> str:
    return "" if day is None else f"{day:%m-%d}"
