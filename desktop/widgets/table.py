"""The table view of lists: 34-pixel rows, no grid, painted whole from ready strings.

Qt asks a delegate for every cell anew, with a style option and a look at the style sheet each time; a thousand calls
for a screenful. Here the view paints its rows itself, one loop over texts that are laid out already.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPointF, Qt, Signal, Slot
from PySide6.QtGui import (
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QStaticText,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableView,
    QToolTip,
)

from desktop.models.paged import PagedTableModel
from desktop.plain_text import tooltip
from desktop.ui import Ui
from desktop.widgets.controls import SIGNS, TONE_TOKENS
from desktop.widgets.pictures import PictureBook

_ROW_PX: Final = 34
_PAD: Final = 10
_SIGN_PX: Final = 14
_SIGN_GAP: Final = 6
_PICTURE_GAP: Final = 3
_LOOK_AHEAD_ROWS: Final = 50
#: so far End goes through a list at one press: the records stay in memory, and nobody reads further down
_END_ROWS: Final = 20_000
#: laid-out texts that are kept; a screenful has some two hundred
_KEPT: Final = 4000


class _Place(NamedTuple):
    """A visible column: its number, where it begins, how wide its text may be."""

    column: int
    left: int
    width: int
    is_right: bool


class ListTable(QTableView):
    """A table of records. Tab leaves it, so that the keyboard is never caught.

    Signals:
        moved: another row is the current one, by somebody's hand or in a new list; carries its number. Rows that move
            by themselves, because the list was read again, do not tell.
        opened: a row was clicked, or Enter pressed on it; carries its number.
    """

    moved = Signal(int)
    opened = Signal(int)

    def __init__(
        self,
        ui: Ui,
        model: PagedTableModel[Any],
        name: str,
        row_px: int = _ROW_PX,
        pictures: PictureBook | None = None,
    ) -> None:
        """`pictures` has those of columns that show one."""
        super().__init__()
        self._ui = ui
        self._pictures = pictures
        if pictures is not None:
            pictures.came.connect(self.viewport().update)
        self._row_px = row_px
        self._model = model
        self.setObjectName(name)
        self.setModel(model)
        self._laid_out: dict[tuple[str, int], QStaticText] = {}
        self._is_read_again = False
        #: on the way to the last row: so many rows may be loaded before it stops; 0 for not on the way
        self._end_within = self._end_seen = 0
        model.more_came.connect(self._go_on_to_end)
        model.modelReset.connect(self._stay)
        self.selectionModel().currentRowChanged.connect(self._on_current)
        self.clicked.connect(self._on_opened)
        self.activated.connect(self._on_opened)
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
        head.viewport().installEventFilter(self)
        self.verticalScrollBar().valueChanged.connect(self._look_ahead)
        ui.restyled.connect(self._on_restyled)
        self._on_restyled()

    # --- filling ------------------------------------------------------------------------------------------------

    def show_first(self, rows: Sequence[Any], next_after: object, is_again: bool) -> None:
        """Begin anew with these rows; where the list is merely read again, eye and hand stay on their record."""
        number = self.currentIndex().row()
        current, scroll = self._model.row_at(number), self.verticalScrollBar().value()
        self._is_read_again = is_again
        self._model.show_first(rows, next_after)
        if rows:
            place = -1 if current is None else self._model.place_of(current)
            if place < 0 and is_again:
                # It left the list: whatever stands in its place now is next.
                place = min(number, len(rows) - 1)
            self.setCurrentIndex(self._model.index(max(place, 0), 0))
        if is_again:
            self.verticalScrollBar().setValue(scroll)
        self._is_read_again = False

    def point_at(self, number: int) -> None:
        """Mark a row as the current one without telling anybody; a negative number changes nothing."""
        if number >= 0:
            self._is_read_again = True
            self.setCurrentIndex(self._model.index(number, 0))
            self._is_read_again = False

    # --- painting -----------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Every row that is to be painted anew: ground, signs, texts."""
        top, bottom = self.rowAt(event.rect().top()), self.rowAt(event.rect().bottom())
        if top < 0:
            return
        if bottom < 0:
            bottom = self._model.rowCount() - 1
        painter = QPainter(self.viewport())
        places = self._places()
        chosen = {index.row() for index in self.selectionModel().selectedRows()}
        width, height = self.viewport().width(), self.verticalHeader().defaultSectionSize()
        ground = self._ui.tokens.color("accent_ground")
        pens = {tint: self._ui.tokens.color(tint) for tint in ("text", *TONE_TOKENS.values())}
        for row in range(top, bottom + 1):
            y = self.rowViewportPosition(row)
            if row in chosen:
                painter.fillRect(0, y, width, height, ground)
            for place in places:
                self._paint_cell(painter, row, place, y, height, pens)
        painter.end()

    def _paint_cell(
        self, painter: QPainter, row: int, place: _Place, y: int, height: int, pens: dict[str, Any]
    ) -> None:
        if self._model.columns[place.column].picture is not None:
            self._paint_picture(painter, row, place, y, height)
            return
        text = self._model.cell(row, place.column)
        tone = self._model.tone(row, place.column)
        left, width, tint = place.left, place.width, "text"
        if tone:
            tint = TONE_TOKENS[tone]
            icon = self._ui.icon(SIGNS[tone], tint, _SIGN_PX)
            icon.paint(painter, left, y + (height - _SIGN_PX) // 2, _SIGN_PX, _SIGN_PX)
            left += _SIGN_PX + _SIGN_GAP
            width -= _SIGN_PX + _SIGN_GAP
        if not text or width <= 0:
            return
        shown = self._laid_out.get((text, width)) or self._lay_out(text, width)
        size = shown.size()
        if place.is_right:
            left += width - int(size.width())
        painter.setPen(pens[tint])
        painter.drawStaticText(QPointF(left, y + (height - int(size.height())) // 2), shown)

    def _paint_picture(self, painter: QPainter, row: int, place: _Place, y: int, height: int) -> None:
        column, record = self._model.columns[place.column], self._model.row_at(row)
        if column.picture is None or self._pictures is None:
            return
        side = height - 2 * _PICTURE_GAP
        left, top = place.left - _PAD + (place.width + 2 * _PAD - side) // 2, y + _PICTURE_GAP
        pixmap = self._pictures.pixmap(column.picture(record))
        if pixmap is None:
            self._ui.icon("package", "secondary", side // 2).paint(
                painter, left + side // 4, top + side // 4, side // 2, side // 2
            )
            return
        size = pixmap.size().scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(
            left + (side - size.width()) // 2, top + (side - size.height()) // 2, size.width(), size.height(), pixmap
        )

    def _lay_out(self, text: str, width: int) -> QStaticText:
        """The text as it fits, one line of plain text; kept, because laying it out is what painting costs."""
        shown = self._static(text)
        if shown.size().width() > width:
            shown = self._static(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width))
        if len(self._laid_out) >= _KEPT:
            self._laid_out.clear()
        self._laid_out[text, width] = shown
        return shown

    def _static(self, text: str) -> QStaticText:
        made = QStaticText(text)
        made.setTextFormat(Qt.TextFormat.PlainText)
        made.prepare(font=self.font())
        return made

    def _places(self) -> list[_Place]:
        return [
            _Place(
                number,
                self.columnViewportPosition(number) + _PAD,
                self.columnWidth(number) - 2 * _PAD,
                column.is_right,
            )
            for number, column in enumerate(self._model.columns)
            if not self.isColumnHidden(number)
        ]

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Show the whole text of a cell, escaped, where the mouse rests on it."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.indexAt(event.pos())
            if index.isValid():
                QToolTip.showText(event.globalPos(), tooltip(self._model.cell(index.row(), index.column())), self)
            return True
        return bool(super().viewportEvent(event))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Say what a head means where the mouse rests on it."""
        head = self.horizontalHeader()
        if watched is head.viewport() and isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            hint = self._model.hint(head.logicalIndexAt(event.pos().x()))
            QToolTip.showText(event.globalPos(), tooltip(hint), head)
            return True
        return bool(super().eventFilter(watched, event))

    # --- moving -------------------------------------------------------------------------------------------------

    def moveCursor(  # noqa: N802  Qt's name
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Home and End mean the first and the last row: a clerk does not walk through columns.

        The last row is the list's, not the last one that happens to be loaded: the pages before it are read first.
        """
        column = max(self.currentIndex().column(), 0)
        if action == QAbstractItemView.CursorAction.MoveHome:
            return self._model.index(0, column)
        if action == QAbstractItemView.CursorAction.MoveEnd:
            rows = self._model.rowCount()
            if not self._model.is_whole:
                self._end_within, self._end_seen = rows + _END_ROWS, rows
                # Down there already: a list that is read again because something changed is not from under an eye.
                self.point_at(rows - 1)
                self._model.fetchMore(QModelIndex())
                return self.currentIndex()
            return self._model.index(rows - 1, column)
        return super().moveCursor(action, modifiers)

    @Slot()
    def _go_on_to_end(self) -> None:
        """A page came, or did not: read on, or stand on the last row that could be had."""
        if not self._end_within:
            return
        rows, is_stuck = self._model.rowCount(), self._model.rowCount() == self._end_seen
        self._end_seen = rows
        self.point_at(rows - 1)
        if not (self._model.is_whole or is_stuck) and rows < self._end_within:
            self._model.fetchMore(QModelIndex())
            return
        self._stay()
        self.moved.emit(rows - 1)

    @Slot()
    def _stay(self) -> None:
        """Not on the way to the end any more: the list is another one, or the hand does something else."""
        self._end_within = self._end_seen = 0

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Any key ends the way to the last row, which End begins again."""
        self._stay()
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  Qt's name
        """So does the mouse."""
        self._stay()
        super().mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802  Qt's name
        """And the wheel."""
        self._stay()
        super().wheelEvent(event)

    @Slot(QModelIndex, QModelIndex)
    def _on_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid() and not self._is_read_again:
            self.moved.emit(current.row())

    @Slot(QModelIndex)
    def _on_opened(self, index: QModelIndex) -> None:
        self.opened.emit(index.row())

    @Slot()
    def _look_ahead(self) -> None:
        """Ask for the next page before the last row is reached."""
        bar = self.verticalScrollBar()
        if bar.value() + _LOOK_AHEAD_ROWS >= bar.maximum():
            self._model.fetchMore(QModelIndex())

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
        self._laid_out.clear()
        self.verticalHeader().setDefaultSectionSize(self._ui.scaled(self._row_px))
        self._share()
        self.viewport().update()
