"""Which column says what: one choice for each field, needed ones first."""

from collections.abc import Mapping

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout

from core.files.fields import FIELDS, KINDS
from desktop.pages.files.presenter import FilesPresenter
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.fields import ChoiceBox, Field
from desktop.widgets.labels import PlainLabel

#: no column
NONE = "—"
_PAIRS = 3


class MappingCard(QFrame):
    """The columns of one file beside the fields of a kind of table."""

    def __init__(self, ui: Ui, presenter: FilesPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._shown: tuple[object, ...] = ()
        self.setObjectName("files.mapping")
        self.setProperty("look", "card")
        self._title = PlainLabel(ui, "heading", name="files.mapping.title")
        hint = PlainLabel(ui, "secondary", wraps=True)
        hint.say("files.mapping.hint")
        self._kind = ChoiceBox(ui, "files.kind", KINDS, "files.mapping.kind")
        self._kind.picked.connect(self._on_kind)
        self._name = Field(ui, "files.mapping.name", "files.mapping.name", limit=60)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._kind)
        head.addWidget(self._name)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(6)
        self._labels: dict[str, PlainLabel] = {}
        self._boxes: dict[str, ChoiceBox] = {}
        for name in dict.fromkeys(field.name for kind in KINDS for field in FIELDS[kind]):
            self._labels[name] = PlainLabel(ui, "body", name=f"files.field.{name}")
            self._labels[name].say(f"files.field.{name}")
            self._boxes[name] = ChoiceBox(ui, "files.column", (NONE,), f"files.column.{name}")
        keep = ActionButton(ui, "files.mapping.keep", self._on_keep, look="main", name="files.mapping.keep")
        cancel = ActionButton(ui, "action.cancel", presenter.cancel, key="Esc", name="files.mapping.cancel")
        foot = QHBoxLayout()
        foot.addWidget(keep)
        foot.addWidget(cancel)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(hint)
        column.addLayout(self._grid)
        column.addLayout(foot)

    def show_file(self) -> None:
        """Show the file being assigned."""
        screen = self._presenter.screen
        read = screen.reads[screen.asked]
        mark = (read.table.digest, screen.asked)
        if mark == self._shown:
            return
        self._shown = mark
        self._title.say("files.mapping.title", file=read.table.name)
        self._kind.choose(self._presenter.likely_kind())
        self._name.setText(read.table.name.rsplit(".", 1)[0][:60])
        self._fill()
        self._kind.setFocus()

    @Slot(str)
    def _on_kind(self, _kind: str) -> None:
        self._fill()

    def _fill(self) -> None:
        screen, kind = self._presenter.screen, self._kind.value()
        columns = [NONE, *dict.fromkeys(name for name in screen.reads[screen.asked].table.header if name)]
        known = self._presenter.suggested(kind)
        fields = sorted(FIELDS[kind], key=lambda field: not field.is_needed)
        for name, box in self._boxes.items():
            self._grid.removeWidget(box)
            self._grid.removeWidget(self._labels[name])
            is_shown = any(field.name == name for field in fields)
            box.setVisible(is_shown)
            self._labels[name].setVisible(is_shown)
        rows = -(-len(fields) // _PAIRS)
        for place, field in enumerate(fields):
            box = self._boxes[field.name]
            box.offer(columns)
            box.choose(known.get(field.name, NONE))
            self._labels[field.name].say("files.field.needed" if field.is_needed else f"files.field.{field.name}")
            if field.is_needed:
                self._labels[field.name].say(
                    "files.field.needed", field=self._ui.texts.t(f"files.field.{field.name}")
                )
            row, pair = place % rows, place // rows
            self._grid.addWidget(self._labels[field.name], row, pair * 2)
            self._grid.addWidget(box, row, pair * 2 + 1)
            self._grid.setColumnStretch(pair * 2 + 1, 1)

    def _on_keep(self) -> None:
        self._presenter.assign(self._name.text(), self._kind.value(), self.columns())

    def columns(self) -> Mapping[str, str]:
        """Field -> column, as chosen."""
        names = [field.name for field in FIELDS[self._kind.value()]]
        chosen = {name: self._boxes[name].value() for name in names}
        return {name: column for name, column in chosen.items() if column != NONE}
