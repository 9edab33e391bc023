"""The page of shops: a card a shop, the form of one, the way in to one, and in their place the records of one."""

from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QAbstractSlider, QScrollArea, QVBoxLayout, QWidget

from desktop.pages.shops.card import ShopCard
from desktop.pages.shops.connecting import ConnectCard
from desktop.pages.shops.form import ShopForm
from desktop.pages.shops.presenter import ShopsPresenter
from desktop.pages.shops.records import ShopRecords
from desktop.pages.shops.records_presenter import RecordsPresenter
from desktop.pages.shops.start_card import StartCard
from desktop.pages.shops.start_presenter import StartPresenter
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState
from desktop.widgets.head_bar import head_bar, refresh_button
from desktop.widgets.layouts import is_written_in, refill
from desktop.widgets.page import PageWidget
from desktop.widgets.ticking import while_shown

_STEPS: Final = {
    Qt.Key.Key_PageUp: QAbstractSlider.SliderAction.SliderPageStepSub,
    Qt.Key.Key_PageDown: QAbstractSlider.SliderAction.SliderPageStepAdd,
}


class ShopsPage(PageWidget):
    """Shows the presenter's shops."""

    def __init__(
        self, ui: Ui, presenter: ShopsPresenter, starting: StartPresenter, records: RecordsPresenter
    ) -> None:
        super().__init__()
        self._starting = starting
        self._ui = ui
        self._presenter = presenter
        self._records = records
        self._shown: object = None
        self._begun = 0
        self._shop_cards: list[ShopCard] = []
        self.setObjectName("shops")
        add = ActionButton(ui, "shops.add", self._add, look="main", icon="plus", key="F6", name="shops.add")
        head = head_bar(ui, "shops", (refresh_button(ui, "shops", self._look), add))
        self._form = ShopForm(ui, presenter)
        self._connect = ConnectCard(ui, presenter, self.open_start)
        self.start = StartCard(ui, starting, presenter.stop_telling)
        starting.on_switched = presenter.look
        self._cards = QVBoxLayout()
        self._cards.setSpacing(8)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.addWidget(self._form)
        column.addWidget(self._connect)
        column.addWidget(self.start)
        column.addLayout(self._cards)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        self._empty = EmptyState(ui, "store", "shops.empty", "shops.empty")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 14, 16, 12)
        whole.setSpacing(10)
        whole.addLayout(head)
        whole.addWidget(self._scroll, 1)
        whole.addWidget(self._empty, 1)
        self.records = ShopRecords(ui, records)
        whole.addWidget(self.records, 1)
        presenter.on_screen = self._on_screen
        records.on_screen = self._on_records
        # A shop that falls silent writes nothing, and is silent all the same.
        while_shown(self, presenter.look)
        ui.retranslated.connect(self._on_retranslated)
        self._on_screen()

    def handle_scan(self, raw: str) -> None:
        """Scans mean nothing here; the shell sends them where they belong."""

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """What each key does here is on the key sheet (`widgets.key_sheet`)."""
        is_plain = modifiers == Qt.KeyboardModifier.NoModifier
        if is_plain and self.start.handle_key(key):
            return True
        if key == Qt.Key.Key_S and modifiers == Qt.KeyboardModifier.ControlModifier:
            self._form.save()
        elif modifiers != Qt.KeyboardModifier.NoModifier:
            return False
        elif key == Qt.Key.Key_F5:
            self._look()
        elif key == Qt.Key.Key_F6:
            self._add()
        elif key in _STEPS:
            # What can and cannot be done is read, not pressed: no button down there takes the keyboard along.
            self._scroll.verticalScrollBar().triggerAction(_STEPS[key])
        else:
            return False
        return True

    def open_start(self, shop_id: int, name: str) -> None:
        """The last steps of connecting a shop, over everything else."""
        while self._presenter.put_away():
            pass
        self._starting.open(shop_id, name)
        self._scroll.verticalScrollBar().setValue(0)

    def handle_changed(self) -> None:
        """A pull ended somewhere, or a comparison went on."""
        self._look()

    def handle_back(self) -> bool:
        """Esc closes the records, the list of what would happen, the form, the way in, what was unfolded."""
        return self._records.put_away() or self._starting.close() or self._presenter.put_away()

    def _add(self) -> None:
        self._records.close()
        self._presenter.edit(0)

    def _look(self) -> None:
        self._presenter.look()
        self._records.look()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Read the shops."""
        super().showEvent(event)
        self._presenter.look()

    @Slot()
    def _on_retranslated(self) -> None:
        self._shown = None
        self._on_screen()

    @Slot()
    def _on_records(self) -> None:
        self.records.show_screen()
        self._on_screen()

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        has_records = self._records.screen.shop is not None
        is_empty = screen.is_known and not screen.shops and screen.editing is None
        self._empty.setVisible(is_empty and not has_records)
        self._scroll.setVisible(not is_empty and not has_records)
        if screen.editing is not None or screen.connecting is not None:
            # One thing at a time.
            self._starting.close()
        self._form.show_screen()
        self.start.show_screen()
        self._connect.show_screen()
        if screen.connect_round != self._begun:
            self._begun = screen.connect_round
            self._scroll.verticalScrollBar().setValue(0)
        shown = (screen.shops, screen.kinds, screen.unfolded)
        if shown != self._shown and not any(is_written_in(card) for card in self._shop_cards):
            self._shown = shown
            self._shop_cards = [
                ShopCard(self._ui, self._presenter, shop, self.open_start, partial(self._records.open, shop))
                for shop in screen.shops
            ]
            for card in self._shop_cards:
                # What a hand is writing is not taken from under it: the rest is shown when it is written.
                card.days.editingFinished.connect(self._on_screen, Qt.ConnectionType.QueuedConnection)
            refill(self._cards, self._shop_cards)
