"""The goods of an order: search, what was found, and the lines."""

from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from core.orders.entering import MOST_UNITS
from core.orders.entry_records import SkuChoice
from desktop.pages.entry.presenter import DraftLine, EntryPresenter
from desktop.pages.entry.words import fen, stock_words, yuan_field
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import Field, NumberBox, TickBox
from desktop.widgets.labels import ElidedLabel, PlainLabel, set_look
from desktop.widgets.layouts import empty


class GoodsCard(QFrame):
    """Enter in the search finds; one find goes onto the order by itself, of several one is taken with its button."""

    def __init__(self, ui: Ui, presenter: EntryPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._shown: tuple[DraftLine, ...] = ()
        self._found: tuple[SkuChoice, ...] = ()
        self.setProperty("look", "card")
        head = PlainLabel(ui, "heading")
        head.say("entry.goods")
        self._search = Field(ui, "entry.search", "entry.search", limit=100)
        self._search.returnPressed.connect(self._on_search)
        find = ActionButton(ui, "entry.find", self._on_search, icon="search", key="F2", name="entry.find")
        top = QHBoxLayout()
        top.addWidget(head)
        top.addWidget(self._search, 1)
        top.addWidget(find)
        self._rows: list[_LineRow] = []
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(4)
        self._finds = QVBoxLayout()
        self._finds.setContentsMargins(0, 0, 0, 0)
        self._finds.setSpacing(4)
        self._hint = PlainLabel(ui, "secondary", wraps=True, name="entry.goods.hint")
        self._hint.say("entry.goods.hint")
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.addLayout(self._finds)
        column.addWidget(self._hint)
        column.addLayout(self._list)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 12, 8, 12)
        whole.addLayout(top)
        whole.addWidget(scroll, 1)

    def focus_search(self) -> None:
        """Put the keyboard into the search."""
        self._search.setFocus()
        self._search.selectAll()

    def commit(self) -> None:
        """Take what is still being typed into a line."""
        for row in self._rows:
            row.commit()

    def show_screen(self) -> None:
        """Show finds and lines."""
        screen = self._presenter.screen
        if screen.found != self._found:
            self._show_found(screen.found)
        if screen.lines != self._shown:
            self._show_lines(screen.lines)
        self._hint.setVisible(not screen.lines and not screen.found)

    def _show_found(self, found: tuple[SkuChoice, ...]) -> None:
        self._found = found
        empty(self._finds)
        for number, goods in enumerate(found):
            self._finds.addWidget(_FindRow(self._ui, self._presenter, goods, f"entry.found.{number}"))
        if found:
            first = self._finds.itemAt(0).widget()
            if first is not None:
                first.setFocus()

    def _show_lines(self, lines: tuple[DraftLine, ...]) -> None:
        same = [one.goods for one in lines] == [one.goods for one in self._shown]
        grown = len(lines) > len(self._shown)
        self._shown = lines
        if not same:
            empty(self._list)
            self._rows = [
                _LineRow(self._ui, self._presenter, place, one, f"entry.line.{place}")
                for place, one in enumerate(lines)
            ]
            for row in self._rows:
                self._list.addWidget(row)
            if grown:
                self._search.clear()
                self._search.setFocus()
        for row, one in zip(self._rows, lines, strict=True):
            row.show_line(one)

    @Slot()
    def _on_search(self) -> None:
        self._presenter.search(self._search.text())


class _FindRow(QFrame):
    """Goods that fit; Enter puts them onto the order, the arrows go from one to the next."""

    def __init__(self, ui: Ui, presenter: EntryPresenter, goods: SkuChoice, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        words = ElidedLabel(ui, name=f"{name}.words")
        words.show_text("  ".join(part for part in (goods.name, goods.spec, goods.code) if part))
        stock = PlainLabel(ui, "secondary")
        stock.say_phrase(stock_words(goods))
        take = ActionButton(ui, "entry.take", partial(presenter.add, goods), icon="plus", name=f"{name}.take")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(words, 1)
        row.addWidget(stock)
        row.addWidget(take)
        self.setFocusProxy(take)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Up and down."""
        if event.key() == Qt.Key.Key_Down:
            self.focusNextChild()
        elif event.key() == Qt.Key.Key_Up:
            self.focusPreviousChild()
        else:
            super().keyPressEvent(event)


class _LineRow(QFrame):
    """One line of the order: quantity, gift, price, away with it."""

    def __init__(self, ui: Ui, presenter: EntryPresenter, place: int, one: DraftLine, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._presenter = presenter
        self._place = place
        self._is_filling = False
        words = ElidedLabel(ui, name=f"{name}.words")
        words.show_text("  ".join(part for part in (one.goods.name, one.goods.spec) if part))
        self._stock = PlainLabel(ui, "small", name=f"{name}.stock")
        self._qty = NumberBox(1, MOST_UNITS, f"{name}.qty")
        self._qty.setFixedWidth(ui.scaled(64))
        self._qty.valueChanged.connect(self._on_qty)
        self._gift = TickBox(ui, "entry.gift", f"{name}.gift")
        self._gift.toggled.connect(self._on_gift)
        self._price = Field(ui, "entry.price", f"{name}.price", is_latin=True, limit=12)
        self._price.setFixedWidth(ui.scaled(96))
        self._price.textEdited.connect(self._on_price)
        away = ActionButton(ui, "entry.remove", self._on_remove, icon="trash-2", name=f"{name}.remove")
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(words)
        column.addWidget(self._stock)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 0, 2)
        row.addLayout(column, 1)
        row.addWidget(self._qty)
        row.addWidget(self._price)
        row.addWidget(self._gift)
        row.addWidget(away)
        self._price.setText(yuan_field(one.line.unit_price_fen))

    def show_line(self, one: DraftLine) -> None:
        """Show what stands on the order; a price that is being typed is left alone."""
        self._is_filling = True
        self._qty.setValue(one.line.qty)
        self._gift.setChecked(one.line.is_gift)
        self._price.setEnabled(not one.line.is_gift)
        if not self._price.hasFocus():
            self._price.setText(yuan_field(one.line.unit_price_fen))
        self._is_filling = False
        available = one.goods.available_qty
        lacks = available is not None and one.line.qty > available
        self._stock.say_phrase(stock_words(one.goods))
        set_look(self._stock, tone="stop" if lacks else "")

    def commit(self) -> None:
        """Take a number that is still being typed."""
        self._qty.interpretText()

    def _on_qty(self, qty: int) -> None:
        if not self._is_filling:
            self._presenter.change_line(self._place, qty=qty)

    def _on_gift(self, is_gift: bool) -> None:
        if not self._is_filling:
            self._presenter.change_line(self._place, is_gift=is_gift)

    def _on_price(self, text: str) -> None:
        amount = fen(text)
        set_look(self._price, tone="stop" if amount is None else "")
        if amount is not None:
            self._presenter.change_line(self._place, unit_price_fen=amount)

    def _on_remove(self) -> None:
        self._presenter.remove_line(self._place)
