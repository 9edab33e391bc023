"""The waves page: on the left what goes into the next one, on the right the waves that are on and what to fetch."""

from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from core.fulfilment.records import PickRow
from core.fulfilment.wave_records import WaveProgress
from desktop.models.paged import Column, PagedTableModel
from desktop.pages.waves.presenter import ChoiceRow, WavesPresenter
from desktop.settings import BY_NAME
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton, EmptyState
from desktop.widgets.fields import ChoiceBox, Field, NumberBox
from desktop.widgets.labels import PlainLabel
from desktop.widgets.page import PageWidget
from desktop.widgets.pictures import PictureBook
from desktop.widgets.table import ListTable

R = TypeVar("R")
#: large letters must not push the pick list out of a small screen
_LEFT_PX, _LEFT_MOST_PX = 340, 420
_PICK_ROW_PX = 44
_WAVES_SHOWN = 5


class WavesPage(PageWidget):
    """Shows what the presenter sees."""

    def __init__(self, ui: Ui, presenter: WavesPresenter, pictures: PictureBook) -> None:
        super().__init__()
        self._presenter = presenter
        self.setObjectName("waves")
        title = PlainLabel(ui, "title", name="waves.title")
        title.say("page.waves")
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(
            ActionButton(ui, "action.refresh", presenter.look, icon="refresh-cw", key="F5", name="waves.refresh")
        )
        self._next = _NextWave(ui, presenter)
        self._running = _Running(ui, presenter)
        self._picks = _Picks(ui, presenter, pictures)
        self._empty = EmptyState(ui, "waves", "waves.empty", "waves.empty")
        right = QVBoxLayout()
        right.setSpacing(10)
        right.addWidget(self._running)
        right.addWidget(self._picks, 1)
        right.addWidget(self._empty, 1)
        columns = QHBoxLayout()
        columns.setSpacing(12)
        columns.addWidget(self._next)
        columns.addLayout(right, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 14, 16, 12)
        whole.setSpacing(10)
        whole.addLayout(head)
        whole.addLayout(columns, 1)
        presenter.on_screen = self._on_screen
        ui.retranslated.connect(self._on_screen)
        self._on_screen()

    # --- keys ---------------------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """Scans mean nothing here; the shell sends them where they belong."""

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """What each key does here stands on its button."""
        acts = {
            Qt.Key.Key_F3: self._next.start,
            Qt.Key.Key_F5: self._presenter.look,
            Qt.Key.Key_F6: self._presenter.pack,
            Qt.Key.Key_F8: self._presenter.print_labels,
            Qt.Key.Key_F9: self._presenter.save_sheet,
            Qt.Key.Key_F10: self._presenter.dissolve,
        }
        act = None if modifiers else acts.get(key)
        if act is None:
            return False
        act()
        return True

    def handle_changed(self) -> None:
        """Parcels came, were packed or left somewhere."""
        self._presenter.look()

    def handle_back(self) -> bool:
        """Nothing is ever open over this page."""
        return False

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Read, and let the keyboard begin in the choices."""
        super().showEvent(event)
        self._next.table.setFocus()
        self._presenter.look()

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        self._next.show_screen()
        self._running.setVisible(bool(screen.running))
        self._picks.setVisible(bool(screen.running))
        self._empty.setVisible(not screen.running)
        self._running.show_waves(screen.running, screen.wave)
        self._picks.show_wave(screen.wave, screen.picks)


class _NextWave(QFrame):
    """What could go into the next wave, how it is worked, how much would come."""

    def __init__(self, ui: Ui, presenter: WavesPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self._is_filling = False
        self.setProperty("look", "card")
        self.setFixedWidth(min(ui.scaled(_LEFT_PX), _LEFT_MOST_PX))
        title = PlainLabel(ui, "heading")
        title.say("waves.next")
        self.model: PagedTableModel[ChoiceRow] = PagedTableModel(ui, self._columns(), lambda row: row.id, self)
        self.table = ListTable(ui, self.model, "waves.choices")
        self.table.moved.connect(self._on_moved)
        self._cut_off = Field(ui, "waves.cut_off.example", "waves.cut_off", limit=8)
        self._cut_off.returnPressed.connect(self._on_cut_off)
        self._carrier = PlainLabel(ui, "secondary", name="waves.cut_off.label")
        self._of_carrier = QWidget()
        carrier = QHBoxLayout(self._of_carrier)
        carrier.setContentsMargins(0, 0, 0, 0)
        carrier.addWidget(self._carrier, 1)
        self._cut_off.setFixedWidth(ui.scaled(96))
        carrier.addWidget(self._cut_off)
        setting = BY_NAME["wave_size"]
        self._way = ChoiceBox(ui, "setting.way", BY_NAME["way"].choices, "waves.way")
        self._way.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._way.picked.connect(lambda way: presenter.change(way=way))
        self._limit = NumberBox(setting.lowest, setting.highest, "waves.limit")
        self._limit.valueChanged.connect(self._on_limit)
        self._preview = PlainLabel(ui, wraps=True, name="waves.preview")
        self._start = ActionButton(
            ui, "waves.start", self.start, look="main", icon="play", key="F3", name="waves.start"
        )
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        for number, (code, widget) in enumerate((("waves.way", self._way), ("waves.limit", self._limit))):
            label = PlainLabel(ui, "secondary")
            label.say(code)
            grid.addWidget(label, number, 0)
            grid.addWidget(widget, number, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(title)
        column.addWidget(self.table, 1)
        column.addWidget(self._of_carrier)
        column.addLayout(grid)
        column.addWidget(self._preview)
        column.addWidget(self._start)

    def _columns(self) -> tuple[Column[ChoiceRow], ...]:
        texts = self._ui.texts

        def count(row: ChoiceRow) -> str:
            waiting = row.count if row.carrier is None else row.carrier.waiting_count
            return str(row.count) if row.count == waiting else f"{row.count} / {waiting}"

        return (
            Column("waves.column.choice", lambda row: texts.say(row.words), 200, stretch=True),
            Column("waves.column.count", count, 76, is_right=True),
        )

    def start(self) -> None:
        """Start it, with the number that is still being typed."""
        self._limit.interpretText()
        self._presenter.start()

    def show_screen(self) -> None:
        """Show choices, the marked one and what would come."""
        screen = self._presenter.screen
        marked = screen.row
        _show_rows(self.table, self.model, screen.rows)
        place = -1 if marked is None else self.model.place_of(marked)
        if place >= 0 and place != self.table.currentIndex().row():
            self.table.setCurrentIndex(self.model.index(place, 0))
        carrier = None if marked is None else marked.carrier
        self._of_carrier.setVisible(carrier is not None)
        if carrier is not None:
            self._carrier.say("waves.cut_off.label", carrier=carrier.carrier_name)
            if not self._cut_off.hasFocus():
                self._cut_off.setText(carrier.cut_off)
        self._is_filling = True
        self._way.choose(screen.way)
        if not self._limit.hasFocus():
            self._limit.setValue(screen.limit)
        self._is_filling = False
        self._start.setEnabled(not screen.is_starting)
        preview = screen.preview
        if preview is None:
            self._preview.say("waves.preview.asking")
        elif not preview.parcel_count:
            self._preview.say("waves.preview.none")
        else:
            facts = {"n": preview.parcel_count, "units": preview.units, "kinds": preview.sku_count}
            is_whole = preview.waiting_count == preview.parcel_count
            self._preview.say(
                "waves.preview" if is_whole else "waves.preview.of", total=preview.waiting_count, **facts
            )

    @Slot(int)
    def _on_moved(self, number: int) -> None:
        row = self.model.row_at(number)
        if row is not None:
            self._presenter.choose(row.choice)

    @Slot(int)
    def _on_limit(self, limit: int) -> None:
        if not self._is_filling:
            self._presenter.change(limit=limit)

    @Slot()
    def _on_cut_off(self) -> None:
        self._presenter.set_cut_off(self._cut_off.text())
        self.table.setFocus()


class _Running(QWidget):
    """The waves that are on: how far, and how their labels are."""

    def __init__(self, ui: Ui, presenter: WavesPresenter) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.model: PagedTableModel[WaveProgress] = PagedTableModel(ui, self._columns(), lambda row: row.id, self)
        self.table = ListTable(ui, self.model, "waves.running")
        self.table.moved.connect(self._on_moved)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)

    def _columns(self) -> tuple[Column[WaveProgress], ...]:
        texts = self._ui.texts

        def what(wave: WaveProgress) -> str:
            return "  ".join(part for part in (texts.t(f"waves.kind.{wave.kind}"), wave.about) if part)

        def labels(wave: WaveProgress) -> str:
            return f"{wave.printed} / {wave.parcel_count}"

        def state(wave: WaveProgress) -> str:
            _, code, count = _state(wave)
            return texts.t(code, n=count)

        return (
            Column("waves.column.code", lambda wave: wave.code, 110),
            Column("waves.column.choice", what, 130, stretch=True, spare=1),
            Column("setting.way", lambda wave: texts.t(f"setting.way.{wave.way}"), 150, stretch=True, spare=2),
            Column("waves.column.done", lambda wave: f"{wave.done} / {wave.parcel_count}", 90, is_right=True),
            Column("waves.column.labels", labels, 96, is_right=True),
            Column("waves.column.state", state, 190, tone=_tone),
        )

    def show_waves(self, waves: tuple[WaveProgress, ...], shown: WaveProgress | None) -> None:
        """Show these; the one whose pick list stands below is marked."""
        _show_rows(self.table, self.model, waves)
        place = -1 if shown is None else self.model.place_of(shown)
        if place >= 0 and place != self.table.currentIndex().row():
            self.table.setCurrentIndex(self.model.index(place, 0))
        rows = min(max(len(waves), 1), _WAVES_SHOWN) + 1
        self.table.setFixedHeight(rows * self.table.verticalHeader().defaultSectionSize() + 2)

    @Slot(int)
    def _on_moved(self, number: int) -> None:
        wave = self.model.row_at(number)
        if wave is not None:
            self._presenter.choose_wave(wave.id)


def _state(wave: WaveProgress) -> tuple[str, str, int]:
    """What a clerk has to know first of a wave: tone, code, number."""
    found = (
        ("stop", "waves.state.unknown", wave.unknown),
        ("stop", "waves.state.failed", wave.failed),
        ("notice", "waves.state.held", wave.held),
        ("notice", "waves.state.unnumbered", wave.unnumbered),
        ("busy", "waves.state.queued", wave.queued),
        ("busy", "waves.state.packing", wave.packing),
    )
    return next((state for state in found if state[2]), ("quiet", "waves.state.waiting", wave.waiting))


def _tone(wave: WaveProgress) -> str:
    return _state(wave)[0]


class _Picks(QWidget):
    """What is still to be fetched for the wave that is shown, and what can be done with it."""

    def __init__(self, ui: Ui, presenter: WavesPresenter, pictures: PictureBook) -> None:
        super().__init__()
        self._title = PlainLabel(ui, "heading", name="waves.picks.title")
        self._total = PlainLabel(ui, "secondary", name="waves.picks.total")
        columns: tuple[Column[PickRow], ...] = (
            Column("packing.pick.bin", lambda row: row.bin or "—", 100),
            Column("waves.column.picture", lambda _row: "", 56, picture=lambda row: row.picture),
            Column("packing.pick.sku", lambda row: row.sku_code, 130, spare=1),
            Column("packing.pick.goods", lambda row: f"{row.name} {row.spec}".strip(), 200, stretch=True),
            Column("packing.pick.units", lambda row: f"×{row.qty}", 70, is_right=True),
            Column("waves.column.places", lambda row: places_text(row.places), 170, stretch=True),
        )
        self.model: PagedTableModel[PickRow] = PagedTableModel(
            ui, columns, lambda row: hash((row.sku_id, row.bin)), self
        )
        self.table = ListTable(ui, self.model, "waves.picks", row_px=_PICK_ROW_PX, pictures=pictures)
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._total)
        acts = QHBoxLayout()
        for code, act, icon, key, look in (
            ("waves.pack", presenter.pack, "package", "F6", "main"),
            ("waves.print_labels", presenter.print_labels, "printer", "F8", "plain"),
            ("waves.save_sheet", presenter.save_sheet, "file-text", "F9", "plain"),
            ("waves.dissolve", presenter.dissolve, "undo-2", "F10", "danger"),
        ):
            acts.addWidget(ActionButton(ui, code, act, icon=icon, key=key, look=look, name=code))
        acts.addStretch(1)
        self._done = EmptyState(ui, "circle-check", "waves.picks.done", "waves.picks.done")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.table, 1)
        column.addWidget(self._done, 1)
        column.addLayout(acts)

    def show_wave(self, wave: WaveProgress | None, picks: tuple[PickRow, ...]) -> None:
        """Show what is to be fetched for a wave."""
        if wave is None:
            return
        self._title.say("packing.picks", code=wave.code)
        self._total.say("packing.picks.total", kinds=len(picks), units=sum(row.qty for row in picks))
        self._total.setVisible(bool(picks))
        self.table.setVisible(bool(picks))
        self._done.setVisible(not picks)
        _show_rows(self.table, self.model, picks)


def _show_rows(table: ListTable, model: PagedTableModel[R], rows: Sequence[R]) -> None:
    """Show these, unless they stand there already: the rows may be in the middle of an arrow key."""
    if model.rows != rows:
        table.show_first(rows, None, is_again=True)


def places_text(places: tuple[tuple[int, int], ...]) -> str:
    """For which places of the wave goods are: `1–3  5×2  7`, so that a picker can drop them into numbered boxes."""
    runs: list[tuple[int, int, int]] = []
    for place, units in places:
        if runs and runs[-1][1:] == (place - 1, units):
            runs[-1] = (runs[-1][0], place, units)
        else:
            runs.append((place, place, units))
    return "  ".join(_run(*run) for run in runs)


def _run(first: int, last: int, units: int) -> str:
    words = str(first) if first == last else f"{first}–{last}"
    return words if units == 1 else f"{words}×{units}"
