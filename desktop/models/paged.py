"""A table that grows page by page: the view asks for more, a lane brings it, the model appends it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal, Slot

from desktop.plain_text import visible
from desktop.ui import Ui

R = TypeVar("R")
Index = QModelIndex | QPersistentModelIndex
_NOWHERE: Final = QModelIndex()
_CELL_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column: code of its head, how a row is said in it, how wide it likes to be.

    Attributes:
        text: the cell's text of a row.
        tone: tone of a state (see `desktop.widgets.controls.SIGNS`); None for plain text.
        picture: name of the picture that is shown instead of the text; None for text.
        stretch: takes part of the room that is left.
        spare: where the table is narrow, columns with the highest number go first; 0 stays.
    """

    code: str
    text: Callable[[R], str]
    width: int
    is_right: bool = False
    stretch: bool = False
    tone: Callable[[R], str] | None = None
    spare: int = 0
    picture: Callable[[R], str] | None = None


class PagedTableModel(QAbstractTableModel, Generic[R]):
    """Rows as records; what a row says is worked out when it is first looked at, and kept.

    Signals:
        more_wanted: the view came near the end; carries the cursor for the next page.
        more_came: the next page is there, or could not be had.
    """

    more_wanted = Signal(object)
    more_came = Signal()

    def __init__(
        self, ui: Ui, columns: Sequence[Column[R]], row_id: Callable[[R], int], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._ui = ui
        self.columns = tuple(columns)
        self._row_id = row_id
        self._rows: list[R] = []
        self._cells: dict[int, tuple[str, ...]] = {}
        self._tones: dict[int, tuple[str, ...]] = {}
        self._next: object = None
        self._is_loading = False
        ui.retranslated.connect(self._on_retranslated)

    # --- filling ------------------------------------------------------------------------------------------------

    def show_first(self, rows: Sequence[R], next_after: object) -> None:
        """Begin anew with these rows; `next_after` is the cursor of the next page, None at the end."""
        self.beginResetModel()
        self._rows = list(rows)
        self._forget()
        self._next = next_after
        self._is_loading = False
        self.endResetModel()

    def append(self, rows: Sequence[R], next_after: object) -> None:
        """Add the next page."""
        self._is_loading = False
        self._next = next_after
        if rows:
            first = len(self._rows)
            self.beginInsertRows(_NOWHERE, first, first + len(rows) - 1)
            self._rows.extend(rows)
            self.endInsertRows()
        self.more_came.emit()

    def give_up(self) -> None:
        """The next page could not be had; the view may ask again."""
        self._is_loading = False
        self.more_came.emit()

    @property
    def is_whole(self) -> bool:
        """Whether the last row that is loaded is the last one there is."""
        return self._next is None

    @property
    def rows(self) -> tuple[R, ...]:
        """The records that are loaded."""
        return tuple(self._rows)

    def row_at(self, number: int) -> R | None:
        """The record in a row."""
        return self._rows[number] if 0 <= number < len(self._rows) else None

    def place_of(self, record: R) -> int:
        """Row number of the record with this one's id, -1 where it is not loaded."""
        return self.find(self._row_id(record))

    def find(self, row_id: int) -> int:
        """Row number of a record's id, -1 where it is not loaded."""
        return next((number for number, row in enumerate(self._rows) if self._row_id(row) == row_id), -1)

    def cell(self, row: int, column: int) -> str:
        """The ready text of a cell."""
        said = self._cells.get(row)
        if said is None:
            record = self._rows[row]
            said = tuple(visible(each.text(record), limit=_CELL_CHARS) for each in self.columns)
            self._cells[row] = said
        return said[column]

    def tone(self, row: int, column: int) -> str:
        """The tone of a state's cell, empty for plain text."""
        tones = self._tones.get(row)
        if tones is None:
            record = self._rows[row]
            tones = tuple("" if each.tone is None else each.tone(record) for each in self.columns)
            self._tones[row] = tones
        return tones[column]

    # --- Qt's side ----------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802  Qt's name
        """Rows loaded so far."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802  Qt's name
        """Columns."""
        return 0 if parent.isValid() else len(self.columns)

    def canFetchMore(self, parent: Index) -> bool:  # noqa: N802  Qt's name
        """Whether there is a next page nobody has asked for."""
        return not parent.isValid() and self._next is not None and not self._is_loading

    def fetchMore(self, parent: Index) -> None:  # noqa: N802  Qt's name
        """Ask for it."""
        if self.canFetchMore(parent):
            self._is_loading = True
            self.more_wanted.emit(self._next)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts and their sides; tooltips are the view's business, which escapes them."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.cell(index.row(), index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = (
                Qt.AlignmentFlag.AlignRight if self.columns[index.column()].is_right else Qt.AlignmentFlag.AlignLeft
            )
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def headerData(  # noqa: N802  Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Heads in the clerk's language."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._ui.texts.t(self.columns[section].code)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if self.columns[section].is_right else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def hint(self, section: int) -> str:
        """What a head means, where its words do not say all of it; blank else."""
        code = f"{self.columns[section].code}.hint" if 0 <= section < len(self.columns) else ""
        return self._ui.texts.t(code) if code and self._ui.texts.has(code) else ""

    def _forget(self) -> None:
        self._cells.clear()
        self._tones.clear()

    def say_again(self) -> None:
        """What rows say hangs on something besides them, and that has changed."""
        self._forget()
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(self.columns) - 1))

    @Slot()
    def _on_retranslated(self) -> None:
        self.say_again()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)
