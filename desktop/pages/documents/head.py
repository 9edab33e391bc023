"""What stands above the lines of a draft: places, the other side, why; saved when a field is left."""

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QGridLayout

from core.inventory.documents.records import MOST_TEXT, DocumentDetail
from core.inventory.documents.states import DocKind
from core.inventory.reasons import MOST_NOTE, parted, written
from desktop.pages.documents.presenter import DocumentsPresenter
from desktop.pages.documents.words import DOCUMENT_REASONS, day_text, ordinal
from desktop.ui import Ui
from desktop.widgets.day_field import DayEntry
from desktop.widgets.fields import ChoiceBox, Field
from desktop.widgets.labels import PlainLabel

_BOUGHT = frozenset({DocKind.PURCHASE, DocKind.RECEIPT})


class DraftHead(QFrame):
    """Fields of one draft, made anew with each change of it."""

    def __init__(self, ui: Ui, presenter: DocumentsPresenter, detail: DocumentDetail) -> None:
        super().__init__()
        row, kind = detail.row, detail.row.kind
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        self._grid, self._ui, self._place = grid, ui, 0
        if kind in _BOUGHT:
            self._add_field("supplier", row.supplier, lambda text: presenter.change_head(supplier=text))
        if kind == DocKind.PURCHASE:
            name = "documents.head.expected"
            expected = DayEntry(
                ui, name, name, lambda day: presenter.change_head(expected_day=ordinal(day)), presenter.refuse_day
            )
            expected.setText(day_text(row.expected_day))
            self._add("expected", expected)
        if kind in DOCUMENT_REASONS:
            code, note = parted(row.reason)
            reasons = DOCUMENT_REASONS[kind]
            box = ChoiceBox(
                ui, "reason.stock", reasons if code in reasons else (*reasons, code), "documents.head.reason"
            )
            box.choose(code)
            box.picked.connect(lambda chosen: presenter.change_head(reason=written(chosen, note)))
            self._add("reason", box)
            self._add_field(
                "why", note, lambda text: presenter.change_head(reason=written(box.value(), text)), limit=MOST_NOTE
            )
        if kind in _BOUGHT or kind == DocKind.RETURN:
            self._add_field("reference", row.reference, lambda text: presenter.change_head(reference=text))
        self._add_field("note", row.note, lambda text: presenter.change_head(note=text))

    def _add_field(self, name: str, text: str, save: Callable[[str], None], limit: int = MOST_TEXT) -> None:
        field = Field(self._ui, f"documents.head.{name}", f"documents.head.{name}", limit=limit)
        field.setText(text)
        field.editingFinished.connect(lambda: save(field.text().strip()))
        self._add(name, field)

    def _add(self, name: str, widget: Field | ChoiceBox) -> None:
        caption = PlainLabel(self._ui, "secondary")
        caption.say(f"documents.head.{name}")
        row, column = divmod(self._place, 2)
        self._grid.addWidget(caption, row, column * 2)
        self._grid.addWidget(widget, row, column * 2 + 1)
        self._place += 1
