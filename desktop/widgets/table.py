"""The table view of lists: 34-pixel rows, no grid, and a delegate that asks the model for ready strings only."""

from typing import Any, Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Slot
from PySide6.QtGui import QHelpEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolTip,
)

from desktop.models.paged import PagedTableModel
from desktop.plain_text import tooltip
from desktop.ui import Ui
from desktop.widgets.controls import SIGNS, TONE_TOKENS

_ROW_PX: Final = 34
_PAD: Final = 10
_SIGN_PX: Final = 14


class PlainDelegate(QStyledItemDelegate):
    """Paints one elided line of plain text, or a sign and a word for states."""

    def __init__(self, ui: Ui, model: PagedTableModel[Any]) -> None:
        super().__init__(model)
        self._ui = ui
        self._model = model
        self._elided: dict[tuple[str, int], str] = {}

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Ground, sign, text: nothing else is asked of style or model."""
        tokens = self._ui.tokens
        drawn: Any = option  # the stubs leave out the members of style options
        area: QRect = drawn.rect
        state: QStyle.StateFlag = drawn.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, tokens.color("accent_ground"))
        row, column = index.row(), index.column()
        text = self._model.cell(row, column)
        tone = self._model.tone(row, column)
        inner = area.adjusted(_PAD, 0, -_PAD, 0)
        tint = "text"
        if tone:
            tint = TONE_TOKENS[tone]
            top = inner.top() + (inner.height() - _SIGN_PX) // 2
            self._ui.icon(SIGNS[tone], tint, _SIGN_PX).paint(painter, inner.left(), top, _SIGN_PX, _SIGN_PX)
            inner.setLeft(inner.left() + _SIGN_PX + 6)
        painter.setPen(tokens.color(tint))
        side = Qt.AlignmentFlag.AlignRight if self._model.columns[column].is_right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(
            inner, int(side | Qt.AlignmentFlag.AlignVCenter), self._fitting(text, inner.width(), painter)
        )

    def sizeHint(  # noqa: N802  Qt's name
        self,
        option: QStyleOptionViewItem,  # noqa: ARG002  every cell is as high as the row
        index: QModelIndex | QPersistentModelIndex,  # noqa: ARG002  as above
    ) -> QSize:
        """Never measures texts."""
        return QSize(80, _ROW_PX)

    def helpEvent(  # noqa: N802  Qt's name
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,  # noqa: ARG002  Qt's signature
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        """Show the whole text of a cell, escaped."""
        if index.isValid():
            QToolTip.showText(event.globalPos(), tooltip(self._model.cell(index.row(), index.column())), view)
        return True

    def forget(self) -> None:
        """Type or size changed."""
        self._elided.clear()

    def _fitting(self, text: str, width: int, painter: QPainter) -> str:
        key = (text, width)
        shown = self._elided.get(key)
        if shown is None:
            if len(self._elided) > 4000:
                self._elided.clear()
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)
            self._elided[key] = shown
        return shown


class ListTable(QTableView):
    """A table of records. Tab leaves it, so that the keyboard is never caught."""

    def __init__(self, ui: Ui, model: PagedTableModel[Any], name: str, row_px: int = _ROW_PX) -> None:
        super().__init__()
        self._ui = ui
        self._row_px = row_px
        self._model = model
        self.setObjectName(name)
        self.setModel(model)
        self._delegate = PlainDelegate(ui, model)
        self.setItemDelegate(self._delegate)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setSectionsClickable(False)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head.setFixedHeight(ui.scaled(_ROW_PX))
        ui.restyled.connect(self._on_restyled)
        self._on_restyled()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  Qt's name
        """Share the width: fixed columns get theirs, the stretching ones what is left."""
        super().resizeEvent(event)
        self._share()

    def _share(self) -> None:
        room = self.viewport().width()
        shown = list(self._model.columns)
        while sum(self._ui.scaled(column.width) for column in shown) > room:
            spare = max(shown, key=lambda column: column.spare)
            if not spare.spare:
                break
            shown.remove(spare)
        fixed = sum(self._ui.scaled(column.width) for column in shown if not column.stretch)
        wishes = sum(column.width for column in shown if column.stretch) or 1
        left = max(room - fixed, 0)
        for number, column in enumerate(self._model.columns):
            self.setColumnHidden(number, column not in shown)
            width = left * column.width // wishes if column.stretch else self._ui.scaled(column.width)
            self.setColumnWidth(number, max(width, 60))

    @Slot()
    def _on_restyled(self) -> None:
        self._delegate.forget()
        self.verticalHeader().setDefaultSectionSize(self._ui.scaled(self._row_px))
        self._share()
        self.viewport().update()
