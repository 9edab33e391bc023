"""What the packing page shows while no parcel is open: the waves, and what is to be fetched for one of them."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from core.fulfilment.records import PickRow, WaveView
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.packing.presenter import PackingPresenter
from desktop.pages.packing.screen import PackingScreen
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState, StatePill
from desktop.widgets.labels import ElidedLabel, PlainLabel, set_look
from desktop.widgets.pictures import PictureBook
from desktop.widgets.table import ListTable

#: read at arm's length from a trolley
_PICK_ROW_PX: Final = 44
_WAVES_PX: Final = 340


class IdlePanel(QWidget):
    """Nothing is open: waves with their progress, the pick list of one, and how to begin."""

    def __init__(self, ui: Ui, presenter: PackingPresenter, pictures: PictureBook) -> None:
        super().__init__()
        self._ui = ui
        self._pictures = pictures
        self.setObjectName("packing.idle")
        self._cards: list[_WaveCard] = []
        start, again = (
            ActionButton(
                ui,
                "packing.start_wave",
                presenter.start_wave,
                look=look,
                key="F3",
                name=name,
                takes_focus=False,
            )
            for look, name in (("main", "packing.start_wave"), ("plain", "packing.start_another"))
        )
        self._empty = EmptyState(ui, "package", "packing.empty", "packing.empty", start)
        self._list = QWidget()
        self._picks: _PickList | None = None
        column = QVBoxLayout()
        column.setSpacing(8)
        head = QHBoxLayout()
        title = PlainLabel(ui, "title")
        title.say("packing.waves")
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(again)
        column.addLayout(head)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(8)
        column.addLayout(self._rows)
        column.addStretch(1)
        waves = QWidget()
        waves.setLayout(column)
        column.setContentsMargins(0, 0, 0, 0)
        waves.setFixedWidth(min(ui.scaled(_WAVES_PX), 440))
        self._both = QHBoxLayout(self._list)
        self._both.setContentsMargins(0, 0, 0, 0)
        self._both.setSpacing(16)
        self._both.addWidget(waves)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._empty)
        whole.addWidget(self._list)

    def show_waves(self, screen: PackingScreen) -> None:
        """Show the open waves while no parcel is on the desk."""
        self.setVisible(screen.parcel is None and not screen.burst.is_shown)
        self._empty.setVisible(not screen.waves)
        self._list.setVisible(bool(screen.waves))
        while len(self._cards) < len(screen.waves):
            card = _WaveCard(self._ui, f"packing.wave.{len(self._cards)}")
            self._cards.append(card)
            self._rows.addWidget(card)
        for card, wave in zip(self._cards, screen.waves, strict=False):
            card.show_wave(wave, is_chosen=wave == screen.wave and len(screen.waves) > 1)
            card.show()
        for card in self._cards[len(screen.waves) :]:
            card.hide()
        if self._picks is None and screen.waves:
            # A table is the dearest thing on this page, and a desk without waves starts without it.
            self._picks = _PickList(self._ui, self._pictures)
            self._both.addWidget(self._picks, 1)
        if self._picks is not None:
            self._picks.show_picks(screen.wave, screen.picks)

    def leaf(self, pages: int) -> None:
        """Leaf through the pick list."""
        if self._picks is not None:
            self._picks.leaf(pages)


class _PickList(QFrame):
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
        bar = self._table.verticalScrollBar()
        bar.setValue(bar.value() + pages * bar.pageStep())


class _WaveCard(QFrame):
    """One wave: code, way, how far."""

    def __init__(self, ui: Ui, name: str) -> None:
        super().__init__()
        self._ui = ui
        self.setObjectName(name)
        self.setProperty("look", "card")
        self._code = PlainLabel(ui, "heading", name=f"{name}.code")
        self._way = StatePill(ui, name=f"{name}.way")
        self._left = PlainLabel(ui, "secondary", name=f"{name}.left")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        row = QHBoxLayout()
        row.addWidget(self._code, 1)
        row.addWidget(self._left)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self._way)
        column.addWidget(self._bar)

    def show_wave(self, wave: WaveView, *, is_chosen: bool) -> None:
        """Show a wave; the one whose pick list stands beside it is marked."""
        set_look(self, tone="chosen" if is_chosen else "")
        done = wave.parcel_count - wave.open_count
        self._code.show_text(wave.code)
        self._way.show_state("busy" if wave.open_count else "good", f"setting.way.{wave.way}")
        self._left.say("packing.wave.progress", done=done, total=wave.parcel_count)
        self._bar.setRange(0, max(1, wave.parcel_count))
        self._bar.setValue(done)
