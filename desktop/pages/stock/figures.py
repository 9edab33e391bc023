"""Every number of the open goods, in each place and for each shop; each is a button that opens what makes it."""

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from core.inventory.figures.records import FLOWS, Figure, Name, Place, SkuFigures
from core.inventory.quotas.records import QuotaRow
from desktop.formats import left_text
from desktop.pages.quotas.words import sentence_text
from desktop.ui import Ui
from desktop.widgets.labels import ElidedLabel, PlainLabel, explain, set_look

#: opens what makes a number
Open = Callable[[Figure], None]
#: what is here and what of it is promised; what may be sold, and what comes
_COLUMNS: Final = (
    (Name.ON_HAND, Name.RESERVED, Name.CONFIRMED, Name.QUARANTINED, Name.AVAILABLE, Name.ALLOTTED),
    (Name.SAFETY, Name.ENDED, Name.SELLABLE, *FLOWS),
)
_WHOLE: Final = frozenset({Name.ON_HAND, Name.AVAILABLE, Name.SELLABLE})
_OF_SHOP: Final = (Name.GRANTED, Name.WITHDRAWN, Name.SOLD, Name.RIGHT, Name.LISTED)
#: batches whose numbers are shown at once
_MOST_BATCHES: Final = 30
#: room of a number
_NUMBER_PX: Final = 66


def figure_name(figure: Figure) -> str:
    """The name of its button."""
    parts = ["stock.figure", figure.name.value]
    if figure.quota_id is not None:
        parts.append(f"shop{figure.quota_id}")
    if figure.warehouse_id is not None:
        parts.append(str(figure.warehouse_id))
    if figure.batch:
        parts.append(figure.batch)
    return ".".join(parts)


class FigureButton(QPushButton):
    """A number of units; Enter opens it, the arrows lead from one to the next."""

    def __init__(self, ui: Ui, figure: Figure, qty: int | None, on_open: Open, *, is_whole: bool = False) -> None:
        """`qty` None: nobody has said it yet."""
        super().__init__("—" if qty is None else f"{qty:,}")
        self.setObjectName(figure_name(figure))
        self.setProperty("look", "figure")
        self.setAutoDefault(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        set_look(self, tone="" if qty and not is_whole else "whole" if qty else "quiet")
        words = ui.texts.word("stock.figure", figure.name)
        explain(self, ui.texts.t("stock.figure.open", what=words))
        self.setAccessibleName(f"{words} {self.text()}")
        self.clicked.connect(lambda _checked=False: on_open(figure))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Enter opens; up and down move on."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not event.isAutoRepeat():
            self.click()
        elif event.key() == Qt.Key.Key_Down:
            self.focusNextChild()
        elif event.key() == Qt.Key.Key_Up:
            self.focusPreviousChild()
        else:
            super().keyPressEvent(event)


class FiguresView(QWidget):
    """The one sentence, the numbers of all places together and of each, and what the shops have."""

    def __init__(self, ui: Ui, figures: SkuFigures, on_open: Open) -> None:
        super().__init__()
        self._ui = ui
        self._open = on_open
        self._sku_id = figures.sku_id
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        if figures.quotas is not None and figures.quotas.sentence is not None:
            said = PlainLabel(ui, "heading", wraps=True, keeps_lines=False, limit=400, name="stock.sentence")
            said.show_text(sentence_text(figures.quotas, ui.texts))
            set_look(said, look="stop" if figures.quotas.sentence.worst_qty else "heading")
            column.addWidget(said)
        several = len(figures.warehouses) > 1
        _head(column, ui, ui.texts.t("stock.figures.all" if several else "stock.figures.here"))
        column.addWidget(self._grid(figures.total))
        batches = list(figures.batches)
        for place in figures.warehouses:
            mine = [one for one in batches if one.warehouse_id == place.warehouse_id]
            if several:
                _head(column, ui, place.warehouse_name)
                column.addWidget(self._grid(place))
            for batch in mine[:_MOST_BATCHES]:
                _head(column, ui, self._batch_words(batch))
                column.addWidget(self._grid(batch))
            if len(mine) > _MOST_BATCHES:
                more = PlainLabel(ui, "secondary")
                more.say("stock.and_more", n=len(mine) - _MOST_BATCHES)
                column.addWidget(more)
        if figures.quotas is not None and figures.quotas.quotas:
            _head(column, ui, ui.texts.t("stock.figures.shops"))
            column.addWidget(self._shops(figures.quotas.quotas))

    def _batch_words(self, batch: Place) -> str:
        texts = self._ui.texts
        if not batch.batch:
            return texts.t("stock.figures.no_batch")
        last = "" if batch.expires_on is None else texts.t("stock.figures.until", day=str(batch.expires_on))
        blocked = texts.t("batches.blocked") if batch.is_blocked else ""
        return "  ".join(part for part in (batch.batch, last, blocked) if part)

    def _grid(self, place: Place) -> QWidget:
        """Numbers under one another in two columns; of a batch only those that say something."""
        ui, held = self._ui, QWidget()
        grid = QGridLayout(held)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(0)
        grid.setColumnMinimumWidth(2, ui.scaled(14))
        for side, names in enumerate(_COLUMNS):
            first = side * 3
            grid.setColumnStretch(first, 1)
            grid.setColumnMinimumWidth(first + 1, ui.scaled(_NUMBER_PX))
            for row, name in enumerate(name for name in names if self._is_told(place, name)):
                figure = Figure(name, self._sku_id, place.warehouse_id, place.batch)
                # Elided: a long word must not widen the drawer.
                label = ElidedLabel(ui, "secondary")
                label.show_text(ui.texts.word("stock.figure", name))
                grid.addWidget(label, row, first)
                button = FigureButton(ui, figure, place.quantities[name], self._open, is_whole=name in _WHOLE)
                grid.addWidget(button, row, first + 1)
        if left := left_text(place.first_until, ui.now(), ui.texts):
            soon = PlainLabel(ui, "small", wraps=True, keeps_lines=False)
            soon.say("stock.figures.first_until", left=left)
            grid.addWidget(soon, grid.rowCount(), 0, 1, 5)
        return held

    @staticmethod
    def _is_told(place: Place, name: Name) -> bool:
        qty = place.quantities.get(name)
        if qty is None or (place.batch is not None and name in {Name.SAFETY, Name.SELLABLE}):
            return False
        return bool(qty) or (place.batch is None and name not in {Name.ENDED, Name.TO_INSPECT, Name.ALLOTTED})

    def _shops(self, quotas: Sequence[QuotaRow]) -> QWidget:
        held = QWidget()
        grid = QGridLayout(held)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(0, 1)
        for place, name in enumerate(_OF_SHOP, 1):
            head = PlainLabel(self._ui, "small")
            head.show_text(self._ui.texts.word("stock.figure", name))
            head.setAlignment(Qt.AlignmentFlag.AlignRight)
            head.setContentsMargins(0, 0, 7, 0)
            grid.addWidget(head, 0, place)
        for row, quota in enumerate(quotas, 1):
            who = ElidedLabel(self._ui, "body")
            who.show_text(quota.shop_name)
            grid.addWidget(who, row, 0)
            for place, name in enumerate(_OF_SHOP, 1):
                figure = Figure(name, self._sku_id, quota_id=quota.quota_id)
                button = FigureButton(
                    self._ui, figure, getattr(quota, f"{name}_qty"), self._open, is_whole=name is Name.RIGHT
                )
                grid.addWidget(button, row, place)
        return held


def _head(column: QVBoxLayout, ui: Ui, words: str) -> None:
    column.addSpacing(4)
    label = PlainLabel(ui, "head", limit=80)
    label.show_text(words)
    column.addWidget(label)
