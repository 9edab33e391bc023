"""What the packing page shows while no parcel is open: the waves, and what is to be fetched for one of them."""

from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from core.fulfilment.records import WaveView
from desktop.pages.packing.presenter import PackingPresenter
from desktop.pages.packing.screen import PackingScreen
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState, StatePill
from desktop.widgets.labels import PlainLabel, set_look
from desktop.widgets.pictures import PictureBook

if TYPE_CHECKING:
    from desktop.pages.packing.picks import PickList

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
        self._picks: PickList | None = None
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
            from desktop.pages.packing.picks import PickList

            self._picks = PickList(self._ui, self._pictures)
            self._both.addWidget(self._picks, 1)
        if self._picks is not None:
            self._picks.show_picks(screen.wave, screen.picks)

    def leaf(self, pages: int) -> None:
        """Leaf through the pick list."""
        if self._picks is not None:
            self._picks.leaf(pages)


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
