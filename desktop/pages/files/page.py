"""The page of files: drop one, see what it is and what it would do, take it in; and write the others."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from desktop.pages.files.mapping_card import MappingCard
from desktop.pages.files.out_card import OutCard, RecentCard
from desktop.pages.files.presenter import BUSY, DONE, EMPTY, MAPPING, PREVIEW, FilesPresenter
from desktop.pages.files.preview_card import PreviewCard
from desktop.ui import Ui
from desktop.widgets.ask_where import ask_several, ask_where
from desktop.widgets.controls import ActionButton, EmptyState
from desktop.widgets.labels import PlainLabel

_PROGRESS_MS = 100
_SIDE_PX = 320
#: offered in the dialogs of the system
_TABLES = "*.xlsx *.csv"


class FilesPage(QWidget):
    """Shows what the presenter knows."""

    def __init__(self, ui: Ui, presenter: FilesPresenter, go: Callable[[str], None]) -> None:
        super().__init__()
        self._ui = ui
        self._presenter = presenter
        self.ask_files: Callable[[], Sequence[Path]] = self._ask_files
        self.ask_place: Callable[[str], Path | None] = self._ask_place
        self.setObjectName("files")
        self.setAcceptDrops(True)
        title = PlainLabel(ui, "title")
        title.say("page.files")
        self._again = ActionButton(
            ui, "files.choose", self.choose, icon="folder-open", key="Ctrl+O", name="files.again"
        )
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self._again)
        self._choose = ActionButton(
            ui, "files.choose", self.choose, look="main", icon="folder-open", key="Ctrl+O", name="files.choose"
        )
        self._empty = EmptyState(ui, "folder-open", "files.empty", "files.empty", self._choose)
        self._busy = _BusyCard(ui, presenter)
        self._mapping = MappingCard(ui, presenter)
        self._preview = PreviewCard(ui, presenter)
        self._start = ActionButton(
            ui, "files.start", presenter.start, look="main", key="Ctrl+Enter", name="files.start"
        )
        self._cancel = ActionButton(ui, "action.cancel", presenter.cancel, key="Esc", name="files.cancel")
        self._orders = ActionButton(ui, "files.to_orders", lambda: go("orders"), look="main", name="files.to_orders")
        self._save = ActionButton(ui, "files.save_rejected", self._on_save, name="files.save_rejected")
        foot = QHBoxLayout()
        for button in (self._start, self._orders, self._save, self._cancel):
            foot.addWidget(button)
        foot.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(12)
        for card in (self._empty, self._busy, self._mapping):
            left.addWidget(card)
        left.addWidget(self._preview, 50)
        left.addLayout(foot)
        left.addStretch(1)
        self._out = OutCard(ui, presenter, self._place_for)
        self._recent = RecentCard(ui)
        side = QWidget()
        side.setFixedWidth(ui.scaled(_SIDE_PX))
        right = QVBoxLayout(side)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(12)
        right.addWidget(self._out)
        right.addWidget(self._recent, 1)
        both = QHBoxLayout()
        both.setSpacing(12)
        both.addLayout(left, 1)
        both.addWidget(side)
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(12)
        column.addLayout(head)
        column.addLayout(both, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(holder)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        self._timer = QTimer(self)
        self._timer.setInterval(_PROGRESS_MS)
        self._timer.timeout.connect(self._busy.show_progress)
        presenter.on_screen = self._on_screen
        self._on_screen()

    # --- what the shell asks ----------------------------------------------------------------------------------------

    def handle_scan(self, raw: str) -> None:
        """Scans mean nothing here; the shell sends them where they belong."""

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """Ctrl+O chooses files, Ctrl+Enter takes them in, F5 looks again."""
        if key == Qt.Key.Key_F5:
            self._presenter.look()
        elif modifiers == Qt.KeyboardModifier.ControlModifier and key == Qt.Key.Key_O:
            self.choose()
        elif modifiers == Qt.KeyboardModifier.ControlModifier and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._presenter.start()
        else:
            return False
        return True

    def handle_changed(self) -> None:
        """Shops or imports changed."""
        self._presenter.look()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Esc stops what runs, or puts the files away."""
        if event.key() == Qt.Key.Key_Escape and self._presenter.screen.phase != EMPTY:
            self._presenter.cancel()
            return
        if self.handle_command(Qt.Key(event.key()), event.modifiers()):
            return
        super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Look while somebody sees it."""
        super().showEvent(event)
        self._presenter.look()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802  Qt's name
        """Rest; what runs goes on."""
        super().hideEvent(event)
        self._timer.stop()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802  Qt's name
        """Files of this machine may be dropped."""
        if _paths(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802  Qt's name
        """Read what was dropped."""
        self._presenter.choose(_paths(event))

    # --- acts -------------------------------------------------------------------------------------------------------

    def choose(self) -> None:
        """Ask for files and read them."""
        if self._presenter.screen.phase not in BUSY:
            self._presenter.choose(self.ask_files())

    def _on_save(self) -> None:
        place = self.ask_place("rejected.xlsx")
        if place is not None:
            self._presenter.save_rejected(place, self._out.reason)

    def _place_for(self, name: str) -> Path | None:
        return self.ask_place(name)

    def _ask_files(self) -> Sequence[Path]:
        words = self._ui.texts.t("files.choose")
        return ask_several(self, words, f"{self._ui.texts.t('files.tables')} ({_TABLES})")

    def _ask_place(self, name: str) -> Path | None:
        words = self._ui.texts.t("files.save_as")
        return ask_where(self, words, name)

    @Slot()
    def _on_screen(self) -> None:
        screen = self._presenter.screen
        is_looking = screen.phase in (PREVIEW, DONE)
        self._empty.setVisible(screen.phase == EMPTY)
        self._busy.setVisible(screen.phase in BUSY)
        self._mapping.setVisible(screen.phase == MAPPING)
        self._preview.setVisible(is_looking)
        self._again.setVisible(is_looking)
        self._start.setVisible(screen.phase == PREVIEW)
        self._start.setEnabled(screen.can_start)
        self._cancel.setVisible(is_looking)
        self._cancel.say("action.cancel" if screen.phase == PREVIEW else "files.put_away")
        is_of_orders = screen.plan is not None and screen.plan.kind == "orders"
        self._orders.setVisible(screen.phase == DONE and is_of_orders)
        self._save.setVisible(is_looking and bool(screen.rejected))
        if screen.phase == MAPPING:
            self._mapping.show_file()
        if is_looking:
            self._preview.show_screen(screen)
        if screen.phase in BUSY:
            self._busy.show_phase(screen.phase)
        self._out.show_screen(screen)
        self._recent.show_past(screen.recent)


class _BusyCard(QFrame):
    """How far it is, and the way to stop it."""

    def __init__(self, ui: Ui, presenter: FilesPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.setObjectName("files.busy")
        self.setProperty("look", "card")
        self._words = PlainLabel(ui, "heading", name="files.busy.words")
        self._count = PlainLabel(ui, "secondary", name="files.busy.count")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        stop = ActionButton(ui, "files.stop", presenter.cancel, key="Esc", name="files.stop")
        row = QHBoxLayout()
        row.addWidget(self._words, 1)
        row.addWidget(self._count)
        row.addWidget(stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.addLayout(row)
        column.addWidget(self._bar)

    def show_phase(self, phase: str) -> None:
        """Say what runs."""
        self._words.say("files.reading" if phase == BUSY[0] else "files.importing")
        self.show_progress()

    @Slot()
    def show_progress(self) -> None:
        """Show how far it is."""
        progress = self._presenter.progress
        self._bar.setRange(0, max(progress.total, 1))
        self._bar.setValue(progress.done)
        self._count.say("files.progress", done=progress.done, total=progress.total)


def _paths(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
