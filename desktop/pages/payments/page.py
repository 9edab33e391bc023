"""The page of payments: the daily comparison, what gateways were asked, and the gateways."""

from datetime import timedelta
from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from core.access.rights import Right
from core.payments.records import BillView, DifferenceView, QuestionView
from desktop.formats import moment_text, yuan
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.payments.gateways import GatewaysPart
from desktop.pages.payments.presenter import PARTS, PaymentsPresenter
from desktop.pages.payments.words import fault_words
from desktop.ui import Ui
from desktop.widgets.ask_where import ask_where
from desktop.widgets.controls import ActionButton, EmptyState
from desktop.widgets.day_field import DayField
from desktop.widgets.end_note import EndNote
from desktop.widgets.fields import ChipRow, ChoiceBox, Field
from desktop.widgets.head_bar import head_bar, refresh_button
from desktop.widgets.labels import PlainLabel
from desktop.widgets.page import PageWidget
from desktop.widgets.table import ListTable

_DAYS_SHOWN = 6
_STATE_TONES = {"waiting": "quiet", "settled": "quiet", "paid": "good", "late": "stop", "differs": "stop"}


class PaymentsPage(PageWidget):
    """Shows the presenter's part."""

    def __init__(self, ui: Ui, presenter: PaymentsPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.setObjectName("payments")
        self._add = ActionButton(
            ui,
            "payments.add",
            partial(presenter.edit, 0),
            look="main",
            icon="plus",
            key="F6",
            name="payments.add",
            right=Right.CHANGE_SETTINGS,
        )
        head = head_bar(ui, "payments", (refresh_button(ui, "payments", presenter.look), self._add))
        self._chips = ChipRow(ui, "payments.part", PARTS, "payments.part")
        self._chips.chosen.connect(presenter.choose_part)
        self.days = DaysPart(ui, presenter)
        self.asked = AskedPart(ui, presenter)
        self.gateways = GatewaysPart(ui, presenter)
        self._stack = QStackedWidget()
        for part in (self.days, self.asked, self.gateways):
            self._stack.addWidget(part)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 14, 16, 12)
        whole.setSpacing(10)
        whole.addLayout(head)
        whole.addWidget(self._chips)
        whole.addWidget(self._stack, 1)
        presenter.on_screen = self._on_screen
        self._on_screen()

    def handle_scan(self, raw: str) -> None:
        """The number of an order or a payment: show the order."""
        self._presenter.on_order_no(raw)

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """What each key does here is on the key sheet (`widgets.key_sheet`)."""
        part = self._presenter.screen.part
        if key == Qt.Key.Key_S and modifiers == Qt.KeyboardModifier.ControlModifier:
            self.gateways.form.save()
        elif modifiers != Qt.KeyboardModifier.NoModifier:
            return False
        elif key == Qt.Key.Key_F5:
            self._presenter.look()
        elif key == Qt.Key.Key_F6:
            self.days.fetch() if part == "days" else self._add.click()
        elif key == Qt.Key.Key_F8:
            self.days.settle() if part == "days" else self._presenter.settle("")
        elif key == Qt.Key.Key_F9 and part == "days":
            self._presenter.confirm()
        elif key == Qt.Key.Key_F10 and part == "days":
            self.days.export()
        else:
            return False
        return True

    def handle_changed(self) -> None:
        """Something was asked, found or compared."""
        self._presenter.look()

    def handle_back(self) -> bool:
        """Esc closes the form."""
        if self._presenter.screen.editing is not None:
            self._presenter.edit(None)
            return True
        return False

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Read."""
        super().showEvent(event)
        self._presenter.look()

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._chips.choose(screen.part)
        left = sum(one.open_count for one in screen.bills)
        self._chips.show_counts({"days": str(left) if left else "", "gateways": str(len(screen.gateways) or "")})
        self._add.setVisible(screen.part == "gateways")
        part = {"days": self.days, "gateways": self.gateways}.get(screen.part, self.asked)
        self._stack.setCurrentWidget(part)
        self.days.show_screen()
        self.asked.show_screen()
        self.gateways.show_screen()


class DaysPart(QWidget):
    """Days above, what differs on the chosen one below."""

    def __init__(self, ui: Ui, presenter: PaymentsPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._day = DayField("payments.day", lambda: None)
        self._day.show_day((ui.now() - timedelta(days=1)).date())
        self._shop = ChoiceBox(ui, "payments.shop", (), "payments.shop")
        fetch = ActionButton(ui, "payments.fetch", self.fetch, icon="cloud-upload", key="F6", name="payments.fetch")
        top = QHBoxLayout()
        words = PlainLabel(ui, "secondary")
        words.say("payments.days.hint")
        top.addWidget(words, 1)
        top.addWidget(self._shop)
        top.addWidget(self._day)
        top.addWidget(fetch)
        self.model: PagedTableModel[BillView] = PagedTableModel(ui, self._columns(), lambda row: row.id, self)
        self.table = ListTable(ui, self.model, "payments.days")
        self.table.moved.connect(self._on_moved)
        self.table.opened.connect(self._on_moved)
        self.lines: PagedTableModel[DifferenceView] = PagedTableModel(
            ui, self._line_columns(), lambda row: row.id, self
        )
        self.line_table = ListTable(ui, self.lines, "payments.differences")
        self.line_table.moved.connect(self._on_line)
        self.line_table.opened.connect(self._on_line_opened)
        self._head = PlainLabel(ui, "heading", name="payments.day.title")
        self._same = EmptyState(ui, "circle-check", "payments.same", "payments.same")
        self._note = Field(ui, "payments.note", "payments.note", limit=200)
        self._note.returnPressed.connect(self.settle)
        acts = QHBoxLayout()
        acts.addWidget(self._note, 1)
        for code, act, icon, key, look in (
            ("payments.settle", self.settle, "check", "F8", "main"),
            ("payments.open_order", presenter.open_order, "clipboard-list", "", "plain"),
            ("payments.confirm", presenter.confirm, "circle-check", "F9", "plain"),
            ("payments.export", self.export, "file-text", "F10", "plain"),
        ):
            acts.addWidget(ActionButton(ui, code, act, icon=icon, key=key, look=look, name=code))
        self._empty = EmptyState(ui, "calendar-check", "payments.empty.days", "payments.empty.days")
        self._below = QWidget()
        below = QVBoxLayout(self._below)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(8)
        below.addWidget(self._head)
        below.addWidget(self.line_table, 1)
        below.addWidget(self._same, 1)
        below.addLayout(acts)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addLayout(top)
        whole.addWidget(self.table)
        self._end = EndNote(ui, "payments.days.end")
        whole.addWidget(self._end)
        whole.addWidget(self._below, 1)
        whole.addWidget(self._empty, 1)

    def fetch(self) -> None:
        """Fetch the day that is entered."""
        shop_id = int(self._shop.value()) if self._shop.count() else 0
        if shop_id:
            self._presenter.fetch(shop_id, self._day.day())

    def settle(self) -> None:
        """The line the keyboard is on has been seen to, with the note that is entered."""
        self._presenter.settle(self._note.text())
        self._note.clear()

    def export(self) -> None:
        """Ask where the table goes, and write it there."""
        bill = self._presenter.screen.bill
        if bill is None:
            return
        words = self._ui.texts.t("payments.export")
        name = f"payments-{bill.day}.xlsx"
        path = ask_where(self, words, name)
        if path is not None:
            self._presenter.export(path)

    def show_screen(self) -> None:
        """Show the days, and what differs on the chosen one."""
        screen = self._presenter.screen
        shops = [shop for shop in screen.shops if any(one.shop_id == shop.id for one in screen.gateways)]
        names = {str(shop.id): shop.name for shop in shops}
        self._shop.offer(tuple(names), names)
        has_days = bool(screen.bills)
        self._empty.setVisible(screen.is_known and not has_days)
        self.table.setVisible(has_days)
        self._below.setVisible(has_days)
        if self.model.rows != screen.bills:
            self.table.show_first(screen.bills, None, is_again=True)
        self._end.show_rows(screen.bills)
        place = self.model.find(screen.bill_id)
        if place >= 0 and place != self.table.currentIndex().row():
            self.table.setCurrentIndex(self.model.index(place, 0))
        rows = min(max(len(screen.bills), 1), _DAYS_SHOWN) + 1
        self.table.setFixedHeight(rows * self.table.verticalHeader().defaultSectionSize() + 2)
        bill = screen.bill
        if bill is not None:
            code = "payments.day.more" if screen.more_differences else "payments.day.of"
            self._head.say(code, day=str(bill.day), n=bill.differences, left=bill.open_count)
        if self.lines.rows != screen.differences:
            self.line_table.show_first(screen.differences, None, is_again=True)
        is_same = bill is not None and bill.state == "compared" and not bill.differences
        self.line_table.setVisible(not is_same)
        self._same.setVisible(is_same)

    @Slot(int)
    def _on_moved(self, number: int) -> None:
        row = self.model.row_at(number)
        if row is not None:
            self._presenter.choose_bill(row.id)

    @Slot(int)
    def _on_line(self, number: int) -> None:
        row = self.lines.row_at(number)
        if row is not None:
            self._presenter.choose_difference(row.id)

    @Slot(int)
    def _on_line_opened(self, number: int) -> None:
        self._on_line(number)
        self._note.setFocus()

    def _columns(self) -> tuple[Column[BillView], ...]:
        texts = self._ui.texts

        def state(row: BillView) -> str:
            code = _bill_state(row)[1]
            return texts.t(code, n=row.open_count, who=row.confirmed_by, words=fault_words(row.last_error, texts))

        return (
            Column("payments.column.day", lambda row: str(row.day), 110),
            Column("payments.column.shop", lambda row: row.shop_name, 150, stretch=True),
            Column("payments.column.state", state, 300, stretch=True, tone=lambda row: _bill_state(row)[0]),
            Column("payments.column.rows", lambda row: f"{row.rows:,}", 90, is_right=True),
            Column("payments.column.matched", lambda row: f"{row.matched:,}", 90, is_right=True, spare=1),
            Column("payments.column.paid", lambda row: yuan(row.paid_fen), 130, is_right=True),
            Column("payments.column.refunded", lambda row: yuan(row.refunded_fen), 120, is_right=True, spare=2),
        )

    def _line_columns(self) -> tuple[Column[DifferenceView], ...]:
        texts = self._ui.texts

        def fen(value: int | None) -> str:
            return "—" if value is None else yuan(value)

        def seen(row: DifferenceView) -> str:
            if row.settled_at is None:
                return texts.t("payments.open")
            parts = (row.settled_by, moment_text(row.settled_at), row.note)
            return " · ".join(part for part in parts if part)

        return (
            Column(
                "payments.column.kind",
                lambda row: texts.word("payments.difference", row.kind),
                208,
                tone=lambda row: "quiet" if row.settled_at else "stop",
            ),
            Column("payments.column.number", lambda row: row.payment_no, 170, stretch=True),
            Column("payments.column.gateway", lambda row: _gateway_word(self._ui, row.gateway), 106, spare=2),
            Column("payments.column.ours", lambda row: fen(row.ours_fen), 110, is_right=True),
            Column("payments.column.theirs", lambda row: fen(row.theirs_fen), 110, is_right=True),
            Column("payments.column.transaction", lambda row: row.transaction_no, 150, stretch=True, spare=3),
            Column("payments.column.seen", seen, 200, stretch=True),
        )


def _gateway_word(ui: Ui, kind: str) -> str:
    return ui.texts.word("payments.kind", kind) if kind else "—"


def _bill_state(row: BillView) -> tuple[str, str]:
    """Tone and sentence of a day."""
    if row.confirmed_at is not None:
        return "good", "payments.state.confirmed"
    if row.state == "waiting":
        return ("notice", "payments.state.failed") if row.last_error else ("busy", "payments.state.waiting")
    return ("stop", "payments.state.differs") if row.open_count else ("good", "payments.state.compared")


class AskedPart(QWidget):
    """Orders that a gateway was asked for, and what it said."""

    def __init__(self, ui: Ui, presenter: PaymentsPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.model: PagedTableModel[QuestionView] = PagedTableModel(ui, self._columns(), lambda row: row.id, self)
        self.table = ListTable(ui, self.model, "payments.asked")
        self.table.moved.connect(self._on_moved)
        self.table.opened.connect(self._on_opened)
        self._end = EndNote(ui, "payments.asked.end")
        self._empty = EmptyState(ui, "search", "payments.empty.asked", "payments.empty.asked")
        hint = PlainLabel(ui, "secondary", wraps=True)
        hint.say("payments.asked.hint")
        acts = QHBoxLayout()
        see_to = partial(presenter.settle, "")
        acts.addWidget(
            ActionButton(ui, "payments.see_to", see_to, icon="check", key="F8", look="main", name="payments.see_to")
        )
        acts.addWidget(
            ActionButton(
                ui, "payments.open_order", presenter.open_order, icon="clipboard-list", name="payments.asked.order"
            )
        )
        acts.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addWidget(hint)
        whole.addWidget(self.table, 1)
        whole.addWidget(self._end)
        whole.addWidget(self._empty, 1)
        whole.addLayout(acts)

    def show_screen(self) -> None:
        """Show what was asked."""
        screen = self._presenter.screen
        if self.model.rows != screen.questions:
            self.table.show_first(screen.questions, None, is_again=True)
        self._end.show_end(len(screen.questions), None if screen.more_questions else 0)
        self.table.setVisible(bool(screen.questions))
        self._empty.setVisible(not screen.questions)

    @Slot(int)
    def _on_moved(self, number: int) -> None:
        row = self.model.row_at(number)
        if row is not None:
            self._presenter.choose_question(row.id)

    @Slot(int)
    def _on_opened(self, number: int) -> None:
        self._on_moved(number)
        self._presenter.open_order()

    def _columns(self) -> tuple[Column[QuestionView], ...]:
        texts = self._ui.texts

        def said(row: QuestionView) -> str:
            if row.last_error:
                return texts.t("payments.said.error", words=fault_words(row.last_error, texts))
            return texts.word("payments.said", row.found) if row.found else "—"

        def when(row: QuestionView) -> str:
            return "—" if row.asked_at is None else moment_text(row.asked_at)

        def later(row: QuestionView) -> str:
            return moment_text(row.next_at) if row.state == "waiting" else "—"

        return (
            Column(
                "payments.column.finding",
                lambda row: texts.word("payments.finding", row.state),
                190,
                tone=lambda row: _STATE_TONES.get(row.state, "notice"),
            ),
            Column("orders.column.order_no", lambda row: row.order_no, 180, stretch=True),
            Column("payments.column.shop", lambda row: row.shop_name, 120, stretch=True, spare=2),
            Column("payments.column.gateway", lambda row: _gateway_word(self._ui, row.kind), 106),
            Column("payments.column.said", said, 130),
            Column("payments.column.ours", lambda row: yuan(row.ours_fen), 110, is_right=True),
            Column(
                "payments.column.theirs",
                lambda row: "—" if row.theirs_fen is None else yuan(row.theirs_fen),
                110,
                is_right=True,
            ),
            Column("payments.column.asked", when, 110),
            Column("payments.column.next", later, 110, spare=1),
            Column("payments.column.times", lambda row: str(row.attempts), 60, is_right=True, spare=3),
        )
