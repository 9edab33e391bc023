"""What is to be fetched for a wave, beside the waves of the packing page."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from core.fulfilment.records import PickRow, WaveView
from desktop.models.paged import Column, PagedTableModel
from desktop.ui import Ui
from desktop.widgets.labels import ElidedLabel, PlainLabel
from desktop.widgets.pictures import PictureBook
from desktop.widgets.table import ListTable

#: read at arm's length from a trolley
_PICK_ROW_PX: Final = 44


class PickList(QFrame):
    """What to fetch, large: code, goods, for how many parcels, how many units."""

    def __init__(self, ui: Ui, pictures: PictureBook) -> None:
        super().__init__()
        self.setObjectName("packing.picks")
        self._shown: tuple[PickRow, ...] | None = None
        self._title = ElidedLabel(ui, "title", name="packing.picks.title")
        self._total = PlainLabel(ui, "secondary", name="packing.picks.total")
        columns: tuple[Column[PickRow], ...] = (
            Column("packing.pick.bin", lambda row: row.bin or "—", 110),
            Column("waves.column.picture", lambda _row: "", 56, spare=2, picture=lambda row: row.picture),
            Column("packing.pick.sku", lambda row: row.sku_code, 130, spare=3),
            Column("packing.pick.goods", lambda row: f"{row.name} {row.spec}".strip(), 240, stretch=True),
            Column("packing.pick.parcels", lambda row: str(row.parcel_count), 80, is_right=True, spare=1),
            Column("packing.pick.units", lambda row: f"× {row.qty}", 96, is_right=True),
        )
        self._model = PagedTableModel[PickRow](ui, columns, lambda row: row.sku_id, self)
        self._table = ListTable(ui, self._model, "packing.picks.table", row_px=_PICK_ROW_PX, pictures=pictures)
        self._table.setProperty("look", "large")
        self._table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._table.setSelectionMode(ListTable.SelectionMode.NoSelection)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._total)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._table, 1)

    def show_picks(self, wave: WaveView | None, picks: tuple[PickRow, ...]) -> None:
        """Show the list of a wave; the place in it is kept while nothing changes."""
        self._title.say("packing.picks", code="" if wave is None else wave.code)
        units = sum(row.qty for row in picks)
        self._total.say("packing.picks.total" if picks else "packing.picks.done", kinds=len(picks), units=units)
        self._table.setVisible(bool(picks))
        if picks != self._shown:
            self._shown = picks
            self._model.show_first(picks, None)

    def leaf(self, pages: int) -> None:
        """So many pages on, or back."""
        bar = self._table.verticalScrollBar()
        bar.setValue(bar.value() + pages * bar.pageStep())
