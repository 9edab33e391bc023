"""Labels of a burst: how many have left and with whom, and the last of them; what did not leave stands on top."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from desktop.models.paged import Column, PagedTableModel
from desktop.pages.packing.screen import BurstRow, PackingScreen
from desktop.ui import Ui
from desktop.widgets.labels import ElidedLabel, PlainLabel, set_look
from desktop.widgets.table import ListTable


class BurstCard(QFrame):
    """Stands where the waves stand, while a burst is on or something it stopped is still to be acknowledged."""

    def __init__(self, ui: Ui) -> None:
        super().__init__()
        self._ui = ui
        self.setObjectName("packing.burst")
        self._shown: tuple[BurstRow, ...] = ()
        self._title = PlainLabel(ui, "title", name="packing.burst.left")
        self._carriers = ElidedLabel(ui, "secondary", name="packing.burst.carriers")
        self._hint = PlainLabel(ui, "secondary", name="packing.burst.hint")
        columns: tuple[Column[BurstRow], ...] = (
            Column("packing.burst.column.verdict", self._words, 300, tone=lambda row: row.tone, stretch=True),
            Column("packing.burst.column.number", lambda row: row.number, 210),
            Column("packing.burst.column.carrier", lambda row: row.carrier, 130, spare=2),
            Column("packing.burst.column.orders", lambda row: row.order_nos, 210, stretch=True, spare=1),
        )
        self._model = PagedTableModel[BurstRow](ui, columns, lambda row: row.id, self)
        self._table = ListTable(ui, self._model, "packing.burst.table")
        self._table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._table.setSelectionMode(ListTable.SelectionMode.NoSelection)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(self._title)
        head.addWidget(self._carriers, 1)
        head.addWidget(self._hint)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._table, 1)
        column.addStretch(0)
        self.hide()

    def show_burst(self, screen: PackingScreen) -> None:
        """Show the burst while no parcel is on the desk."""
        burst = screen.burst
        self.setVisible(screen.parcel is None and burst.is_shown)
        self._title.say("packing.burst.left", n=burst.left)
        self._carriers.show_text("   ".join(f"{name} {n}" for name, n in burst.by_carrier))
        set_look(self._hint, look="stop" if burst.stopped else "secondary")
        if burst.stopped:
            self._hint.say("packing.burst.hint.stopped", n=burst.stopped)
        elif burst.waiting:
            self._hint.say("packing.burst.hint.waiting", n=burst.waiting)
        else:
            self._hint.show_text("")
        # Before the first label the sentence says what to do.
        self._table.setVisible(bool(burst.rows))
        if burst.rows != self._shown:
            self._shown = burst.rows
            self._model.show_first(burst.rows, None)

    def _words(self, row: BurstRow) -> str:
        texts = self._ui.texts
        more = "" if row.more is None else texts.say_if_known(row.more)
        return f"{texts.say(row.what)}  {more}".strip()
