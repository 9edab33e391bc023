"""The hand-over page: carriers on the left, the sheet and its parcels on the right."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from core.fulfilment.handover_records import CarrierPile, SheetView, WaitingParcel
from desktop.formats import moment_text, time_text
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.handover.presenter import VIEWS, HandoverPresenter
from desktop.plain_text import button_text
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState
from desktop.widgets.day_field import DayField
from desktop.widgets.fields import ChipRow, Field, NumberBox
from desktop.widgets.head_bar import head_bar, refresh_button
from desktop.widgets.labels import PlainLabel
from desktop.widgets.layouts import empty
from desktop.widgets.page import PageWidget
from desktop.widgets.table import ListTable

_MOST_PARCELS = 99_999


class HandoverPage(PageWidget):
    """Shows what the presenter sees."""

    def __init__(self, ui: Ui, presenter: HandoverPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.setObjectName("handover")
        head = head_bar(ui, "handover", (refresh_button(ui, "handover", presenter.look),))
        self._carriers = _Carriers(ui, presenter)
        self._sheet = _SheetCard(ui, presenter)
        self._chips = ChipRow(ui, "handover.view", VIEWS, "handover.view")
        self._chips.chosen.connect(presenter.show_list)
        self._list = _ParcelList(ui, presenter)
        self._bar = _SignedBar(ui, presenter)
        self._signed = _SignedList(ui, presenter)
        self._empty = EmptyState(ui, "truck", "handover.empty", "handover.empty")
        right = QVBoxLayout()
        right.setSpacing(10)
        right.addWidget(self._sheet)
        right.addWidget(self._chips)
        right.addWidget(self._bar)
        right.addWidget(self._list, 1)
        right.addWidget(self._signed, 1)
        right.addWidget(self._empty, 1)
        columns = QHBoxLayout()
        columns.setSpacing(12)
        columns.addWidget(self._carriers)
        columns.addLayout(right, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 14, 16, 12)
        whole.setSpacing(10)
        whole.addLayout(head)
        whole.addLayout(columns, 1)
        presenter.on_screen = self._on_screen
        ui.retranslated.connect(self._on_screen)
        self._on_screen()

    # --- keys, scans --------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """A label goes onto the sheet."""
        self._presenter.scan(raw)

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """What each key does here is on the key sheet (`widgets.key_sheet`)."""
        if key == Qt.Key.Key_F5:
            self._presenter.look()
        elif key == Qt.Key.Key_F3:
            self._presenter.take_all()
        elif key == Qt.Key.Key_F9:
            self._list.act()
        elif key == Qt.Key.Key_F8 and not modifiers:
            self._presenter.print_short(self._chosen_sheet())
        elif key == Qt.Key.Key_P and modifiers == Qt.KeyboardModifier.ControlModifier:
            self._presenter.print_page(self._chosen_sheet())
        elif key == Qt.Key.Key_F and modifiers == Qt.KeyboardModifier.ControlModifier:
            self._presenter.show_list("signed")
            self._bar.focus()
        elif key == Qt.Key.Key_S and modifiers == Qt.KeyboardModifier.ControlModifier:
            self._sheet.sign()
        else:
            return False
        return True

    def handle_changed(self) -> None:
        """Parcels were scanned out, or refunded, somewhere."""
        self._presenter.look()

    def handle_back(self) -> bool:
        """Esc ends a search, then goes back to the sheet's own list."""
        if self._presenter.screen.search:
            self._presenter.search("")
            return True
        if self._presenter.screen.view != "sheet":
            self._presenter.show_list("sheet")
            return True
        return False

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Read what waits."""
        super().showEvent(event)
        self._presenter.look()

    def _chosen_sheet(self) -> SheetView | None:
        return self._signed.chosen() if self._presenter.screen.view == "signed" else None

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._carriers.show_piles(screen.piles, screen.carrier)
        self._sheet.show_screen()
        self._chips.choose(screen.view)
        pile = screen.pile
        counts = {"intercepted": str(screen.intercepted) if screen.intercepted else ""}
        if pile is not None:
            counts |= {"sheet": str(pile.on_sheet), "waiting": str(pile.waiting)}
        self._chips.show_counts(counts)
        is_signed = screen.view == "signed"
        has_rows = bool(screen.sheets if is_signed else screen.rows)
        self._list.setVisible(has_rows and not is_signed)
        self._signed.setVisible(has_rows and is_signed)
        self._empty.setVisible(not has_rows)
        self._bar.show_screen()
        nothing_at_all = screen.is_known and not screen.piles and not is_signed
        if is_signed and screen.search:
            self._empty.say("handover.empty.not_found", number=screen.search)
        else:
            self._empty.say("handover.empty" if nothing_at_all else f"handover.empty.{screen.view}")
        self._list.show_rows(screen.rows)
        self._signed.show_sheets(screen.sheets)


class _Carriers(QFrame):
    """One button a carrier: what waits, what stands on its sheet, what must stay."""

    def __init__(self, ui: Ui, presenter: HandoverPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._shown: tuple[tuple[CarrierPile, ...], str] | None = None
        self.setFixedWidth(ui.scaled(230))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        ui.retranslated.connect(self._fill)

    def show_piles(self, piles: tuple[CarrierPile, ...], chosen: str) -> None:
        """Show the carriers, one of them chosen."""
        self.setVisible(bool(piles))
        if self._shown != (piles, chosen):
            self._shown = (piles, chosen)
            self._fill()

    @Slot()
    def _fill(self) -> None:
        empty(self._column)
        piles, chosen = self._shown or ((), "")
        for pile in piles:
            texts = self._ui.texts
            lines = [pile.carrier_name, texts.t("handover.pile", waiting=pile.waiting, on_sheet=pile.on_sheet)]
            if pile.intercepted:
                lines.append(texts.t("handover.pile_stopped", stopped=pile.intercepted))
            button = QPushButton("\n".join(map(button_text, lines)))
            button.setObjectName(f"handover.carrier.{pile.carrier_code}")
            button.setCheckable(True)
            button.setChecked(pile.carrier_code == chosen)
            button.setAutoDefault(False)
            button.setProperty("look", "pile")
            button.clicked.connect(partial(self._choose, pile.carrier_code))
            self._column.addWidget(button)
        self._column.addStretch(1)

    def _choose(self, carrier_code: str, _is_checked: bool = False) -> None:
        self._presenter.choose(carrier_code)


class _SheetCard(QFrame):
    """The open sheet: its count, and where the courier signs."""

    def __init__(self, ui: Ui, presenter: HandoverPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._round = -1
        self.setProperty("look", "card")
        self._count = PlainLabel(ui, "title", name="handover.count")
        self._what = PlainLabel(ui, "secondary", wraps=True, name="handover.what")
        take = ActionButton(ui, "handover.take_all", presenter.take_all, key="F3", name="handover.take_all")
        self._courier = Field(ui, "handover.courier", "handover.courier", limit=40)
        self._courier.setFixedWidth(ui.scaled(170))
        self._courier.returnPressed.connect(self.sign)
        counted = PlainLabel(ui, "secondary")
        counted.say("handover.counted")
        self._counted = NumberBox(0, _MOST_PARCELS, "handover.counted")
        self._counted.setFixedWidth(ui.scaled(84))
        sign = ActionButton(
            ui, "handover.sign", self.sign, look="main", icon="check", key="Ctrl+S", name="handover.sign"
        )
        words = QVBoxLayout()
        words.addWidget(self._count)
        words.addWidget(self._what)
        self._paper = _PaperButtons(ui, presenter, lambda: None, "handover.paper")
        top = QHBoxLayout()
        top.addLayout(words, 1)
        top.addWidget(self._paper, alignment=Qt.AlignmentFlag.AlignTop)
        signing = QHBoxLayout()
        signing.addWidget(take)
        signing.addStretch(1)
        signing.addWidget(self._courier)
        signing.addWidget(counted)
        signing.addWidget(self._counted)
        signing.addWidget(sign)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.addLayout(top)
        column.addLayout(signing)

    def sign(self) -> None:
        """Close the sheet; first things first: name, then count."""
        self._counted.interpretText()
        if not self._courier.text().strip():
            self._courier.setFocus()
        self._presenter.sign(self._courier.text(), self._counted.value())

    def show_screen(self) -> None:
        """Show the chosen carrier's sheet."""
        screen = self._presenter.screen
        pile = screen.pile
        self.setVisible(pile is not None)
        if screen.round != self._round:
            self._round = screen.round
            self._courier.clear()
            self._counted.setValue(0)
        # Where signed sheets are listed, the same keys are about the chosen one of them.
        self._paper.setVisible(screen.view != "signed")
        if pile is None:
            return
        self._count.say("handover.count", n=pile.on_sheet, carrier=pile.carrier_name)
        oldest = "—" if pile.oldest_at is None else time_text(pile.oldest_at, self._ui.now(), self._ui.texts)
        facts = {"code": pile.sheet_code or "—", "waiting": pile.waiting, "oldest": oldest}
        self._what.say("handover.what" if pile.waiting else "handover.what_none", **facts)


class _ParcelList(QWidget):
    """Parcels; F9 does with the chosen one what its list is for."""

    def __init__(self, ui: Ui, presenter: HandoverPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.model: PagedTableModel[WaitingParcel] = PagedTableModel(
            ui, self._columns(), lambda row: row.parcel_id, self
        )
        self._shown = ("", "")
        self._table = ListTable(ui, self.model, "handover.table")
        self._table.activated.connect(lambda _index: self._open())
        self._act_button = ActionButton(ui, "handover.take_off", self.act, key="F9", name="handover.act")
        door = ActionButton(ui, "handover.open_order", self._open, icon="arrow-right", name="handover.open_order")
        acts = QHBoxLayout()
        acts.addWidget(self._act_button)
        acts.addWidget(door)
        acts.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._table, 1)
        column.addLayout(acts)

    def _columns(self) -> tuple[Column[WaitingParcel], ...]:
        ui = self._ui

        def state(row: WaitingParcel) -> str:
            return ui.texts.t("handover.state.stopped" if row.is_intercepted else "handover.state.goes")

        return (
            Column("handover.column.state", state, 130, tone=lambda row: "stop" if row.is_intercepted else "good"),
            Column("handover.column.number", lambda row: row.number, 180),
            Column("handover.column.orders", lambda row: "，".join(row.order_nos), 180, stretch=True),
            Column("handover.column.shop", lambda row: row.shop_name, 110, spare=2),
            Column("handover.column.carrier", lambda row: row.carrier_name, 100, spare=1),
            Column("handover.column.out", lambda row: time_text(row.shipped_at, ui.now(), ui.texts), 110, spare=3),
        )

    def show_rows(self, rows: tuple[WaitingParcel, ...]) -> None:
        """Show these; the choice stays on its parcel."""
        screen = self._presenter.screen
        shown, self._shown = self._shown, (screen.carrier, screen.view)
        self._table.show_first(rows, None, shown == self._shown)
        self._act_button.say("handover.take_off" if screen.view == "sheet" else "handover.pull_out")

    def act(self) -> None:
        """Off the sheet, or out of the pile."""
        row = self.model.row_at(self._table.currentIndex().row())
        if row is None:
            return
        if self._presenter.screen.view == "sheet":
            self._presenter.take_off(row)
        else:
            self._presenter.pull_out(row)

    def _open(self) -> None:
        row = self.model.row_at(self._table.currentIndex().row())
        if row is not None:
            self._presenter.on_order(row.order_id)


class _PaperButtons(QWidget):
    """A sheet onto A4, or in short onto the label printer."""

    def __init__(
        self, ui: Ui, presenter: HandoverPresenter, chosen: Callable[[], SheetView | None], name: str
    ) -> None:
        super().__init__()
        page = ActionButton(
            ui,
            "handover.print_page",
            lambda: presenter.print_page(chosen()),
            icon="file-text",
            key="Ctrl+P",
            name=f"{name}.page",
        )
        short = ActionButton(
            ui,
            "handover.print_short",
            lambda: presenter.print_short(chosen()),
            icon="printer",
            key="F8",
            name=f"{name}.short",
        )
        if not presenter.can_print_short:
            short.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(page)
        row.addWidget(short)


class _SignedBar(QWidget):
    """Which signed sheets: by a number that left with one, or by days."""

    def __init__(self, ui: Ui, presenter: HandoverPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._searched = ""
        self._search = Field(ui, "handover.search", "handover.search", is_latin=True, limit=60)
        self._search.setMaximumWidth(ui.scaled(380))
        self._search.returnPressed.connect(lambda: presenter.search(self._search.text()))
        self._first, self._last = (DayField(f"handover.{name}", self._on_days) for name in ("first", "last"))
        since, until = PlainLabel(ui), PlainLabel(ui)
        since.say("log.since")
        until.say("log.until")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._search, 1)
        row.addStretch(1)
        for widget in (since, self._first, until, self._last):
            row.addWidget(widget)

    def focus(self) -> None:
        """Put the keyboard into the search."""
        self._search.setFocus()
        self._search.selectAll()

    def show_screen(self) -> None:
        """Show what is looked for."""
        screen = self._presenter.screen
        self.setVisible(screen.view == "signed")
        if screen.search != self._searched:
            self._searched = screen.search
            self._search.setText(screen.search)
        self._first.show_day(screen.first)
        self._last.show_day(screen.last)

    @Slot()
    def _on_days(self) -> None:
        first, last = self._first.day(), self._last.day()
        if (first, last) != (self._presenter.screen.first, self._presenter.screen.last):
            self._presenter.choose_days(first, last)


class _SignedList(QWidget):
    """Signed sheets."""

    def __init__(self, ui: Ui, presenter: HandoverPresenter) -> None:
        super().__init__()

        def when(row: SheetView) -> str:
            return "—" if row.closed_at is None else moment_text(row.closed_at)

        columns: tuple[Column[SheetView], ...] = (
            Column("handover.column.code", lambda row: row.code, 140),
            Column("handover.column.carrier", lambda row: row.carrier_name, 140, stretch=True),
            Column("handover.column.count", lambda row: str(row.parcel_count), 80, is_right=True),
            Column("handover.column.courier", lambda row: row.courier, 140, stretch=True),
            Column("handover.column.signed", when, 120),
            Column("handover.column.by", lambda row: row.closed_by, 110, spare=1),
        )
        self.model: PagedTableModel[SheetView] = PagedTableModel(ui, columns, lambda row: row.id, self)
        self._table = ListTable(ui, self.model, "handover.signed")
        acts = QHBoxLayout()
        acts.addWidget(_PaperButtons(ui, presenter, self.chosen, "handover.copy"))
        acts.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._table, 1)
        column.addLayout(acts)

    def chosen(self) -> SheetView | None:
        """The sheet under the hand."""
        return self.model.row_at(self._table.currentIndex().row())

    def show_sheets(self, sheets: tuple[SheetView, ...]) -> None:
        """Show these; the choice stays on its sheet."""
        self._table.show_first(sheets, None, True)
