"""The rows of a file before it is taken in: how they were understood, and those that are refused, with the reason."""

from typing import Any, Final

from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.files.records import Rejected
from core.files.sample import Sampled
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.files.presenter import FilesScreen
from desktop.ui import Ui
from desktop.widgets.fields import ChipRow
from desktop.widgets.table import ListTable

UNDERSTOOD, REFUSED = "understood", "refused"
#: what each kind of table says of a row
_SAYS: Final = {
    "orders": ("code", "goods", "qty", "person", "state"),
    "numbers": ("order_no", "number", "carrier"),
    "products": ("code", "goods"),
    "counts": ("code", "qty"),
    "customers": ("person",),
}


class FileRows(QWidget):
    """Two lists in one place; what is refused is shown first, because it wants a person."""

    def __init__(self, ui: Ui) -> None:
        super().__init__()
        self._ui = ui
        self._chips = ChipRow(ui, "files.rows", (UNDERSTOOD, REFUSED), "files.rows")
        self._chips.chosen.connect(self._on_chosen)
        self._tables: dict[str, ListTable] = {}
        self._shown: object = None
        self._kind = ""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addWidget(self._chips)

    def show_screen(self, screen: FilesScreen) -> None:
        """Show the rows of what is planned or done."""
        plan, rejected = screen.plan, screen.rejected
        self.setVisible(plan is not None)
        if plan is None or self._shown == (plan.sample, rejected):
            return
        self._shown = (plan.sample, rejected)
        self._kind = plan.kind
        self._table(plan.kind).show_first(plan.sample, None, is_again=False)
        self._table(REFUSED).show_first(rejected, None, is_again=False)
        self._chips.show_counts({REFUSED: f"{len(rejected):,}"})
        self._chips.setVisible(bool(rejected and plan.sample))
        self._choose(REFUSED if rejected else UNDERSTOOD)

    def _on_chosen(self, view: str) -> None:
        self._choose(view)

    def _choose(self, view: str) -> None:
        self._chips.choose(view)
        wanted = REFUSED if view == REFUSED else self._kind
        for name, table in self._tables.items():
            table.setVisible(name == wanted)

    def _table(self, name: str) -> ListTable:
        made = self._tables.get(name)
        if made is None:
            columns: tuple[Column[Any], ...] = self._refused() if name == REFUSED else self._understood(name)
            model: PagedTableModel[Any] = PagedTableModel(self._ui, columns, id, self)
            made = ListTable(self._ui, model, "files.rejected" if name == REFUSED else f"files.sample.{name}")
            made.setMinimumHeight(self._ui.scaled(160))
            self._column.addWidget(made, 1)
            self._tables[name] = made
        return made

    def _understood(self, kind: str) -> tuple[Column[Sampled], ...]:
        texts = self._ui.texts
        columns: dict[str, Column[Sampled]] = {
            "code": Column("files.sample.code", lambda one: one.code, 190),
            "order_no": Column("files.field.order_no", lambda one: one.code, 240),
            "number": Column("files.field.waybill_no", lambda one: one.number, 240),
            "carrier": Column("files.field.carrier", lambda one: one.carrier, 160, stretch=True),
            "goods": Column("files.sample.goods", lambda one: one.goods, 260, stretch=True),
            "qty": Column(
                "files.sample.qty", lambda one: "" if one.qty is None else f"{one.qty:,}", 70, is_right=True
            ),
            "person": Column("files.sample.person", lambda one: one.person, 240, stretch=True),
            "state": Column("files.sample.state", lambda one: texts.word("files.state", one.state), 90),
        }
        return tuple(columns[name] for name in _SAYS[kind])

    def _refused(self) -> tuple[Column[Rejected], ...]:
        texts = self._ui.texts
        return (
            Column("files.rejected.file", lambda one: one.file, 180, spare=2),
            Column("files.rejected.row", lambda one: str(one.row or ""), 70, is_right=True),
            Column("files.rejected.column", lambda one: one.column, 140),
            Column("files.rejected.reason", lambda one: texts.word("files.reason", one.reason), 260, stretch=True),
            Column("files.rejected.shown", lambda one: one.shown, 160, spare=1),
        )
